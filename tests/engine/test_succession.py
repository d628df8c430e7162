"""A campaign with two senders while the first dies, is limited or comes back: counted at the servers that received."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from homing.channels.sendgrid.send import SendGrid
from homing.channels.smtp.courier import SmtpCourier
from homing.engine.way import Way
from homing.engine.worker import Worker, WorkerSetup
from homing.inbox.provider import Orders, Provider
from homing.model.campaign import State
from homing.model.courier import Desk
from homing.model.ids import CampaignId, SenderId
from homing.model.routing import BACK_AFTER_MS
from homing.model.sender import Health, HttpAccess, SmtpAccess
from homing.store.senders import Senders
from homing.store.tables import campaign, sender
from homing.transport.courier import HttpCourier
from homing.world import World
from tests.engine.rig import PATIENCE, until
from tests.engine.test_worker import PROMPT, working
from tests.faults.smtp_server import Behaviour, SmtpServer
from tests.store.ledger import Ledger, make_ledger


class Two:
    """A worker whose senders lead to servers of their own: the first by SMTP, the second by HTTP."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.ledger: Ledger = make_ledger("sqlite", folder, World())
        self.first, self.second = SmtpServer(Behaviour()), Provider()
        self.spare = self.ledger.add_sender("spare")
        self.options = {self.ledger.sender: replace(PROMPT, **options), self.spare: PROMPT}

    def worker(self) -> Worker:
        db = self.ledger.another_process()

        def open_way(sender_id: SenderId) -> Way:
            options = self.options[sender_id]

            def open_courier(desk: Desk) -> SmtpCourier | HttpCourier:
                if sender_id == self.ledger.sender:
                    return SmtpCourier(SmtpAccess("127.0.0.1", self.first.port, helo="c.test"), options, desk, db.world)
                access = HttpAccess(endpoint_url=self.second.url, secret="k")
                return HttpCourier(SendGrid(access, db.world.clock), options, desk, db.world)

            return Way(sender_id, f"sender {sender_id}", 1, options, open_courier, "b@sender.test")

        return Worker(WorkerSetup(db, open_way, Senders(db).set_health, grace=PATIENCE))

    def start(self, count: int, **more: Any) -> CampaignId:
        return self.ledger.started(count, senders=[self.ledger.sender, self.spare], **more)

    def copies(self, id_: CampaignId) -> Counter[int]:
        """How often the two servers together accepted each position."""
        uid = self.ledger.get(id_).uid
        keys = [line.split("\t")[0] for line in self.first.ledger.lines] + list(self.second.seen.accepted.elements())
        return Counter(int(key.partition("/")[2]) for key in keys if key.startswith(uid))

    def check(self, id_: CampaignId, count: int) -> Counter[str]:
        """0 lost, 0 twice, 0 false: what both servers wrote down beside the ledger. Returns how the rows stand."""
        copies, states = self.copies(id_), self.ledger.states(id_)
        assert [seq for seq, times in copies.items() if times > 1] == [], "twice"
        assert [seq for seq in range(1, count + 1) if states[seq] == "sent" and not copies[seq]] == [], "lost"
        assert [seq for seq in copies if states[seq] not in ("sent", "uncertain")] == [], "false"
        self.ledger.check_books(id_)
        return self.ledger.tally(id_)

    async def over(self, id_: CampaignId) -> None:
        await until(lambda: self.ledger.get(id_).state is State.COMPLETED, every=0.02)


@asynccontextmanager
async def two(folder: Path, **options: Any) -> AsyncIterator[Two]:
    made = Two(folder, **options)
    await made.first.start()
    await made.second.start()
    try:
        yield made
    finally:
        made.ledger.close()
        await made.first.stop()
        await made.second.close()


@pytest.mark.wire
def test_the_first_of_two_dies_for_good_midway_and_the_campaign_completes_through_the_second(tmp_path: Path) -> None:
    async def story() -> None:
        async with two(tmp_path) as home:
            home.first.behaviour.latency = 0.01
            id_ = home.start(400)
            async with working(home.worker()):
                await until(lambda: home.first.ledger.count >= 100, every=0.005)
                await home.first.stop()
                await home.over(id_)
            tally = home.check(id_, 400)
            assert tally["sent"] + tally["uncertain"] == 400
            assert tally["uncertain"] <= 20, "at most what was under way"
            assert home.first.ledger.count >= 100
            assert home.second.seen.accepted.total() >= 200
            assert home.ledger.events("campaign.sender_changed") == 1
            assert home.ledger.events("campaign.paused") == 0

    asyncio.run(story())


