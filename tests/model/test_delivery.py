"""The verdict on an outcome: every outcome at every number of tries."""

import itertools

import pytest

from homing.model.delivery import ACCEPTED, MOVES, OPEN, Actor, State, judge, may_move
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.patience import DEFERRALS, Patience

NOW = 1_900_000_000_000
DAY = 86_400.0
OUTCOMES: list[Outcome] = [
    Accepted("id"),
    Refused("bad_address", suppress=True),
    Refused("policy", retryable=False),
    Refused("too_big", campaign_fault=True),
    Unclear("timeout"),
    *(NotSent("why", blame, trouble=t) for blame, t in itertools.product(Blame, Trouble)),
    *(NotSent("why", blame, retry_after=7.0) for blame in Blame),
]
PATIENCES = [Patience(), Patience(retries=0), Patience(defer_for=0.0), Patience(retries=1, base=0.5, defer_for=60.0)]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=repr)
def test_every_outcome_at_every_try(outcome: Outcome) -> None:
    """R16, L22: an outage costs nothing and never fails; only a recipient's own deferrals end in failure."""
    for patience, tries, since in itertools.product(PATIENCES, range(8), [None, 0.0, 3600.0, DAY - 1, DAY, 2 * DAY]):
        check(outcome, tries, since, patience)


def check(outcome: Outcome, tries: int, since: float | None, patience: Patience) -> None:
    first = None if since is None else NOW - int(since * 1000)
    verdict = judge(outcome, tries=tries, first_tried=first, now=NOW, patience=patience, fraction=0.5)
    lane = {new for old, new in MOVES[Actor.LANE_HOLDER] if old is State.SENDING}
    assert verdict.state in lane
    assert verdict.charged in (0, 1)
    match outcome:
        case Accepted():
            assert (verdict.state, verdict.provider_id) == (State.SENT, "id")
        case Refused():
            assert (verdict.state, verdict.reason, verdict.suppress) == (State.FAILED, outcome.reason, outcome.suppress)
        case Unclear():
            assert (verdict.state, verdict.due_in) == (State.UNCERTAIN, 0.0)
        case NotSent(blame=Blame.SENDER):
            assert (verdict.state, verdict.charged, verdict.counted) == (State.QUEUED, 0, False)
            assert verdict.due_in == (outcome.retry_after or 0.0)
        case NotSent():
            charged = int(outcome.blame is Blame.RECIPIENT)
            assert verdict.charged == charged
            over = patience.is_over(tries + charged, since or 0.0)
            assert verdict.state is (State.FAILED if over else State.QUEUED)
            if not over:
                assert verdict.due_in == patience.wait_after(tries + charged, 0.5, stated=outcome.retry_after) > 0


@pytest.mark.parametrize("blame", [Blame.RECIPIENT, Blame.DESTINATION])
def test_a_deferral_that_never_ends_fails_after_a_day_and_not_before(blame: Blame) -> None:
    now, tries, first, waits = NOW, 0, None, []
    while True:
        verdict = judge(
            NotSent("grey", blame), tries=tries, first_tried=first, now=now, patience=Patience(), fraction=0.0
        )
        first = NOW if first is None else first
        tries += verdict.charged
        if verdict.state is State.FAILED:
            break
        waits.append(verdict.due_in)
        now += int(verdict.due_in * 1000)
    assert sum(waits) >= DAY
    assert sum(waits[:-1]) < DAY
    if blame is Blame.RECIPIENT:
        assert waits[:8] == [1, 2, 4, *DEFERRALS, 3600]
        assert set(waits[8:]) == {3600}


def test_words_travel_with_the_verdict() -> None:
    words = Words("rcpt", "451 4.7.1", "come again")
    for outcome in (Refused("policy", words), Unclear("timeout", words), NotSent("grey", Blame.RECIPIENT, words)):
        found = judge(outcome, tries=0, first_tried=None, now=NOW, patience=Patience(), fraction=0.0)
        assert found.words == words


def test_no_actor_but_a_person_or_the_living_attempt_takes_a_sending_row_back() -> None:
    """L7, L8: `sending` -> `queued` belongs to the lane holder alone; the lifeline says `uncertain`."""
    assert [actor for actor in Actor if may_move(actor, State.SENDING, State.QUEUED)] == [Actor.LANE_HOLDER]
    assert {new for old, new in MOVES[Actor.LIFELINE] if old is State.SENDING} == {State.UNCERTAIN, State.SENT}
    assert not may_move(Actor.PERSON, State.SENDING, State.FAILED)


def test_nothing_that_was_accepted_is_ever_called_failed() -> None:
    for moves in MOVES.values():
        assert not {(old, new) for old, new in moves if old in ACCEPTED and new in {State.FAILED, State.UNCERTAIN}}


def test_in_a_cancelled_campaign_queued_reads_cancelled() -> None:
    for actor in Actor:
        for old in [None, *State]:
            allowed = may_move(actor, old, State.QUEUED) or (old, State.CANCELLED) in MOVES[actor]
            assert may_move(actor, old, State.CANCELLED, cancelled=True) is allowed
    assert may_move(Actor.LIFELINE, State.CLAIMED, State.CANCELLED, cancelled=True)
    assert not may_move(Actor.LIFELINE, State.CLAIMED, State.CANCELLED)


def test_open_accepted_and_the_rest_are_every_state_once() -> None:
    others = {State.FAILED, State.SKIPPED, State.UNCERTAIN, State.CANCELLED}
    assert len(OPEN) + len(ACCEPTED) + len(others) == len(State)
    assert OPEN | ACCEPTED | others == set(State)
