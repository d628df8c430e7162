"""A device's own process: holds the lock of its store, runs one driver, speaks the protocol on one descriptor.

    python -m homing.channels.whatsapp_linked.child FD [DRIVER]

It knows nothing of campaigns or the ledger. When the other end of the descriptor is gone, so is it, at once.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from homing.channels.whatsapp_linked.protocol import KEPT, LINE_LIMIT, NEWS, from_line, to_line

log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_TURNS, _TURN = 4, 0.003  # seconds: a margin, measured in decision 19
_THREADS = 16  # each connected client of the library parks one for ever


class CommandError(Exception):
    """An answer of the protocol. `error`: a word of protocol.ERRORS."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(detail or error)
        self.error = error
        self.detail = detail


Emit = Callable[..., None]
Settled = Callable[[], Awaitable[None]]
"""Returns when everything that the library has told by now is on disk."""


class Driver(Protocol):
    """One client library behind the protocol. Each method is a command; what it returns is the `done`."""

    async def start(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def pair(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def connect(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def recycle(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def stop(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def logout(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def check(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def send(self, told: dict[str, Any]) -> dict[str, Any]: ...
    async def ping(self, told: dict[str, Any]) -> dict[str, Any]: ...


class Child:
    """The protocol's end in the child."""

    def __init__(self, descriptor: int, make: Callable[[Emit, Settled], Driver]) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._lock = threading.Lock()
        self._events = 0
        self._driver = make(self.emit, self.settled)
        self._sending = False
        self._store_lock: int | None = None
        self._notes: int | None = None
        self._fresh = False  # something was noted since it was last put on disk
        self._clerk = ThreadPoolExecutor(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def emit(self, event: str, **facts: Any) -> None:
        """Tells the supervisor; safe from every thread."""
        with self._lock:
            if event in KEPT:
                self._note({"event": event, **facts})
            self._events += 1
            self._write({"event": event, "n": self._events, "t": time.time_ns() // 1_000_000, **facts})  # noqa: TID251 - a child has no world

    def _answer(self, told: dict[str, Any], **answer: Any) -> None:
        with self._lock:
            self._write({"id": told.get("id"), **answer})

    def _write(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(to_line(message))
        except OSError:
            os._exit(0)  # the supervisor is gone

    async def run(self) -> None:
        """Until the other end closes."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS))
        reader, _ = await asyncio.open_connection(sock=self._socket.dup(), limit=LINE_LIMIT)
        while line := await reader.readline():
            task = loop.create_task(self._obey(from_line(line)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        os._exit(0)

    async def _obey(self, told: dict[str, Any]) -> None:
        try:
            self._answer(told, done=await self._run(told))
        except CommandError as error:
            self._answer(told, error=error.error, detail=error.detail)
        except Exception as error:
            log.exception("a command failed")
            self._answer(told, error="internal", detail=f"{type(error).__name__}: {error}"[:500])
        if told.get("command") == "quit":
            os._exit(0)

    async def _run(self, told: dict[str, Any]) -> dict[str, Any]:
        name = str(told.get("command"))
        if name == "start":
            self._hold(Path(told["store"]))
        if name == "quit":
            return {}
        acts: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            act: getattr(self._driver, act)
            for act in ("start", "pair", "connect", "recycle", "stop", "logout", "check", "send", "ping")
        }
        if name not in acts:
            raise CommandError("bad_command", name)
        if name != "send":
            return await acts[name](told)
        if self._sending:
            raise CommandError("busy", "one message at a time")
        self._sending = True
        try:
            done = {"key": told["key"], **await acts[name](told)}
            if done.get("outcome") == "accepted":
                with self._lock:
                    self._note({"event": "sent", "key": done["key"], "message_id": done["message_id"]})
            return done
        finally:
            self._sending = False

    def _note(self, news: dict[str, Any]) -> None:
        """Kept beside the store before it is told: the server confirmed it to us and will not say it again, and whoever listens
        may be dead. It survives kill -9 of both."""
        if self._notes is not None:
            os.write(self._notes, to_line(news))
            self._fresh = True

    async def settled(self) -> None:
        """Everything that the library's threads were about to tell is noted, and on disk.

        A thread that has begun to tell holds the lock, and is waited for. One that has not is given the time to: it waits for
        nothing but a core and the interpreter, and every sleep leaves it both.
        """
        for _ in range(_TURNS):
            await asyncio.sleep(_TURN)
        await asyncio.get_running_loop().run_in_executor(self._clerk, self._put_on_disk)

    def _put_on_disk(self) -> None:
        with self._lock:
            fresh, self._fresh = self._fresh, False
        if fresh and self._notes is not None:
            os.fdatasync(self._notes)

    def _hold(self, store: Path) -> None:
        """The lock beside the store, never on it: closing any descriptor of an SQLite file drops its locks."""
        file = os.open(store.with_name(store.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("store_locked", "another process has this device") from None
        self._store_lock = file
        notes = store.with_name(f"{store.name}{NEWS}{os.getpid()}")
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def main() -> None:
    """Runs a child on the descriptor that the first argument names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who started us
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    os.umask(0o077)
    name = sys.argv[2] if len(sys.argv) > 2 else "neonize"
    child = Child(int(sys.argv[1]), _driver(name))
    asyncio.run(child.run())


def _driver(name: str) -> Callable[[Emit, Settled], Driver]:
    if name == "sim":
        from homing.channels.whatsapp_linked.simulation import SimulatedDriver

        return SimulatedDriver
    from homing.channels.whatsapp_linked.neonize_driver import NeonizeDriver

    return NeonizeDriver


if __name__ == "__main__":
    from homing.channels.whatsapp_linked import child  # noqa: PLW0406 - as `__main__` it is another module: drivers would raise errors that it does not know

    child.main()
