"""`homing serve` on a port that it keeps, beside a loopback WhatsApp server: killed, started again, driven by its page."""

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests.e2e.links import free_port
from tests.whatsapp.product import Product, WhatsApp, until
from tests.whatsapp.rig import PHONE


class Phones(Product):
    """As the product beside the loopback server, on one address over restarts."""

    def __init__(self, folder: Path, whatsapp: WhatsApp) -> None:
        super().__init__(folder, whatsapp)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it answers."""
        where = ["--bind", f"127.0.0.1:{self.port}", "--data", str(self.data)]
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "homing", "serve", *where]
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True, env=self.environment)
        until(self.answers)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """The server, its workers and their devices' processes, all by kill -9."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def add_device(self, name: str, *flags: str) -> None:
        """Not linked yet; what it waits for is a twentieth of what people wait for."""
        where = ["--proxy", f"http://127.0.0.1:{self.whatsapp.port}", "--probe", f"127.0.0.1:{self.whatsapp.port}"]
        near = ["--pacing", "off", "--wait-scale", "0.05", "--check-every", "1s"]
        self.homing("sender", "add", "whatsapp_linked", "--name", name, *where, *near, *flags)

    def status(self, name: str) -> str:
        return str(self.api("GET", place(name))["status"])

    def scan(self, name: str, phone: str = PHONE) -> None:
        """The phone scans the code that is shown now."""
        code: list[str] = []

        def shown() -> bool:
            code[:] = [c for c in [self.api("GET", place(name)).get("code")] if c]
            return bool(code)

        until(shown)
        self.whatsapp.order("scan", qr=code[0], phone=phone)

    def link(self, name: str, phone: str = PHONE) -> None:
        """Links a device as the page does, without the page."""
        self.api("POST", f"{place(name)}/pair", {"method": "qr"})
        self.scan(name, phone)
        until(lambda: self.status(name) == "connected")


def place(name: str) -> str:
    """Where the API tells of a device."""
    return f"/devices/{quote(name)}"


@contextlib.contextmanager
def phones(folder: Path) -> Iterator[Phones]:
    """The WhatsApp server runs, and a ledger without senders."""
    whatsapp = WhatsApp(folder)
    made = Phones(folder, whatsapp)
    try:
        made.homing("migrate")
        yield made
    finally:
        made.stop()
        whatsapp.close()
