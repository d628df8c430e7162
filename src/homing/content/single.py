"""The letter, or chat, of one message that is sent by itself: its content comes with the request, not from a campaign."""

import base64
from collections.abc import Mapping
from typing import Any

from homing.content.chat import Chat, ChatSource
from homing.content.dkim import Signer
from homing.content.letter import Attachment, Letter, LetterSource, compile_letter
from homing.content.sender_line import split_mailbox

NO_SIGNERS: Mapping[str, tuple[Signer, ...]] = {}


def letter_of(
    content: Mapping[str, Any],
    *,
    campaign_uid: str,
    default_from: str,
    sender_name: str,
    signers: Mapping[str, tuple[Signer, ...]] = NO_SIGNERS,
) -> Letter:
    """The letter of one message. `signers`: by the domain of From. Raises Invalid naming the part that does not compile."""
    files = content.get("attachments") or ()
    from_ = content.get("from") or default_from
    return compile_letter(
        LetterSource(
            subject=content.get("subject") or "",
            text=content.get("text"),
            html=content.get("html"),
            from_=from_,
            reply_to=content.get("reply_to"),
            headers=tuple((name, value) for name, value in content.get("headers") or ()),
            attachments=tuple(
                Attachment(f["filename"], f["content_type"], base64.b64decode(f["content"], validate=True))
                for f in files
            ),
            campaign_uid=campaign_uid,
            sender_name=sender_name,
            footer=False,
            signers=signers.get(split_mailbox(from_)[1].rpartition("@")[2].lower(), ()) if signers and from_ else (),
        )
    )


def chat_of(content: Mapping[str, Any], *, campaign_uid: str, sender_name: str) -> Chat:
    """The WhatsApp message of one content. Raises Invalid as `Chat` does."""
    files = content.get("attachments") or ()
    return Chat(
        ChatSource(
            text=content.get("text"),
            media=(files[0]["filename"], files[0]["content_type"]) if files else None,
            template=content.get("whatsapp_template"),
            campaign_uid=campaign_uid,
            sender_name=sender_name,
            single=True,
        )
    )
