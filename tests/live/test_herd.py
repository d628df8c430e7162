"""Many watchers at once on a log that never stands still: each finds its place, and the ledger is asked a few times for all."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text

from homing.live import tail
from homing.live.reader import Reader
from homing.live.standing import Standing
from homing.live.tail import Tail
from homing.model.campaign import State
from homing.model.errors import Unreachable
from homing.store import tables
from homing.store.events import Cursor, Event, Events, begin_epoch, record
from homing.store.status import CampaignStatus, StatusBoard
from homing.world import World
from proofs.patience import until
from tests.live.watching import PATIENCE, Watcher, in_loop, reading, tell, wish
from tests.store.ledger import PERSON, Ledger, make_ledger

HERD = 200


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = make_ledger("sqlite", tmp_path, World())
    yield made
    made.close()


class RestlessLog(Events):
    """A log to which a fact is added, and told by the reader to all, while a line's page is being read."""

    reader: Reader
    pages = 0

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.db)
        self._ledger = ledger

    def after(
        self, cursor: Cursor, workspace_id: int | None, limit: int = 500, topics: Sequence[str] | None = None
    ) -> list[Event]:
        page = super().after(cursor, workspace_id, limit, topics)
        if workspace_id is not None:
            self.pages += 1
            told = self.reader.position
            tell(self._ledger, "meanwhile")
            until(lambda: self.reader.position > told, PATIENCE, "the reader tells it")
        return page


class CountingBoard(StatusBoard):
    looks = 0

    def alive(self, workspace_id: int, states: Collection[State], also: Collection[str] = ()) -> list[CampaignStatus]:
        self.looks += 1
        return super().alive(workspace_id, states, also)


def many(ledger: Ledger, count: int) -> None:
    with ledger.db.write() as tx:
        for n in range(count):
            record(tx, workspace_id=ledger.workspace, at=1, topic="campaign:x", kind=f"k{n}", body={})


@in_loop
async def test_two_hundred_come_at_once_while_facts_pour_in_and_the_ledger_is_asked_a_few_times(ledger: Ledger) -> None:
    """It was asked 15,000 times, and the last of them waited for half a minute."""
    uid = ledger.campaigns.get(ledger.started(3)).uid
    log, board = RestlessLog(ledger), CountingBoard(ledger.db)
    async with reading(ledger, log, board) as log.reader:
        start = str(Events(ledger.db).latest())
        herd = [Watcher(start) for _ in range(HERD)]

        async def come(watcher: Watcher) -> None:
            line = await log.reader.open(wish(ledger), Cursor.parse(start))
            await watcher.watch(line, lambda: uid in watcher.snaps and "last" in watcher.facts)

        async def pour() -> None:
            for n in range(40):
                await asyncio.to_thread(tell, ledger, f"k{n}")
            await asyncio.to_thread(tell, ledger, "last")

        await asyncio.gather(pour(), *map(come, herd))
    for watcher in herd:
        assert watcher.facts == [*(f"k{n}" for n in range(40)), "last"]
        assert watcher.breaks == 0
    assert log.pages == 0, "what is new is in memory"
    assert board.looks <= HERD / 10


@in_loop
async def test_a_line_that_was_away_for_long_finds_its_place_though_the_log_moves_at_each_of_its_looks(
    ledger: Ledger,
) -> None:
    total = 2 * tail.KEPT
    many(ledger, total)
    log = RestlessLog(ledger)
    watcher = Watcher("0")
    async with reading(ledger, log) as log.reader:
        line = await log.reader.open(wish(ledger, "campaign:x"), Cursor(0, 0))

        def joined() -> bool:
            if line.joined and "end" not in watcher.facts:
                tell(ledger, "end")
            return "end" in watcher.facts

        await watcher.watch(line, joined)
    assert log.pages < total / 100
    assert [kind for kind in watcher.facts if kind.startswith("k")] == [f"k{n}" for n in range(total)]
    assert watcher.facts.count("meanwhile") == log.pages
    assert watcher.breaks == 0


