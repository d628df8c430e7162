"""A campaign: its states, why it pauses, what it is doing while it only waits, and its options.

draft -> scheduled -> sending <-> paused(reason) -> completed -> sending (retry, send-again, late not-sent)
             |            |            |
             +------------+------------+-> cancelled
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PauseReason(StrEnum):
    BY_PERSON = "by_person"
    WATCHER_GONE = "watcher_gone"
    NO_CONNECTION = "no_connection"
    SENDER_DOWN = "sender_down"
    TOO_MANY_FAILURES = "too_many_failures"
    SENDER_LIMIT = "sender_limit"
    CANARY = "canary"
    RESTORED = "restored"
    MISSED_START = "missed_start"  # its time passed while the server was down, longer ago than the set age


class Activity(StrEnum):
    """What a campaign in `sending` is doing."""

    PLANNING = "planning"
    SENDING = "sending"
    PACING = "pacing"
    WAITING_FOR_CONNECTION = "waiting_for_connection"
    WAITING_FOR_SENDER = "waiting_for_sender"
    WAITING_FOR_WINDOW = "waiting_for_window"
    WAITING_FOR_RETRY = "waiting_for_retry"
    WAITING_FOR_STORAGE = "waiting_for_storage"
    WAITING_FOR_WORKER = "waiting_for_worker"


class Mode(StrEnum):
    SERVER = "server"
    ATTENDED = "attended"


RESCUABLE = frozenset({PauseReason.NO_CONNECTION, PauseReason.SENDER_DOWN})
"""What `resume --stuck` and the cron route may resume: never a pause that a person or a rule meant."""

MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SCHEDULED, State.SENDING, State.CANCELLED}),
    State.SCHEDULED: frozenset({State.DRAFT, State.SENDING, State.PAUSED, State.CANCELLED}),
    State.SENDING: frozenset({State.PAUSED, State.COMPLETED, State.CANCELLED}),
    State.PAUSED: frozenset({State.SENDING, State.CANCELLED, State.COMPLETED}),
    State.COMPLETED: frozenset({State.SENDING}),
    State.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Window:
    """Sending hours in a zone, e.g. 08:00-20:00 Europe/Berlin. May span midnight."""

    opens: str
    closes: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class StopRule:
    """Pause when more than `share` of the last `sample` settled failed, and at least `least` of them. share 0: off."""

    share: float = 0.05
    sample: int = 200
    least: int = 20
