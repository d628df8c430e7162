"""Waiting for what must happen, in time."""

import time
from collections.abc import Callable
from typing import Any


class Stuck(Exception):
    """Something that had to happen did not, in time."""


def until(true: Callable[[], Any], seconds: float, what: str, *, every: float = 0.02) -> Any:
    """Looks again and again until `true()` is; returns what it gave. Raises Stuck after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise Stuck(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return found
