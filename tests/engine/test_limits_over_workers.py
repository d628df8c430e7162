"""What a sender may, all its workers together may, also while one of them dies: counted at the receiving server."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from homing.model.sender import Rate
from homing.store.status import StatusBoard
from tests.engine.rig import until
from tests.engine.test_parts import holders
from tests.engine.test_worker import PROMPT, house, working

RATE = 120  # a second; below 50 one worker has it all


@pytest.mark.slow
@pytest.mark.wire
def test_R36_rate_and_connections_of_a_sender_hold_over_three_workers_and_after_a_take_over(tmp_path: Path) -> None:
    async def play() -> None:
        options = replace(PROMPT, rate=Rate(RATE, 1.0), connections=9)
        async with house(tmp_path, options, dialect="postgresql", latency=0.2) as made:
            id_ = made.ledger.started(3_000)
            first, second, third = made.worker(), made.worker(), made.worker()
            most, begun, base = 0, 0.0, 0

            def look() -> None:
                nonlocal most
                most = max(most, len(made.server.connections))
                if begun:
                    sent, took = len(made.server.ledger.lines) - base, time.monotonic() - begun
                    assert sent <= RATE * (took + 1) + 9, "not faster than the sender may"

            async def watch(seconds: float) -> None:
                until_ = time.monotonic() + seconds
                while time.monotonic() < until_:
                    look()
                    await asyncio.sleep(0.02)

            async with working(first, second):
                async with working(third):
                    await until(lambda: holders(made) == [5, 5, 6])
                    await until(lambda: len(made.server.connections) <= 9)
                    most, begun, base = 0, time.monotonic(), len(made.server.ledger.lines)
                    await watch(4.0)
                    assert most <= 9, "connections of all three"
                    told = StatusBoard(made.ledger.db).look(made.ledger.workspace).workers
                    assert sorted(each.lanes for each in told) == [5, 5, 6]
                    held = [[h for h in each.holds if h.kind == "lane"] for each in told]
                    assert sorted(h.count for each in held for h in each) == [5, 5, 6]
                    assert {h.of for each in held for h in each} == {"post"}
                    assert all(each.seen_seconds_ago < 5 for each in told)
                await until(lambda: holders(made) == [8, 8])
                most, begun, base = 0, time.monotonic(), len(made.server.ledger.lines)
                await watch(3.0)
                assert most <= 9
                assert len(made.server.ledger.lines) > base
            copies = made.copies(id_)
            assert set(copies.values()) == {1}
            assert made.ledger.tally(id_)["uncertain"] == 0
            made.ledger.check_books(id_)

    asyncio.run(play())
