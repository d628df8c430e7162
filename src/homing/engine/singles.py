"""Letters of single messages: each has a content of its own; the same template is compiled once."""

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homing.content.chat import Chat
from homing.content.dkim import Signer
from homing.content.failure import RenderError
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.content.single import NO_SIGNERS, chat_of, letter_of
from homing.engine.scribe import Scribe
from homing.engine.way import Way
from homing.model.errors import HomingError, Invalid, Unreachable

if TYPE_CHECKING:
    from homing.engine.line import Line

log = logging.getLogger(__name__)
KEPT = 64  # compiled templates
Bounces = Callable[[int, int], str]
"""From position and attempt to an address."""


class Singles:
    """Stands where a campaign has its one letter: the content comes with the row, as its fields."""

    def __init__(
        self,
        campaign_uid: str,
        default_from: str,
        sender_name: str,
        channel: str = "email",
        bounces: Bounces | None = None,
    ) -> None:
        """`bounces`: makes the address that bounces of an attempt come back to (VERP); None: they go to From."""
        self._told = {"campaign_uid": campaign_uid, "sender_name": sender_name}
        self._from = default_from
        self._chats = channel == "whatsapp"
        self._bounces = bounces
        self._signers = NO_SIGNERS
        self._kept: OrderedDict[str, Letter | Chat] = OrderedDict()

    def signed_by(self, signers: Mapping[str, tuple[Signer, ...]]) -> None:
        """Who sign from now on, by domain: what was compiled with others is compiled again."""
        if signers != self._signers:
            self._signers = signers
            self._kept.clear()

    @property
    def signs(self) -> bool:
        """Whether some of them have to be signed."""
        return bool(self._signers)

    def write(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """The message, and whether it is known to be clean. Raises RenderError."""
        return self.letter(recipient.fields).write(_person(recipient), now_ms)

    def draft(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """As `write`, without signatures; only of letters. Raises RenderError."""
        letter, person = self.letter(recipient.fields), _person(recipient)
        return letter.draft(person, now_ms) if isinstance(letter, Letter) else letter.write(person, now_ms)

    def envelope(self, content: Mapping[str, Any], seq: int, attempt: int) -> str:
        """The address of MAIL FROM: of its own for each attempt where bounces have a domain, as of campaigns."""
        letter = self.letter(content)
        if not isinstance(letter, Letter):
            return ""
        return self._bounces(seq, attempt) if self._bounces is not None else letter.envelope_from

    def _compiled(self, content: Mapping[str, Any]) -> Letter | Chat:
        if self._chats:
            return chat_of(content, **self._told)
        return letter_of(content, default_from=self._from, signers=self._signers, **self._told)

    def letter(self, content: Mapping[str, Any]) -> Letter | Chat:
        """What one content compiles to. Raises RenderError."""
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


def _person(recipient: Recipient) -> Recipient:
    content = recipient.fields
    return Recipient(recipient.seq, recipient.address, content.get("name") or "", content.get("vars") or {})


async def keep_signing(scribe: Scribe, way: Way, *lines: "Line") -> bool:
    """Tells single messages who sign them now: their lines stay open for ever, and keys come and go. False: keys cannot be
    opened, so what may have to be signed waits. Raises Unreachable."""
    for line in lines:
        if isinstance(line.letter, Singles) and way.signers is not None:
            try:
                line.letter.signed_by(await scribe.read(way.signers, line.live.workspace_id))
            except Unreachable:
                raise
            except HomingError as error:
                log.error("the keys that sign mail cannot be opened", extra={"cause": error.detail})
                return False
    return True
