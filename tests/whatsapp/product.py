"""The whole product beside a loopback WhatsApp server of another process; a verdict compares what the two say."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.whatsapp.rig import PHONE, SITE

LONG = 300.0
FIRST = 94_711_000_500  # so that of the next 500 none ends in 404, which the loopback server does not know


def until(condition: Callable[[], object], *, every: float = 0.05, seconds: float = LONG) -> None:
    """Waits for what another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(every)


class WhatsApp:
    """The loopback server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger"
        self._log = (folder / "whatsapp.log").open("wb")
        command = [sys.executable, "-m", "tests.whatsapp", "--folder", str(folder), "--ledger", str(self.ledger)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line.startswith("READY "), line
        ready = json.loads(line.partition(" ")[2])
        self.port, self.root = int(ready["port"]), str(ready["root"])
        self._drain = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=self._log)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])])
        return {"SSL_CERT_FILE": str(self.folder / "ca.pem"), "PYTHONPATH": path, "LOOPBACK_ROOT": self.root}

    def order(self, op: str, **more: Any) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=LONG) as line, line.makefile("rwb") as file:
            file.write(json.dumps({"op": op, **more}).encode() + b"\n")
            file.flush()
            answer: dict[str, Any] = json.loads(file.readline())
            return answer

    def mode(self, **changes: Any) -> None:
        self.order("mode", set=changes)

    def accepted(self) -> list[list[str]]:
        """Lines of its ledger: phone, message id, from, kind."""
        with contextlib.suppress(FileNotFoundError):
            return [line.split("\t") for line in self.ledger.read_text(encoding="utf-8").splitlines()]
        return []

    def words(self) -> str:
        """What the server said of everything."""
        return (self.folder / "whatsapp.log").read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._drain.wait()
        self._log.close()


class Product:
    """`homing` on a data folder of its own, with one linked device named `phone` and people on a list."""

    def __init__(self, folder: Path, whatsapp: WhatsApp) -> None:
        self.data, self.whatsapp = folder / "data", whatsapp
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        # The site of the tests is for the device's process only; ours do not look at it.
        self.environment = {**os.environ, **whatsapp.environment}

    def homing(self, *args: object, code: int = 0) -> str:
        """Runs a command and gives its standard output."""
        command = [sys.executable, "-m", "homing", *map(str, args), "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, env=self.environment)
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def invite(self, count: int, *flags: str) -> None:
        """A device that is not linked yet, and so many people with a phone."""
        self.homing("migrate")
        where = ["--proxy", f"http://127.0.0.1:{self.whatsapp.port}", "--probe", f"127.0.0.1:{self.whatsapp.port}"]
        self.homing("sender", "add", "whatsapp_linked", "--name", "phone", *where, *flags)
        people = self.data.parent / "people.csv"
        rows = "".join(f"+{FIRST + n},Guest {n}\n" for n in range(1, count + 1))
        people.write_text("phone,name\n" + rows, encoding="utf-8")
        self.homing("contacts", "import", people, "--list", "all")

    def pair(self, phone: str = PHONE) -> None:
        """Pairs through the API of the server that runs, as the page does."""
        self.api("POST", "/devices/phone/pair", {"method": "qr"})
        code: list[str] = []

        def shown() -> bool:
            code[:] = [c for c in [self.api("GET", "/devices/phone").get("code")] if c]
            return bool(code)

        until(shown)
        self.whatsapp.order("scan", qr=code[0], phone=phone)
        until(lambda: self.device()["status"] == "connected")

    def device(self) -> dict[str, Any]:
        return self.api("GET", "/devices/phone")

    def send(self, *flags: str, text: str = "Hello {{ name }}") -> str:
        """Starts a campaign to everybody; its id."""
        path = self.data.parent / "text.txt"
        path.write_text(text, encoding="utf-8")
        command = ["send", "--sender", "phone", "--list", "all", "--name", "chat", "--text", path, *flags]
        return self.homing(*command).strip()

    def api(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A request to the API; an error's body is its answer."""
        import urllib.error
        import urllib.request

        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=LONG) as answer:
                found: dict[str, Any] = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            found = json.loads(error.read())
        return found

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """The server and its worker, until SIGTERM or a death before."""
        import re

        with self.log.open("ab") as log:
            start = self.log.stat().st_size
            command = [sys.executable, "-m", "homing", "serve", "--bind", "127.0.0.1:0", "--data", str(self.data)]
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True, env=self.environment)
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
        return self.log.read_text(encoding="utf-8", errors="replace")

    def facts(self, message: str) -> list[dict[str, Any]]:
        """Lines of the log with that message."""
        lines = (json.loads(line) for line in self.words().splitlines() if line.startswith("{") and line.endswith("}"))
        return [line for line in lines if line["message"] == message]

    def worker(self) -> int:
        return int([fact for fact in self.facts("a process is started") if fact["kind"] == "worker"][-1]["pid"])

    def child(self) -> int | None:
        """The device's process, as the ledger knows it."""
        import sqlite3

        with contextlib.closing(sqlite3.connect(f"file:{self.data}/homing.db?mode=ro", uri=True)) as raw:
            row = raw.execute("SELECT pid FROM device").fetchone()
        return int(row[0]) if row and row[0] else None

    def audit(self, campaign: str, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.homing("audit", campaign, "--json", code=code))
        return found

    def state(self, campaign: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.homing("status", campaign, "--json"))["campaigns"][0]
        return found

    def reached(self) -> set[int]:
        """Whom the WhatsApp server has a message for, by number from 1 on."""
        return {int(phone) - FIRST for phone, *_ in self.whatsapp.accepted()}

    def unconfirmed(self) -> set[int]:
        """Of those, whose receipt the WhatsApp server keeps still: no device has confirmed that it has it."""
        kept = {key.split("/")[1] for key in self.whatsapp.order("kept")["keys"] if key.startswith("receipt/")}
        return {int(phone) - FIRST for phone, message_id, *_ in self.whatsapp.accepted() if message_id in kept}

    def doubted(self, campaign: str) -> set[int]:
        """Who is uncertain."""
        return {n for n, state in self._states(campaign).items() if state == "uncertain"}

    def _states(self, campaign: str) -> dict[int, str]:
        rows = [json.loads(line) for line in self.homing("export", campaign, "--format", "jsonl").splitlines()]
        return {int(row["phone"].lstrip("+")) - FIRST: row["state"] for row in rows}

    def judge(self, campaign: str, count: int) -> dict[str, Any]:
        """Who got it twice, who is lost: by the server's ledger. A repeated message id is one message to its recipient."""
        copies: dict[int, set[str]] = {}
        for phone, message_id, *_ in self.whatsapp.accepted():
            copies.setdefault(int(phone) - FIRST, set()).add(message_id)
        states = self._states(campaign)
        accepted = ("sent", "delivered", "read")
        return {
            "audit": self.audit(campaign),
            "states": dict(Counter(states.values())),
            "twice": [n for n, ids in copies.items() if len(ids) > 1],
            "lost": [n for n in range(1, count + 1) if n not in copies and states.get(n) in (None, *accepted)],
            "false": [n for n in copies if states.get(n) not in (*accepted, "uncertain")],
        }


@contextlib.contextmanager
def product(folder: Path) -> Iterator[Product]:
    """The WhatsApp server runs, nothing else yet."""
    whatsapp = WhatsApp(folder)
    try:
        yield Product(folder, whatsapp)
    finally:
        whatsapp.close()
