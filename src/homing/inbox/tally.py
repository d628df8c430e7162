"""Counts every message that was accepted, for ever and exactly, in little memory: what arrived, and what arrived twice.

A delivery is known by X-Homing-Delivery (`CAMPAIGN_ID/SEQ`, CONTRACT section 4), foreign mail by its Message-ID and recipient.
"""

import hashlib
import re
from dataclasses import asdict, dataclass, field

KEY = re.compile(r"(?P<campaign>[0-9A-Za-z_-]{1,64})/(?P<seq>\d{1,12})(?:/\d{1,9})?")
PAGE = 4096
NAMED = 100
"""How many deliveries that arrived twice are kept by name."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which delivery a message says it is."""

    campaign: str
    seq: int

    def __str__(self) -> str:
        return f"{self.campaign}/{self.seq}"


def read_key(text: str) -> Key | None:
    """The value of X-Homing-Delivery, or nothing when it is absent or malformed. An attempt number behind it is left out."""
    found = KEY.fullmatch(text.strip())
    return Key(found["campaign"], int(found["seq"])) if found else None


@dataclass(slots=True)
class Part:
    """Counts of one campaign (or of all, or of mail without a key).

    accepted: copies taken over. distinct: deliveries among them. twice: deliveries of which more than one copy came.
    """

    accepted: int = 0
    distinct: int = 0
    twice: int = 0

    def add(self, copy: int) -> None:
        self.accepted += 1
        self.distinct += copy == 1
        self.twice += copy == 2


@dataclass(frozen=True, slots=True)
class Counts:
    """A snapshot. `by_campaign` has "" for mail without a key. refused, greylisted, dropped: what Chaos did."""

    accepted: int
    distinct: int
    twice: int
    by_campaign: dict[str, Part]
    twice_keys: tuple[str, ...]
    refused: int = 0
    greylisted: int = 0
    dropped: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class Tally:
    """One byte for each delivery of a campaign (its seqs are dense), 8 bytes of hash for each foreign mail."""

    total: Part = field(default_factory=Part)
    parts: dict[str, Part] = field(default_factory=dict)
    twice_keys: list[str] = field(default_factory=list)
    refused: int = 0
    greylisted: int = 0
    dropped: int = 0
    _pages: dict[tuple[str, int], bytearray] = field(default_factory=dict)
    _foreign: dict[bytes, int] = field(default_factory=dict)

    def note(self, key: Key | None, recipient: str, message_id: str) -> int:
        """One accepted copy. Gives which copy of its delivery this is, from 1; counting stops at 255."""
        copy = self._bump(key) if key else self._bump_foreign(recipient, message_id)
        self.total.add(copy)
        self.parts.setdefault(key.campaign if key else "", Part()).add(copy)
        if copy == 2 and len(self.twice_keys) < NAMED:
            self.twice_keys.append(str(key) if key else message_id)
        return copy

    def _bump(self, key: Key) -> int:
        number, place = divmod(key.seq, PAGE)
        page = self._pages.get((key.campaign, number))
        if page is None:
            page = self._pages[key.campaign, number] = bytearray(PAGE)
        page[place] = min(page[place] + 1, 255)
        return page[place]

    def _bump_foreign(self, recipient: str, message_id: str) -> int:
        if not message_id:
            return 1  # nothing says that two of these are the same
        name = hashlib.blake2b(f"{message_id}\n{recipient}".encode(errors="surrogateescape"), digest_size=8).digest()
        self._foreign[name] = copy = min(self._foreign.get(name, 0) + 1, 255)
        return copy

    def counts(self) -> Counts:
        parts = {name: Part(part.accepted, part.distinct, part.twice) for name, part in self.parts.items()}
        total = self.total
        return Counts(
            total.accepted,
            total.distinct,
            total.twice,
            parts,
            tuple(self.twice_keys),
            self.refused,
            self.greylisted,
            self.dropped,
        )
