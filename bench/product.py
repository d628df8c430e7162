"""Runs `homing worker` on a prepared campaign and measures it from outside."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.campaign import Prepared
from bench.postfix import Broken, cpu_seconds, peak_mb

ROOT = Path(__file__).resolve().parent.parent
SLOWEST = 100
"""Messages a second below which a run is given up."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One campaign sent by one worker.

    The clock runs from the first intent until the campaign is completed and its rows are counted. `planned_s`: how long of
    that the planner was busy beside it; its processor time is in `cpu_us`. `start_s`, `start_cpu_s`: before the clock.
    `group`: results settled by one commit, on average.
    """

    rate: float
    cpu_us: float
    sink_us: float
    peak_mb: float
    planned_s: float
    group: float
    start_s: float
    start_cpu_s: float
    sent: int
    at_sink: int


class _Watch:
    """Looks at the ledger by a connection of its own."""

    def __init__(self, raw: sqlite3.Connection, process: subprocess.Popen[bytes], prepared: Prepared) -> None:
        self._raw = raw
        self._process = process
        self._campaign = prepared.campaign
        self._patience = 60 + prepared.recipients / SLOWEST

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._raw.execute(query, {"c": self._campaign}).fetchall()

    def until(self, true: Callable[[], Any], every: float, what: str) -> None:
        end = time.monotonic() + self._patience
        while not true():
            if self._process.poll() is not None:
                raise Broken(f"the worker ended with {self._process.returncode} before {what}")
            if time.monotonic() > end:
                raise Broken(f"not within {self._patience:.0f} s: {what}; the campaign is {self.state()}")
            time.sleep(every)

    def begun(self) -> bool:
        return bool(self.ask("SELECT 1 FROM attempt WHERE campaign_id = :c LIMIT 1"))

    def state(self) -> str:
        state, reason = self.ask("SELECT state, reason FROM campaign WHERE id = :c")[0]
        return f"{state} ({reason})" if reason else str(state)

    def counts(self) -> dict[str, int]:
        return dict(self.ask("SELECT state, count(*) FROM delivery WHERE campaign_id = :c GROUP BY state"))


class Taker(Protocol):
    """What takes the messages, counts them, and tells its processor time."""

    def count(self) -> int: ...

    def cpu(self) -> float: ...


def send(prepared: Prepared, to: Taker) -> Sending:
    """Sends the campaign to the sink. Raises Broken when not every recipient is `sent` and counted there."""
    launched = time.perf_counter()
    process = _start(prepared.folder)
    try:
        with closing(sqlite3.connect(f"file:{prepared.path}?mode=ro", uri=True, timeout=30)) as raw:
            watch = _Watch(raw, process, prepared)
            watch.until(watch.begun, 0.002, "the first message is sent")
            begin, begin_wall, begin_cpu = time.perf_counter(), time.time(), cpu_seconds(process.pid)
            sink_cpu = to.cpu()
            watch.until(lambda: watch.state() not in ("sending", "scheduled"), 0.01, "the campaign is completed")
            end_cpu, sink_cpu = cpu_seconds(process.pid), to.cpu() - sink_cpu
            state, counts = watch.state(), watch.counts()
            took = time.perf_counter() - begin
            peak = peak_mb(process.pid)
            planned = watch.ask("SELECT planned_at FROM campaign WHERE id = :c")[0][0]
            groups = watch.ask("SELECT count(*) FROM event WHERE kind = 'deliveries.settled' AND :c")[0][0]
        if state != "completed" or counts != {"sent": prepared.recipients}:
            raise Broken(f"the campaign is {state}; its rows: {counts}")
        if to.count() != prepared.recipients:
            raise Broken(f"the sink took {to.count()} messages of {prepared.recipients}")
    finally:
        _end(process)
    each = 1e6 / prepared.recipients
    return Sending(
        rate=round(prepared.recipients / took, 1),
        cpu_us=round((end_cpu - begin_cpu) * each, 1),
        sink_us=round(sink_cpu * each, 1),
        peak_mb=round(peak, 1),
        planned_s=round(max(0.0, planned / 1000 - begin_wall), 2),
        group=round(prepared.recipients / max(1, groups), 1),
        start_s=round(begin - launched, 2),
        start_cpu_s=round(begin_cpu, 2),
        sent=counts["sent"],
        at_sink=to.count(),
    )


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "worker.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "homing", "worker", "--data", str(folder)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "HOMING_LOG": "warning"},
        )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(45)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(30)
