"""A whole worker against the truthful server: what the server wrote down is compared with the ledger, nothing else."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homing.channels.smtp.courier import SmtpCourier
from homing.engine.way import Way
from homing.engine.worker import LOOK_EVERY, Worker, WorkerSetup
from homing.model.campaign import Activity, PauseReason, State
from homing.model.ids import CampaignId, SenderId
from homing.model.patience import Patience
from homing.model.sender import Health, Monitoring, SenderOptions, SmtpAccess
from homing.store.database import Database, Transaction
from homing.world import World
from tests.engine.rig import PATIENCE, until
from tests.faults.smtp_server import Behaviour, SmtpServer
from tests.store.ledger import PERSON, make_ledger

PROMPT = SenderOptions(
    timeout=10.0,
    patience=Patience(retries=3, base=0.05, cap=0.2),
    monitoring=Monitoring(probes=(), check_every=0.2, give_up_after=0.0),
)
"""A sender that does not keep tests waiting."""


class House:
    """Workers of one ledger that send to one server."""

    def __init__(self, folder: Path, server: SmtpServer, options: SenderOptions, dialect: str = "sqlite") -> None:
        self.ledger = make_ledger(dialect, folder, World())
        self.server = server
        self.options = options
        self.health: list[Health] = []

    def way(self, world: World) -> Any:
        def open_way(sender_id: SenderId) -> Way:
            access = SmtpAccess("127.0.0.1", self.server.port, helo="client.test")
            return Way(
                sender_id,
                "post",
                1,
                self.options,
                lambda desk: SmtpCourier(access, self.options, desk, world),
                "b@sender.test",
            )

        return open_way

    def worker(self, db: Database | None = None, **more: Any) -> Worker:
        db = db or self.ledger.another_process()
        return Worker(WorkerSetup(db, self.way(db.world), self.note_health, grace=PATIENCE, **more))

    def note_health(self, sender: SenderId, health: Health, detail: str | None) -> None:
        self.health.append(health)

    async def over(self, id_: CampaignId, state: State = State.COMPLETED) -> None:
        await until(lambda: self.ledger.get(id_).state is state, every=0.02)

    async def at_rest(self, id_: CampaignId) -> None:
        """Nothing of it is in hand or on its way."""
        await until(lambda: not {"claimed", "sending"} & set(self.ledger.tally(id_)), every=0.02)

    def copies(self, id_: CampaignId) -> Counter[int]:
        """How often the server accepted each position of a campaign."""
        uid = self.ledger.get(id_).uid
        found: Counter[int] = Counter()
        for line in self.server.ledger.lines:
            campaign, _, seq = line.split("\t")[0].partition("/")
            if campaign == uid:
                found[int(seq)] += 1
        return found


@asynccontextmanager
async def house(
    folder: Path, options: SenderOptions = PROMPT, *, dialect: str = "sqlite", **behaviour: Any
) -> AsyncIterator[House]:
    server = SmtpServer(Behaviour(**behaviour))
    await server.start()
    made = House(folder, server, options, dialect)
    try:
        yield made
    finally:
        made.ledger.close()
        await server.stop()


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    """Runs workers; at the end they are asked to leave, and must do so without an error."""
    tasks = [asyncio.get_running_loop().create_task(worker.run()) for worker in workers]
    try:
        yield
        assert not any(task.done() for task in tasks), tasks
    finally:
        for worker in workers:
            worker.stop()
        async with asyncio.timeout(40):
            await asyncio.gather(*tasks)


@pytest.mark.wire
def test_three_hundred_recipients_are_accepted_once_each(tmp_path: Path) -> None:
    """R10, R13."""

    async def story() -> None:
        async with house(tmp_path) as home:
            id_ = home.ledger.started(300)
            async with working(home.worker()):
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 301), 1))
            assert home.ledger.tally(id_) == {"sent": 300}
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_two_workers_share_a_campaign_and_repeat_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path) as home:
            id_ = home.ledger.started(300)
            async with working(home.worker(), home.worker()):
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 301), 1))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_pauses_and_resumes_lose_and_repeat_nobody(tmp_path: Path) -> None:
    """R35."""

    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, connections=3), latency=0.005) as home:
            id_ = home.ledger.started(250)
            async with working(home.worker()):
                for part in (20, 60, 110, 160):
                    await until(lambda part=part: home.server.ledger.count >= part)  # type: ignore[misc]
                    home.ledger.control.pause(id_, PERSON)
                    await home.at_rest(id_)
                    assert home.ledger.get(id_).state is State.PAUSED
                    still = home.server.ledger.count
                    assert home.ledger.tally(id_)["sent"] == still
                    home.ledger.control.resume(id_, PERSON)
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 251), 1))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_a_cancel_stops_at_once_and_the_server_agrees_with_the_books(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, connections=2), latency=0.01) as home:
            id_ = home.ledger.started(400)
            async with working(home.worker()):
                await until(lambda: home.server.ledger.count >= 30)
                home.ledger.control.cancel(id_, PERSON)
                while home.ledger.control.sweep_cancelled(id_):
                    pass
                await home.at_rest(id_)
            tally = home.ledger.tally(id_)
            assert tally["sent"] == len(home.copies(id_)) < 400
            assert tally["sent"] + tally["cancelled"] == 400
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_greylisting_a_tenth_loses_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, greylist_share=0.1) as home:
            id_ = home.ledger.started(200)
            async with working(home.worker()):
                await home.over(id_)
            assert home.server.greeted
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 201), 1))
            tries = Counter(row["attempt"] for row in home.ledger.rows(id_).values())
            assert tries[2] >= len(home.server.greeted)
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_what_was_accepted_without_a_reply_is_uncertain_and_exactly_that(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, drop_share=0.1) as home:
            id_ = home.ledger.started(200)
            async with working(home.worker()):
                await home.over(id_)
            tally, copies = home.ledger.tally(id_), home.copies(id_)
            assert set(copies.values()) == {1}
            assert len(copies) == 200
            assert tally["uncertain"] > 0
            assert tally["sent"] + tally["uncertain"] == 200
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_L22_a_server_that_is_gone_and_comes_back_costs_nobody_anything(tmp_path: Path) -> None:
    """R18, R19: absent at the start, and dying midway."""

    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, connections=3), latency=0.003) as home:
            await home.server.stop()
            id_ = home.ledger.started(200)
            async with working(home.worker()):
                await until(lambda: Health.DOWN in home.health)
                assert home.ledger.get(id_).state is State.SENDING
                await until(lambda: "connection" in (home.ledger.get(id_).activity or ""))
                await home.server.start(home.server.port)
                await until(lambda: home.server.ledger.count >= 50)
                await until(lambda: home.health[-1] is Health.UP)
                before = len(home.health)
                await home.server.stop()
                await until(lambda: Health.DOWN in home.health[before:])
                await home.server.start(home.server.port)
                await home.over(id_)
            tally, copies = home.ledger.tally(id_), home.copies(id_)
            assert set(copies.values()) == {1}
            assert tally["failed"] == 0
            assert tally["sent"] + tally["uncertain"] == 200
            assert tally["sent"] <= len(copies) <= 200
            assert {row["tries"] for row in home.ledger.rows(id_).values() if row["state"] == "sent"} <= {0, 1}
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_after_the_limit_it_pauses_and_resumes_by_itself_when_the_way_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        watch = replace(PROMPT.monitoring, give_up_after=0.3)
        async with house(tmp_path, replace(PROMPT, monitoring=watch)) as home:
            await home.server.stop()
            id_ = home.ledger.started(20)
            async with working(home.worker()):
                await home.over(id_, State.PAUSED)
                assert home.ledger.get(id_).reason is PauseReason.NO_CONNECTION
                await home.at_rest(id_)
                assert home.ledger.tally(id_) == {"queued": 20}
                await home.server.start(home.server.port)
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 21), 1))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_a_campaign_that_starts_during_an_outage_pauses_after_the_limit_too(tmp_path: Path) -> None:
    """R19: the limit is each campaign's own."""

    async def story() -> None:
        watch = replace(PROMPT.monitoring, give_up_after=0.3)
        async with house(tmp_path, replace(PROMPT, monitoring=watch)) as home:
            await home.server.stop()
            first = home.ledger.started(20)
            async with working(home.worker()):
                await home.over(first, State.PAUSED)
                second = home.ledger.started(20)
                await home.over(second, State.PAUSED)
                home.ledger.control.resume(first, PERSON)
                await home.over(first, State.PAUSED)
                assert {home.ledger.get(id_).reason for id_ in (first, second)} == {PauseReason.NO_CONNECTION}
                await home.server.start(home.server.port)
                for id_ in (first, second):
                    await home.over(id_)
            for id_ in (first, second):
                assert home.copies(id_) == Counter(dict.fromkeys(range(1, 21), 1))
                home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_a_server_that_greets_with_554_is_waited_for_with_its_words(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path) as home:
            home.server.behaviour.arm("banner=554 5.3.2 no SMTP service here")
            id_ = home.ledger.started(20)
            async with working(home.worker()):
                await until(lambda: "no SMTP service here" in (home.ledger.get(id_).activity_detail or ""), every=0.02)
                assert home.ledger.get(id_).activity == Activity.WAITING_FOR_SENDER
                home.server.behaviour.faults.clear()
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 21), 1))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_L24_a_worker_that_is_asked_to_leave_leaves_nothing_uncertain(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, connections=5), latency=0.02) as home:
            id_ = home.ledger.started(200)
            async with working(home.worker()):
                await until(lambda: home.server.ledger.count >= 20)
            tally = home.ledger.tally(id_)
            assert set(tally) == {"sent", "queued"}
            assert tally["sent"] == len(home.copies(id_))
            home.ledger.check_books(id_)
            async with working(home.worker()):
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 201), 1))

    asyncio.run(story())


