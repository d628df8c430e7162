"""The dispatcher against a provider whose every answer the test decides."""

import asyncio
import itertools

import pytest
from sqlalchemy import func, select

from homing.engine.dispatcher import AHEAD, CLAIMS
from homing.engine.monitor import Monitor, Way
from homing.model.campaign import PauseReason
from homing.model.campaign import State as CampaignState
from homing.model.courier import Parcel
from homing.model.errors import Unreachable
from homing.model.ids import Key
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Unclear
from homing.model.sender import SenderOptions
from homing.store.tables import attempt
from homing.store.turn import INTENTS_LIMIT
from tests.engine.rig import Rig, dispatching, until
from tests.store.ledger import LEASE, PERSON, HandClock, Ledger, Saboteur


def test_every_recipient_gets_one_copy(ledger: Ledger) -> None:
    id_ = ledger.started(450)

    async def story() -> None:
        async with dispatching(ledger) as rig:
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert set(rig.courier.copies().values()) == {1}
            assert len(rig.courier.left) == 450

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 450}
    ledger.check_books(id_)


def test_L01_nothing_is_released_before_its_intent_is_in_the_ledger(ledger: Ledger) -> None:
    id_ = ledger.started(60)
    early: list[Key] = []

    def look(parcel: Parcel) -> Outcome:
        if ledger.attempts(id_).get((parcel.key.seq, parcel.key.attempt)) != "sending":
            early.append(parcel.key)
        return Accepted()

    async def story() -> None:
        async with dispatching(ledger, look):
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)

    asyncio.run(story())
    assert early == []


def test_L05_a_worker_never_has_more_in_sending_than_its_part_of_in_flight(ledger: Ledger) -> None:
    id_ = ledger.started(100)
    most: list[int] = []

    def hold(parcel: Parcel) -> None:
        most.append(ledger.tally(id_)["sending"])

    async def story() -> None:
        async with dispatching(ledger, hold, options=SenderOptions(in_flight=24), lanes=8) as rig:
            for _ in range(3):
                await until(lambda: len(rig.courier.open) == 12)
                rig.courier.answer(Accepted())
            rig.courier.fate = lambda _: Accepted()
            rig.courier.answer(Accepted())
            mine = sum(seq % 16 in rig.hand.lanes for seq in range(1, 101))
            await until(lambda: ledger.tally(id_)["sent"] == mine)
            await rig.settled()
            assert rig.courier.most_seen == 12

    asyncio.run(story())
    assert max(most) == 12


def test_L05_parcels_that_come_back_while_they_are_handed_over_do_not_widen_the_limit(ledger: Ledger) -> None:
    """A courier may refuse in `submit` itself, and the desk feeds it from there."""
    id_ = ledger.started(120, options={"stop_if_failed": 0})

    async def story() -> None:
        options = SenderOptions(in_flight=10)
        async with dispatching(ledger, options=options) as rig:
            rig.courier.unfit = lambda parcel: parcel.key.seq % 3 == 0
            rig.courier.resize(12)
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert rig.courier.most_seen <= 10

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 80, "failed": 40}
    ledger.check_books(id_)


def test_a_campaign_that_no_server_could_take_is_refused_to_its_end(ledger: Ledger) -> None:
    """However many are refused in the very call that hands them over, the calls do not pile up."""
    id_ = ledger.started(700, options={"stop_if_failed": 0})

    async def story() -> None:
        async with dispatching(ledger, options=SenderOptions(in_flight=500)) as rig:
            rig.courier.unfit = lambda parcel: True
            rig.courier.resize(500)
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)

    asyncio.run(story())
    assert ledger.tally(id_) == {"failed": 700}
    ledger.check_books(id_)


def test_L05_a_group_commit_holds_at_most_a_hundred_intents(
    ledger: Ledger, clock: HandClock, saboteur: Saboteur
) -> None:
    id_ = ledger.started(300)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None, options=SenderOptions(in_flight=250)) as rig:
            rig.courier.most = 250
            rig.courier.announcing = False
            await until(lambda: len(rig.courier.here) == 250)
            saboteur.plants["turn.begin"] = lambda: clock.pass_(0.001)  # each transaction has a moment of its own
            rig.courier.announce_all()
            await until(lambda: len(rig.courier.open) == 250)
            rig.courier.answer(Accepted())
            rig.courier.fate = lambda _: Accepted()
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)

    asyncio.run(story())
    with ledger.db.read() as tx:
        groups = tx.execute(select(func.count(attempt.c.seq)).group_by(attempt.c.intended_at)).scalars().all()
    assert sum(groups) == 300
    assert max(groups) == INTENTS_LIMIT == 100


