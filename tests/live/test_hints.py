"""On PostgreSQL a hint brings news at once; without hints it comes by looking (R9)."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from homing.live.line import Line, Wish
from homing.live.reader import Reader
from homing.store.attendance import Attendances
from homing.store.events import Events, record
from homing.store.hints import GAP, Crier
from homing.store.status import StatusBoard
from homing.world import World
from tests.live.watching import PATIENCE, Watcher, in_loop
from tests.store.ledger import Ledger, make_ledger

NEVER = 10 * PATIENCE  # seconds between looks: what comes before was hinted at
WRITER = """
import sys
from homing.store.database import Database
from homing.store.events import record
from homing.world import World

db = Database(sys.argv[1], World())
print("ready", flush=True)
for line in sys.stdin:
    with db.write() as tx:
        record(tx, workspace_id=1, at=1, topic="campaign:x", kind=line.strip(), body={})
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = make_ledger("postgresql", tmp_path, World())
    yield made
    made.close()


@pytest.fixture
def writer(ledger: Ledger) -> Iterator["subprocess.Popen[str]"]:
    """Another process: writes a fact for each line that it is told."""
    command = [sys.executable, "-c", WRITER, ledger.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


@asynccontextmanager
async def watching(ledger: Ledger, poll: float) -> AsyncIterator[tuple[Reader, Watcher]]:
    """Somebody whose line is open, and whose reader looks by itself every `poll` seconds once it hears hints."""
    events, board, attendances = Events(ledger.db), StatusBoard(ledger.db), Attendances(ledger.db)
    reader = Reader(events, board, attendances, ledger.world, version="1", poll=poll)
    line: Line = await reader.open(Wish(ledger.workspace), None)
    watcher = Watcher()

    async def follow() -> None:
        async for data in line.frames():
            watcher.take(data)

    task = asyncio.create_task(follow())
    try:
        yield reader, watcher
    finally:
        await reader.stop()
        await task


async def comes(watcher: Watcher, kind: str) -> float:
    """Waits for a fact; the seconds that it took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while kind not in watcher.facts:
            await asyncio.sleep(0.005)
    return time.monotonic() - began


async def hearing(reader: Reader) -> None:
    """Waits until it hears, and has come to rest."""
    async with asyncio.timeout(PATIENCE):
        while reader._ear is None or not reader._ear.hears or reader._world.clock.uptime() < reader._warm_until:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)


@in_loop
async def test_R09_a_fact_of_another_process_is_told_long_before_the_next_look(
    ledger: Ledger, writer: "subprocess.Popen[str]"
) -> None:
    assert writer.stdin is not None
    async with watching(ledger, NEVER) as (reader, watcher):
        for n in range(3):
            await hearing(reader)
            writer.stdin.write(f"fact.{n}\n")
            writer.stdin.flush()
            await comes(watcher, f"fact.{n}")
        assert watcher.breaks == 0


@in_loop
async def test_a_line_for_hints_that_is_cut_is_made_again_and_nothing_is_missed(
    ledger: Ledger, writer: "subprocess.Popen[str]"
) -> None:
    assert writer.stdin is not None
    async with watching(ledger, NEVER) as (reader, watcher):
        await hearing(reader)
        with psycopg.connect(ledger.url, autocommit=True) as raw:
            raw.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        writer.stdin.write("while.deaf\n")
        writer.stdin.flush()
        await comes(watcher, "while.deaf")
        await hearing(reader)
        writer.stdin.write("again\n")
        writer.stdin.flush()
        await comes(watcher, "again")


@in_loop
async def test_who_hears_nothing_finds_every_fact_by_looking(ledger: Ledger, writer: "subprocess.Popen[str]") -> None:
    """As through a pooler in transaction mode (tests/e2e/test_pooler.py has a real one)."""
    assert writer.stdin is not None
    ledger.db.driver.listen = lambda wake: None  # type: ignore[method-assign]  # a driver that cannot
    async with watching(ledger, NEVER) as (_, watcher):
        for n in range(3):
            writer.stdin.write(f"fact.{n}\n")
            writer.stdin.flush()
            await comes(watcher, f"fact.{n}")
        assert watcher.breaks == 0


def test_hints_of_one_process_are_ten_a_second_and_the_last_fact_has_one() -> None:
    now, followed = [0.0], threading.Event()
    crier = Crier(lambda: now[0], followed.set)
    assert crier.told()
    assert not any(crier.told() for _ in range(50))
    assert followed.wait(30), "the last of them gives a hint, too"
    now[0] += GAP * 2
    assert crier.told()


def test_many_transactions_give_few_hints(ledger: Ledger) -> None:
    """One NOTIFY in every transaction would cost half of the commits."""
    with psycopg.connect(ledger.url, autocommit=True) as raw:
        raw.execute("LISTEN homing_facts")
        began = time.monotonic()
        for _ in range(200):
            with ledger.db.write() as tx:
                record(tx, workspace_id=1, at=1, topic="campaign:x", kind="x", body={})
        took = time.monotonic() - began
        heard = sum(1 for _ in raw.notifies(timeout=1.0))
    assert 1 <= heard <= took / GAP * 1.5 + 2