@pytest.mark.wire
def test_while_both_are_down_nothing_moves_and_whoever_comes_back_takes_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with two(tmp_path) as home:
            await home.first.stop()
            await home.second.stop()
            id_ = home.start(50)
            async with working(home.worker()):
                await until(lambda: home.ledger.events("sender.health") >= 2, every=0.02)
                assert home.copies(id_) == Counter()
                await home.first.start(home.first.port)
                await home.over(id_)
            assert home.check(id_, 50) == {"sent": 50}
            assert all(row["tries"] <= 1 for row in home.ledger.rows(id_).values()), "L22: the outage charged nobody"

    asyncio.run(story())


@pytest.mark.wire
def test_a_daily_cap_hands_the_rest_to_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        async with two(tmp_path, daily=40) as home:
            id_ = home.start(120)
            async with working(home.worker()):
                await home.over(id_)
            assert home.check(id_, 120) == {"sent": 120}
            assert home.first.ledger.count == 40, "what is under way counts, too"

    asyncio.run(story())


@pytest.mark.wire
def test_a_provider_that_answers_5xx_costs_what_was_in_flight_and_the_other_takes_over(tmp_path: Path) -> None:
    async def story() -> None:
        async with two(tmp_path) as home:
            home.second.orders = Orders(always="accept-5xx")
            id_ = home.ledger.started(200, senders=[home.spare, home.ledger.sender])
            async with working(home.worker()):
                await home.over(id_)
            tally = home.check(id_, 200)
            assert 1 <= tally["uncertain"] <= 25
            assert home.second.seen.accepted.total() == tally["uncertain"]

    asyncio.run(story())


@pytest.mark.wire
def test_by_weight_both_send_at_once_and_nobody_gets_it_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with two(tmp_path) as home:
            id_ = home.start(320, options={"weights": [1, 1]})
            async with working(home.worker(), home.worker()):
                await home.over(id_)
            assert home.check(id_, 320) == {"sent": 320}
            assert home.first.ledger.count > 100
            assert home.second.seen.accepted.total() > 100

    asyncio.run(story())


@pytest.mark.wire
def test_a_from_that_is_not_verified_at_the_first_goes_out_through_the_second(tmp_path: Path) -> None:
    """EMAIL section 7, L22: nobody fails and nobody is charged; the sender goes on with campaigns whose From it may use."""

    async def story() -> None:
        async with two(tmp_path) as home:
            said = {403: "The from address does not match a verified Sender Identity."}
            home.second.orders = Orders(always="403", words=said)
            id_ = home.ledger.started(60, senders=[home.spare, home.ledger.sender])
            async with working(home.worker()):
                await home.over(id_)
            assert home.check(id_, 60) == {"sent": 60}
            assert home.first.ledger.count == 60
            assert home.ledger.get(id_).senders == [home.ledger.sender], "it does not come back to the one that may not"
            assert home.ledger.events("campaign.paused") == 0
            assert all(row["tries"] <= 1 for row in home.ledger.rows(id_).values())
            alone = home.ledger.started(5, senders=[home.spare])
            async with working(home.worker()):
                await until(lambda: home.ledger.get(alone).state is State.PAUSED, every=0.02)
            assert "from_not_verified" in str(home.ledger.get(alone).detail)

    asyncio.run(story())


@pytest.mark.wire
def test_who_comes_back_begins_at_half_its_speed_whoever_gave_it_back_and_who_steps_in_does_not(tmp_path: Path) -> None:
    """Its worker has given its lanes up meanwhile: the other sender hands the campaign back, and ends."""

    async def story() -> None:
        async with two(tmp_path) as home:
            home.second.orders = Orders(delay=0.05)
            id_ = home.start(4000)
            worker = home.worker()
            async with working(worker):
                await until(lambda: home.first.ledger.count >= 20, every=0.005)
                await home.first.stop()
                await until(lambda: home.ledger.get(id_).sender_id == home.spare, every=0.02)
                await until(lambda: home.second.seen.accepted.total() >= 20, every=0.02)
                assert not eased(worker, home.spare), "it was well all the time"
                await home.first.start(home.first.port)
                senders = Senders(home.ledger.db)
                await until(lambda: senders.get(home.ledger.sender).health is Health.UP, every=0.02)
                with home.ledger.db.write() as tx:  # five minutes of health are over
                    at = home.ledger.world.clock.now() - BACK_AFTER_MS - 1
                    tx.execute(update(sender).where(sender.c.id == home.ledger.sender).values(health_since=at))
                    tx.execute(update(campaign).where(campaign.c.id == id_).values(started_at=at - 1))
                await until(lambda: home.ledger.get(id_).sender_id == home.ledger.sender, every=0.02)
                await until(lambda: eased(worker, home.ledger.sender), every=0.02)

    asyncio.run(story())


def eased(worker: Worker, sender_id: SenderId) -> bool:
    """Whether this sender now speaks at half its speed."""
    found = worker._senderies.get(sender_id)
    return found is not None and found._pacer.connections() <= found.way.options.connections * found._pacer.share / 2
