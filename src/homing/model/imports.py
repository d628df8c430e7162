"""What an import may be, and what may follow on what.

    uploading -> mapping -> checking -> running -> completed
        |           |          |          ^ |
        |           |          |          | v
        |           |          |         paused(reason)
        +-----------+----------+----------+--> cancelled | failed(reason)

MOVES is this drawing as data; the CHECKs of the table restate the words.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    RUNNING = "running"
    CHECKING = "checking"
    PAUSED = "paused"
    COMPLETED = "completed"
    UPLOADING = "uploading"
    MAPPING = "mapping"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Reason(StrEnum):
    """Why an import rests (paused) or ended (failed)."""

    CONNECTION_LOST = "connection_lost"
    BY_PERSON = "by_person"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    NO_SPACE = "no_space"
    BAD_FILE = "bad_file"
    TOO_LARGE = "too_large"
    LIMIT = "limit"
    CHECKSUM = "checksum"
    INTERNAL = "internal"


PAUSES = frozenset({Reason.CONNECTION_LOST, Reason.BY_PERSON, Reason.AWAITING_CONFIRMATION, Reason.NO_SPACE})
ENDED = frozenset({State.COMPLETED, State.CANCELLED, State.FAILED})
WORKED = frozenset({State.CHECKING, State.RUNNING})
"""States in which a process works on it."""

MOVES: Mapping[State, frozenset[State]] = {
    State.UPLOADING: frozenset({State.MAPPING, State.CHECKING, State.CANCELLED, State.FAILED}),
    State.MAPPING: frozenset({State.CHECKING, State.CANCELLED, State.FAILED}),
    State.CHECKING: frozenset(
        {State.MAPPING, State.CHECKING, State.RUNNING, State.PAUSED, State.CANCELLED, State.FAILED}
    ),
    State.RUNNING: frozenset({State.PAUSED, State.COMPLETED, State.CANCELLED, State.FAILED}),
    State.PAUSED: frozenset({State.CHECKING, State.RUNNING, State.MAPPING, State.CANCELLED, State.FAILED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
}