def test_a_pause_in_the_middle_lets_nothing_more_leave_and_keeps_everybody(ledger: Ledger) -> None:
    id_ = ledger.started(300)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            ledger.control.pause(id_, PERSON)
            out = len(rig.courier.left)
            rig.courier.answer(Accepted())
            await rig.settled()
            assert len(rig.courier.left) == out
            assert ledger.tally(id_) == {"sent": 50, "queued": 250}
            ledger.control.resume(id_, PERSON)
            rig.courier.fate = lambda _: Accepted()
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert set(rig.courier.copies().values()) == {1}

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 300}
    ledger.check_books(id_)


def test_twelve_pauses_and_resumes_neither_lose_nor_repeat_anybody(ledger: Ledger) -> None:
    id_ = ledger.started(260)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            for _ in range(12):
                await until(lambda: bool(rig.courier.open))
                ledger.control.pause(id_, PERSON)
                rig.courier.answer(Accepted(), *list(rig.courier.open)[:20])
                await asyncio.sleep(0)
                ledger.control.resume(id_, PERSON)
            rig.courier.fate = lambda _: Accepted()
            rig.courier.answer(Accepted())
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert set(rig.courier.copies().values()) == {1}
            assert len(rig.courier.copies()) == 260

    asyncio.run(story())
    ledger.check_books(id_)


def test_a_cancel_ends_it_and_what_is_out_still_tells_its_end(ledger: Ledger) -> None:
    id_ = ledger.started(200)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            ledger.control.cancel(id_, PERSON)
            ledger.control.sweep_cancelled(id_)
            first, *rest = rig.courier.open
            rig.courier.answer(Unclear("connection_lost"), first)
            rig.courier.answer(NotSent("connection", Blame.SENDER), *rest[:9])
            rig.courier.answer(Accepted())
            await rig.settled()

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 40, "uncertain": 1, "cancelled": 159}
    ledger.check_books(id_)


def test_L02_what_an_intent_did_not_bring_back_is_refused_to_the_courier(ledger: Ledger, clock: HandClock) -> None:
    """The lane is taken over while parcels wait for their intent: not one of them leaves from here."""
    id_ = ledger.started(40)

    async def story() -> None:
        async with dispatching(ledger, ticking=False) as rig:
            rig.courier.announcing = False
            rig.look()
            await until(lambda: len(rig.courier.here) == 40)
            clock.pass_(LEASE + 1)
            rig.keep()  # it believes itself: the store must not
            thief = ledger.hand(ledger.another_process())
            assert ledger.tally(id_) == {"queued": 40}
            rig.courier.announce_all()
            await until(lambda: len(rig.courier.refused) == 40)
            await rig.settled()
            assert rig.courier.left == []
            rig.dispatcher.set_lines({})
            assert len(thief.send(id_)) == 40

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 40}
    ledger.check_books(id_)


def test_a_lane_that_is_lost_takes_its_rows_along_and_leaves_the_others(ledger: Ledger) -> None:
    id_ = ledger.started(160)

    async def story() -> None:
        async with dispatching(ledger, ticking=False) as rig:
            rig.courier.announcing = False
            rig.look()
            await until(lambda: len(rig.courier.here) == 50)
            lost = dict(list(rig.hand.lanes.items())[:8])
            rig.hand.leases.release("lane", [f"{rig.hand.sender}/{shard}" for shard in lost])
            rig.hand.lanes = {s: e for s, e in rig.hand.lanes.items() if s not in lost}
            next_ = ledger.hand(ledger.another_process(), lanes=8)
            assert set(next_.lanes) == set(lost)
            rig.keep()
            rig.courier.announce_all()
            while keys := next_.send(id_):
                assert {seq % 16 for seq, _ in keys} <= set(lost)
            ticker = asyncio.get_running_loop().create_task(rig.tick())
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            ticker.cancel()
            mine = {seq for (_, seq), _ in rig.courier.copies().items()}
            assert mine == {seq for seq in range(1, 161) if seq % 16 not in lost}
            assert set(rig.courier.copies().values()) == {1}

    asyncio.run(story())
    ledger.check_books(id_)