@in_loop
async def test_a_line_that_wants_little_of_a_busy_log_looks_into_it_once(ledger: Ledger) -> None:
    """Facts that it does not want move no cursor of its; it still knows how far it has looked."""
    tell(ledger, "mine", "sender:s")
    many(ledger, 2 * tail.KEPT)
    log = RestlessLog(ledger)
    watcher = Watcher("0")
    async with reading(ledger, log) as log.reader:
        line = await log.reader.open(wish(ledger, "sender:s"), Cursor(0, 0))
        await watcher.watch(line, lambda: line.joined)
        assert Cursor.parse(watcher.cursor or "") >= Events(ledger.db).before_latest(2)
    assert (watcher.facts, log.pages, watcher.breaks) == (["mine"], 1, 0)


@in_loop
async def test_who_comes_back_at_once_to_a_log_that_was_restored_hears_what_comes(ledger: Ledger) -> None:
    many(ledger, 50)
    async with reading(ledger) as reader:
        watcher = Watcher()
        line = await reader.open(wish(ledger), None)

        def restore() -> bool:
            if len(watcher.frames) == 2:
                with ledger.db.write() as tx:
                    tx.execute(delete(tables.event).where(tables.event.c.seq > 10))
                    tx.execute(text("UPDATE sqlite_sequence SET seq = 10 WHERE name = 'event'"))
                    begin_epoch(tx)
            return False

        other = await reader.open(wish(ledger), None)  # keeps the reader awake
        await watcher.watch(line, restore)
        assert watcher.frames[-1][0] == "reset"
        again = Watcher()
        back = await reader.open(wish(ledger), None)
        tell(ledger, "after the restore")
        await again.watch(back, lambda: bool(again.facts))
        other.close()
    assert again.facts == ["after the restore"]


class FallingLog(Events):
    """A log whose next look by the reader itself falls over, in a way that nobody foresaw."""

    falls = False

    def after(self, *args: Any, **more: Any) -> list[Event]:
        if self.falls and args[1] is None:
            self.falls = False
            raise RuntimeError("nobody foresaw this")
        return super().after(*args, **more)


@in_loop
async def test_lines_miss_nothing_when_the_readers_loop_fell_over_and_begins_again(ledger: Ledger) -> None:
    log = FallingLog(ledger.db)
    async with reading(ledger, log) as reader:
        watcher = Watcher()
        line = await reader.open(wish(ledger), None)
        watching = asyncio.get_running_loop().create_task(watcher.watch(line, lambda: "after" in watcher.facts))
        async with asyncio.timeout(PATIENCE):
            while not line.joined:
                await asyncio.sleep(0.01)
        log.falls = True
        async with asyncio.timeout(PATIENCE):
            while log.falls:
                await asyncio.sleep(0.01)
        tell(ledger, "while it lay")
        other = await reader.open(wish(ledger), None)
        tell(ledger, "after")
        await watching
        other.close()
    assert watcher.facts == ["while it lay", "after"]
    assert watcher.breaks == 0


@in_loop
async def test_a_fact_is_written_once_for_all_who_come_back(ledger: Ledger) -> None:
    """A thousand pages that came back after a restart had the same facts written a thousand times, for a minute."""
    written: list[str] = []

    class Body(dict[str, Any]):
        def items(self) -> Any:
            written.append(self["n"])
            return super().items()

        def __iter__(self) -> Iterator[str]:
            written.append(self["n"])
            return super().__iter__()

        keys = __iter__  # type: ignore[assignment]  # what dict() asks for

    class Log(Events):
        def page(self, *args: Any, **more: Any) -> list[Event]:
            found = super().page(*args, **more)
            return [replace(each, body=Body({"n": each.kind})) for each in found]

    many(ledger, 50)
    async with reading(ledger, Log(ledger.db)) as reader:
        for _ in range(20):
            watcher = Watcher("0")
            line = await reader.open(wish(ledger, "campaign:x"), Cursor(0, 0))
            await watcher.watch(line, lambda line=line: line.joined)  # type: ignore[misc]  # bound now
            assert watcher.facts == [f"k{n}" for n in range(50)]
    assert len(written) <= 2 * 50