@pytest.mark.wire
def test_a_canary_waits_for_its_approval(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path) as home:
            id_ = home.ledger.started(40, options={"canary": 5})
            async with working(home.worker()):
                await home.over(id_, State.PAUSED)
                assert home.ledger.get(id_).reason is PauseReason.CANARY
                assert sorted(home.copies(id_)) == [1, 2, 3, 4, 5]
                home.ledger.control.approve(id_, PERSON)
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 41), 1))

    asyncio.run(story())


@pytest.mark.wire
def test_a_worker_plans_what_it_sends_and_starts_what_is_due(tmp_path: Path) -> None:
    """R11: from a draft with a time, through planning, to the end, by the worker alone."""

    async def story() -> None:
        async with house(tmp_path) as home:
            home.ledger.contacts(60)
            id_ = home.ledger.draft(start_at=home.ledger.world.clock.now() + 2_000)
            assert home.ledger.control.start(id_, PERSON).state is State.SCHEDULED
            later = home.ledger.draft(start_at=home.ledger.world.clock.now() + 100_000)
            home.ledger.control.start(later, PERSON)
            async with working(home.worker()):
                await home.over(id_)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 61), 1))
            assert home.ledger.get(later).state is State.SCHEDULED

    asyncio.run(story())


class Noted(Database):
    """Notes when something was last read from it."""

    read_at = 0.0

    def read(self, *, limit: float | None = None) -> AbstractContextManager[Transaction]:
        self.read_at = time.monotonic()
        return super().read(limit=limit)


