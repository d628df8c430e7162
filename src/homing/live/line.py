"""One watcher's line: catches up from its own cursor, then takes what the reader hands to all, and never makes it wait."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homing.live import frames
from homing.live.frames import Frame
from homing.live.tail import together
from homing.model.errors import Unreachable
from homing.store.events import Cursor, Event

if TYPE_CHECKING:
    from homing.live.reader import Reader

MOST_WAITING = 64  # frames; a watcher that is further behind is dropped and comes back with its cursor
RETRY = 1.0  # seconds until the log is asked again that could not be read
PAGE = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What a watcher wants: all facts of its workspace, or those of `topics`; `attendant`: who it is when it attends."""

    workspace_id: int
    topics: tuple[str, ...] = ()
    attendant: str | None = None

    def wants(self, topic: str) -> bool:
        return not self.topics or topic in self.topics or topic.partition(":")[0] in self.topics


def spoken_of(facts: Iterable[Event]) -> set[str]:
    """The ids of the campaigns that these facts are about."""
    return {each.topic.removeprefix("campaign:") for each in facts if each.topic.startswith("campaign:")}


@dataclass(eq=False, slots=True)
class Line:
    """Made by `Reader.open`; used as `async for frame in line.frames()`, then closed."""

    reader: "Reader"
    wish: Wish
    cursor: Cursor
    joined: bool = False
    closed: bool = False
    pings: int = 0
    pinged_at: float = 0.0  # uptime
    quiet_since: float = 0.0  # uptime
    _reached: Cursor | None = None  # up to here there is nothing more for it in the log; None: up to its cursor
    _spoken_of: set[str] = field(default_factory=set)  # campaigns in the facts that it caught up with
    _waiting: deque[bytes] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    # ---- what the reader does

    def put(self, data: bytes) -> None:
        """Queues a frame, or drops a watcher that does not keep up. A line that has ended takes nothing more."""
        if self.closed:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.drop()
            return
        self._waiting.append(data)
        self._wake.set()

    def drop(self) -> None:
        """Ends the line at once; nothing is lost, the log has it all."""
        self._waiting.clear()
        self.end()

    def end(self) -> None:
        """Ends the line after what is queued."""
        self.closed = True
        self._wake.set()

    # ---- what the watcher's connection does

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """hello, what was missed, how the campaigns are, then everything as it comes. Ends when the line does."""
        reader = self.reader
        if await self.foreign():
            yield reader.hello(self.cursor).encode()
            yield frames.reset(reader.retained_from).encode()
            return
        yield reader.hello(self.cursor).encode()
        async for frame in self.catch_up():
            yield frame.encode()
        async for data in self.join():
            yield data
        refusal = reader.refusal_frame()
        if refusal is not None:
            yield refusal.encode()
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self.closed:
                return
            self._wake.clear()
            await self._wake.wait()

    async def catch_up(self) -> AsyncGenerator[Frame, None]:
        """Page by page of the log, until the reader's memory has the rest: a goal that does not move away."""
        while not self.closed and not self.reader.remembers(self._place()):
            told = self.reader.position
            page = await self._page()
            if page is None:
                continue
            if len(page) < PAGE:
                self._reached = told
            if page:
                before, self.cursor = self.cursor, page[-1].cursor
                self._spoken_of |= spoken_of(page)
                yield frames.batch(before, self.cursor, page, {})

    def _place(self) -> Cursor:
        """Its cursor, or further: facts that it does not want move no cursor."""
        return self.cursor if self._reached is None else max(self.cursor, self._reached)

    async def foreign(self) -> bool:
        """Whether facts after its cursor may be missing: older than what is kept, or of a log that went further than this."""
        if self.cursor < self.reader.retained_from:
            return True
        return self.cursor > self.reader.position and self.cursor > await self.reader.latest()

    async def _page(self) -> Sequence[Event] | None:
        try:
            return await self.reader.page(self.wish, self.cursor)
        except Unreachable:
            await asyncio.sleep(RETRY)
            return None

    async def join(self) -> AsyncGenerator[bytes, None]:
        """What the reader told so far, then how the campaigns are; from this call on it hands over what comes.

        Taking the one and joining for the other happen in one step of the loop: no fact falls between, none is told twice.
        """
        if self.closed:
            return
        facts = self.reader.told_after(self._place(), self.wish)
        before, end = self.cursor, max(self.cursor, self.reader.position)
        self.cursor = end
        self.reader.join(self)
        for first in range(0, len(facts), PAGE):
            page = facts[first : first + PAGE]
            last = page[-1].event.cursor
            yield frames.told(before, last, together(page))
            before = last
        self._spoken_of |= spoken_of(each.event for each in facts)
        yield frames.batch(before, end, (), await self.reader.standing(self.wish, self._spoken_of)).encode()

    def close(self) -> None:
        """The watcher is gone."""
        self.drop()
        self.reader.leave(self)
