"""Ends transactions that take too long. One thread watches those of the whole process: a thread each costs more than a chunk."""

import contextlib
import threading
from collections.abc import Callable, Iterator

TICK = 0.5  # seconds; a limit is kept within so much

Act = Callable[[], bool]
"""Breaks off what runs now; whether there was anything to break off. If not it is asked again."""


class _Limit:
    """How long a transaction still has, and how it is broken off. Once it has ended nothing touches its connection."""

    __slots__ = ("_act", "_left", "_lock")

    def __init__(self, seconds: float, act: Act) -> None:
        self._left = seconds
        self._act: Act | None = act
        self._lock = threading.Lock()

    def tick(self) -> None:
        with self._lock:
            self._left -= TICK
            if self._left <= 0 and self._act is not None:
                act, self._act = self._act, None
                if not act():
                    self._act = act

    def end(self) -> None:
        with self._lock:
            self._act = None


class _Watch:
    """The thread, and what it watches. It sleeps while there is nothing."""

    def __init__(self) -> None:
        self._limits: set[_Limit] = set()
        self._changed = threading.Condition()
        self._idle = False
        self._thread: threading.Thread | None = None

    def add(self, limit: _Limit) -> None:
        with self._changed:
            self._limits.add(limit)
            if self._thread is None or not self._thread.is_alive():  # a fork leaves threads behind
                self._thread = threading.Thread(target=self._run, name="limits", daemon=True)
                self._thread.start()
            elif self._idle:
                self._changed.notify()

    def remove(self, limit: _Limit) -> None:
        with self._changed:
            self._limits.discard(limit)
        limit.end()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._limits:
                    self._idle = True
                    self._changed.wait()
                    self._idle = False
                begun = set(self._limits)
                self._changed.wait(TICK)
                limits = begun & self._limits
            for limit in limits:
                with contextlib.suppress(Exception):  # what cannot be broken off runs on, as without a limit
                    limit.tick()


_watch = _Watch()


@contextlib.contextmanager
def limited(seconds: float, act: Act) -> Iterator[None]:
    """Breaks off what is done inside, by `act` from another thread, when it takes longer."""
    limit = _Limit(seconds, act)
    _watch.add(limit)
    try:
        yield
    finally:
        _watch.remove(limit)
