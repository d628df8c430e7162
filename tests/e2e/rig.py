"""The whole product in its own processes, beside a mail server that tells the truth; a verdict compares the two."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs import patience
from tests.faults.smtp_server import Running, running

LONG = 300.0


def until(condition: Callable[[], object], *, every: float = 0.01) -> None:
    """Waits for what another process does."""
    patience.until(condition, LONG, "another process does its part", every=every)


@dataclass(frozen=True)
class Verdict:
    """What the mail server took, beside what the ledger says. Keys are positions in the campaign."""

    audit: dict[str, Any]
    lost: list[int]
    twice: list[int]
    false: list[int]
    uncertain: list[int]

    def check(self) -> None:
        """What holds whatever was done to it."""
        assert self.lost == [], "sent, or unknown to the ledger, and not at the server"
        assert self.twice == [], "at the server more than once"
        assert self.false == [], "at the server, and the ledger says neither sent nor uncertain"
        assert self.audit["balanced"]
        assert (self.audit["state"], self.audit["open"]) == ("completed", 0)
        assert self.audit["uncertain"] == len(self.uncertain), "each is listed"


class Product:
    """`homing serve` with one worker on a data folder of its own, a sender named `out`, and people on a list.

    `database`: a PostgreSQL instead of the file in that folder.
    """

    def __init__(self, folder: Path, server: Running, record: Path, database: str | None = None) -> None:
        self.data, self.server, self.record = folder / "data", server, record
        self.place = ["--data", str(self.data), *(("--database", database) if database else ())]
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    # ---- the command line

    def homing(self, *args: object, code: int = 0) -> str:
        """Runs a command and gives its standard output."""
        command = [sys.executable, "-m", "homing", *map(str, args), *self.place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONG)
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def invite(self, count: int, *flags: str) -> None:
        """A sender and so many people."""
        self.homing("migrate")
        here = ["--host", "127.0.0.1", "--port", self.server.port, "--tls", "none", "--from", "Me <me@example.org>"]
        near = ["--pacing", "off", "--probe", f"127.0.0.1:{self.server.port}"]
        self.homing("sender", "add", "smtp", "--name", "out", *here, *near, *flags)
        people = self.data.parent / "people.csv"
        rows = "".join(f"guest{n}@example.org,Guest {n}\n" for n in range(1, count + 1))
        people.write_text("email,name\n" + rows, encoding="utf-8")
        self.homing("contacts", "import", people, "--list", "all")

    def write_letter(self) -> list[object]:
        """What `send` needs beside a subject."""
        text = self.data.parent / "text.txt"
        text.write_text("Hello {{ name }}, dear {{ email }}.\n" * 20, encoding="utf-8")
        return ["--sender", "out", "--list", "all", "--subject", "For {{ name }}", "--text", text]

    def send(self, *flags: str) -> str:
        """Starts a campaign to everybody; its id."""
        return self.homing("send", *self.write_letter(), *flags).strip()

    # ---- processes

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """The server and its worker, until SIGTERM or a death before."""
        with self.log.open("ab") as log:
            start = self.log.stat().st_size
            command = [sys.executable, "-m", "homing", "serve", "--bind", "127.0.0.1:0", *self.place]
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True)
            until(lambda: "api/docs" in self.words()[start:])
            found = re.search(r"listens on (\S+)", self.words()[start:])
            assert found is not None
            self.url = found[1]
            try:
                yield
            finally:
                if self.process.poll() is None:
                    self.process.send_signal(signal.SIGTERM)
                    assert self.process.wait(LONG) == 0

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def facts(self, message: str) -> list[dict[str, Any]]:
        """Lines of the log with that message."""
        lines = (json.loads(line) for line in self.words().splitlines() if line.startswith("{") and line.endswith("}"))
        return [line for line in lines if line["message"] == message]

    def worker(self) -> int:
        """The process that sends now."""
        return int([fact for fact in self.facts("a process is started") if fact["kind"] == "worker"][-1]["pid"])

    def next_worker(self, after: int) -> int:
        until(lambda: self.worker() != after)
        return self.worker()

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """A request to the API."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, method="POST", headers=headers)
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            return answer.status, json.loads(answer.read())

    # ---- the truth

    def arrived(self) -> int:
        """How many copies the mail server has taken by now."""
        with contextlib.suppress(FileNotFoundError), self.record.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        return 0

    def wait_for_end(self, campaign: str) -> None:
        """Until the campaign is completed."""
        until(
            lambda: json.loads(self.homing("status", campaign, "--json"))["campaigns"][0]["state"] == "completed",
            every=0.2,
        )

    def judge(self, campaign: str, count: int) -> Verdict:
        lines = self.record.read_text(encoding="utf-8").splitlines()
        copies = Counter(int(key.rpartition("/")[2]) for key in (line.split("\t")[0] for line in lines))
        rows = [json.loads(line) for line in self.homing("export", campaign, "--format", "jsonl").splitlines()]
        states = {row["seq"]: row["state"] for row in rows}
        listed = json.loads(self.homing("uncertain", "list", campaign, "--json"))["uncertain"]
        return Verdict(
            audit=json.loads(self.homing("audit", campaign, "--json")),
            lost=[n for n in range(1, count + 1) if not copies[n] and states.get(n) in (None, "sent")],
            twice=[n for n, found in copies.items() if found > 1],
            false=[n for n in copies if states.get(n) not in ("sent", "uncertain")],
            uncertain=[one["seq"] for one in listed],
        )


@contextlib.contextmanager
def product(folder: Path, *server_options: str) -> Iterator[Product]:
    """The mail server runs, nothing else yet."""
    record = folder / "record"
    with running(record, *server_options) as server:
        yield Product(folder, server, record)


def kill(pid: int, how: signal.Signals = signal.SIGKILL) -> bool:
    """Whether there was something to kill."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True