def test_L13_lanes_that_come_while_a_claim_is_under_way_begin_at_their_own_floor(
    ledger: Ledger, saboteur: Saboteur
) -> None:
    id_ = ledger.started(320)

    async def story() -> None:
        async with dispatching(ledger, ticking=False, lanes=8) as rig:
            loop = asyncio.get_running_loop()

            def more() -> None:
                """Between a claim's commit and the moment when the dispatcher hears of it."""
                del saboteur.plants["turn.committed"]
                rig.hand.take_lanes()
                asyncio.run_coroutine_threadsafe(heard(), loop).result()

            async def heard() -> None:
                rig.keep()

            saboteur.plants["turn.committed"] = more
            rig.look()
            await until(lambda: len(rig.dispatcher.lanes) == 16)
            ticker = loop.create_task(rig.tick())
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            ticker.cancel()

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 320}


def test_a_renewal_that_is_late_stops_intents_and_loses_no_row(ledger: Ledger, clock: HandClock) -> None:
    """3 s without a renewal: no new intent. The lane is still ours, so nobody else releases the rows: we must."""
    id_ = ledger.started(30)

    async def story() -> None:
        async with dispatching(ledger, ticking=False) as rig:
            rig.courier.announcing = False
            rig.look()
            await until(lambda: len(rig.courier.here) == 30)
            clock.pass_(3.5)
            rig.courier.announce_all()
            await until(lambda: len(rig.courier.refused) == 30)
            await rig.settled()
            assert rig.courier.left == []
            assert ledger.tally(id_) == {"queued": 30}
            ticker = asyncio.get_running_loop().create_task(rig.tick())
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            ticker.cancel()

    asyncio.run(story())
    ledger.check_books(id_)


def test_the_call_that_writes_the_dot_looks_once_more(ledger: Ledger, clock: HandClock, saboteur: Saboteur) -> None:
    """The process was frozen between the commit of its intents and the dots."""
    id_ = ledger.started(10)

    async def story() -> None:
        async with dispatching(ledger, ticking=False) as rig:
            saboteur.plants["send.write"] = lambda: clock.pass_(3.5)
            rig.look()
            await until(lambda: len(rig.courier.aborted) + len(rig.courier.refused) == 10)
            rig.dispatcher.set_lines({})
            await rig.settled()
            assert rig.courier.aborted
            assert rig.courier.left == []

    asyncio.run(story())
    assert ledger.tally(id_) == {"queued": 10}
    assert "withdrawn" in ledger.attempts(id_).values()
    assert "sending" not in ledger.attempts(id_).values()
    assert all(row["tries"] == 0 for row in ledger.rows(id_).values())


