"""The supervisor's end of one child process: starts it, asks, hears, and ends it for sure."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from homing.channels.whatsapp_linked.protocol import ANSWERED_WITHIN, LINE_LIMIT, from_line, to_line

log = logging.getLogger(__name__)


class Refusal(Exception):
    """The child answered `error`."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail or error)
        self.error = error
        self.detail = detail


class Died(Exception):
    """The child is gone, or was ended because it did not answer."""


def command_of(driver: str) -> tuple[str, ...]:
    """-P: this package, and not whatever lies in the working folder."""
    return (sys.executable, "-P", "-m", "homing.channels.whatsapp_linked.child", "{fd}", driver)


class Link:
    """`hear` is called with each event, in order. `gone` is set when the process is dead and reaped: nothing of it writes."""

    def __init__(self, command: Sequence[str], hear: Callable[[dict[str, Any]], None]) -> None:
        self._hear = hear
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.gone = asyncio.Event()
        self.code: int | None = None
        ours, theirs = socket.socketpair()
        with theirs:
            # The library takes its settings from the environment that the process starts with.
            environment = {**os.environ, "NEONIZE_BOT_TAG": "off"}  # noqa: TID251 - passed on whole, nothing is read from it
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [str(theirs.fileno()) if part == "{fd}" else part for part in command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._socket = ours
        self._events = 0
        self._writer: asyncio.StreamWriter | None = None
        self._open = asyncio.Event()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self.gone.is_set()

    async def ask(self, command: str, within: float = ANSWERED_WITHIN, **fields: Any) -> dict[str, Any]:
        """The `done` of a command. Raises Refusal; Died when the child ends, or is ended because it stays silent."""
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            await self._write({"id": number, "command": command, **fields})
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            log.warning("a device's process does not answer and is ended", extra={"pid": self.pid, "command": command})
            self.kill()
            await self.gone.wait()
            raise Died(f"no answer to {command}") from None
        finally:
            self._asked.pop(number, None)

    async def _write(self, message: dict[str, Any]) -> None:
        await self._open.wait()
        if self._writer is None or not self.alive:
            raise Died("the process is gone")
        try:
            self._writer.write(to_line(message))
            await self._writer.drain()
        except OSError:
            await self.gone.wait()
            raise Died("the process is gone") from None

    async def _read(self) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._socket, limit=LINE_LIMIT)
        self._open.set()
        try:
            while line := await reader.readline():
                self._take(from_line(line))
        except (OSError, ValueError) as error:
            log.warning("a device's process cannot be understood", extra={"pid": self.pid, "cause": str(error)})
        finally:
            self.kill()
            self.code = await asyncio.to_thread(self._process.wait)
            self._writer.close()
            self.gone.set()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(Died(f"the process ended ({self.code})"))
            self._hear({"event": "gone", "code": self.code})

    def _take(self, told: dict[str, Any]) -> None:
        if "event" in told:
            self._events += 1
            if told.get("n") != self._events:
                log.error("events of a device are missing", extra={"pid": self.pid, "n": told.get("n")})
                self._events = int(told.get("n") or 0)
            self._hear(told)
            return
        answer = self._asked.get(int(told.get("id") or 0))
        if answer is None or answer.done():
            return
        if "error" in told:
            answer.set_exception(Refusal(str(told["error"]), str(told.get("detail") or "")))
        else:
            answer.set_result(dict(told.get("done") or {}))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """In order: the link goes down, the store is closed, the device stays linked. Then for sure."""
        with contextlib.suppress(Refusal, Died):
            await self.ask("stop", within=5.0)
            await self.ask("quit", within=2.0)
        self.kill()
        await self.gone.wait()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading


def end_process(pid: int, started: int) -> bool:
    """Kills a device's process that another worker left behind (a frozen one does not end it). Whether it was there.

    `started`: its start time as `process_start` told it, so that no stranger who has the number now is struck.
    """
    if process_start(pid) != started:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


def process_start(pid: int) -> int | None:
    """When a process started, in clock ticks since boot (/proc/PID/stat, field 22); None where that cannot be told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - one read of a kernel file
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None
