"""Letters of single messages: each has a content of its own; the same template is compiled once."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from homing.content.failure import RenderError
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.content.single import letter_of
from homing.model.errors import Invalid

KEPT = 64  # compiled templates


class Singles:
    """Stands where a campaign has its one letter: the content comes with the row, as its fields."""

    def __init__(self, campaign_uid: str, default_from: str, sender_name: str) -> None:
        self._told = {"campaign_uid": campaign_uid, "default_from": default_from, "sender_name": sender_name}
        self._kept: OrderedDict[str, Letter] = OrderedDict()

    def write(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """The message, and whether it is known to be clean. Raises RenderError."""
        content = recipient.fields
        person = Recipient(recipient.seq, recipient.address, content.get("name") or "", content.get("vars") or {})
        return self._letter(content).write(person, now_ms)

    def envelope(self, content: Mapping[str, Any], seq: int, attempt: int) -> str:
        """The address of MAIL FROM."""
        return self._letter(content).envelope(seq, attempt)

    def _letter(self, content: Mapping[str, Any]) -> Letter:
        shared = {name: value for name, value in content.items() if name not in ("vars", "name")}
        key = json.dumps(shared, sort_keys=True)
        found = self._kept.pop(key, None)
        if found is None:
            try:
                found = letter_of(shared, **self._told)
            except Invalid as error:
                raise RenderError("template", error.detail) from None
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found
