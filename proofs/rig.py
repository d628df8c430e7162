"""What every proof with real processes stands on: a ledger on disk, a truthful sink, a fleet of workers."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homing.app import House
from homing.model.ids import CampaignId, new_uid
from homing.settings import load
from homing.store.campaigns import Campaigns, Draft
from homing.store.control import By, Control
from proofs.verdict import Verdict, judge
from tests.faults.smtp_server import Running, running

ROOT = Path(__file__).resolve().parent.parent
WORKER = ("-m", "homing", "worker")
"""The product's own command."""
PLAYED = ("-m", "proofs.worker")
"""The same worker with a World that a proof plays: needed only where a fault is injected inside."""
TEXT = "Hello {{ name }}, you are number {{ n }}.\n"


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


class Sink:
    """The truthful server and its record. `counted` grows by reading what was appended since the last look."""

    def __init__(self, server: Running, record: Path) -> None:
        self.server = server
        self.record = record
        self._file = record.open("rb")
        self.counted = 0

    @property
    def port(self) -> int:
        return self.server.port

    def look(self) -> int:
        """How many messages the sink has accepted so far."""
        self.counted += self._file.read().count(b"\n")
        return self.counted

    def keys(self) -> Counter[str]:
        """`CAMPAIGN/SEQ` of everything accepted, and how often."""
        return Counter(line.split(b"\t", 1)[0].decode() for line in self.record.read_bytes().splitlines())

    def order(self, **order: Any) -> dict[str, Any]:
        return self.server.order(**order)

    def forget(self) -> None:
        """Begins a new record: the file is emptied, and counting starts anew."""
        os.truncate(self.record, 0)
        self._file.seek(0)
        self.counted = 0

    def close(self) -> None:
        self._file.close()


@contextmanager
def sink(folder: Path, *options: str) -> Iterator[Sink]:
    """A sink in its own process, ended on leaving."""
    record = folder / "accepted"
    record.touch()
    with running(record, *options) as server:
        found = Sink(server, record)
        try:
            yield found
        finally:
            found.close()


