"""Where the show plays: a throw-away installation, an inbox as its own process, and a watched worker."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from homing.app import House
from homing.engine.supervisor import Supervisor, worker_command
from homing.inbox import Chaos, InboxProcess
from homing.inbox.record import Line, replay
from homing.model.errors import HomingError
from homing.settings import apart_environment, load

CONNECTIONS = 4
LEAVE_SECONDS = 5.0


class Stage:
    """A folder of its own, and all processes of the show. Nothing of it is left behind, nor anything else touched.

    `pace`: mails a second that the inbox answers, so that people can follow and the kill meets mails on their way.
    """

    def __init__(self, pace: float) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="homing-demo-"))
        self._delay_ms = int(1000 * CONNECTIONS / pace)
        file = self.folder / "homing.toml"
        file.touch()
        told = {"data": str(self.folder), "database": f"sqlite:///{self.folder / 'homing.db'}", "log": "info"}
        self._settings = load(told, environment={"HOMING_CONFIG": str(file)}, folder=self.folder)
        self._env = apart_environment(self._settings, file)
        self._record = self.folder / "inbox.record"
        self._log: IO[bytes] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.house = House(self._settings)
        self.inbox: InboxProcess
        self.supervisor: Supervisor

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self, "inbox"):
            self.inbox.stop()
        self.house.close()
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def open(self) -> None:
        """The inbox listens and the ledger is made on return."""
        await asyncio.gather(in_thread(self._open_inbox), in_thread(lambda: self.house.seal))

    def _open_inbox(self) -> None:
        self.inbox = InboxProcess(record=self._record, chaos=Chaos(delay_ms=self._delay_ms))

    def arrived(self) -> list[Line]:
        """Every copy that the inbox took, from the file that it writes before it answers."""
        return list(replay(self._record))

    async def count(self) -> int:
        """How many copies the inbox has taken by now."""
        return int((await asyncio.to_thread(self.inbox.counts))["accepted"])

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[Supervisor]:
        """One worker process, watched as `homing serve` does."""
        self._log = (self.folder / "worker.log").open("wb")
        self.supervisor = Supervisor(worker_command(), 1, env=self._env, output=self._log)
        watching = asyncio.create_task(self.supervisor.run())
        try:
            yield self.supervisor
        finally:
            self.supervisor.stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await asyncio.shield(watching)
            for pid in self.supervisor.pids:
                _kill(pid)
            await watching

    def last_words(self) -> str:
        """The end of the worker's log."""
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / "worker.log").read_text(encoding="utf-8").splitlines()[-5:])
        return ""


async def in_thread(act: Callable[[], object]) -> None:
    """Runs `act` off the loop, to its end even when the show is ended meanwhile: the folder must not go before it."""
    running = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class ShowStopped(HomingError):
    """The show cannot go on; says why."""

    code = "show_stopped"
