"""Two workers, one device, PostgreSQL: killed and frozen, the other takes it over, and never are both connected."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres
from tests.whatsapp.product import Product, product, until
from tests.whatsapp.rig import linked_real

pytestmark = [pytest.mark.e2e, linked_real]
PEOPLE = 24
TAKEN_WITHIN = 30.0


class Workers:
    """Worker processes of one machine over one ledger."""

    def __init__(self, it: Product) -> None:
        self.it = it
        self.alive: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.it.data.parent / f"worker-{len(self.alive)}-{time.monotonic_ns()}.log").open("wb")
        command = [sys.executable, "-m", "homing", "worker", "--data", str(self.it.data)]
        made = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=self.it.environment)
        self.alive.append(made)
        return made

    def end(self) -> None:
        for each in self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGCONT)
            each.terminate()
        for each in self.alive:
            each.wait(60)

    def owner(self) -> subprocess.Popen[bytes]:
        """The one that runs the device."""
        pid = ask(self.it, "SELECT w.pid FROM device d JOIN worker w ON w.id = d.owner")
        return next(each for each in self.alive if each.pid == pid)


def ask(it: Product, query: str) -> Any:
    with psycopg.connect(it.environment["HOMING_DATABASE"]) as raw:
        row = raw.execute(query).fetchone()  # type: ignore[call-overload]  # our own words
        return row[0] if row else None


def said(it: Product) -> list[dict[str, Any]]:
    """What the loopback server says of logins, in order."""
    lines = (it.whatsapp.folder / "whatsapp.log").read_text(encoding="utf-8", errors="replace").splitlines()
    told = [json.loads(line[5:]) for line in lines if line.startswith("SAID ") and line.endswith("}")]
    return [each for each in told if each["event"] in ("login", "replaced", "login-unknown")]


def logins(it: Product) -> int:
    return sum(each["event"] == "login" for each in said(it))


@contextlib.contextmanager
def ledger(it: Product) -> Iterator[None]:
    url = postgres.fresh(postgres.migrated())
    it.environment["HOMING_DATABASE"] = url
    try:
        yield
    finally:
        postgres.drop(url)


def pair(it: Product) -> None:
    """Over the terminal's command, with the worker that runs."""
    import re

    from tests.whatsapp.qr import read_terminal
    from tests.whatsapp.rig import PHONE

    shown = it.data.parent / "terminal"
    command = [sys.executable, "-m", "homing", "sender", "pair", "phone", "--data", str(it.data)]
    with shown.open("wb") as out:
        pairing = subprocess.Popen(command, stdout=out, env=it.environment)
        until(lambda: re.search(r"Code \d", shown.read_text(encoding="utf-8")))
        until(lambda: "Code 1." in shown.read_text(encoding="utf-8"))
        code = read_terminal(shown.read_text(encoding="utf-8"))
        it.whatsapp.order("scan", qr=code, phone=PHONE)
        assert pairing.wait(120) == 0


def test_who_owns_a_device_is_killed_then_frozen_and_never_are_two_connected(tmp_path: Path) -> None:
    """R33, R40, L20: kill -9 of the owner, then a freeze of the next for longer than its lease, woken while the other sends; each
    is taken over within 30 s. A device whose session is on another machine is left alone, and `status` says why."""
    with product(tmp_path) as it, ledger(it):
        workers = Workers(it)
        try:
            _run(it, workers)
        finally:
            workers.end()


def _run(it: Product, workers: Workers) -> None:
    it.invite(
        PEOPLE, "--pacing", "off", "--rate", "1/s", "--wait-scale", "0.05", "--check-every", "1s", "--hours", "off"
    )
    workers.start()
    pair(it)
    workers.start()
    campaign = it.send()
    until(lambda: len(it.whatsapp.accepted()) >= 3)
    first, before, began = workers.owner(), logins(it), time.monotonic()
    first.kill()
    until(lambda: logins(it) > before)
    killed = time.monotonic() - began
    workers.alive.remove(first)
    first.wait()
    workers.start()
    floor = len(it.whatsapp.accepted())
    until(lambda: len(it.whatsapp.accepted()) > floor)
    second, before, began = workers.owner(), logins(it), time.monotonic()
    os.kill(second.pid, signal.SIGSTOP)  # its device's process goes on by itself
    until(lambda: logins(it) > before)
    frozen = time.monotonic() - began
    floor = len(it.whatsapp.accepted())
    until(lambda: len(it.whatsapp.accepted()) > floor)
    os.kill(second.pid, signal.SIGCONT)
    until(lambda: it.state(campaign)["state"] == "completed", every=0.5)
    until(lambda: it.audit(campaign)["uncertain"] == 0, every=0.5)
    verdict = it.judge(campaign, PEOPLE)
    print({"killed": round(killed, 1), "frozen": round(frozen, 1), "logins": logins(it), "audit": verdict["audit"]})
    assert (verdict["lost"], verdict["twice"], verdict["false"]) == ([], [], [])
    assert [each for each in said(it) if each["event"] != "login"] == [], "never are both connected"
    assert max(killed, frozen) < TAKEN_WITHIN
    _elsewhere(it, workers)


def _elsewhere(it: Product, workers: Workers) -> None:
    """The same ledger, and a session that lies on another machine's disk."""
    workers.end()
    workers.alive.clear()
    before = logins(it)
    with psycopg.connect(it.environment["HOMING_DATABASE"], autocommit=True) as raw:
        raw.execute("UPDATE device SET machine = 'another machine'")
    workers.start()

    def told() -> str:
        return str(json.loads(it.homing("status", "--json"))["senders"][0]["detail"])

    until(lambda: "another machine" in told(), every=0.5)
    assert "homing worker" in told(), "and what helps"
    assert logins(it) == before, "nobody dials it from here"
