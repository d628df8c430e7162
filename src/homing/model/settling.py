"""What news about an attempt makes of its delivery: the fence, late truth and taint (L3, L8, L9, L10) as one pure function."""

from dataclasses import dataclass

from homing.model.delivery import ACCEPTED, State

_LIVE = frozenset({State.CLAIMED, State.SENDING, State.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Standing:
    """The delivery's row as it is when the news arrives."""

    attempt: int
    state: State
    doubts: int = 0  # older attempts that are uncertain
    accepted_before: bool = False  # an older attempt is known to be accepted
    told: str | None = None  # what the attempt's own row says; None: it has none
    cancelled: bool = False  # the campaign is cancelled


@dataclass(frozen=True, slots=True)
class Move:
    """What to write on the delivery. `fence`: the attempt number that the row gets; `doubts`: change of that column."""

    state: State
    fence: int
    doubts: int = 0
    own: bool = True  # the news is of the current attempt, so its reason and words become the row's


def settle(row: Standing, attempt: int, verdict: State) -> Move | None:
    """The move that news `verdict` (sent, failed, skipped, uncertain, queued) about `attempt` causes; None: the row stays.

    News of a newer attempt than the row knows cannot be: it is ignored.
    """
    if attempt > row.attempt:
        return None
    if attempt < row.attempt:
        return _late(row, verdict)
    if row.state not in _LIVE:
        return _overruled(row, verdict)
    target = _own(row, verdict)
    return None if target is row.state else Move(target, row.attempt)


def _own(row: Standing, verdict: State) -> State:
    if verdict in (State.SENT, State.UNCERTAIN):
        return State.SENT if row.accepted_before else verdict
    if verdict is State.SKIPPED and row.state is not State.CLAIMED:
        return row.state  # only what was never intended can be passed over; the rest is for evidence or the lifeline
    if row.accepted_before:
        return State.SENT
    if verdict in (State.FAILED, State.SKIPPED):
        return State.UNCERTAIN if row.doubts else verdict
    if row.cancelled:
        return State.UNCERTAIN if row.doubts else State.CANCELLED
    return State.QUEUED


def _overruled(row: Standing, verdict: State) -> Move | None:
    """A person called it failed, or sent it again and nobody claimed it yet. If it turns out to have been accepted, evidence
    wins (L11) and the fence moves past the resend (L9); if it was not, one doubt less stands against the next attempt (L10)."""
    relieved = -1 if row.told == "uncertain" and row.doubts and verdict is not State.UNCERTAIN else 0
    if verdict is State.SENT and row.state in (State.FAILED, State.QUEUED):
        return Move(State.SENT, row.attempt + (row.state is State.QUEUED), doubts=relieved)
    return Move(row.state, row.attempt, doubts=relieved, own=False) if relieved else None


def _late(row: Standing, verdict: State) -> Move | None:
    """News of an older attempt settles that attempt's row; proof of acceptance also stops the resend (L9)."""
    relieved = -1 if row.told == "uncertain" and verdict is not State.UNCERTAIN else 0
    if verdict is State.SENT and row.state not in ACCEPTED and row.state is not State.SENDING:
        resend_is_open = row.state in (State.QUEUED, State.CLAIMED)
        return Move(State.SENT, row.attempt + resend_is_open, doubts=relieved, own=False)
    return Move(row.state, row.attempt, doubts=relieved, own=False) if relieved else None