@pytest.mark.parametrize("point", ["turn.begin", "turn.commit", "turn.committed"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_L06_no_dot_follows_a_commit_of_unknown_fate(ledger: Ledger, saboteur: Saboteur, point: str, nth: int) -> None:
    """Whichever turn it strikes, and whether the commit landed or not."""
    id_ = ledger.started(120)

    def strike() -> None:
        if saboteur.reached[point] == nth:
            before.append(len(rigs[0].courier.left) if rigs else 0)
            raise Unreachable("the database died during COMMIT")

    before: list[int] = []
    rigs: list[Rig] = []
    saboteur.plants[point] = strike

    async def story() -> None:
        async with dispatching(ledger) as rig:
            rigs.append(rig)
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert before, "the point was struck"
            assert set(rig.courier.copies().values()) == {1}

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 120}
    assert ledger.counters(id_)["attempts"] == 120
    ledger.check_books(id_)


@pytest.mark.parametrize("trouble", ["a pause", "a renewal that is late", "a commit of unknown fate"])
def test_L08_what_has_left_is_never_taken_back_and_what_has_not_is(
    ledger: Ledger, clock: HandClock, saboteur: Saboteur, trouble: str
) -> None:
    """Ten messages are out and unanswered, ten wait with the courier. Only those may be queued again."""
    id_ = ledger.started(40)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None, ticking=trouble == "a pause") as rig:
            rig.courier.most = 10
            rig.keep()
            rig.look()
            await until(lambda: len(rig.courier.open) == 10)
            out = {parcel.key.seq for parcel in rig.courier.left}
            rig.courier.announcing = False
            rig.courier.most = 20
            rig.dispatcher.feed()
            await until(lambda: len(rig.courier.here) == 20)
            first = next(iter(rig.courier.open))
            if trouble == "a pause":
                ledger.control.pause(id_, PERSON)
            elif trouble == "a renewal that is late":
                clock.pass_(3.5)
                rig.courier.announce_all()
            else:
                saboteur.once("turn.committed", Unreachable("the database died during COMMIT"))
                rig.courier.announce_all()
                rig.courier.announcing = False
                rig.courier.answer(Accepted(), first)
            gone = {seq for seq in out if (trouble, seq) != ("a commit of unknown fate", first.seq)}
            await until(lambda: {seq for seq, state in ledger.states(id_).items() if state == "sending"} == gone)
            assert len(rig.courier.copies()) == 10, "nothing more has left"
            assert ledger.attempts(id_)[first.seq, 1] in ("sending", "accepted")
            rig.courier.answer(Accepted())
            rig.courier.fate = lambda _: Accepted()
            rig.courier.announce_all()
            if trouble == "a pause":
                await until(lambda: ledger.tally(id_) == {"sent": 10, "queued": 30})
                ledger.control.resume(id_, PERSON)
            ticker = asyncio.get_running_loop().create_task(rig.tick())
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            ticker.cancel()
            assert set(rig.courier.copies().values()) == {1}

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 40}
    ledger.check_books(id_)


def test_L19_while_the_storage_refuses_no_dot_leaves_and_then_it_goes_on_by_itself(
    ledger: Ledger, saboteur: Saboteur
) -> None:
    """Answers of messages that were out are remembered meanwhile. Takes one wait for the storage, 5 s."""
    id_ = ledger.started(300)
    refused: list[str] = []

    def refuse() -> None:
        refused.append("turn")
        raise Unreachable("database or disk is full")

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            saboteur.plants["turn.begin"] = refuse
            rig.courier.answer(Accepted())
            await until(lambda: len(refused) >= 2)  # the turn, and the first try to go on
            out, claimed = len(rig.courier.left), ledger.tally(id_)["claimed"]
            assert rig.dispatcher.storage_down == "database or disk is full"
            for _ in range(50):
                rig.dispatcher.feed()
                await asyncio.sleep(0)
            assert (len(rig.courier.left), ledger.tally(id_)["claimed"]) == (out, claimed)
            assert out == 50
            del saboteur.plants["turn.begin"]
            rig.courier.fate = lambda _: Accepted()
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert rig.dispatcher.storage_down is None
            assert len(refused) == 2, "it does not knock all the time"
            assert set(rig.courier.copies().values()) == {1}

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 300}
    assert {row["tries"] for row in ledger.rows(id_).values()} <= {0, 1}
    ledger.check_books(id_)


def test_rows_that_are_claimed_while_the_way_closes_go_back_and_nobody_is_passed_over(
    ledger: Ledger, saboteur: Saboteur
) -> None:
    """R19: sending goes on at the next row. Rows in hand would have left before those that went back to the queue."""
    id_ = ledger.started(300)

    async def nothing(*_: object) -> None: ...

    monitor = Monitor(
        options=SenderOptions(), world=ledger.world, probe=nothing, changed=lambda: None, tell_health=nothing,
        pause=nothing, resume=nothing,
    )  # fmt: skip

    def close_the_way() -> None:
        del saboteur.plants["turn.committed"]
        monitor.way = Way.DOWN

    async def story() -> None:
        async with dispatching(ledger, ticking=False) as rig:
            rig.dispatcher.monitor = monitor
            saboteur.plants["turn.committed"] = close_the_way
            rig.keep()
            rig.look()
            await until(lambda: monitor.way is Way.DOWN)
            await until(lambda: ledger.tally(id_) == {"queued": 300})
            monitor.way = Way.OPEN
            rig.dispatcher.way_changed()
            await until(lambda: len(rig.courier.left) >= 5)
            assert [parcel.key.seq for parcel in rig.courier.left[:5]] == [1, 2, 3, 4, 5]

    asyncio.run(story())