def fact(seq: int, workspace_id: int = 1) -> Event:
    return Event(seq, workspace_id, 1, "campaign:x", f"k{seq}", {})


def test_the_tail_keeps_the_newest_and_knows_from_where_on_it_has_everything() -> None:
    kept = Tail(Cursor(0, 4), [fact(seq) for seq in (6, 7, 9)])
    assert (kept.start, kept.end) == (Cursor(0, 4), Cursor(0, 9))
    assert [each.event.seq for each in kept.after(Cursor(0, 6), lambda _: True)] == [7, 9]
    assert [each.event.seq for each in kept.after(Cursor(0, 4), lambda each: each.seq != 7)] == [6, 9]
    assert kept.after(Cursor(0, 12), lambda _: True) == []
    assert kept.reaches(Cursor(0, 4))
    assert not kept.reaches(Cursor(0, 3))
    for seq in range(10, 10 + 3 * tail.KEPT):
        kept.add([fact(seq)])
    here = [each.event.seq for each in kept.after(kept.start, lambda _: True)]
    assert here == list(range(kept.start.seq + 1, 10 + 3 * tail.KEPT))
    assert tail.KEPT <= len(here) <= 2 * tail.KEPT
    assert not kept.reaches(Cursor(0, 9))


@in_loop
async def test_those_who_ask_while_a_look_is_under_way_share_the_one_after_it() -> None:
    begun: list[int] = []
    goes_on = asyncio.Event()

    async def look(workspace_id: int, _: Collection[str]) -> dict[str, dict[str, Any]]:
        begun.append(workspace_id)
        number = len(begun)
        await goes_on.wait()
        return {"c": {"look": number}}

    standing = Standing(look)
    loop = asyncio.get_running_loop()
    first = loop.create_task(standing.of(1))
    while not begun:
        await asyncio.sleep(0)
    others = [loop.create_task(standing.of(1)) for _ in range(20)]
    await asyncio.sleep(0)
    others[3].cancel()
    goes_on.set()
    assert await first == {"c": {"look": 1}}
    found = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(found[3], asyncio.CancelledError)
    assert [each for n, each in enumerate(found) if n != 3] == [{"c": {"look": 2}}] * 19
    assert begun == [1, 1]


@in_loop
async def test_a_ledger_that_cannot_be_read_stands_for_nothing_and_the_next_look_is_taken_anew() -> None:
    asked: list[set[str]] = []
    answers: list[Exception | dict[str, dict[str, Any]]] = [Unreachable("gone"), {"c": {}}]

    async def look(_: int, also: Collection[str]) -> dict[str, dict[str, Any]]:
        asked.append(set(also))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    standing = Standing(look)
    assert await standing.of(1, {"a"}) == {}
    assert await asyncio.gather(standing.of(1, {"b"}), standing.of(1), standing.of(1, {"c"})) == [{"c": {}}] * 3
    assert asked == [{"a"}, {"b", "c"}]


@in_loop
async def test_R9_who_comes_back_is_told_how_a_campaign_ended_that_ended_meanwhile(ledger: Ledger) -> None:
    """It said that it had ended, and left those who came back with the figures from before."""
    id_ = ledger.started(3)
    uid = ledger.campaigns.get(id_).uid
    watcher, stranger = Watcher(), Watcher()
    async with reading(ledger) as reader:
        await watcher.watch(await reader.open(wish(ledger), None), lambda: uid in watcher.snaps)
        assert watcher.snaps[uid]["state"] == "sending"
        ledger.control.cancel(id_, PERSON)
        back = await reader.open(wish(ledger), Cursor.parse(watcher.cursor or ""))
        await watcher.watch(back, lambda: watcher.snaps[uid]["state"] == "cancelled")
        new = await reader.open(wish(ledger), None)
        await stranger.watch(new, lambda: len(stranger.frames) == 2)
    assert "campaign.cancelled" in watcher.facts
    assert (watcher.snaps[uid]["open"], watcher.snaps[uid]["cancelled"], watcher.breaks) == (0, 3, 0)
    assert uid not in stranger.snaps, "what is over is told to those who saw it run"