@pytest.mark.wire
def test_R10_a_worker_that_looks_seldom_starts_at_once_on_a_hint(tmp_path: Path) -> None:
    """With nothing to do it asks PostgreSQL four times less often; a start is a fact, and a fact wakes it."""

    async def story() -> None:
        async with house(tmp_path, dialect="postgresql") as home:
            db = Noted(home.ledger.db.url, home.ledger.world)
            async with working(home.worker(db, look_seldom=3600.0)):
                for _ in range(2):
                    await until(lambda: time.monotonic() - db.read_at > 4 * LOOK_EVERY, every=0.05)
                    id_ = home.ledger.started(20)
                    await home.over(id_)
                    assert home.ledger.tally(id_) == {"sent": 20}

    asyncio.run(story())


class Watched(Database):
    """The worker's own database. A renewal can be held up just before it stands in line for the writer.

    A renewal reads the lease clock before its transaction (section 5), a take inside its own: so the one is told from the other.
    """

    def __init__(self, url: str, world: World) -> None:
        super().__init__(url, world)
        self.writing = False
        self.renewals = 0
        self.under_way = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    def lease_now(self) -> int:
        if not self.writing:
            self.renewals += 1
            if not self.may_go.is_set():
                self.under_way.set()
                assert self.may_go.wait(PATIENCE)
        return super().lease_now()

    @contextmanager
    def write(self, *, fenced: bool = False, **more: Any) -> Iterator[Transaction]:
        with super().write(fenced=fenced, **more) as tx:
            self.writing = True
            try:
                yield tx
            finally:
                self.writing = False


@pytest.mark.wire
def test_lanes_that_are_taken_while_a_renewal_is_under_way_are_kept(tmp_path: Path) -> None:
    """The take stands in line behind the renewal, and its sender is there before both return: all 16 lanes stay at work."""

    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, connections=1), latency=0.01) as home:
            first = home.ledger.started(16)
            id_ = home.ledger.draft(audience={"contacts": home.ledger.contacts(160)})
            db = Watched(home.ledger.url, home.ledger.world)
            worker = home.worker(db)
            async with working(worker):
                await home.over(first)
                await until(lambda: not worker._senderies)
                db.may_go.clear()
                await until(db.under_way.is_set)
                home.ledger.control.start(id_, PERSON)
                await until(lambda: bool(worker._senderies))  # in this moment the take is put in line
                before = db.renewals
                db.may_go.set()
                await home.over(id_)
            assert db.renewals >= before + 2, "it was long enough for a renewal to take lanes away"
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 161), 1))
            db.close()

    asyncio.run(story())
