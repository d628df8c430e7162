"""An error of our own behind a provider's answer: the worker ends with it, and nobody guesses what became of the message."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from homing.engine.way import Way
from homing.engine.worker import Worker, WorkerSetup
from homing.inbox.provider import Provider
from homing.model.campaign import State
from homing.model.courier import Courier, Desk
from homing.model.ids import SenderId
from homing.model.outcome import Outcome
from homing.store.senders import Senders
from homing.transport.courier import HttpCourier
from homing.world import World
from tests.channels.providers import dialect
from tests.engine.rig import PATIENCE, until
from tests.engine.test_worker import PROMPT, house, working
from tests.store.ledger import make_ledger

PEOPLE, FATAL = 30, 11


class OurBug(Exception):
    pass


class Nth:
    """Raises when that point is reached for the nth time."""

    def __init__(self, point: str, count: int) -> None:
        self.point, self.left = point, count

    def reach(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                raise OurBug


async def ends_loudly(worker: Worker) -> None:
    """The worker dies of the bug itself, as of any other."""
    with pytest.raises(ExceptionGroup) as died:
        async with asyncio.timeout(PATIENCE):
            await worker.run()
    assert died.group_contains(OurBug)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0)
    gc.collect()  # what such a process leaves behind is told here, not in the middle of another test


class Stumbling(HttpCourier):
    """Errs where it learns from the FATALth outcome, before anybody is told of that."""

    outcomes = Nth("learn", FATAL)

    def _learn(self, errand: Any, outcome: Outcome) -> None:
        self.outcomes.reach("learn")
        super()._learn(errand, outcome)


@pytest.mark.wire
@pytest.mark.parametrize("first", [HttpCourier, Stumbling])
def test_an_error_behind_a_providers_answer_ends_the_worker_and_its_row_is_in_doubt(
    first: type[HttpCourier], tmp_path: Path
) -> None:
    """By HTTP nobody waits for a request's task: its error was told to nobody, and the row stayed in hand until a restart."""

    async def story() -> None:
        async with Provider(tmp_path / "accepted") as provider:
            ledger = make_ledger("sqlite", tmp_path, World())

            def worker(kind: type[HttpCourier], world: World) -> Worker:
                def open_courier(desk: Desk) -> Courier:
                    return kind(dialect("sendgrid", provider.url), PROMPT, desk, world)

                def open_way(sender_id: SenderId) -> Way:
                    return Way(sender_id, "post", 1, PROMPT, open_courier, "b@sender.test")

                db = ledger.another_process(world)
                return Worker(WorkerSetup(db, open_way, Senders(db).set_health, grace=PATIENCE))

            id_ = ledger.started(PEOPLE)
            await ends_loudly(worker(first, World(faults=Nth("send.finished", FATAL))))
            in_hand = {seq for seq, state in ledger.states(id_).items() if state == "sending"}
            assert in_hand, "nothing was guessed"
            async with working(worker(HttpCourier, World())):
                await until(lambda: ledger.get(id_).state is State.COMPLETED, every=0.02)
            states = ledger.states(id_)
            assert {seq for seq, state in states.items() if state == "uncertain"} == in_hand
            assert set(states.values()) == {"sent", "uncertain"}
            assert max(provider.seen.accepted.values()) == 1, "nobody twice"
            assert len(provider.seen.accepted) == PEOPLE, "nobody lost"
            ledger.check_books(id_)
            ledger.close()

    asyncio.run(story())


@pytest.mark.wire
def test_an_error_behind_an_smtp_reply_ends_the_worker_too(tmp_path: Path) -> None:
    """The event loop only hangs up the connection on which it happened."""

    async def story() -> None:
        async with house(tmp_path) as home:
            id_ = home.ledger.started(PEOPLE)
            db = home.ledger.another_process(World(faults=Nth("send.finished", FATAL)))
            await ends_loudly(home.worker(db))
            in_hand = {seq for seq, state in home.ledger.states(id_).items() if state == "sending"}
            assert in_hand
            async with working(home.worker()):
                await home.over(id_)
            assert {seq for seq, state in home.ledger.states(id_).items() if state == "uncertain"} == in_hand
            assert max(home.copies(id_).values()) == 1
            home.ledger.check_books(id_)

    asyncio.run(story())
