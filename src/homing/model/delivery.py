"""One message to one contact in one campaign: its states, who may move it where, and the verdict on an outcome.

            plan                claim            intend              settle
(audience) ------> queued ----------> claimed ----------> sending ----------> sent --> delivered --> read
   |                 ^  ^               |  |                 |                  \\--> bounced | complained
   +--> skipped      |  +--- release ---+  +--> failed(render), skipped(suppressed)
                     +------- not sent (due later) ----------+--> failed
                                                             +--> uncertain --> sent | failed | queued
queued, claimed --> cancelled      in a cancelled campaign "queued" reads "cancelled"

MOVES below says the same as data; docs/reference/states.md and the CHECK constraints are made from it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Unclear, Words
from homing.model.patience import Patience

SHARDS = 16
"""A delivery's shard is seq mod SHARDS, for ever: lanes are (sender, shard)."""


class State(StrEnum):
    """Where a delivery stands. Stored as text; CHECK constraints restate it."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


OPEN = frozenset({State.QUEUED, State.CLAIMED, State.SENDING})
"""Not decided yet: what `open` counts in the books."""
ACCEPTED = frozenset({State.SENT, State.DELIVERED, State.READ, State.BOUNCED, State.COMPLAINED})
"""A provider took it: what `sent` counts in the books."""


class Actor(StrEnum):
    """Who writes (FAILURE_MODEL section 1, legal moves)."""

    PLANNER = "planner"
    LANE_HOLDER = "lane holder"
    LIFELINE = "lifeline"
    RECEIPTS = "receipts"
    PERSON = "person"


_S = State
MOVES: dict[Actor, frozenset[tuple[State | None, State]]] = {
    Actor.PLANNER: frozenset({(None, _S.QUEUED), (None, _S.SKIPPED)}),
    Actor.LANE_HOLDER: frozenset(
        {
            (_S.QUEUED, _S.CLAIMED),
            (_S.CLAIMED, _S.SENDING),
            (_S.CLAIMED, _S.QUEUED),
            (_S.CLAIMED, _S.FAILED),
            (_S.CLAIMED, _S.SKIPPED),
            (_S.SENDING, _S.SENT),
            (_S.SENDING, _S.FAILED),
            (_S.SENDING, _S.UNCERTAIN),
            (_S.SENDING, _S.QUEUED),
            (_S.UNCERTAIN, _S.SENT),
            (_S.UNCERTAIN, _S.FAILED),
            (_S.UNCERTAIN, _S.QUEUED),
        }
    ),
    Actor.LIFELINE: frozenset(
        {
            (_S.CLAIMED, _S.QUEUED),
            (_S.SENDING, _S.UNCERTAIN),
            (_S.SENDING, _S.SENT),  # an older attempt is proven
            (_S.CLAIMED, _S.SENT),
        }
    ),
    Actor.RECEIPTS: frozenset(
        {
            (_S.SENDING, _S.SENT),
            (_S.UNCERTAIN, _S.SENT),
            (_S.FAILED, _S.SENT),
            (_S.QUEUED, _S.SENT),
            (_S.CLAIMED, _S.SENT),
            (_S.SENT, _S.DELIVERED),
            (_S.SENT, _S.READ),
            (_S.DELIVERED, _S.READ),
            (_S.SENT, _S.BOUNCED),
            (_S.DELIVERED, _S.BOUNCED),
            (_S.SENT, _S.COMPLAINED),
            (_S.DELIVERED, _S.COMPLAINED),
            (_S.READ, _S.COMPLAINED),
        }
    ),
    Actor.PERSON: frozenset(
        {
            (_S.UNCERTAIN, _S.SENT),
            (_S.UNCERTAIN, _S.FAILED),
            (_S.UNCERTAIN, _S.QUEUED),
            (_S.FAILED, _S.QUEUED),
            (_S.BOUNCED, _S.QUEUED),
            (_S.QUEUED, _S.CANCELLED),
            (_S.CLAIMED, _S.CANCELLED),
            (_S.QUEUED, _S.FAILED),  # finish: ends the waiting for a deferred row
            (_S.QUEUED, _S.UNCERTAIN),  # finish or cancel, while an older attempt is in doubt (L10)
        }
    ),
}
"""(None, x) is a birth. In a cancelled campaign every move to queued is a move to cancelled instead."""


def may_move(actor: Actor, old: State | None, new: State, *, cancelled: bool = False) -> bool:
    """Whether `actor` may write `new` over `old`; `cancelled`: the campaign is cancelled."""
    if cancelled and new is State.CANCELLED:
        return (old, State.QUEUED) in MOVES[actor] or (old, new) in MOVES[actor]
    return (old, new) in MOVES[actor]


class SkipReason(StrEnum):
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    MISSING_VARIABLE = "missing_variable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a settled attempt makes of its delivery. The store applies the fence, the taint (L10) and cancellation."""

    state: State
    reason: str = ""
    words: Words = Words()
    provider_id: str | None = None
    due_in: float = 0.0  # seconds until a queued row may be claimed again
    charged: int = 0  # how much `tries` grows: an outage costs nothing (L22)
    counted: bool = True  # whether this attempt shows in `attempts` (CONTRACT section 3)
    suppress: bool = False


def judge(
    outcome: Outcome, *, tries: int, first_tried: int | None, now: int, patience: Patience, fraction: float
) -> Verdict:
    """The one place where an outcome becomes a state.

    `tries`: charged before this attempt. `first_tried`, `now`: wall milliseconds. `fraction`: dice in [0, 1) for the jitter.
    """
    match outcome:
        case Accepted(provider_id=provider_id, words=words):
            return Verdict(State.SENT, words=words, provider_id=provider_id, charged=1)
        case Refused(reason=reason, words=words, suppress=suppress):
            return Verdict(State.FAILED, reason=reason, words=words, charged=1, suppress=suppress)
        case Unclear(reason=reason, words=words):
            return Verdict(State.UNCERTAIN, reason=reason, words=words, charged=1)
        case NotSent(blame=Blame.SENDER):
            wait = outcome.retry_after or 0.0
            return Verdict(State.QUEUED, outcome.reason, outcome.words, due_in=wait, counted=False)
        case NotSent():
            charged = 1 if outcome.blame is Blame.RECIPIENT else 0
            since = 0.0 if first_tried is None else (now - first_tried) / 1000
            if patience.is_over(tries + charged, since):
                return Verdict(State.FAILED, outcome.reason or "deferred", outcome.words, charged=charged)
            wait = patience.wait_after(tries + charged, fraction, stated=outcome.retry_after)
            return Verdict(State.QUEUED, outcome.reason, outcome.words, due_in=wait, charged=charged)
        case _:
            assert_never(outcome)
