"""NOTIFY as a hint that there are facts: at most ten a second on the way out, LISTEN on the way in. PostgreSQL only.

Only a hint: one in every transaction would cost half of all commits, none comes through a pooler in transaction mode, and a
cut line loses some. So whoever listens looks by itself too, seldom while it hears and often while it does not.
"""

import logging
import select
import threading
from collections.abc import Callable
from typing import Any

import psycopg

log = logging.getLogger(__name__)
NOTIFY = "NOTIFY homing_facts"
LISTEN = "LISTEN homing_facts"
GAP = 0.1  # seconds between two hints of one process
PATIENCE = 5.0  # seconds of silence after which the line is looked at, and between two tries to get one


class Crier:
    """Gives hints, one process at most ten a second: the first within its own transaction, what follows it a moment later."""

    def __init__(self, uptime: Callable[[], float], later: Callable[[], None]) -> None:
        """`later`: gives a hint in a transaction of its own; called from a thread."""
        self._uptime = uptime
        self._later = later
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._timer: threading.Timer | None = None

    def told(self) -> bool:
        """A transaction with facts is about to commit. Whether it should give the hint itself; if not, one follows."""
        with self._lock:
            now = self._uptime()
            if now - self._last >= GAP:
                self._last = now
                if self._timer is not None:  # late: this one says the same
                    self._timer.cancel()
                    self._timer = None
                return True
            if self._timer is None:
                self._timer = threading.Timer(self._last + GAP - now, self._follow)
                self._timer.daemon = True
                self._timer.start()
            return False

    def _follow(self) -> None:
        with self._lock:
            self._timer = None
            self._last = self._uptime()
        try:
            self._later()
        except Exception as error:  # noqa: BLE001 - only a hint: who looks by himself finds the facts a moment later
            log.debug("a hint could not be given", extra={"cause": type(error).__name__})


class Ear:
    """Hears hints in a thread of its own, until `close`. `wake` is called in that thread."""

    def __init__(self, connect: "Callable[[], psycopg.Connection[Any] | None]", wake: Callable[[], object]) -> None:
        """`connect`: a connection with a session of its own; None: there are none here (a pooler)."""
        self.hears = False
        self._connect = connect
        self._wake = wake
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self.hears = False

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                if not self._listen():
                    return
            except (psycopg.Error, OSError) as error:
                self.hears = False
                log.debug("no hints for a while", extra={"cause": type(error).__name__})
                self._closed.wait(PATIENCE / 5)

    def _listen(self) -> bool:
        """Until closed. False: hints do not come this way."""
        raw = self._connect()
        if raw is None:
            return False
        with raw:
            raw.execute(LISTEN)
            self.hears = not self._closed.is_set()
            self._wake()  # for what was told while nobody listened
            line = select.poll()  # the driver's own wait wakes ten times a second
            line.register(raw.fileno(), select.POLLIN)
            while not self._closed.is_set():
                if line.poll(PATIENCE * 1000) and any(raw.notifies(timeout=0)):
                    self._wake()
                if raw.broken:
                    raise psycopg.OperationalError("the line is cut")
        return True
