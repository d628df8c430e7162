"""500 recipients by SendGrid and by SES while the provider stalls, answers 429 and 5xx: counted at the provider."""

import asyncio
from pathlib import Path

import pytest

from homing.engine.way import Way
from homing.engine.worker import Worker, WorkerSetup
from homing.inbox.provider import Orders, Provider
from homing.model.campaign import Activity, State
from homing.model.courier import Desk
from homing.model.ids import Key, SenderId
from homing.model.patience import Patience
from homing.model.sender import Monitoring, SenderOptions
from homing.store.evidence import Evidence
from homing.store.senders import Senders
from homing.transport.courier import HttpCourier, Limits
from homing.world import World
from tests.channels.providers import KINDS, dialect
from tests.engine.rig import PATIENCE, until
from tests.engine.test_worker import working
from tests.store.ledger import make_ledger

PEOPLE = 500
STALLED = range(20, PEOPLE + 1, 20)  # 5 %: accepted, and no answer ever comes
SLOWED = range(3, PEOPLE + 1, 50)  # 429 at the first try
ILL = (101, 333)  # 503 at the first try, not accepted: in doubt all the same


@pytest.mark.wire
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_exactly_the_ambiguous_ones_are_uncertain_and_late_events_settle_them(kind: str, tmp_path: Path) -> None:
    async def story() -> None:
        first = {**dict.fromkeys(STALLED, "accept-stall"), **dict.fromkeys(SLOWED, "429"), **dict.fromkeys(ILL, "503")}
        async with Provider(tmp_path / "accepted", Orders(first=first, retry_after="1")) as provider:
            ledger = make_ledger("sqlite", tmp_path, World())
            options = SenderOptions(
                connections=20,
                patience=Patience(base=0.05, cap=0.2),
                monitoring=Monitoring(probes=(), check_every=0.2, give_up_after=0.0),
            )

            def open_way(sender_id: SenderId) -> Way:
                def open_courier(desk: Desk) -> HttpCourier:
                    limits = Limits(timeout=1.5, sweep=0.05, halve_every=0.5)
                    return HttpCourier(dialect(kind, provider.url), options, desk, ledger.world, limits=limits)

                return Way(sender_id, "post", 1, options, open_courier, "b@sender.test")

            id_ = ledger.started(PEOPLE)
            db = ledger.another_process()
            async with working(Worker(WorkerSetup(db, open_way, Senders(db).set_health, grace=PATIENCE))):
                await until(lambda: ledger.get(id_).state is State.COMPLETED, every=0.05)
            uid, states = ledger.get(id_).uid, ledger.states(id_)
            copies = {int(key.rpartition("/")[2]): times for key, times in provider.seen.accepted.items()}
            assert max(copies.values()) == 1, "nobody twice"
            assert {seq for seq, state in states.items() if state == "uncertain"} == {*STALLED, *ILL}
            assert {seq for seq, state in states.items() if state == "sent"} == set(range(1, PEOPLE + 1)) - {
                *STALLED,
                *ILL,
            }
            assert set(copies) == set(range(1, PEOPLE + 1)) - set(ILL), "nobody lost"
            assert all(times == 1 for times in provider.seen.posts.values()), "L15: one request for each attempt"
            evidence = Evidence(ledger.db)
            for seq in STALLED:
                evidence.accepted(Key(id_, seq, ledger.rows(id_)[seq]["attempt"]), source="processed")
            assert {seq for seq, state in ledger.states(id_).items() if state == "uncertain"} == set(ILL)
            ledger.check_books(id_)
            assert provider.seen.posts.total() >= PEOPLE
            assert uid
            ledger.close()

    asyncio.run(story())


@pytest.mark.wire
@pytest.mark.parametrize("kind", KINDS)
def test_R19_when_the_way_out_closes_it_waits_and_goes_on_at_the_next_row(kind: str, tmp_path: Path) -> None:
    """L22: the outage fails nobody and charges nobody."""

    async def story() -> None:
        async with Provider(tmp_path / "accepted", Orders(delay=0.01)) as provider:
            ledger = make_ledger("sqlite", tmp_path, World())
            options = SenderOptions(connections=1, monitoring=Monitoring(probes=(), check_every=0.2, give_up_after=0.0))

            def open_way(sender_id: SenderId) -> Way:
                def open_courier(desk: Desk) -> HttpCourier:
                    return HttpCourier(dialect(kind, provider.url), options, desk, ledger.world)

                return Way(sender_id, "post", 1, options, open_courier, "b@sender.test")

            id_ = ledger.started(60)
            db = ledger.another_process()
            async with working(Worker(WorkerSetup(db, open_way, Senders(db).set_health, grace=PATIENCE))):
                await provider.until(lambda: provider.seen.accepted.total() >= 20)
                await provider.stop()
                waits = (Activity.WAITING_FOR_CONNECTION, Activity.WAITING_FOR_SENDER)
                await until(lambda: ledger.get(id_).activity in waits, every=0.02)
                await until(lambda: not {"claimed", "sending"} & set(ledger.tally(id_)), every=0.02)
                before = list(provider.seen.accepted)
                following = min(seq for seq, state in ledger.states(id_).items() if state == "queued")
                await provider.start()
                await until(lambda: ledger.get(id_).state is State.COMPLETED, every=0.02)
            after = [int(key.rpartition("/")[2]) for key in list(provider.seen.accepted)[len(before) :]]
            assert after[0] == following
            tally = ledger.tally(id_)
            assert tally["failed"] == 0
            assert tally["uncertain"] <= 1, "at most the one that was on its way"
            assert tally["sent"] + tally["uncertain"] == 60
            assert all(row["tries"] <= 1 for row in ledger.rows(id_).values())
            assert max(provider.seen.accepted.values()) == 1
            ledger.check_books(id_)
            ledger.close()

    asyncio.run(story())
