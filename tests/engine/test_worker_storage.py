"""A whole worker whose storage refuses at a bad moment."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from homing.engine.worker import Worker, WorkerSetup
from homing.model.campaign import PauseReason, State
from homing.model.sender import Health, Monitoring
from homing.model.storage import Refusal
from homing.world import World
from tests.engine.rig import PATIENCE, until
from tests.engine.test_worker import PROMPT, house, working
from tests.store.ledger import FullDisk


@pytest.mark.wire
def test_L19_a_way_that_comes_back_while_the_disk_is_full_is_not_forgotten(tmp_path: Path) -> None:
    """The campaign paused for its line. That it goes on is owed until the storage takes it, and both are told meanwhile."""
    told: list[Refusal | None] = []
    watch = Monitoring(probes=(), check_every=0.2, give_up_after=0.3)

    async def story() -> None:
        async with house(tmp_path, replace(PROMPT, monitoring=watch)) as home:
            await home.server.stop()
            id_ = home.ledger.started(60)
            disk = FullDisk(home.ledger.url, World())
            setup = WorkerSetup(disk, home.way(disk.world), home.note_health, grace=PATIENCE, report=told.append)
            async with working(Worker(setup)):
                await home.over(id_, State.PAUSED)
                assert home.ledger.get(id_).reason is PauseReason.NO_CONNECTION
                assert told[-1] is None
                disk.full = True
                await until(lambda: told[-1] is not None)
                await home.server.start(home.server.port)
                await until(lambda: home.health[-1] is Health.UP)
                await until(lambda: told[-1] is not None and "disk is full" in told[-1].sentence)
                assert home.ledger.get(id_).state is State.PAUSED
                assert home.server.ledger.count == 0, "nothing leaves without its intent (L1)"
                disk.full = False
                await home.over(id_)
                await until(lambda: told[-1] is None)
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 61), 1))
            home.ledger.check_books(id_)
            disk.close()

    asyncio.run(story())
