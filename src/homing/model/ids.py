"""Identifiers: integers inside, UUIDv7 (RFC 9562 section 5.7) outside, and the key that travels with a message."""

import secrets
import time
from typing import NamedTuple, NewType

WorkspaceId = NewType("WorkspaceId", int)
ContactId = NewType("ContactId", int)
SenderId = NewType("SenderId", int)
CampaignId = NewType("CampaignId", int)
WorkerId = NewType("WorkerId", int)
Uid = NewType("Uid", str)
"""A public id: the text form of a UUIDv7."""


class Key(NamedTuple):
    """What names one attempt of one delivery. The fence of every write is all three together (law L3)."""

    campaign: CampaignId
    seq: int
    attempt: int


def new_uid(now_ms: int | None = None) -> Uid:
    """A fresh UUIDv7: 48 bits of milliseconds, then 74 random bits, so that ids sort by their birth."""
    millis = time.time_ns() // 1_000_000 if now_ms is None else now_ms  # noqa: TID251 - an id is no decision on time
    value = (millis & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return Uid(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
