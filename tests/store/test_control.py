"""The switches of a campaign: every move, every refused move, and what is safe to repeat."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import update

from homing.model.campaign import MOVES, RESCUABLE, Activity, PauseReason, State
from homing.model.delivery import State as RowState
from homing.model.errors import Conflict, Invalid
from homing.model.ids import CampaignId
from homing.store import tables
from homing.store.control import ENGINE, IDLE_MS, Control
from homing.store.decisions import Decisions
from homing.store.lookout import Activities
from homing.store.settlement import Settlement
from homing.store.status import StatusBoard
from homing.store.workers import Workers
from tests.store.ledger import PERSON, START, Hand, HandClock, Ledger, deferred, failed, outage, unclear


def put(ledger: Ledger, id_: CampaignId, **values: Any) -> None:
    with ledger.db.write() as tx:
        tx.execute(update(tables.campaign).where(tables.campaign.c.id == id_).values(**values))


def in_state(ledger: Ledger, state: State, reason: PauseReason = PauseReason.BY_PERSON) -> CampaignId:
    """A campaign to one contact that stands there."""
    if state in (State.DRAFT, State.SCHEDULED):
        ledger.contacts(1)
        id_ = ledger.draft(start_at=START + 3_600_000 if state is State.SCHEDULED else None)
        if state is State.SCHEDULED:
            assert ledger.control.start(id_, PERSON).state is State.SCHEDULED
        return id_
    id_ = ledger.started(1)
    if state is State.PAUSED:
        ledger.control.pause(id_, PERSON, reason)
    elif state is State.CANCELLED:
        ledger.control.cancel(id_, PERSON)
    elif state is State.COMPLETED:
        ledger.hand().send(id_)
    assert ledger.get(id_).state is state
    return id_


DEEDS: dict[str, Callable[[Control, CampaignId], Any]] = {
    "start": lambda control, id_: control.start(id_, PERSON),
    "pause": lambda control, id_: control.pause(id_, PERSON),
    "resume": lambda control, id_: control.resume(id_, PERSON),
    "cancel": lambda control, id_: control.cancel(id_, PERSON),
    "approve": lambda control, id_: control.approve(id_, PERSON),
    "finish": lambda control, id_: control.finish(id_, PERSON),
    "give up": lambda control, id_: control.pause(id_, ENGINE, PauseReason.NO_CONNECTION),
}
N, STAYS = Conflict, None
EXPECTED: dict[str, tuple[State | type[Conflict] | None, ...]] = {
    # of a campaign that is: draft, scheduled, sending, paused, completed, cancelled
    "start": (State.SENDING, STAYS, STAYS, State.SENDING, STAYS, STAYS),
    "pause": (N, State.PAUSED, State.PAUSED, STAYS, N, N),
    "resume": (N, N, STAYS, State.SENDING, N, N),
    "cancel": (State.CANCELLED, State.CANCELLED, State.CANCELLED, State.CANCELLED, N, STAYS),
    "approve": (N, N, STAYS, N, N, N),
    "finish": (N, N, STAYS, STAYS, N, N),
    "give up": (STAYS, State.PAUSED, State.PAUSED, STAYS, STAYS, STAYS),
}


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_in_every_state(ledger: Ledger, deed: str, old: State) -> None:
    """R34, R35: what may be done is done once, and what may not is refused in words."""
    id_ = in_state(ledger, old)
    expected = EXPECTED[deed][list(State).index(old)]
    expected = old if expected is STAYS else expected
    act = DEEDS[deed]
    if not isinstance(expected, State):
        with pytest.raises(Conflict):
            act(ledger.control, id_)
        assert ledger.get(id_).state is old
        return
    assert expected is old or expected in MOVES[old]
    assert act(ledger.control, id_).state is expected
    first = ledger.get(id_)
    assert first.state is expected
    assert (first.reason is not None) is (expected is State.PAUSED)
    if deed != "finish":
        assert act(ledger.control, id_).state is expected, "safe to repeat"
        assert ledger.get(id_) == first


def test_a_start_by_five_at_once_starts_once(ledger: Ledger) -> None:
    """R34: five parallel sends of one campaign."""
    ledger.contacts(3)
    id_ = ledger.draft()
    dbs = [ledger.another_process() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda db: Control(db).start(id_, PERSON).state, dbs))
    assert found == [State.SENDING] * 5
    assert ledger.events("campaign.started") == 1
    assert ledger.get(id_).control == 2
    ledger.plan(id_)
    assert ledger.tally(id_) == {"queued": 3}


def test_what_is_missing_is_named_before_a_start(ledger: Ledger) -> None:
    id_ = ledger.draft(audience={"lists": []}, content={})
    with pytest.raises(Invalid) as caught:
        ledger.control.start(id_, PERSON)
    assert {fault.pointer for fault in caught.value.faults} == {"/text", "/subject", "/audience"}
    assert ledger.get(id_).state is State.DRAFT


def test_a_canary_is_let_go_by_approval_and_by_nothing_else(ledger: Ledger) -> None:
    id_ = ledger.started(5, options={"canary": 2})
    ledger.control.pause(id_, ENGINE, PauseReason.CANARY)
    with pytest.raises(Conflict, match="approve"):
        ledger.control.resume(id_, PERSON)
    assert ledger.control.start(id_, PERSON).state is State.PAUSED
    assert ledger.control.rescue(PERSON) == []
    assert ledger.control.approve(id_, PERSON).state is State.SENDING
    assert ledger.get(id_).canary_through is None


def test_a_persons_pause_replaces_the_engines_and_not_the_other_way(ledger: Ledger) -> None:
    id_ = in_state(ledger, State.PAUSED, PauseReason.NO_CONNECTION)
    assert ledger.control.pause(id_, PERSON).reason is PauseReason.BY_PERSON
    assert ledger.control.pause(id_, ENGINE, PauseReason.SENDER_DOWN).reason is PauseReason.BY_PERSON


@pytest.mark.parametrize("reason", PauseReason)
def test_a_rescue_moves_what_may_be_moved_and_says_how_many(
    ledger: Ledger, clock: HandClock, reason: PauseReason
) -> None:
    """CONTRACT, cron route: never what a person or a rule meant; the second call finds nothing more to do."""
    ids = [in_state(ledger, State.PAUSED, reason) for _ in range(3)]
    moved = ledger.control.rescue(PERSON)
    assert len(moved) == (3 if reason in RESCUABLE else 0)
    assert ledger.control.rescue(PERSON) == []
    wanted = State.SENDING if reason in RESCUABLE else State.PAUSED
    assert {ledger.get(id_).state for id_ in ids} == {wanted}


def test_a_campaign_that_stands_still_is_nudged_once(ledger: Ledger, clock: HandClock) -> None:
    workers = Workers(ledger.db)
    me = workers.enter(host="here", version="0")
    id_ = ledger.started(3)

    def later(seconds: float) -> None:
        clock.pass_(seconds)
        workers.beat(me)

    assert ledger.control.rescue(PERSON) == []
    later(IDLE_MS / 1000 - 1)
    assert ledger.control.rescue(PERSON) == []
    later(2)
    assert [of.id for of in ledger.control.rescue(PERSON)] == [id_]
    assert ledger.control.rescue(PERSON) == []
    hand = ledger.hand()
    later(IDLE_MS / 1000 - 1)
    hand.take_lanes()
    hand.renew()
    hand.send(id_, 1)
    later(5)
    assert ledger.control.rescue(PERSON) == [], "it has just sent something"
    later(IDLE_MS / 1000)
    Activities(ledger.db).tell(id_, Activity.WAITING_FOR_WINDOW, "outside its hours", clock.now() + 3_600_000)
    assert ledger.control.rescue(PERSON) == [], "it waits for something that it names"
    later(3_601)
    assert len(ledger.control.rescue(PERSON)) == 1
    workers.leave(me)


def test_what_has_rested_does_not_stand_still_the_moment_it_may_go_on(ledger: Ledger, clock: HandClock) -> None:
    """A rest is longer than the patience with who does not move: its end is where that patience begins."""
    id_ = ledger.started(3)
    ledger.hand().send(id_, 1)
    telling, board = Activities(ledger.db), StatusBoard(ledger.db)

    def stuck(after: float) -> bool:
        clock.pass_(after)
        ledger.worker()  # one was seen just now
        return board.campaign(id_).stuck

    telling.tell(id_, Activity.PACING, "resting between messages", clock.now() + 60_000)
    assert not stuck(59)
    assert not stuck(2)
    assert not stuck(IDLE_MS / 1000 - 2)
    telling.tell(id_, Activity.PACING, None, None)  # it goes on, with the gap between two messages
    assert not stuck(IDLE_MS / 1000 - 1)
    assert stuck(2)


def test_a_rescue_of_one_workspace_leaves_the_others(ledger: Ledger) -> None:
    """R46."""
    in_state(ledger, State.PAUSED, PauseReason.NO_CONNECTION)
    assert ledger.control.rescue(PERSON, ledger.workspace + 1) == []  # type: ignore[arg-type]
    assert len(ledger.control.rescue(PERSON, ledger.workspace)) == 1


def test_finish_ends_the_waiting_and_leaves_a_doubt_uncertain(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    id_ = ledger.started(4)
    one, two, three, four = hand.going(id_)
    hand.settle(id_, unclear(*two))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=[2], as_="send-again")
    (again,) = hand.going(id_)
    due = clock.now() + 300_000
    hand.settle(id_, deferred(*one, due_at=due), deferred(*again, due_at=due), failed(*three), outage(*four))
    ledger.control.finish(id_, PERSON)
    assert ledger.states(id_) == {1: "failed", 2: "uncertain", 3: "failed", 4: "queued"}
    assert ledger.rows(id_)[1]["reason"] == "deferred"
    ledger.check_books(id_)
    hand.send(id_)
    assert ledger.get(id_).state is State.COMPLETED
    ledger.check_books(id_)


def test_L22_finish_fails_only_whom_their_own_mail_system_put_off(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    """A row that waits for a quota, or for room in a slow destination's window, was not deferred: it is sent."""
    id_ = ledger.started(3)
    one, two, three = hand.going(id_)
    due = clock.now() + 1_000
    busy = Settlement(three[0], three[1], RowState.QUEUED, None, "destination_busy", due_at=due, counted=False)
    quota = outage(*two)._replace(due_at=due)
    hand.settle(id_, deferred(*one, due_at=due), quota, busy)
    ledger.control.finish(id_, PERSON)
    assert ledger.states(id_) == {1: "failed", 2: "queued", 3: "queued"}
    ledger.check_books(id_)
    clock.pass_(1.1)
    hand.send(id_)
    assert ledger.states(id_) == {1: "failed", 2: "sent", 3: "sent"}
    assert ledger.get(id_).state is State.COMPLETED
    ledger.check_books(id_)


