"""Ends what takes too long on a line to PostgreSQL: the server is asked to, and a line on which nobody answers is hung up."""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from homing.store.limits import limited

GRACE = 3.0  # seconds that a cancel has until the line is given up


def _waits(raw: "psycopg.Connection[Any]") -> bool:
    """For the server's answer, that is; not while we ourselves work between two statements."""
    return raw.info.transaction_status is TransactionStatus.ACTIVE


@contextlib.contextmanager
def cancelled(raw: "psycopg.Connection[Any]", seconds: float | None) -> Iterator[None]:
    """Has the server cancel a statement that runs by then. Never a COMMIT: one that waits for a standby would be told as done."""

    def cancel() -> bool:
        if found := _waits(raw):
            raw.cancel_safe(timeout=GRACE)
        return found

    with limited(seconds, cancel) if seconds is not None else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def given_up(raw: "psycopg.Connection[Any]", seconds: float | None) -> Iterator[None]:
    """Hangs up on a line that is still silent by then, from its BEGIN to the answer of its COMMIT, which raises.

    Nobody hears a cancel behind a pooler or proxy that stands still, or lost what is behind it, and to the kernel that line is
    well: its keepalives are answered. Done on a number of our own: the driver's may be that of another file by then.
    """
    if seconds is None:
        yield
        return
    line = os.dup(raw.fileno())

    def hang_up() -> bool:
        if found := _waits(raw):
            with socket.socket(fileno=os.dup(line)) as end:
                end.shutdown(socket.SHUT_RDWR)
        return found

    try:
        with limited(seconds, hang_up):
            yield
    finally:
        os.close(line)
