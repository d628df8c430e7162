"""The live layer: a line misses nothing over reconnects, nobody waits for a slow watcher, and figures are absolute."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from homing.live.line import MOST_WAITING
from homing.live.reader import Reader
from homing.model.campaign import Mode
from homing.store.attendance import Attendances
from homing.store.events import Cursor, Events, begin_epoch
from homing.store.status import StatusBoard
from homing.world import World
from tests.live.watching import PATIENCE, Watcher, in_loop, reading, tell, wish
from tests.store.ledger import PERSON, Ledger, make_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = make_ledger("sqlite", tmp_path, World())
    yield made
    made.close()


@in_loop
async def test_nothing_is_missed_or_told_twice_over_reconnects_while_facts_pour_in(ledger: Ledger) -> None:
    """Eight watchers that drop their line again and again, each with its own topics, see every fact of theirs exactly once."""
    total = 120

    async def write() -> None:
        for n in range(total):
            await asyncio.to_thread(tell, ledger, f"k{n}", f"campaign:{'xy'[n % 2]}")

    async with reading(ledger) as reader:
        start = str(Events(ledger.db).latest())
        watchers = [Watcher(start) for _ in range(8)]

        async def follow(watcher: Watcher, number: int) -> None:
            topics = () if number % 2 else ("campaign:x",)
            want = total if number % 2 else total // 2
            while len(watcher.facts) < want:
                line = await reader.open(wish(ledger, *topics), Cursor.parse(watcher.cursor or "0"))
                rounds = iter(range(1 + number))
                await watcher.watch(line, lambda r=rounds: len(watcher.facts) >= want or next(r, None) is None)

        await asyncio.gather(write(), *(follow(each, number) for number, each in enumerate(watchers)))
    for number, watcher in enumerate(watchers):
        assert watcher.facts == [f"k{n}" for n in range(0, total, 1 if number % 2 else 2)]
        assert watcher.breaks == 0


@in_loop
async def test_a_line_says_hello_how_the_campaigns_are_then_what_comes(ledger: Ledger) -> None:
    id_ = ledger.started(3)
    uid = ledger.campaigns.get(id_).uid
    watcher = Watcher()
    async with reading(ledger) as reader:
        line = await reader.open(wish(ledger), None)

        def enough() -> bool:
            if len(watcher.frames) == 2:
                ledger.control.pause(id_, PERSON)
            return "campaign.paused" in watcher.facts

        await watcher.watch(line, enough)
    (hello, said), (batch, first) = watcher.frames[:2]
    assert (hello, said["version"], said["cursor"], said["retained_from"]) == ("hello", "1.2.3", first["from"], "0")
    assert (batch, first["facts"]) == ("batch", [])
    assert (first["snap"][uid]["state"], first["snap"][uid]["total"], first["snap"][uid]["open"]) == ("sending", 3, 3)
    assert watcher.snaps[uid]["state"] == "paused"
    assert watcher.snaps[uid]["v"] > first["snap"][uid]["v"]
    assert (watcher.snaps[uid]["rate"], watcher.snaps[uid]["ends_at"]) == (None, None)


@in_loop
async def test_a_watcher_that_does_not_read_is_dropped_and_comes_back_with_its_cursor(ledger: Ledger) -> None:
    async with reading(ledger) as reader:
        line = await reader.open(wish(ledger), None)
        frames = line.frames()
        slow = Watcher()
        slow.take(await anext(frames))
        slow.take(await anext(frames))
        for _ in range(MOST_WAITING + 2):
            line.put(b"event: ping\ndata: {}\n\n")
        assert line.closed
        with pytest.raises(StopAsyncIteration):
            await anext(frames)
        line.close()
        tell(ledger, "later")
        again = await reader.open(wish(ledger), Cursor.parse(slow.cursor or ""))
        await slow.watch(again, lambda: "later" in slow.facts)
        assert slow.breaks == 0


@in_loop
async def test_a_cursor_that_is_not_of_this_log_is_told_so(ledger: Ledger) -> None:
    for n in range(3):
        tell(ledger, f"k{n}")
    events = Events(ledger.db)
    events.prune(before=2**62, most=2)
    async with reading(ledger) as reader:
        for foreign in (Cursor(0, 0), Cursor(0, 10_000)):
            watcher = Watcher(str(foreign))
            await watcher.watch(await reader.open(wish(ledger), foreign), lambda: False)
            assert [name for name, _ in watcher.frames] == ["hello", "reset"]
            assert watcher.frames[1][1] == {"retained_from": str(events.retained_from())}


@in_loop
async def test_another_epoch_ends_every_line_with_a_reset(ledger: Ledger) -> None:
    async with reading(ledger) as reader:
        watcher = Watcher()
        line = await reader.open(wish(ledger), None)

        def restore() -> bool:
            if watcher.frames[-1][0] == "batch" and len(watcher.frames) == 2:
                with ledger.db.write() as tx:
                    begin_epoch(tx)
            return False

        await watcher.watch(line, restore)
        assert watcher.frames[-1][0] == "reset"


@in_loop
async def test_facts_of_another_workspace_reach_nobody(ledger: Ledger) -> None:
    async with reading(ledger) as reader:
        watcher = Watcher()
        line = await reader.open(wish(ledger), None)

        def go() -> bool:
            if len(watcher.frames) == 2:
                tell(ledger, "theirs", workspace=ledger.workspace + 1)
                tell(ledger, "mine")
            return bool(watcher.facts)

        await watcher.watch(line, go)
        assert watcher.facts == ["mine"]


@in_loop
async def test_R2_a_line_that_attends_is_pinged_each_second_with_what_it_attends(ledger: Ledger) -> None:
    id_ = ledger.started(3)
    uid = ledger.campaigns.get(id_).uid
    attendances = Attendances(ledger.db)
    attendances.change_mode(id_, Mode.ATTENDED, PERSON, "browser-1")
    async with reading(ledger) as reader:
        loop = asyncio.get_running_loop()
        watcher, times = Watcher(), list[float]()
        opened = loop.time()
        line = await reader.open(wish(ledger, attendant="browser-1"), None)

        def pinged() -> bool:
            if watcher.frames[-1][0] == "ping":
                times.append(loop.time())
            return len(times) == 3

        await watcher.watch(line, pinged)
    pings = [body for name, body in watcher.frames if name == "ping"]
    assert [ping["n"] for ping in pings] == [1, 2, 3]
    assert pings[-1]["attend"] == [uid]
    assert times[2] - opened >= 1.8, "from the opening: a first ping that is heard late says nothing"


@in_loop
async def test_an_orderly_stop_says_good_bye_to_everybody(ledger: Ledger) -> None:
    reader = Reader(Events(ledger.db), StatusBoard(ledger.db), Attendances(ledger.db), ledger.world, version="1")
    watcher = Watcher()
    line = await reader.open(wish(ledger), None)
    watching = asyncio.get_running_loop().create_task(watcher.watch(line, lambda: False))
    async with asyncio.timeout(PATIENCE):
        while len(watcher.frames) < 2:
            await asyncio.sleep(0.01)
    await reader.stop()
    with suppress(asyncio.CancelledError):
        await watching
    assert watcher.frames[-1] == ("bye", {"reason": "restart", "retry_ms": 500})
