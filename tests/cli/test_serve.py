"""`homing serve`: the whole house in its own processes."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import homing as package
from tests.cli.conftest import Run


def _start(data: Path, *args: str, **env: str) -> "subprocess.Popen[str]":
    told = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(package.__file__).parent.parent),
        "HOMING_DATA": str(data),
        **env,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "homing", "serve", *args], env=told, stderr=subprocess.PIPE, text=True
    )


class House:
    """A server that runs, and its address."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.child = child
        assert child.stderr is not None
        found = re.search(r"http://[^\s;]+", child.stderr.readline())
        assert found is not None
        self.url = found[0]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    child = _start(data, "--bind", "127.0.0.1:0")
    try:
        yield House(child)
    finally:
        child.kill()
        child.communicate()


def test_a_campaign_by_http_is_sent_by_a_worker_under_watch(house: House, homing: Run) -> None:
    """R36, R10: the web process need not send; SIGTERM ends both and leaves nothing uncertain."""
    house.ask("/api/v1/senders", {"name": "sim", "kind": "simulated", "from": "me@example.org"})
    for n in range(20):
        house.ask("/api/v1/contacts", {"email": f"p{n}@example.org"})
    body = {"name": "C", "subject": "Hi", "text": "Hello", "senders": ["sim"], "audience": {"all": True}}
    id_ = house.ask("/api/v1/campaigns", body)["id"]
    house.ask(f"/api/v1/campaigns/{id_}/send", method="POST")
    cursor = "0"
    while True:
        news = house.ask(f"/api/v1/events?after={cursor}&wait=10&topics=campaign:{id_}")
        cursor = news["cursor"]
        if any(fact["kind"] == "campaign.completed" for fact in news["facts"]):
            break
    workers = house.ask("/api/v1/status")["workers"]
    assert len(workers) == 1
    assert workers[0]["pid"] != house.child.pid
    assert house.ask("/api/v1/senders/sim/test", method="POST") == {"ok": True, "trouble": None}
    tested = house.ask(f"/api/v1/campaigns/{id_}/test", {"to": "me@example.org"})
    assert tested["accepted"] is True
    house.child.send_signal(signal.SIGTERM)
    assert house.child.wait(60) == 0
    books = homing("audit", id_, "--json").json
    assert (books["sent"], books["uncertain"], books["balanced"]) == (20, 0, True)
    assert homing("status", "--json").json["workers"] == []


def test_a_server_for_others_refuses_to_start_without_a_token(data: Path, homing: Run) -> None:
    child = _start(data, "--bind", "0.0.0.0:0", "--workers", "0")
    _, err = child.communicate(timeout=60)
    assert child.returncode == 3
    assert "homing token create" in err
    homing("token", "create")
    child = _start(data, "--bind", "0.0.0.0:0", "--workers", "0")
    try:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            House(child).ask("/api/v1/campaigns")
    finally:
        child.kill()
        child.communicate()


def test_a_taken_port_is_told_before_anything_starts(data: Path, house: House) -> None:
    child = _start(data, "--bind", house.url.removeprefix("http://"))
    _, err = child.communicate(timeout=60)
    assert (child.returncode, "--bind" in err) == (3, True)


def test_no_key_no_start(data: Path, homing: Run, tmp_path: Path) -> None:
    secret = tmp_path / "p"
    secret.write_text("p")
    homing("sender", "add", "smtp", "--name", "s", "--host", "127.0.0.1", "--user", "u", "--password-file", secret)
    (data / "secret.key").unlink()
    child = _start(data, "--bind", "127.0.0.1:0", "--workers", "0")
    _, err = child.communicate(timeout=60)
    assert child.returncode == 3
    assert re.search(r"sealed with key [0-9a-f]{8}", err)