def test_a_sweep_goes_on_in_chunks_until_nothing_waits(ledger: Ledger) -> None:
    id_ = ledger.started(25)
    ledger.control.cancel(id_, PERSON)
    ledger.check_books(id_)
    assert [ledger.control.sweep_cancelled(id_, 10) for _ in range(4)] == [10, 10, 5, 0]
    ledger.check_books(id_)
    other = ledger.started(3)
    assert ledger.control.sweep_cancelled(other) == 0, "only of a cancelled campaign"


def test_L12_only_a_persons_decision_moves_what_is_uncertain_and_it_is_written_down(
    ledger: Ledger, hand: Hand, clock: HandClock
) -> None:
    from sqlalchemy import select

    id_ = ledger.started(4)
    keys = hand.going(id_)
    hand.settle(id_, *(unclear(*key) for key in keys))
    for _ in range(3):
        clock.pass_(100_000)
        ledger.control.rescue(PERSON)
        ledger.control.start(id_, PERSON)
        hand.take_lanes()
        assert hand.claim(id_) == []
    assert ledger.tally(id_) == {"uncertain": 4}, "by default it is held and shown"
    decisions = Decisions(ledger.db)
    assert decisions.resolve(id_, PERSON, seqs=[1], as_="sent") == 1
    assert decisions.resolve(id_, PERSON, seqs=[2], as_="failed") == 1
    assert decisions.resolve(id_, PERSON, seqs=[1, 2], as_="send-again") == 0, "what is decided is decided"
    with pytest.raises(Invalid):
        decisions.resolve(id_, PERSON, seqs=[3], as_="queued")
    assert ledger.get(id_).state is State.COMPLETED
    assert decisions.resolve(id_, PERSON, seqs=None, as_="send-again") == 2
    assert ledger.get(id_).state is State.SENDING, "in the same transaction it is open again"
    assert ledger.states(id_) == {1: "sent", 2: "failed", 3: "queued", 4: "queued"}
    ledger.check_books(id_)
    with ledger.db.read() as tx:
        acts = tx.execute(select(tables.audit_log.c.act).where(tables.audit_log.c.actor == PERSON.name)).scalars().all()
    assert acts.count("deliveries.resolved") == 4
    hand.take_lanes()
    assert len(hand.send(id_)) == 2
    ledger.check_books(id_)


def test_a_retry_takes_what_can_succeed_and_starts_a_new_patience(ledger: Ledger, hand: Hand) -> None:
    """R8."""
    id_ = ledger.started(4)
    one, two, three, four = hand.going(id_)
    hand.settle(
        id_,
        failed(*one, reason="policy"),
        failed(*two, reason="bad_address"),
        failed(*three, reason="deferred"),
        outage(*four),
    )
    ledger.suppress("u3@a.test")
    hand.send(id_)
    assert Decisions(ledger.db).retry(id_, PERSON) == 1
    row = ledger.rows(id_)[1]
    assert (row["state"], row["tries"], row["first_tried_at"]) == ("queued", 0, None)
    assert ledger.states(id_) == {1: "queued", 2: "failed", 3: "failed", 4: "sent"}
    ledger.check_books(id_)
    assert Decisions(ledger.db).retry(id_, PERSON) == 0
    hand.send(id_)
    assert ledger.get(id_).state is State.COMPLETED
    assert Decisions(ledger.db).retry(id_, PERSON, reason="bad_address") == 1, "when it is named"
    ledger.check_books(id_)
