"""Letters of single messages: each has a content of its own; the same template is compiled once."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from homing.content.chat import Chat
from homing.content.failure import RenderError
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.content.single import chat_of, letter_of
from homing.model.errors import Invalid

KEPT = 64  # compiled templates


class Singles:
    """Stands where a campaign has its one letter: the content comes with the row, as its fields."""

    def __init__(self, campaign_uid: str, default_from: str, sender_name: str, channel: str = "email") -> None:
        self._told = {"campaign_uid": campaign_uid, "sender_name": sender_name}
        self._from = default_from
        self._chats = channel == "whatsapp"
        self._kept: OrderedDict[str, Letter | Chat] = OrderedDict()

    def write(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """The message, and whether it is known to be clean. Raises RenderError."""
        content = recipient.fields
        person = Recipient(recipient.seq, recipient.address, content.get("name") or "", content.get("vars") or {})
        return self._letter(content).write(person, now_ms)

    def envelope(self, content: Mapping[str, Any], seq: int, attempt: int) -> str:
        """The address of MAIL FROM."""
        letter = self._letter(content)
        return letter.envelope(seq, attempt) if isinstance(letter, Letter) else ""

    def _compiled(self, content: Mapping[str, Any]) -> Letter | Chat:
        if self._chats:
            return chat_of(content, **self._told)
        return letter_of(content, default_from=self._from, **self._told)

    def _letter(self, content: Mapping[str, Any]) -> Letter | Chat:
        shared = {name: value for name, value in content.items() if name not in ("vars", "name")}
        key = json.dumps(shared, sort_keys=True)
        found = self._kept.pop(key, None)
        if found is None:
            try:
                found = self._compiled(shared)
            except Invalid as error:
                raise RenderError("template", error.detail) from None
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found
