"""Fair turns at the SQLite writer: two file locks that the kernel frees when a process dies.

SQLite's own busy handler polls and is unfair: an import that commits back to back starved a sender for 2.6 s. Each writer
takes `turn`, then `gate`, drops `turn`, writes, and drops `gate` after COMMIT, so that whoever waits for the gate is next.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)
SLOW_SECONDS = 5.0


class Turnstile:
    """One per database and process. Threads of the process queue at an ordinary lock first."""

    def __init__(self, database: Path) -> None:
        self._paths = (database.with_name(database.name + "-turn"), database.with_name(database.name + "-gate"))
        self._files: tuple[int, int] | None = None
        self._threads = threading.Lock()

    def _open(self) -> tuple[int, int]:
        if self._files is None:
            first, second = (os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths)
            self._files = (first, second)
        return self._files

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Holds the right to write until the block ends."""
        with self._threads:
            turn, gate = self._open()
            self._take(turn)
            try:
                self._take(gate)
            finally:
                fcntl.flock(turn, fcntl.LOCK_UN)
            try:
                os.pwrite(gate, b"%-10d" % os.getpid(), 0)  # who holds it, for people: see holder()
                yield
            finally:
                fcntl.flock(gate, fcntl.LOCK_UN)

    def _take(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            late = threading.Timer(SLOW_SECONDS, self._complain)
            late.daemon = True
            late.start()
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            finally:
                late.cancel()

    def _complain(self) -> None:
        log.warning("still waiting for the write lock", extra={"holder_pid": self.holder(), "seconds": SLOW_SECONDS})

    def holder(self) -> int | None:
        """The process id that holds the write lock now, or None when it is free."""
        try:
            probe = os.open(self._paths[1], os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None  # nobody has ever written
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.pread(probe, 10, 0).strip()
            return int(written) if written.isdigit() else None
        finally:
            os.close(probe)
        return None

    def close(self) -> None:
        """Gives the two files back; the next turn opens them again. While a thread has its turn they stay: they are its locks."""
        if not self._threads.acquire(blocking=False):
            return
        try:
            files, self._files = self._files or (), None
            for file in files:
                os.close(file)
        finally:
            self._threads.release()
