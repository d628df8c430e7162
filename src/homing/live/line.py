"""One watcher's line: catches up from its own cursor, then takes what the reader hands to all, and never makes it wait."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homing.live import frames
from homing.live.frames import Frame
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
    _waiting: deque[bytes] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    # ---- what the reader does

    def put(self, data: bytes) -> None:
        """Queues a frame, or drops a watcher that does not keep up."""
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
        yield (await self.join()).encode()
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
        """Every fact after the cursor, until there is none that the reader has told already."""
        while not self.closed:
            seen = self.reader.position
            page = await self._page()
            if page is None:
                continue
            if page:
                before, self.cursor = self.cursor, page[-1].cursor
                yield frames.batch(before, self.cursor, page, {})
            elif self.reader.position == seen:
                return

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

    async def join(self) -> Frame:
        """From here on the reader hands over what comes; the frame says how far the campaigns are now."""
        at = self.cursor
        self.reader.join(self)
        return frames.batch(at, at, (), await self.reader.standing(self.wish))

    def close(self) -> None:
        """The watcher is gone."""
        self.drop()
        self.reader.leave(self)
