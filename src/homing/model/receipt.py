"""What a provider said later about a message that it took: one normal vocabulary for all of them.

accepted < delivered < read, opened, clicked      good news only climbs
           bounced, complained              end it; a bounce proves that the message was accepted first (L11)
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    OTHER = "other"  # kept, and nothing more


PROOF = frozenset(Kind) - {Kind.OTHER}
"""What can only be said of a message that was accepted; a provider that defers one has it."""

BAD_ADDRESS, MAILBOX_FULL, POLICY, CONTENT, ROUTING, DROPPED = (
    *("bad_address", "mailbox_full", "policy", "content", "routing", "dropped"),
)
"""Reasons of bounces. `bad_address`: suppress at once. `mailbox_full`: after three campaigns. `policy`: our fault, never."""


class Mark(NamedTuple):
    """The key of an attempt as it travels: CAMPAIGN_ID/SEQ/ATTEMPT (CONTRACT section 4)."""

    campaign: str  # uid
    seq: int
    attempt: int

    @classmethod
    def parse(cls, text: object, separator: str = "/") -> "Mark | None":
        """None for what was not made by us."""
        parts = text.rsplit(separator, 2) if isinstance(text, str) and len(text) < 100 else []
        if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts[1:]):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]))


@dataclass(frozen=True, slots=True)
class Receipt:
    """One event of a provider. `at`: wall milliseconds by its clock; `event_id`: the same each time it is told."""

    provider: str
    event_id: str
    kind: Kind
    at: int
    mark: Mark | None = None
    reason: str = ""
    code: str = ""
    words: str = ""
    provider_id: str | None = None


def reason_of(code: str, text: str = "") -> str:
    """Why a message bounced, by its enhanced status code (RFC 3463, RFC 7505), as EMAIL.md section 3 judges replies."""
    cut = code.partition(" ")[2] or code
    status = cut.strip()
    if status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"):
        return BAD_ADDRESS
    if status == "5.2.2":
        return MAILBOX_FULL
    if status.startswith("5.7."):
        return POLICY
    if status.startswith(("5.3.4", "5.6.")):
        return CONTENT
    lowered = text.lower()
    if any(
        sign in lowered
        for sign in ("user unknown", "no such user", "does not exist", "unknown user", "recipient rejected")
    ):
        return BAD_ADDRESS
    return ROUTING
