"""The supervisor with real processes: deaths, freezes, ends in order, and its own death."""

import asyncio
import contextlib
import itertools
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from homing.engine.refusals import report_line
from homing.engine.supervisor import Care, Supervisor
from homing.model.storage import Refusal

LONG = 60.0

CHILD = """
import argparse, os, signal, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--report-fd", type=int)
parser.add_argument("--deaf", action="store_true")
given = parser.parse_args()
ending = []
signal.signal(signal.SIGTERM, signal.SIG_IGN if given.deaf else lambda *_: ending.append(1))
while not ending:
    try:
        os.write(given.report_fd, b".")
    except OSError:
        break
    time.sleep(0.05)
"""
"""What a worker does for its supervisor, without the rest."""


def command(tmp_path: Path, *flags: str) -> list[str]:
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    return [sys.executable, "-S", "-E", str(script), *flags]


@contextlib.asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[None]:
    task = asyncio.create_task(supervisor.run())
    try:
        yield
    finally:
        supervisor.stop()
        async with asyncio.timeout(LONG):
            await task


async def until(condition: Callable[[], object]) -> float:
    """Waits for what another process does; seconds that it took."""
    begin = time.monotonic()
    async with asyncio.timeout(LONG):
        while not condition():
            await asyncio.sleep(0.01)
    return time.monotonic() - begin


def gone(pid: int) -> bool:
    """Whether a process has ended, also when nobody has reaped it yet."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] == "Z"
        )
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_worker_killed_with_kill_9_is_replaced_at_once(tmp_path: Path) -> None:
    async def go() -> None:
        supervisor = Supervisor(command(tmp_path), 2)
        async with running(supervisor):
            for _ in range(5):
                await until(lambda: len(supervisor.pids) == 2)
                before = supervisor.pids
                await asyncio.sleep(0.2)  # time to report: one that never did waits for its next start
                os.kill(before[0], signal.SIGKILL)
                assert await until(lambda before=before: len(set(supervisor.pids) - set(before)) == 1) < 5
                assert before[1] in supervisor.pids, "the other one goes on"
        assert supervisor.pids == ()

    asyncio.run(go())


def test_a_frozen_worker_is_killed_and_replaced(tmp_path: Path) -> None:
    async def go() -> None:
        supervisor = Supervisor(command(tmp_path), 1)
        async with running(supervisor):
            await until(lambda: supervisor.pids)
            frozen = supervisor.pids[0]
            await asyncio.sleep(0.5)
            os.kill(frozen, signal.SIGSTOP)
            took = await until(lambda: supervisor.pids not in ((), (frozen,)))
            assert 3 < took < 20, took
            assert gone(frozen)

    asyncio.run(go())


def test_only_one_that_never_reported_waits_and_each_time_longer(tmp_path: Path) -> None:
    """The starts of a program that dies at once lie 0.2, 0.4, then 0.8 s apart and more."""
    log = tmp_path / "starts"
    starts = [
        sys.executable,
        "-S",
        "-E",
        "-c",
        f"import time; open({str(log)!r}, 'a').write(f'{{time.monotonic()}}\\n')",
    ]

    async def go() -> None:
        supervisor = Supervisor(starts, 1, care=Care(backoff=0.2, backoff_cap=0.8))
        async with running(supervisor):
            await until(lambda: log.is_file() and len(log.read_text().splitlines()) >= 5)

    asyncio.run(go())
    times = [float(line) for line in log.read_text().splitlines()]
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    for gap, least in zip(gaps, (0.2, 0.4, 0.8, 0.8), strict=False):
        assert gap >= least * 0.95, gaps


def test_a_worker_that_does_not_end_is_killed_when_the_grace_is_over(tmp_path: Path) -> None:
    async def go() -> None:
        supervisor = Supervisor(command(tmp_path, "--deaf"), 1, care=Care(grace=0.5))
        begin = time.monotonic()
        async with running(supervisor):
            await until(lambda: supervisor.pids)
            deaf = supervisor.pids[0]
            await asyncio.sleep(0.5)
        assert gone(deaf)
        assert time.monotonic() - begin < 20

    asyncio.run(go())


def test_a_program_that_is_not_there_does_not_end_the_supervisor(tmp_path: Path) -> None:
    async def go() -> None:
        supervisor = Supervisor([str(tmp_path / "nothing")], 1)
        async with running(supervisor):
            await asyncio.sleep(0.2)
            assert supervisor.pids == ()

    asyncio.run(go())


SERVE = """
import asyncio, signal, sys
from homing.engine.supervisor import Supervisor

