"""The connection under a dialogue: bytes out, replies in and paired with what they answer, time kept, death noticed.

Every end is told once, by `ended`. A connection in doubt is aborted, never reused (L16), and nothing more is written (L17).
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

from homing.channels.smtp.limits import QUIT, Deadlines
from homing.channels.smtp.line import Line
from homing.channels.smtp.replies import Reply, ReplyParser, welcome
from homing.channels.smtp.salvage import Twin


class Wire(asyncio.BufferedProtocol, ABC):
    """Takes a line over from the library. A dialogue says what the replies mean: `heard`, `unasked`, `ended`."""

    def __init__(self, line: Line, deadlines: Deadlines) -> None:
        self.gone = False
        self.dying = False  # only listening to what the kernel still has
        self.expected: deque[str] = deque()  # the stages whose replies are due, oldest first
        self.now = asyncio.get_running_loop().time
        self.born = self.since = self.now()  # since: the last progress
        self._deadlines = deadlines
        self._line = line  # keeps the library's client alive
        self._transport = line.transport
        self.write = line.transport.write
        self._words = b"\0"  # the server's own for 250, 250 and 354, once it has been heard to welcome a message
        self._view = memoryview(bytearray(8192))
        self._parser = ReplyParser()
        self._twin = Twin()
        self._unsent = 0

    def begin(self) -> None:
        """From here on the transport is ours."""
        self._transport.set_protocol(self)
        self._transport.set_write_buffer_limits(0, 0)  # resume_writing tells when all has left
        if not self._line.encrypted:
            self._twin.of(self._transport)

    # ---- what a dialogue makes of it

    @abstractmethod
    def heard(self, stage: str, reply: Reply) -> None:
        """The reply that was due at `stage`; never a 421."""

    @abstractmethod
    def welcomed(self, dot: bytes) -> bool:
        """250 250 354 came together, behind the line `dot` with another 250 unless it is empty. Whether just these were due, to
        [dot,] MAIL, RCPT and DATA; if not they are heard one by one."""

    @abstractmethod
    def unasked(self, reply: Reply) -> None:
        """A reply to nothing."""

    @abstractmethod
    def ended(self, reason: str, waiting: str, reply: Reply | None) -> None:
        """The connection is no more. `waiting`: the stage whose reply was due; `reply`: what ended it, if a reply did."""

    # ---- out

    def put(self, data: bytes) -> None:
        """Writes commands; their deadline starts now unless older replies are due."""
        if not self.expected:
            self.since = self.now()
        self.write(data)

    @property
    def all_left(self) -> bool:
        """Whether all that was written has left the process."""
        return self._transport.get_write_buffer_size() == 0

    def alive(self) -> bool:
        """Whether it may still be spoken on."""
        return not self.gone

    def idle_for(self) -> float:
        """Seconds since anything was said on it."""
        return self.now() - self.since

    # ---- in

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self.gone:
            return
        data = bytes(self._view[:nbytes])
        dot = self._welcome(data)
        if dot is not None and not self._parser.torn and not self._deadlines.strikes:
            self.since = self.now()
            if self.welcomed(dot):
                return
        self._take(data)

    def _welcome(self, data: bytes) -> bytes | None:
        """As `welcome`. Servers hardly ever change their words, so those of the last time are looked for first."""
        if data.endswith(self._words):
            dot = data[: -len(self._words)]
            if not dot or (dot.startswith(b"250 ") and dot.find(b"\n") == len(dot) - 1):
                return dot[:-1]
        found = welcome(data)
        if found is not None:
            self._words = data[len(found) + 1 :] if found else data
        return found

    def _take(self, data: bytes) -> None:
        replies = self._parser.feed(data)
        if replies:  # a reply that only drips in does not buy time
            self.since = self.now()
        for reply in replies:
            self._pair(reply)
            if self.gone:
                return
        if self._parser.broken:
            self.abort("garbage")

    def _pair(self, reply: Reply) -> None:
        """Each reply belongs to the oldest command without one (rules 3 and 5)."""
        if not self.expected:
            self.unasked(reply)
        elif reply.code == 421 and self.expected[0] != QUIT:
            self.abort("service_unavailable", reply)
        else:
            stage = self.expected.popleft()
            if self._deadlines.strikes:
                self._deadlines.kept(stage)
            self.heard(stage, reply)

    # ---- the end

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """A reply that lies in the kernel already is still heard (salvage, FAILURE_MODEL section 2)."""
        if not self.gone:
            self._listen_once_more()
        if not self.gone:
            self._end("torn_reply" if self._parser.torn else "connection_lost", None)
        self._twin.close()

    def _listen_once_more(self) -> None:
        self.write = _nowhere
        self.dying = True
        data = self._twin.last_words()
        if data:
            self._take(data)

    def abort(self, reason: str, reply: Reply | None = None) -> None:
        """Ends it now, unsent bytes and all; what was under way is judged by how far it had come."""
        if not self.gone:
            self._end(reason, reply)
            self._transport.abort()

    def part(self) -> None:
        """Ends it in peace."""
        self._end("closed", None)
        self._transport.close()

    def _end(self, reason: str, reply: Reply | None) -> None:
        self.gone = True
        self.ended(reason, self.expected[0] if self.expected else "", reply)

    # ---- time, looked at once a second

    def overdue(self, now: float) -> None:
        """Aborts when the oldest reply has been due for too long (L16: 600 s for the reply to a dot)."""
        stage = self.expected[0]
        if now - self.since > self._deadlines.of(stage):
            self._deadlines.struck(stage)
            self.abort("timeout")

    def stalled(self, now: float) -> bool:
        """Whether bytes still wait to leave; aborts when none have left for too long, and they with it (L17)."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0:
            return False
        if unsent != self._unsent:
            self._unsent, self.since = unsent, now
        elif now - self.since > self._deadlines.limits.body_progress:
            self.abort("timeout")
        return True


def _nowhere(data: Any) -> None:
    """Where a dead connection writes to."""
