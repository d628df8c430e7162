"""Lanes are shared fairly, and move when workers join and leave; nobody is sent to twice by that."""

import asyncio
from pathlib import Path

import pytest

from homing.engine.parts import KEEPS, PATIENCE, Parts, part_of
from homing.model.delivery import SHARDS
from homing.model.ids import SenderId, WorkerId
from tests.engine.rig import until
from tests.engine.test_worker import House, house, working
from tests.store.ledger import HandClock


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 16, 40])
def test_the_parts_of_all_workers_are_all_lanes_and_differ_by_one_at_most(count: int) -> None:
    alive = [WorkerId(n * 7) for n in range(1, count + 1)]
    for sender in range(1, 20):
        parts = [part_of(me, alive, SenderId(sender)) for me in alive]
        assert sum(parts) == SHARDS
        assert max(parts) - min(parts) <= 1
    assert part_of(WorkerId(999), [], SenderId(1)) == SHARDS


def test_lanes_that_nobody_takes_are_taken_back_and_kept_for_a_while() -> None:
    clock = HandClock()
    shares, me, others, sender = Parts(clock), WorkerId(1), [WorkerId(1), WorkerId(2)], SenderId(3)
    assert shares.most(me, others, sender) == SHARDS / 2
    shares.saw_free(sender, 8)
    clock.pass_(PATIENCE / 2)
    shares.saw_free(sender, 8)
    assert shares.most(me, others, sender) == SHARDS / 2
    clock.pass_(PATIENCE)
    shares.saw_free(sender, 8)
    assert shares.most(me, others, sender) == SHARDS
    clock.pass_(KEEPS + 1)
    shares.saw_free(sender, 0)
    assert shares.most(me, others, sender) == SHARDS / 2


def holders(made: House) -> list[int]:
    """How many lanes each owner holds, the fewest first."""
    with made.ledger.db.read() as tx:
        found: dict[int, int] = {}
        for (owner,) in tx._raw.execute("SELECT owner FROM lease WHERE kind = 'lane' AND owner IS NOT NULL").fetchall():
            found[owner] = found.get(owner, 0) + 1
    return sorted(found.values())


@pytest.mark.wire
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_R14_lanes_move_when_a_worker_joins_and_when_it_leaves(tmp_path: Path, dialect: str) -> None:
    async def play() -> None:
        async with house(tmp_path, dialect=dialect, latency=0.05) as made:
            id_ = made.ledger.started(1_200)
            first, second = made.worker(), made.worker()
            async with working(first):
                await until(lambda: holders(made) == [16])
                async with working(second):
                    await until(lambda: holders(made) == [8, 8])
                    before = len(made.server.ledger.lines)
                    await until(lambda: len(made.server.ledger.lines) > before + 100)
                await until(lambda: holders(made) == [16])
                made.server.behaviour.latency = 0.0
                await made.over(id_)
            assert made.copies(id_) == dict.fromkeys(range(1, 1_201), 1)
            assert made.ledger.tally(id_) == {"sent": 1_200}
            made.ledger.check_books(id_)

    asyncio.run(play())