def test_campaigns_of_one_sender_take_turns_by_batch(ledger: Ledger) -> None:
    """R13: a small campaign is not kept waiting by a large one that began before."""
    large = ledger.started(3 * CLAIMS + 100)
    small = ledger.started(40)

    async def story() -> None:
        async with dispatching(ledger) as rig:
            await until(lambda: ledger.get(small).state is CampaignState.COMPLETED)
            ahead = sum(parcel.key.campaign == large for parcel in rig.courier.left)
            assert ahead <= 2 * CLAIMS + AHEAD
            await until(lambda: ledger.get(large).state is CampaignState.COMPLETED)

    asyncio.run(story())
    ledger.check_books(large)
    ledger.check_books(small)


def test_L18_what_is_claimed_and_rendered_does_not_grow_with_the_campaign(ledger: Ledger) -> None:
    id_ = ledger.started(2_000)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            await until(lambda: not rig.dispatcher.tray.unwritten)
            held = ledger.tally(id_)
            assert held["claimed"] + held["sending"] <= CLAIMS + AHEAD + 50 <= 500
            assert len(rig.courier.here) <= 50
            assert len(rig.dispatcher.tray.waiting) < CLAIMS + AHEAD
            ledger.control.pause(id_, PERSON)
            rig.courier.answer(Accepted())
            await rig.settled()

    asyncio.run(story())


def test_L24_a_drain_settles_what_is_out_and_leaves_nothing_uncertain(ledger: Ledger) -> None:
    id_ = ledger.started(300)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            leaving = asyncio.get_running_loop().create_task(rig.dispatcher.drain(20.0))
            await until(lambda: rig.courier.closed)
            out = len(rig.courier.left)
            rig.courier.answer(Accepted())
            await leaving
            assert len(rig.courier.left) == out
            assert rig.dispatcher.tray.idle

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 50, "queued": 250}
    ledger.check_books(id_)


def test_L24_a_drain_whose_provider_says_nothing_marks_the_rest_itself(ledger: Ledger) -> None:
    id_ = ledger.started(80)

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            await until(lambda: len(rig.courier.open) == 50)
            silent = list(rig.courier.open)

            async def close(patience: float) -> None:
                rig.courier.closed = True
                rig.courier.answer(Unclear("timeout"), *silent)

            rig.courier.close = close
            await rig.dispatcher.drain(0.1)

    asyncio.run(story())
    assert ledger.tally(id_) == {"uncertain": 50, "queued": 30}
    ledger.check_books(id_)


def test_refusals_beyond_the_limit_pause_the_campaign(ledger: Ledger) -> None:
    id_ = ledger.started(400, options={"stop_if_failed": 0.1})

    async def story() -> None:
        async with dispatching(ledger, lambda _: Refused("policy")) as rig:
            await until(lambda: ledger.get(id_).state is CampaignState.PAUSED)
            await rig.settled()
            assert len(rig.stopped) == 1

    asyncio.run(story())
    of = ledger.get(id_)
    assert of.reason is PauseReason.TOO_MANY_FAILURES
    assert "failed" in (of.detail or "")
    assert 20 <= ledger.tally(id_)["failed"] < 200
    ledger.check_books(id_)


@pytest.mark.parametrize("room", [1, 3, 50])
def test_a_campaign_whose_last_results_meet_the_limit_is_completed(ledger: Ledger, room: int) -> None:
    """The rule stops what is still open: with nothing open there is nothing to stop, whoever writes first (L23)."""
    id_ = ledger.started(20)

    async def story() -> None:
        async with dispatching(ledger, lambda _: Refused("policy")) as rig:
            rig.courier.resize(room)
            await until(lambda: ledger.get(id_).state is not CampaignState.SENDING)
            await rig.settled()
            assert rig.stopped == []

    asyncio.run(story())
    of = ledger.get(id_)
    assert (of.state, of.reason) == (CampaignState.COMPLETED, None)
    assert ledger.tally(id_) == {"failed": 20}
    ledger.check_books(id_)


