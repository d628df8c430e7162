"""What neonize's events of receipts and messages say, as facts of the protocol."""

import re
import time
from typing import Any

UNREADABLE = "unreadable"
"""In place of a kind of media: a message whose text is lost."""
_KINDS = {1: "delivered", 3: "retry", 4: "read", 6: "played", 8: "server_error"}
PHONES = "s.whatsapp.net"
_UNREAD = re.compile(r"Ignoring message (\S+) from (\d+)@(lid|s\.whatsapp\.net): .*old counter")


def receipt_facts(event: Any) -> dict[str, Any] | None:
    """None: of a kind that nobody asks for."""
    kind = _KINDS.get(event.Type)
    return {"message_ids": list(event.MessageIDs), "kind": kind, "at": int(event.Timestamp)} if kind else None


def letter_facts(event: Any) -> dict[str, Any] | None:
    """Of a message from one person. `phone` is None when only the library's store may know the number. None: none of those."""
    info, source = event.Info, event.Info.MessageSource
    if source.IsFromMe or source.IsGroup:
        return None
    phone = source.Sender if source.Sender.Server == PHONES else source.SenderAlt
    body = event.Message
    text = body.conversation or body.extendedTextMessage.text
    media = next((k for k in ("image", "video", "document", "audio") if body.HasField(f"{k}Message")), None)
    caption = getattr(getattr(body, f"{media}Message"), "caption", "") if media else ""
    return {
        "message_id": info.ID,
        "sender": jid_text(source.Sender),
        "phone": phone.User if phone.Server == PHONES else None,
        "name": info.Pushname,
        "text": text or caption or "",
        "media": media,
        "at": int(info.Timestamp),
    }


def unread_facts(line: str) -> dict[str, Any] | None:
    """Of a line of the library's log: a message that came again, and whose key is used up. None: of anything else.

    Mostly it was noted the first time, and its id is known. If not, a process was killed between reading and noting it: its text
    is lost, and that somebody wrote must not be.
    """
    found = _UNREAD.search(line)
    if found is None:
        return None
    message_id, user, server = found.groups()
    return {
        "message_id": message_id,
        "sender": f"{user}@{server}",
        "phone": user if server == PHONES else None,
        "name": "",
        "text": "",
        "media": UNREADABLE,
        "at": time.time_ns() // 1_000_000,  # noqa: TID251 - a child has no world
    }


def jid_text(jid: Any) -> str:
    return f"{jid.User}@{jid.Server}"
