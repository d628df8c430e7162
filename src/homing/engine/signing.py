"""Signs what waits to be sent, in threads of its own: an RSA signature takes longer than all else, and lets go of the GIL.

waiting: [signed][signed][being signed] ... the first leaves when it is ready, in its order; the loop goes on meanwhile

A row whose message is signed is a row that waits, and nothing more: it is released, lost and taken back like any other, and
then its message is made again.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from homing.content.failure import RenderError
from homing.engine.tray import Held, Tray
from homing.world import Clock

AHEAD = 16  # rows whose messages are signed before they leave
BYTES_AHEAD = 16 * 1024 * 1024  # and at most about so many bytes of them (L18)
THREADS = 2


class Signing:
    """One per dispatcher. `again` is called on the loop when a message that was waited for is ready."""

    def __init__(self, clock: Clock, again: Callable[[], None]) -> None:
        self._clock = clock
        self._again = again
        self._pool: ThreadPoolExecutor | None = None

    def ready(self, tray: Tray) -> bool:
        """Whether a row waits, and the first can be handed over. Begins with it and some behind it where they are signed."""
        if not tray.waiting:
            return False
        first = tray.waiting[0]
        if not first.line.signs:
            return True
        for held in islice(tray.waiting, _most(first)):
            if held.made is None and held.line.signs:
                held.made = self._begun(held)
        return first.made is None or first.made.done()

    def written(self, held: Held) -> tuple[bytes, bool]:
        """The message of a row, and whether it is known to be clean. Raises RenderError."""
        made, held.made = held.made, None
        return held.line.write(held.row, self._clock.now()) if made is None else made.result()

    def _begun(self, held: Held) -> "Future[tuple[bytes, bool]] | None":
        """None for a message that cannot be made: who hands it over will hear why."""
        now, line = self._clock.now(), held.line
        try:
            draft, clean = line.draft(held.row, now)
            sign = line.signed(held.row)
        except RenderError:
            return None
        if sign is None:
            return _done(draft, clean)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), "signing")
            self._loop = asyncio.get_running_loop()
        made = self._pool.submit(lambda: (sign(draft, now), clean))
        made.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._again))
        return made

    def close(self) -> None:
        """Waits for what is being signed now, a thousandth of a second."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _done(message: bytes, clean: bool) -> "Future[tuple[bytes, bool]]":
    made: Future[tuple[bytes, bool]] = Future()
    made.set_result((message, clean))
    return made


def _most(first: Held) -> int:
    size = first.line.message_bytes
    return 1 if size is None else max(1, min(AHEAD, BYTES_AHEAD // max(size, 1)))
