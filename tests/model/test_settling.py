"""News about attempts, against a reference that remembers everything."""

from dataclasses import dataclass, field
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.model.delivery import ACCEPTED, MOVES, Actor, State
from homing.model.settling import Move, Standing, settle

VERDICTS = (State.SENT, State.FAILED, State.SKIPPED, State.UNCERTAIN, State.QUEUED)
SENT_OUT = tuple(verdict for verdict in VERDICTS if verdict is not State.SKIPPED)  # what may be said of an intended one

TOLD = (None, "sending", "accepted", "refused", "uncertain", "deferred", "withdrawn")
# All there is: the rule knows of an attempt only whether it is older, the row's own, or not known yet.
CASES = [
    (Standing(3, state, doubts, accepted, told, cancelled), attempt, verdict)
    for state, doubts, accepted, told, cancelled, attempt, verdict in product(
        State, (0, 1, 2), (False, True), TOLD, (False, True), (2, 3, 4), VERDICTS
    )
]


def test_every_move_is_one_that_the_machine_allows() -> None:
    """The pure rule and the table of legal moves say the same (L3, L8-L11)."""
    for row, attempt, verdict in CASES:
        move = settle(row, attempt, verdict)
        if move is None or move.state is row.state:
            continue
        actors = {Actor.LANE_HOLDER, Actor.RECEIPTS}
        allowed = {new for actor in actors for old, new in MOVES[actor] if old is row.state}
        if State.QUEUED in allowed:
            allowed |= {State.CANCELLED} if row.cancelled else set()
        if row.state is State.CLAIMED and (row.doubts or row.accepted_before):
            allowed |= {State.UNCERTAIN, State.SENT}  # taint stands where it would fail or be dropped
        if row.state is State.CLAIMED and verdict is State.UNCERTAIN:
            allowed.add(State.UNCERTAIN)
        if verdict is State.SENT and row.state in (State.SKIPPED, State.CANCELLED):
            allowed.add(State.SENT)  # evidence wins over what we decided
        assert move.state in allowed, (row, attempt, verdict, move)


def test_L10_nothing_fails_while_a_doubt_stands_or_an_attempt_was_accepted() -> None:
    for row, attempt, verdict in CASES:
        move = settle(row, attempt, verdict)
        if (
            move is not None
            and move.state in (State.FAILED, State.SKIPPED, State.CANCELLED)
            and move.state is not row.state
        ):
            assert not row.doubts
            assert not row.accepted_before


def test_L11_what_is_accepted_never_becomes_less() -> None:
    for row, attempt, verdict in CASES:
        move = settle(row, attempt, verdict)
        if row.state in ACCEPTED and move is not None:
            assert move.state is row.state


def test_L03_the_fence_never_falls_and_rises_only_to_stop_a_resend() -> None:
    for row, attempt, verdict in CASES:
        move = settle(row, attempt, verdict)
        if move is None:
            continue
        assert move.fence in (row.attempt, row.attempt + 1)
        if move.fence > row.attempt:
            assert move.state is State.SENT
            assert row.state in (State.QUEUED, State.CLAIMED)


def test_news_said_twice_changes_nothing_the_second_time() -> None:
    for row, attempt, verdict in CASES:
        move = settle(row, attempt, verdict)
        if move is None or attempt > row.attempt:
            continue
        told = {State.SENT: "accepted", State.FAILED: "refused", State.UNCERTAIN: "uncertain"}.get(verdict, "withdrawn")
        after = Standing(move.fence, move.state, row.doubts + move.doubts, row.accepted_before, told, row.cancelled)
        again = settle(after, attempt, verdict)
        assert again is None or (again.state, again.fence, again.doubts) == (move.state, move.fence, 0)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_news_of_an_attempt_that_never_was_is_ignored(verdict: State) -> None:
    assert settle(Standing(3, State.SENDING), 4, verdict) is None


def sent_again(doubts: int = 1) -> Standing:
    """A person sent it again, nobody claimed it yet: the attempt in doubt is still the row's own."""
    return Standing(3, State.QUEUED, doubts, told="uncertain")


@pytest.mark.parametrize("doubts", [1, 2])
def test_L09_proof_between_a_send_again_and_its_claim_makes_it_sent_and_stops_the_resend(doubts: int) -> None:
    """The fence moves past the number that the resend would get, and this attempt's doubt is gone."""
    move = settle(sent_again(doubts), 3, State.SENT)
    assert move == Move(State.SENT, fence=4, doubts=-1)


@pytest.mark.parametrize("doubts", [1, 2])
def test_L09_proof_of_a_still_older_attempt_between_a_send_again_and_its_claim_does_the_same(doubts: int) -> None:
    move = settle(sent_again(doubts), 2, State.SENT)
    assert move == Move(State.SENT, fence=4, doubts=-1, own=False)


def test_news_that_it_is_still_in_doubt_leaves_the_resend_as_it_is() -> None:
    assert settle(sent_again(), 3, State.UNCERTAIN) is None


@pytest.mark.parametrize("verdict", [State.FAILED, State.QUEUED])
def test_L10_a_refusal_between_a_send_again_and_its_claim_takes_the_doubt_away(verdict: State) -> None:
    """The resend goes on: a person asked for it. But nothing is in doubt any more."""
    assert settle(sent_again(), 3, verdict) == Move(State.QUEUED, fence=3, doubts=-1, own=False)


@dataclass
class Reference:
    """Remembers what each attempt came to, and tells what the delivery must then be."""

    fates: dict[int, State] = field(default_factory=dict)

    def expected(self) -> set[State]:
        known = set(self.fates.values())
        if State.SENT in known:
            return {State.SENT}
        if State.UNCERTAIN in known:
            return {State.UNCERTAIN, State.QUEUED}
        return {State.FAILED, State.QUEUED}


@given(st.lists(st.tuples(st.sampled_from(SENT_OUT), st.booleans(), st.sampled_from(VERDICTS)), min_size=1, max_size=5))
def test_L09_a_chain_of_attempts_comes_to_what_the_reference_remembers(story: list[tuple[State, bool, State]]) -> None:
    """Each attempt ends as told; a person sends again what is uncertain or failed; late news of any attempt may follow."""
    reference = Reference()
    state, attempt, doubts = State.QUEUED, 0, 0
    for verdict, late, other in story:
        if state is State.SENT:
            break
        if state in (State.UNCERTAIN, State.FAILED, State.SKIPPED):
            doubts = sum(fate is State.UNCERTAIN for fate in reference.fates.values())
            state = State.QUEUED
        attempt, state = attempt + 1, State.SENDING
        row = Standing(attempt, state, doubts, accepted_before=State.SENT in reference.fates.values(), told="sending")
        move = settle(row, attempt, verdict)
        assert move is not None
        state, attempt, doubts = move.state, move.fence, doubts + move.doubts
        reference.fates[attempt] = verdict
        first = min(reference.fates)
        if late and first < attempt and reference.fates[first] is State.UNCERTAIN and other is not State.QUEUED:
            row = Standing(attempt, state, doubts, told="uncertain")
            if (move := settle(row, first, other)) is not None:
                state, attempt, doubts = move.state, move.fence, doubts + move.doubts
            reference.fates[first] = State.FAILED if other is State.SKIPPED else other
        assert doubts >= 0
        if State.SENT in reference.fates.values():
            assert state is State.SENT
        if state in (State.FAILED, State.SKIPPED):
            assert State.UNCERTAIN not in reference.fates.values()
            assert State.SENT not in reference.fates.values()