class Ledger:
    """The SQLite file of an installation, and one campaign in it. Reading is done by plain SQL, beside the product."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "homing.db"
        self.campaign = CampaignId(0)
        self.uid = ""
        self.sender = 0

    def prepare(self, port: int, recipients: int, options: dict[str, Any] | None = None, *, start: bool = True) -> None:
        """An installation with one sender, `recipients` contacts and one campaign to all of them."""
        house = self.house()
        try:
            workspace = house.workspace
            sender = house.senders.add(workspace.id, "sink", "smtp", {**sender_options(port), **(options or {})}, {})
            self.sender = sender.id
            self._people(workspace.id, recipients)
            content = {"subject": "Number {{ n }}", "text": TEXT}
            made = Campaigns(house.database).create(
                workspace.id,
                Draft("proof", content, {"all": True}, {"stop_if_failed": 0}, senders=(sender.id,)),
            )
            self.campaign, self.uid = made.id, made.uid
            if start:
                Control(house.database).start(made.id, By("proof"))
        finally:
            house.close()

    def house(self) -> House:
        """The installation as the product opens it. To be closed."""
        return House(load({"data": str(self.folder)}, environment={}, folder=self.folder))

    def control(self, act: Callable[[Control, CampaignId], Any]) -> Any:
        """What a person does from another process."""
        house = self.house()
        try:
            return act(Control(house.database), self.campaign)
        finally:
            house.close()

    def _people(self, workspace_id: int, count: int) -> None:
        now = int(time.time() * 1000)
        rows = (
            (new_uid(now), workspace_id, f"u{n}@d{n % 97}.test", f"Person {n}", json.dumps({"n": n}), now, now)
            for n in range(1, count + 1)
        )
        with closing(sqlite3.connect(self.path, timeout=30)) as raw, raw:
            raw.executemany(
                "INSERT INTO contact (uid, workspace_id, email, name, attributes, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Plain SQL on the file, by a connection of its own."""
        return self.moment((query, *values))[0]

    def moment(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        """Several questions (SQL, values ...) answered by one and the same state of the ledger."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30, isolation_level=None)) as raw:
            raw.execute("BEGIN")
            return [raw.execute(query, values).fetchall() for query, *values in questions]

    def state(self) -> str:
        """Of the campaign: 'sending', 'paused:no_connection', 'completed' ..."""
        state, reason = self.ask("SELECT state, reason FROM campaign WHERE id = ?", self.campaign)[0]
        return f"{state}:{reason}" if reason else str(state)

    def states(self) -> Counter[str]:
        """How many deliveries stand in each state."""
        rows = self.ask("SELECT state, count(*) FROM delivery WHERE campaign_id = ? GROUP BY state", self.campaign)
        return Counter(dict(rows))

    def workers(self) -> set[int]:
        """Process ids of the workers that have entered and not left."""
        return {pid for (pid,) in self.ask("SELECT pid FROM worker WHERE left_at IS NULL")}

    def finished(self, seconds: float) -> None:
        """Waits until the campaign is completed. Raises Stuck with the states otherwise."""
        try:
            until(lambda: self.state() == "completed", seconds, "the campaign completes", every=0.1)
        except Stuck as error:
            raise Stuck(f"{error}; campaign {self.state()}, rows {dict(self.states())}") from error


def sender_options(port: int) -> dict[str, Any]:
    """A sender that hurries: no pacing, 20 connections, at most 20 intents open. It probes a closed door on loopback."""
    return {
        "host": "127.0.0.1", "port": port, "tls": "none", "pacing": "off", "connections": 20, "in_flight": 20,
        "from": "Proof <proof@sender.test>", "probe": ["127.0.0.1:9"], "helo": "sender.test",
    }  # fmt: skip


class Nursery:
    """Forks workers that have all their modules loaded, so that hundreds of short lives cost little."""

    def __init__(self) -> None:
        command = [sys.executable, *PLAYED, "--nursery"]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the nursery
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )

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
    """A worker that a nursery forked, spoken to like a child process. Its exit code is nobody's to know."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        return None if lives(self.pid) else -1

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

    def __init__(self, ledger: Ledger, command: Sequence[str] = WORKER) -> None:
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

    def bear(self, nursery: Nursery) -> int:
        """A worker from a nursery: where starting the command itself, hundreds of times, would take the time of the proof."""
        pid = nursery.order("run", self.ledger.folder)
        self.alive[pid] = Born(pid)
        return pid

    def ready(self) -> list[int]:
        """Those that have entered the ledger and are not frozen."""
        entered = self.ledger.workers()
        return [pid for pid in self.alive if pid in entered and pid not in self.frozen]

    def holders(self) -> list[int]:
        """Those of them that hold lanes: the ones whose death hurts."""
        owning = "SELECT pid FROM worker WHERE id IN (SELECT owner FROM lease WHERE kind = 'lane')"
        owners = {pid for (pid,) in self.ledger.ask(owning)}
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


@dataclass(slots=True)
class Rig:
    """One campaign that can be cut anywhere: its folder, sink, ledger, fleet and dice."""

    folder: Path
    sink: Sink
    ledger: Ledger
    fleet: Fleet
    dice: random.Random
    recipients: int

    def judge(self) -> Verdict:
        return judge(self.ledger, self.sink, self.recipients)


@contextmanager
def rig(
    recipients: int,
    *,
    seed: int = 1,
    options: dict[str, Any] | None = None,
    sink_options: Sequence[str] = (),
    command: Sequence[str] = WORKER,
    start: bool = True,
) -> Iterator[Rig]:
    """A prepared rig in a folder of its own; everything that it started is ended on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="homing-proof-"))
    try:
        with sink(folder, *sink_options) as found:
            ledger = Ledger(folder / "data")
            ledger.prepare(found.port, recipients, options, start=start)
            fleet = Fleet(ledger, command)
            try:
                yield Rig(folder, found, ledger, fleet, random.Random(seed), recipients)
            finally:
                fleet.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lacking(*tools: str) -> str | None:
    """The first tool that is missing here."""
    return next((tool for tool in tools if shutil.which(tool) is None), None)


def skipped(what: str) -> int:
    """Says that a part was left out; an exit code of 1 where nothing may be (HOMING_REQUIRE_ALL=1)."""
    print(f"skipped: {what}")
    return 1 if os.environ.get("HOMING_REQUIRE_ALL") == "1" else 0


def report(target: str, holds: bool, **facts: Any) -> int:
    """Prints the one JSON line of a proof. Returns its exit code."""
    print(json.dumps({"target": target, "holds": holds, **facts}), flush=True)
    return 0 if holds else 1
