"""Reads the log once for all watchers of this process, and hands each what it wants: at most five frames a second.

log --1 reader--> tail --> lines that join
                    +--> groups of like wishes --the same bytes--> lines that have joined
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from homing.live import frames
from homing.live.frames import ATTEND_EVERY, PING_EVERY, Frame
from homing.live.line import PAGE, Line, Wish, spoken_of
from homing.live.progress import Progress, same
from homing.live.standing import Standing
from homing.live.storage import news
from homing.live.tail import Tail, Told, newest
from homing.model.campaign import State
from homing.model.errors import Conflict, Unreachable
from homing.model.moment import rfc3339
from homing.model.storage import Refusal
from homing.store.attendance import Attendances
from homing.store.events import BEGINNING, Cursor, Event, Events
from homing.store.status import StatusBoard
from homing.world import World

if TYPE_CHECKING:
    from homing.store.hints import Ear

log = logging.getLogger(__name__)
LOOK_EVERY = 0.2  # seconds: five frames a second at most
POLL = 1.0  # seconds between looks while hints come by themselves (PostgreSQL)
WARM = 1.0  # seconds after a hint in which it is looked often: an older transaction may hold the fact back
SLOWEST = 2.0  # with very many watchers
LINES_A_SECOND = 1_000  # frames that a round may cost before rounds become rarer, so that telling never starves sending
SNAP_EVERY = 1.0  # seconds between looks at campaigns of which the log says nothing (a rate that fades)
MOST_LINES = 12_000
MOST_SPOKEN_OF = (
    500  # campaigns that are over of which those who come back are told how they ended; older ones they ask for
)
RUNNING = (State.SENDING,)
STANDING = (State.SENDING, State.PAUSED, State.SCHEDULED)


class Reader:
    """One per process. Runs while somebody watches; writers never wait for it, and it never waits for a watcher."""

    def __init__(
        self,
        events: Events,
        board: StatusBoard,
        attendances: Attendances,
        world: World,
        *,
        version: str,
        storage: Callable[[], Refusal | None] = lambda: None,
        poll: float = POLL,
    ) -> None:
        self.retained_from = BEGINNING
        self._events = events
        self._tail = Tail(BEGINNING)
        self._progress = Progress(board, world)
        self._standing = Standing(self._look_at)
        self._attendances = attendances
        self._world = world
        self._version = version
        self._storage = storage
        self._refusal: Refusal | None = None
        self._epoch = ""
        self._lines: dict[Line, None] = {}
        self._groups: dict[tuple[int, tuple[str, ...]], dict[Line, None]] = {}
        self._shown: dict[int, dict[str, dict[str, Any]]] = {}  # workspace -> campaign -> the last snapshot
        self._attended: dict[str, list[str]] = {}
        self._snapped_at = 0.0
        self._poll = poll
        self._ear: Ear | None = None
        self._news = asyncio.Event()
        self._warm_until = 0.0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._thread: ThreadPoolExecutor | None = None  # its own looks
        self._pages: ThreadPoolExecutor | None = None  # those of lines that catch up: however many, its own do not wait

    @property
    def lines(self) -> int:
        """How many watch."""
        return len(self._lines)

    @property
    def position(self) -> Cursor:
        """Up to here everything is told to the lines that have joined."""
        return self._tail.end

    # ---- what lines use

    async def open(self, wish: Wish, cursor: Cursor | None) -> Line:
        """A line from `cursor` on; None: from now. Raises Conflict when too many watch, Unreachable."""
        if len(self._lines) >= MOST_LINES:
            raise Conflict(f"{MOST_LINES} watch already; close a page somewhere", code="too_many_watchers")
        if self._stopping:
            raise Unreachable("this server is stopping; come back in a moment")
        await self._ensure_running()
        line = Line(self, wish, self.position if cursor is None else cursor)
        self._lines[line] = None
        return line

    async def _ensure_running(self) -> None:
        async with self._starting:
            if not self._tasks or any(task.done() for task in self._tasks):
                for task in self._tasks:
                    task.cancel()
                self._thread = self._thread or ThreadPoolExecutor(2, thread_name_prefix="live")
                self._pages = self._pages or ThreadPoolExecutor(2, thread_name_prefix="live-page")
                if not self._lines:  # lines that have joined are told on from where they were
                    self._tail = await self._in_thread(newest, self._events)
                await self._in_thread(self._look_aside)
                loop = asyncio.get_running_loop()
                if self._ear is None:
                    self._ear = self._events.listen(lambda: loop.call_soon_threadsafe(self._news.set))
                self._tasks = [loop.create_task(self._follow()), loop.create_task(self._ping())]

    def hello(self, cursor: Cursor) -> Frame:
        body = {
            "epoch": self._epoch,
            "version": self._version,
            "cursor": str(cursor),
            "retained_from": str(self.retained_from),
            "now": rfc3339(self._world.clock.now()),
            "ping_s": PING_EVERY,
        }
        return Frame("hello", body)

    async def latest(self) -> Cursor:
        """The newest cursor of all."""
        return cast("Cursor", await self._in_thread(self._events.latest, pool=self._pages))

    async def page(self, wish: Wish, cursor: Cursor) -> Sequence[Event]:
        """The next facts after a cursor. Raises Unreachable."""
        asked = (cursor, wish.workspace_id, PAGE, wish.topics or None)
        return cast("list[Event]", await self._in_thread(self._events.after, *asked, pool=self._pages))

    def remembers(self, cursor: Cursor) -> bool:
        """Whether `told_after` knows everything after this cursor."""
        return self._tail.reaches(cursor)

    def told_after(self, cursor: Cursor, wish: Wish) -> list[Told]:
        """What was told after a cursor that it remembers, of what a line wants."""
        mine = wish.workspace_id
        return self._tail.after(cursor, lambda each: each.workspace_id == mine and wish.wants(each.topic))

    def join(self, line: Line) -> None:
        line.joined, line.quiet_since = True, self._world.clock.uptime()
        self._groups.setdefault((line.wish.workspace_id, line.wish.topics), {})[line] = None

    def leave(self, line: Line) -> None:
        self._lines.pop(line, None)
        group = self._groups.get((line.wish.workspace_id, line.wish.topics))
        if group is not None:
            group.pop(line, None)
            if not group:
                del self._groups[line.wish.workspace_id, line.wish.topics]

    async def standing(self, wish: Wish, also: Collection[str] = ()) -> dict[str, Any]:
        """How far the campaigns of a workspace are that are not over, and those with the ids `also`: by a look that begins
        after this call."""
        found = await self._standing.of(wish.workspace_id, also)
        return {
            id_: snap
            for id_, snap in found.items()
            if wish.wants(f"campaign:{id_}") and (snap["state"] in STANDING or id_ in also)
        }

    async def _look_at(self, workspace_id: int, also: Collection[str]) -> dict[str, dict[str, Any]]:
        newest_of = sorted(also)[-MOST_SPOKEN_OF:]  # ids are in the order of time
        found = await self._in_thread(self._progress.look, workspace_id, STANDING, newest_of)
        return cast("dict[str, dict[str, Any]]", found)

    def attends(self, attendant: str | None) -> list[str]:
        """The campaigns that somebody attends, by id."""
        return self._attended.get(attendant, []) if attendant else []

    def reset_frame(self) -> Frame:
        return frames.reset(self.retained_from)

    def refusal_frame(self) -> Frame | None:
        told = self._storage()
        return None if told is None else Frame("storage", news(told))

    # ---- its loops

    async def _follow(self) -> None:
        while self._lines:
            try:
                await self._round()
            except Unreachable as error:
                log.warning("the log of events cannot be read", extra={"cause": error.detail})
            self._tell_storage()
            await self._rest()
        self._close_ear()

    async def _rest(self) -> None:
        """Until the next look: soon, or when there is a hint, if hints come."""
        pause = min(max(LOOK_EVERY, len(self._lines) / LINES_A_SECOND), SLOWEST)
        await asyncio.sleep(pause)
        clock = self._world.clock
        if self._ear is not None and self._ear.hears and clock.uptime() >= self._warm_until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll - pause):
                    await self._news.wait()
        if self._news.is_set():
            self._news.clear()
            self._warm_until = clock.uptime() + WARM

    def _close_ear(self) -> None:
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    async def _round(self) -> None:
        """Everything new, to everybody who wants it."""
        facts = await self._in_thread(self._events.after, self.position, None, PAGE * 10)
        now = self._world.clock.uptime()
        if not facts and now - self._snapped_at < SNAP_EVERY:
            return
        self._snapped_at = now
        if await self._restored():
            return
        by_workspace: dict[int, list[Event]] = {}
        for each in facts:
            by_workspace.setdefault(each.workspace_id, []).append(each)
        watched = {workspace_id for workspace_id, _ in self._groups}
        snaps = {id_: await self._changed(id_, by_workspace.get(id_, [])) for id_ in watched}
        self._tail.add(facts)
        for (workspace_id, topics), group in self._groups.items():
            told = by_workspace.get(workspace_id, [])
            self._hand_out(Wish(workspace_id, topics), tuple(group), told, snaps.get(workspace_id, {}))

    async def _restored(self) -> bool:
        """Whether the log has become another one: everybody is told so, and has to come back."""
        epoch = self._epoch
        await self._in_thread(self._look_aside)
        if epoch == self._epoch:
            return False
        self._tail = await self._in_thread(newest, self._events)
        for line in tuple(self._lines):
            line.put(frames.reset(self.retained_from).encode())
            line.end()
        return True

    def _look_aside(self) -> None:
        """What is not in the facts: which history this is, how far back it goes, and who attends what."""
        self._epoch = self._events.epoch()
        self.retained_from = self._events.retained_from()
        self._attended = self._attendances.by_attendant()

    async def _changed(self, workspace_id: int, facts: Sequence[Event]) -> dict[str, dict[str, Any]]:
        """Snapshots that differ from what was shown: of what sends, and of what a fact speaks of."""
        found = await self._in_thread(self._progress.look, workspace_id, RUNNING, spoken_of(facts))
        shown = self._shown.get(workspace_id, {})
        self._shown[workspace_id] = {
            id_: snap for id_, snap in {**shown, **found}.items() if snap["state"] in STANDING or id_ in found
        }
        return {id_: snap for id_, snap in found.items() if not same(shown.get(id_), snap)}

    def _hand_out(
        self, wish: Wish, lines: Sequence[Line], told: Sequence[Event], snaps: dict[str, dict[str, Any]]
    ) -> None:
        facts = [each for each in told if wish.wants(each.topic)]
        snap = {id_: each for id_, each in snaps.items() if wish.wants(f"campaign:{id_}")}
        if not facts and not snap:
            return
        after = self.position
        head, rest = frames.split(after, facts, snap)
        made: dict[Cursor, bytes] = {}
        now = self._world.clock.uptime()
        for line in lines:
            cursor = line.cursor
            if facts and cursor >= facts[0].cursor:  # it caught up further than the reader had come
                left = [each for each in facts if each.cursor > cursor]
                data = frames.batch(cursor, max(after, cursor), left, snap).encode()
            else:
                data = made.get(cursor) or made.setdefault(cursor, head + str(cursor).encode() + rest)
            line.cursor, line.quiet_since = max(after, cursor), now
            line.put(data)

    async def _ping(self) -> None:
        """Pings, by a clock of their own: an attended campaign lives from them, however long a round takes."""
        while self._lines:
            now = self._world.clock.uptime()
            for line in tuple(self._lines):
                attend = self.attends(line.wish.attendant)
                due = now - line.pinged_at >= ATTEND_EVERY if attend else now - line.quiet_since >= PING_EVERY
                if due and line.joined:
                    self._ping_line(line, attend, now)
            await asyncio.sleep(LOOK_EVERY)

    def _ping_line(self, line: Line, attend: list[str], now: float) -> None:
        line.pings += 1
        line.quiet_since = line.pinged_at = now
        line.put(Frame("ping", {"n": line.pings, "attend": attend}).encode())

    def _tell_storage(self) -> None:
        told = self._storage()
        if told != self._refusal:
            self._refusal = told
            data = Frame("storage", news(told)).encode()
            for line in tuple(self._lines):
                line.put(data)

    # ---- its end

    async def stop(self) -> None:
        """Says good-bye to everybody; orderly stops wait for open streams."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        for line in tuple(self._lines):
            line.put(frames.bye().encode())
            line.end()
        self._close_ear()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in (self._thread, self._pages):
            if pool is not None:
                pool.shutdown(wait=False)

    async def _in_thread(self, act: Callable[..., Any], *args: Any, pool: ThreadPoolExecutor | None = None) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool or self._thread, act, *args)
