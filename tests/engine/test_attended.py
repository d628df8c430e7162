"""Attended campaigns against the truthful server: what it wrote down decides, not what the ledger says."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from homing.model.campaign import Mode, PauseReason, State
from homing.model.errors import Conflict
from homing.model.ids import CampaignId
from homing.store.attendance import Attendances
from homing.store.control import Control
from homing.store.events import BEGINNING, Events
from tests.engine.rig import until
from tests.engine.test_worker import PROMPT, House, house, working
from tests.store.ledger import PERSON

ME = "browser-one"
GRACE = 0.8  # seconds; the product's own 2.5 s are proved end to end


class Watcher:
    """A browser: acknowledges pings until its line is cut."""

    def __init__(self, home: House, id_: CampaignId, name: str = ME, grace: float = GRACE) -> None:
        self.attendances = Attendances(home.ledger.db, int(grace * 1000))
        self.workspace = home.ledger.workspace
        self.uid = home.ledger.get(id_).uid
        self.name = name
        self.held = False

    async def _keep(self) -> None:
        while True:
            (ack,) = await asyncio.to_thread(self.attendances.acknowledge, self.workspace, self.name, [self.uid])
            self.held = ack.held
            await asyncio.sleep(0.2)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Until the line is cut at the end of the block."""
        task = asyncio.get_running_loop().create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()


def attended(home: House, count: int) -> CampaignId:
    """A campaign that is sent while somebody watches, started by the one who watches first."""
    home.ledger.control.pause(id_ := home.ledger.started(count), PERSON)
    Attendances(home.ledger.db).change_mode(id_, Mode.ATTENDED, PERSON, ME)
    home.ledger.control.resume(id_, PERSON)
    return id_


def arrivals(home: House, id_: CampaignId) -> list[int]:
    """The positions that the server accepted, in the order in which it did."""
    uid = home.ledger.get(id_).uid
    keys = (line.split("\t")[0] for line in home.server.ledger.lines)
    return [int(key.rpartition("/")[2]) for key in keys if key.startswith(uid)]


async def at_least(home: House, id_: CampaignId, count: int) -> None:
    await until(lambda: len(arrivals(home, id_)) >= count, every=0.005)


@pytest.mark.wire
def test_R2_R5_a_cut_pauses_it_and_the_first_acknowledgement_goes_on_with_the_exact_next_one(tmp_path: Path) -> None:
    """Cut at about 45 of 100: nothing arrives later than the grace and half a second, and each arrives once, in its order."""

    async def story() -> None:
        async with house(tmp_path, latency=0.01) as home:
            id_ = attended(home, 100)
            me = Watcher(home, id_)
            async with working(home.worker()):
                with me.watching():
                    await at_least(home, id_, 10)
                cut = time.monotonic()
                seen, last = len(arrivals(home, id_)), cut
                async with asyncio.timeout(30):
                    while home.ledger.get(id_).state is not State.PAUSED:
                        if len(arrivals(home, id_)) > seen:
                            seen, last = len(arrivals(home, id_)), time.monotonic()
                        await asyncio.sleep(0.005)
                await home.at_rest(id_)
                assert home.ledger.get(id_).reason is PauseReason.WATCHER_GONE
                assert last - cut <= GRACE + 0.5
                before = arrivals(home, id_)
                assert before == list(range(1, len(before) + 1))
                assert len(before) < 100
                facts = Events(home.ledger.db).after(BEGINNING, None, 5000)
                (fact,) = [each for each in facts if each.body.get("reason") == "watcher_gone"]
                assert fact.body["seq"] in (len(before), len(before) - 1)  # the last one may have been on its way
                with me.watching():
                    await home.over(id_)
            assert arrivals(home, id_) == list(range(1, 101))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_R2_it_is_one_lane_and_one_message_in_flight_while_other_campaigns_go_on(tmp_path: Path) -> None:
    """Two workers, several connections: an attended campaign stays in order; a server campaign of the same sender is complete."""

    async def story() -> None:
        async with house(tmp_path) as home:
            other = home.ledger.started(150)
            async with working(home.worker(), home.worker()):
                await at_least(home, other, 20)
                id_ = attended(home, 25)
                with Watcher(home, id_).watching():
                    await home.over(id_)
                await home.over(other)
            assert arrivals(home, id_) == list(range(1, 26))
            assert sorted(arrivals(home, other)) == list(range(1, 151))
            home.ledger.check_books(id_)

    asyncio.run(story())


@pytest.mark.wire
def test_R5_who_is_put_off_comes_after_everybody_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path) as home:
            home.server.behaviour.arm("rcpt=451*3")
            id_ = attended(home, 20)
            with Watcher(home, id_).watching():
                async with working(home.worker()):
                    await home.over(id_)
            came = arrivals(home, id_)
            assert came[:17] == list(range(4, 21))
            assert sorted(came[17:]) == [1, 2, 3], "each in its own time: their waits are drawn"

    asyncio.run(story())


@pytest.mark.wire
def test_R10_it_can_be_given_to_the_server_at_any_moment(tmp_path: Path) -> None:
    """ "Send via Cloud": nobody watches from then on, and it completes; also out of the pause for want of a watcher."""

    async def story() -> None:
        async with house(tmp_path, latency=0.01) as home:
            id_ = attended(home, 60)
            me = Watcher(home, id_)
            async with working(home.worker()):
                with me.watching():
                    await at_least(home, id_, 5)
                await home.over(id_, State.PAUSED)
                with pytest.raises(Conflict, match="nobody watches"):
                    Control(home.ledger.db).resume(id_, PERSON)
                me.attendances.change_mode(id_, Mode.SERVER, PERSON)
                await home.over(id_)
            assert sorted(arrivals(home, id_)) == list(range(1, 61))
            (ack,) = me.attendances.acknowledge(me.workspace, ME, [me.uid])
            assert (ack.held, ack.why) == (False, "server_mode")

    asyncio.run(story())


@pytest.mark.wire
def test_R11_another_device_takes_over_and_the_first_one_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, latency=0.01) as home:
            id_ = attended(home, 40)
            one, two = Watcher(home, id_), Watcher(home, id_, "browser-two")
            async with working(home.worker()):
                with one.watching():
                    await at_least(home, id_, 5)
                    two.attendances.watch(id_, two.name, PERSON)
                    with two.watching():
                        await until(lambda: two.held and not one.held)
                        await home.over(id_)
            assert arrivals(home, id_) == list(range(1, 41))

    asyncio.run(story())


def test_a_person_s_pause_stays_whoever_watches(tmp_path: Path) -> None:
    """R7: only the pause for want of a watcher ends by an acknowledgement."""

    async def story() -> None:
        async with house(tmp_path, replace(PROMPT)) as home:
            id_ = attended(home, 3)
            home.ledger.control.pause(id_, PERSON)
            me = Watcher(home, id_)
            (ack,) = me.attendances.acknowledge(me.workspace, ME, [me.uid])
            assert (ack.held, ack.state) == (True, State.PAUSED)
            assert home.ledger.get(id_).reason is PauseReason.BY_PERSON
            home.ledger.control.resume(id_, PERSON)
            assert me.attendances.pause_unwatched(id_) is None

    asyncio.run(story())