async def go():
    supervisor = Supervisor([sys.executable, "-m", "homing", "worker"], 2)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, supervisor.stop)
    task = asyncio.create_task(supervisor.run())
    while len(supervisor.pids) < 2:
        await asyncio.sleep(0.01)
    print(*supervisor.pids, flush=True)
    await task

asyncio.run(go())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_supervisor(tmp_path: Path, how: signal.Signals) -> None:
    """Real workers. Killed with -9 it cannot tell them: the pipe breaks, and they drain and leave. SIGTERM it passes on."""
    env = {**os.environ, "HOMING_DATA": str(tmp_path / "data"), "HOMING_LOG": "info"}
    subprocess.run([sys.executable, "-m", "homing", "migrate"], env=env, check=True, timeout=LONG)
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen([sys.executable, "-c", SERVE], env=env, stdout=subprocess.PIPE, stderr=log) as watcher,
    ):
        assert watcher.stdout is not None
        pids = [int(pid) for pid in watcher.stdout.readline().split()]
        watching = [os.pidfd_open(pid) for pid in pids]
        try:
            asyncio.run(_started(tmp_path / "log", 2))
            watcher.send_signal(how)
            for one in watching:
                ended, _, _ = select.select([one], [], [], LONG)  # readable once the process has ended
                assert ended
        finally:
            for one in watching:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(one, signal.SIGKILL)
                os.close(one)
    assert list((tmp_path / "data" / "homing.db-workers").glob("*.lock")) == [], "they said good-bye"


async def _started(log: Path, count: int) -> None:
    await until(lambda: log.read_text(encoding="utf-8").count("ready to send") >= count)


TOLD = Refusal("database or disk is full", 1_700_000_000_000, 1_700_000_005_000)

TELLER = """
import argparse, os, pathlib, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--report-fd", type=int)
parser.add_argument("script", type=pathlib.Path)
given = parser.parse_args()
while True:
    try:
        os.write(given.report_fd, given.script.read_bytes())
    except OSError:
        break
    time.sleep(0.05)
"""
"""Tells its watcher what stands in a file, again and again."""


def test_L19_what_a_worker_says_of_its_storage_is_known_without_a_disk(tmp_path: Path) -> None:
    """Whole, in pieces, or as nonsense; and it is forgotten with the worker that said it."""
    teller, script = tmp_path / "teller.py", tmp_path / "said"
    teller.write_text(TELLER, encoding="utf-8")
    line = report_line(TOLD)

    def say(text: bytes) -> None:
        fresh = script.with_suffix(".new")
        fresh.write_bytes(text)
        fresh.replace(script)

    async def go() -> None:
        say(report_line(None))
        supervisor = Supervisor([sys.executable, "-S", "-E", str(teller), str(script)], 1)
        async with running(supervisor):
            await until(lambda: supervisor.pids)
            await asyncio.sleep(0.3)
            assert supervisor.storage is None
            say(line)
            await until(lambda: supervisor.storage == TOLD)
            say(line[20:] + line[:20])  # what one write ends, the next begins
            await asyncio.sleep(0.3)
            assert supervisor.storage == TOLD
            say(b"nonsense\n")
            await until(lambda: supervisor.storage is None)
            say(line)
            await until(lambda: supervisor.storage == TOLD)
            say(report_line(None))
            old = supervisor.pids
            os.kill(old[0], signal.SIGKILL)
            await until(lambda: supervisor.pids not in ((), old))
            assert supervisor.storage is None
        assert supervisor.storage is None

    asyncio.run(go())
