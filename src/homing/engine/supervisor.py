"""Keeps N worker processes alive: starts them, restarts what died, kills what is frozen, ends all of them in order.

    start --first report--> lives --exit, kill -9--> start again at once
      |                       \\--silent for 5 s--> kill -9 (law L7 makes that safe)
      \\--died before it ever reported--> waits 1 s, 2 s, 4 s ... 30 s, then starts again

A child says that it lives by a line on a pipe, twice a second, from its event loop; while its storage refuses, the line says
so (L19). The end of the pipe is its death, told by the kernel at once; when the supervisor dies the pipe breaks, and its
children drain and leave by themselves.
"""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from homing.engine.refusals import read_report
from homing.model.storage import Refusal

log = logging.getLogger(__name__)
_READ = 4096
_LINGER = 10.0  # seconds between the end of its pipe and its own


def worker_command() -> tuple[str, ...]:
    """`homing worker` by this interpreter; -P: this package, and not whatever lies in the working folder."""
    return (sys.executable, "-P", "-m", "homing", "worker")


@dataclass(frozen=True, slots=True)
class Care:
    """How patient a supervisor is. Seconds, except `silent` and `starting`: looks in a row without a report.

    Looks are counted, not seconds, so that nobody is killed for a time in which the whole machine slept.
    """

    look_every: float = 0.5
    silent: int = 10
    starting: int = 120
    grace: float = 40.0  # a worker waits 30 s for answers (L24), then settles and releases
    backoff: float = 1.0
    backoff_cap: float = 30.0


class Supervisor:
    """Watches `count` processes, each made from `command` with `--report-fd N` behind it. POSIX only.

    `env`: of the children, this process's own when not given. `output`: where their standard error goes.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        *,
        env: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
        care: Care = Care(),
    ) -> None:
        self._command = tuple(command)
        self._count = count
        self._env = env
        self._output = output
        self._care = care
        self._children: list[_Child] = []
        self._stop = asyncio.Event()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(child.pid for child in self._children)

    @property
    def storage(self) -> Refusal | None:
        """What the storage refuses to those that run now; None while it takes everything."""
        return next((child.storage for child in self._children if child.storage is not None), None)

    def stop(self) -> None:
        """Asks for an orderly end; safe from a signal handler of the loop."""
        self._stop.set()

    async def run(self) -> None:
        """Until `stop` is called and every child has ended. When cancelled the children are asked to end, not waited for."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep())
                await self._stop.wait()
                await self._say_goodbye()
        finally:
            for child in self._children:
                child.terminate()
                child.release()

    async def _say_goodbye(self) -> None:
        for child in self._children:
            child.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._care.grace):
                for child in list(self._children):
                    await child.ended.wait()
        for child in [child for child in self._children if not child.ended.is_set()]:
            log.warning(
                "a process did not end in time and is killed", extra={"kind": self._command[-1], "pid": child.pid}
            )
            child.kill()

    async def _keep(self) -> None:
        """One place for a worker, never empty for long."""
        wait = 0.0
        while not self._stop.is_set():
            if await self._live_once():
                wait = 0.0
                continue
            if self._stop.is_set():
                return
            wait = min(max(self._care.backoff, wait * 2), self._care.backoff_cap)
            log.warning("a process did not come up", extra={"kind": self._command[-1], "again_in": wait})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stop.wait()

    async def _live_once(self) -> bool:
        """From the start of a child to its end. Whether it ever reported."""
        try:
            child = _Child(self._command, self._env, self._output)
        except OSError as error:
            log.error("a process cannot be started", extra={"kind": self._command[-1], "cause": str(error)})
            return False
        self._children.append(child)
        log.info("a process is started", extra={"kind": self._command[-1], "pid": child.pid})
        try:
            await self._watch(child)
            code = await child.reap()
        finally:
            if child.ended.is_set():
                self._children.remove(child)
                child.release()
        if not self._stop.is_set():
            log.warning("a worker ended", extra={"pid": child.pid, "code": code})
        return child.reported

    async def _watch(self, child: "_Child") -> None:
        """Returns when the child is dead; sees to it when it is as good as dead."""
        silence = 0
        while not await child.ends_within(self._care.look_every):
            silence = 0 if child.listen() else silence + 1
            patience = self._care.silent if child.reported else self._care.starting
            if silence >= patience and not self._stop.is_set():
                log.warning("a worker is silent and is killed", extra={"pid": child.pid, "looks": silence})
                child.kill()


class _Child:
    """One process and the pipe on which it reports."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None, output: IO[bytes] | None) -> None:
        self.ended = asyncio.Event()
        self.reported = False
        self.storage: Refusal | None = None
        self._heard = False
        self._begun = b""  # of a line that is not whole yet
        self._loop = asyncio.get_running_loop()
        self._pipe, theirs = os.pipe()
        try:
            # A session of its own: Ctrl-C on the terminal is for the supervisor, who passes it on in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, "--report-fd", str(theirs)],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._pipe)
            raise
        finally:
            os.close(theirs)
        os.set_blocking(self._pipe, False)
        self._loop.add_reader(self._pipe, self._read)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        try:
            said = os.read(self._pipe, _READ)
        except BlockingIOError:
            return
        if said:
            self._heard = self.reported = True
            *lines, begun = (self._begun + said).split(b"\n")
            self._begun = begun[-_READ:]
            if lines:
                self.storage = read_report(lines[-1])
        else:
            self._loop.remove_reader(self._pipe)
            self.ended.set()

    def listen(self) -> bool:
        """Whether it reported since the last call; looks into the pipe too, in case this loop was late itself."""
        if not self.ended.is_set():
            self._read()
        heard, self._heard = self._heard, False
        return heard

    async def ends_within(self, seconds: float) -> bool:
        """Waits for its end at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return self.ended.is_set()

    async def reap(self) -> int:
        """Its exit code, or minus the signal. The pipe has ended, so the process is ending."""

        def wait() -> int:
            try:
                return self._process.wait(_LINGER)
            except subprocess.TimeoutExpired:  # it closed the pipe and goes on: nobody could watch it
                self._process.kill()
                return self._process.wait()

        return await asyncio.to_thread(wait)

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def release(self) -> None:
        """Lets go of the pipe. A child that still runs sees it break."""
        if self._pipe >= 0:
            self._loop.remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = -1