@pytest.mark.parametrize("late", [Refused("policy"), NotSent("greylisted", Blame.RECIPIENT)], ids=lambda o: o.reason)
def test_a_pause_for_failures_whose_last_results_come_later_ends_by_what_is_open(ledger: Ledger, late: Outcome) -> None:
    """Completed when they leave nothing open, paused when somebody still waits."""
    id_ = ledger.started(25)

    async def story() -> None:
        async with dispatching(ledger, lambda p: Refused("policy") if p.key.seq <= 20 else None) as rig:
            await until(lambda: ledger.get(id_).state is CampaignState.PAUSED and len(rig.courier.open) == 5)
            rig.courier.answer(late)
            await rig.settled()
            assert len(rig.stopped) == 1

    asyncio.run(story())
    of = ledger.get(id_)
    if isinstance(late, Refused):
        assert (of.state, of.reason, of.detail) == (CampaignState.COMPLETED, None, None)
        assert ledger.tally(id_) == {"failed": 25}
    else:
        assert (of.state, of.reason) == (CampaignState.PAUSED, PauseReason.TOO_MANY_FAILURES)
        assert ledger.tally(id_) == {"failed": 20, "queued": 5}
    ledger.check_books(id_)


def test_a_message_that_cannot_be_made_is_its_own_recipients_failure(ledger: Ledger) -> None:
    ids = ledger.contacts(3, attributes='{"first": "Ann"}')
    ids += ledger.contacts(2)
    content = {"subject": "Hello", "text": "Dear {{ first }}", "from": "b@sender.test"}
    id_ = ledger.started(audience={"contacts": ids}, content=content)

    async def story() -> None:
        async with dispatching(ledger) as rig:
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert len(rig.courier.left) == 3

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 3, "skipped": 2}
    assert ledger.rows(id_)[4]["reason"] == "missing_variable"
    ledger.check_books(id_)


def test_a_greylisted_recipient_is_tried_again_when_it_is_due(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.started(20)
    tries: dict[int, list[int]] = {}

    def fate(parcel: Parcel) -> Outcome:
        times = tries.setdefault(parcel.key.seq, [])
        times.append(clock.now())
        return NotSent("greylisted", Blame.RECIPIENT) if parcel.key.seq % 4 == 0 and len(times) < 3 else Accepted()

    async def story() -> None:
        async with dispatching(ledger, fate):
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 20}
    for seq, times in tries.items():
        waits = [after - before for before, after in itertools.pairwise(times)]
        assert len(waits) == (2 if seq % 4 == 0 else 0)
        assert all(wait >= least for wait, least in zip(waits, (1000, 2000), strict=False)), "never less than 1, 2 s"
    ledger.check_books(id_)


def test_what_came_back_from_a_cut_leaves_before_what_was_waiting(ledger: Ledger) -> None:
    """R19: sending goes on at the next row, also when only some connections were cut and the way itself never closed."""
    id_ = ledger.started(200)

    async def nothing(*_: object) -> None: ...

    monitor = Monitor(
        options=SenderOptions(), world=ledger.world, probe=nothing, changed=lambda: None, tell_health=nothing,
        pause=nothing, resume=nothing,
    )  # fmt: skip

    async def story() -> None:
        async with dispatching(ledger, lambda _: None) as rig:
            rig.dispatcher.monitor = monitor
            await until(lambda: len(rig.courier.open) == 50 and bool(rig.dispatcher.tray.waiting))
            cut = sorted(rig.courier.open, key=lambda key: key.seq)[:3]
            rig.courier.answer(NotSent("closed", Blame.SENDER), *cut)
            rig.courier.fate = lambda _: Accepted()
            rig.courier.answer(Accepted(), *[key for key in rig.courier.open if key not in cut])
            await until(lambda: len(rig.courier.left) > 60)
            again = [parcel.key.seq for parcel in rig.courier.left[50:53]]
            assert again == [key.seq for key in cut]
            await until(lambda: ledger.get(id_).state is CampaignState.COMPLETED)
            assert monitor.way is Way.OPEN

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 200}
    ledger.check_books(id_)
