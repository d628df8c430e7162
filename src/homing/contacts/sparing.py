"""Keeps Python's collector of circles out of the way while rows are worked on: they are many, and none is part of a circle."""

import contextlib
import gc
import threading
from collections.abc import Iterator

YOUNG = 100_000  # objects; a batch of rows makes fewer, and lets go of all of them
_lock = threading.Lock()
_working = 0
_usual = gc.get_threshold()


@contextlib.contextmanager
def rarely_collecting() -> Iterator[None]:
    """For the whole process, while at least one import is inside. Circles are still found, by fewer looks."""
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


def _enter(step: int) -> None:
    global _working, _usual  # the collector is the process's, so how many need it so is counted here
    with _lock:
        if _working == 0:
            _usual = gc.get_threshold()
        _working += step
        gc.set_threshold(*((YOUNG, *_usual[1:]) if _working else _usual))
