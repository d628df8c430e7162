"""`homing worker`, alone and under `homing serve`: who is replaced, and how all of them end."""

import contextlib
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proofs import patience

LONG = 60.0


class Server:
    """`homing serve` on a free port."""

    def __init__(self, data: Path, *flags: str) -> None:
        self.log = data.parent / "serve.log"
        self._out = self.log.open("wb")
        command = [sys.executable, "-m", "homing", "serve", "--bind", "127.0.0.1:0", "--data", str(data), *flags]
        self.process = subprocess.Popen(command, stderr=self._out, start_new_session=True)
        until(lambda: "api/docs" in self.words() or self.process.poll() is not None)
        assert re.search(r"listens on http://[\d.:]+\n", self.words()), self.words()

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The workers that the log says were started, oldest first."""
        lines = [json.loads(line) for line in self.words().splitlines() if line.startswith("{")]
        return [line["pid"] for line in lines if line.get("kind") == "worker" and "is started" in line["message"]]

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LONG)
        self._out.close()
        return code


@contextlib.contextmanager
def serving(data: Path, *flags: str) -> Iterator[Server]:
    server = Server(data, *flags)
    try:
        yield server
    finally:
        server.end()


def until(condition: Callable[[], object]) -> None:
    """Waits for what another process does."""
    patience.until(condition, LONG, "another process does its part")


def ends(pid: int) -> bool:
    """Waits for the end of a process that is not ours."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], LONG)[0])
    finally:
        os.close(watch)


def test_a_killed_worker_is_replaced_and_sigterm_ends_everything_in_order(data: Path) -> None:
    with serving(data, "--workers", "2") as server:
        until(lambda: server.words().count('"ready to send"') == 2)
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        until(lambda: server.words().count('"ready to send"') == 3)
        third = server.workers()[2]
        assert server.end() == 0
        assert all(ends(pid) for pid in (first, second, third))
    assert "is killed" not in server.words(), "they ended by themselves"


def test_a_server_that_is_killed_takes_its_workers_along(data: Path) -> None:
    with serving(data) as server:
        until(lambda: '"ready to send"' in server.words())
        worker = server.workers()[0]
        server.process.kill()
        assert ends(worker)


def test_a_first_start_makes_the_database_and_says_what_comes_next(tmp_path: Path) -> None:
    with serving(tmp_path / "new", "--workers", "0") as server:
        until(lambda: "homing worker" in server.words())
        assert re.search(r"/link#\S+\n", server.words()), "it leads to the owner's first sign-in"
        assert "nobody has to sign in yet" in server.words()
        assert server.workers() == []
    assert (tmp_path / "new" / "homing.db").is_file()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_of_another_age_is_refused_with_the_advice(data: Path, command: str) -> None:
    with contextlib.closing(sqlite3.connect(data / "homing.db")) as raw, raw:
        raw.execute("drop table alembic_version")
    done = subprocess.run(
        [sys.executable, "-m", "homing", command, "--data", str(data)], capture_output=True, text=True, timeout=LONG
    )
    assert done.returncode == 3
    assert "homing migrate" in done.stderr


def test_a_worker_alone_says_nothing_on_standard_output_and_ends_on_sigterm(data: Path) -> None:
    command = [sys.executable, "-m", "homing", "worker", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        assert worker.stdout is not None
        assert json.loads(worker.stderr.readline())["message"] == "ready to send"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(LONG) == 0
        assert worker.stdout.read() == ""


def test_a_worker_never_loads_the_web_framework(data: Path) -> None:
    log = data.parent / "imports"
    command = [sys.executable, "-X", "importtime", "-m", "homing", "worker", "--data", str(data)]
    with log.open("wb") as out, subprocess.Popen(command, stderr=out) as worker:
        until(lambda: b'"ready to send"' in log.read_bytes())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(LONG) == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in log.read_text().splitlines()}
    assert "sqlalchemy" in loaded
    assert not loaded & {"fastapi", "starlette", "uvicorn", "aiosmtpd", "alembic"}
