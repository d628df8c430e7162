"""Worker processes: started, forked, frozen, thawed and killed by their own process ids and by nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from proofs.patience import Stuck, until

ROOT = Path(__file__).resolve().parent.parent
WORKER = ("-m", "homing", "worker")
"""The product's own command."""
PLAYED = ("-m", "proofs.worker")
"""The same worker with a World that a proof plays: needed only where a fault is injected inside."""


class Registry(Protocol):
    """The ledger that the workers work on (proofs.rig.Ledger)."""

    folder: Path

    def workers(self) -> set[int]: ...

    def holders(self) -> set[int]: ...


class Nursery:
    """Forks workers that have all their modules loaded, so that hundreds of short lives cost little.

    `env`: of the workers beside ours; `log`: where they write, a file of the nursery's own when not given.
    """

    def __init__(self, env: Mapping[str, str] | None = None, log: IO[bytes] | None = None) -> None:
        command = [sys.executable, *PLAYED, "--nursery"]
        self._log = log or tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the nursery
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, **(env or {})},
        )  # fmt: skip

    def order(self, order: str, folder: Path) -> int:
        """'run' or 'hold'; returns the pid of the worker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{order} {folder}\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            self._log.seek(0)
            raise Stuck(f"no worker is born: {self._log.read()[-500:].decode('utf-8', 'replace')}") from error

    def close(self) -> None:
        """Ends the nursery itself; workers are ended by their pids."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


def lives(pid: int) -> bool:
    """Whether a process of that id exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def end(pid: int, number: int = signal.SIGKILL, seconds: float = 45.0) -> None:
    """Sends a signal to a process that was started here, and waits until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    until(lambda: not lives(pid), seconds, "a process ends", every=0.005)


class Born:
    """A worker that a nursery forked, spoken to like a child process. It writes its own exit code down as it ends."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.pid = pid
        self._told = folder / f"ended.{pid}"

    def poll(self) -> int | None:
        if lives(self.pid):
            return None
        with suppress(FileNotFoundError, ValueError):
            return int(self._told.read_text("ascii"))
        return -1

    def wait(self, seconds: float) -> int:
        until(lambda: not lives(self.pid), seconds, "a worker ends", every=0.002)
        return 0

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Fleet:
    """Worker processes of one ledger, ended by their own process ids and by nothing else."""

    def __init__(self, ledger: Registry, command: Sequence[str] = WORKER) -> None:
        self.ledger = ledger
        self.command = tuple(command)
        self.alive: dict[int, subprocess.Popen[bytes] | Born] = {}
        self.frozen: dict[int, float] = {}  # pid -> when it is thawed (monotonic)
        self._log = (ledger.folder / "workers.log").open("ab")

    def start(self, *extra: str, prefix: Sequence[str] = (), env: dict[str, str] | None = None) -> int:
        """Starts a worker and returns its pid at once. `prefix`: what runs it (strace ...)."""
        command = [*prefix, sys.executable, *self.command, "--data", str(self.ledger.folder), *extra]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env={**os.environ, "HOMING_LOG": "warning", **(env or {})},
        )  # fmt: skip
        self.alive[process.pid] = process
        return process.pid

    def bear(self, nursery: Nursery, folder: Path | None = None) -> int:
        """A worker from a nursery: where starting the command itself, hundreds of times, would take the time of the proof."""
        home = folder or self.ledger.folder
        pid = nursery.order("run", home)
        self.alive[pid] = Born(pid, home)
        return pid

    def ready(self) -> list[int]:
        """Those that have entered the ledger and are not frozen."""
        entered = self.ledger.workers()
        return [pid for pid in self.alive if pid in entered and pid not in self.frozen]

    def holders(self) -> list[int]:
        """Those of them that hold lanes: the ones whose death hurts."""
        owners = self.ledger.holders()
        return [pid for pid in self.alive if pid in owners and pid not in self.frozen]

    def until_ready(self, count: int, seconds: float = 60.0) -> None:
        """Waits until `count` workers have entered."""
        until(lambda: len(self.ready()) >= count, seconds, f"{count} workers enter the ledger")

    def kill(self, pid: int) -> None:
        """kill -9."""
        process = self.alive.pop(pid)
        self.frozen.pop(pid, None)
        process.kill()
        process.wait(30)

    def freeze(self, pid: int, seconds: float) -> None:
        """SIGSTOP; `thaw` wakes it after `seconds`."""
        os.kill(pid, signal.SIGSTOP)
        self.frozen[pid] = time.monotonic() + seconds

    def thaw(self, *, everybody: bool = False) -> None:
        """SIGCONT for those whose time has come."""
        now = time.monotonic()
        for pid, end in tuple(self.frozen.items()):
            if everybody or end <= now:
                del self.frozen[pid]
                os.kill(pid, signal.SIGCONT)

    def terminate(self, pid: int, seconds: float = 45.0) -> int:
        """SIGTERM, and waits for the orderly end. Returns its exit code."""
        process = self.alive.pop(pid)
        process.terminate()
        return process.wait(seconds)

    def gone(self) -> dict[int, int]:
        """Workers that ended by themselves: pid -> exit code. They are forgotten."""
        ended = {pid: code for pid, process in self.alive.items() if (code := process.poll()) is not None}
        for pid in ended:
            del self.alive[pid]
            self.frozen.pop(pid, None)
        return ended

    def said(self) -> str:
        """The end of what the workers logged."""
        return (self.ledger.folder / "workers.log").read_text("utf-8", "replace")[-2000:]

    def close(self) -> None:
        """Kills what is left."""
        for process in self.alive.values():
            process.kill()
            process.wait(30)
        self.alive.clear()
        self._log.close()
