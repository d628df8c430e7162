"""The letter, or chat, of one message that is sent by itself: its content comes with the request, not from a campaign."""

import base64
from collections.abc import Mapping
from typing import Any

from homing.content.chat import Chat, ChatSource
from homing.content.letter import Attachment, Letter, LetterSource, compile_letter


def letter_of(content: Mapping[str, Any], *, campaign_uid: str, default_from: str, sender_name: str) -> Letter:
    """The letter of one message. Raises Invalid naming the part that does not compile."""
    files = content.get("attachments") or ()
    return compile_letter(
        LetterSource(
            subject=content.get("subject") or "",
            text=content.get("text"),
            html=content.get("html"),
            from_=content.get("from") or default_from,
            reply_to=content.get("reply_to"),
            headers=tuple((name, value) for name, value in content.get("headers") or ()),
            attachments=tuple(
                Attachment(f["filename"], f["content_type"], base64.b64decode(f["content"], validate=True))
                for f in files
            ),
            campaign_uid=campaign_uid,
            sender_name=sender_name,
            footer=False,
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
