"""SendGrid and SES, the whole product: half a thousand people, lost answers, throttling, 5xx, and evidence that comes later."""

import asyncio
import contextlib
import datetime as dt
import json
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from homing.app import House, make_api
from homing.inbox.provider import Orders, Provider
from homing.settings import load
from tests.channels.test_receipts import CERTIFICATE_URL, TOPIC, SendGridKey, Sns
from tests.e2e.rig import LONG, until

pytestmark = pytest.mark.e2e

PEOPLE = 500
STALLED = range(20, PEOPLE + 1, 20)
"""5 %: taken, and the answer never comes."""
ILL = {33: "accept-5xx", 133: "accept-5xx", 233: "503", 333: "503"}
"""A 5xx says nothing: two of these were taken all the same."""
THROTTLED = range(7, PEOPLE, 61)
GONE = {seq for seq, what in ILL.items() if what == "503"}
DOUBTED = {*STALLED, *ILL}


class Running:
    """The provider on a thread of its own."""

    def __init__(self, record: Path, orders: Orders) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.provider = Provider(record, orders)
        self.do(self.provider.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        self.do(self.provider.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@contextlib.contextmanager
def web(house: House, certificate: bytes) -> Iterator[str]:
    """The product's web server on a real port; SNS' certificate is known, for its own host is not asked from here."""
    app = make_api(house, loopback=True)
    app.state.certificates.known[CERTIFICATE_URL] = certificate
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)


@contextlib.contextmanager
def worker(data: Path) -> Iterator[None]:
    """`homing worker`, until SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, "-m", "homing", "worker", "--data", str(data)], stderr=subprocess.DEVNULL
    )
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.wait()


def homing(data: Path, *args: object) -> str:
    command = [sys.executable, "-m", "homing", *map(str, args), "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, data=body, method="POST", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


class Told:
    """What each provider says later about what it took, signed as it signs."""

    def __init__(self, kind: str) -> None:
        self.kind, self.key, self.sns = kind, SendGridKey(), Sns()
        self._stranger = Told.__new__(Told)
        self._stranger.kind, self._stranger.key, self._stranger.sns = kind, SendGridKey(), Sns()

    def event(self, attempt: str, what: str) -> tuple[bytes, dict[str, str]]:
        """`attempt`: CAMPAIGN/SEQ/ATTEMPT; `what`: accepted or delivered."""
        if self.kind == "sendgrid":
            word = {"accepted": "processed", "delivered": "delivered"}[what]
            event = {"event": word, "sg_event_id": f"{attempt} {what}", "timestamp": int(time.time())}
            body = json.dumps([{**event, "homing_attempt": attempt}]).encode()
            return body, self.key.sign(body)
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mail = {"messageId": "m", "timestamp": now, "tags": {"homing_attempt": [attempt.replace("/", "_")]}}
        said = {"eventType": {"accepted": "Send", "delivered": "Delivery"}[what], "mail": mail}
        return self.sns.envelope(said, MessageId=f"{attempt} {what}"), {}

    def forged(self, attempt: str) -> tuple[bytes, dict[str, str]]:
        return self._stranger.event(attempt, "delivered")


def add_sender(data: Path, kind: str, running: Running, told: Told) -> None:
    secret = data.parent / "secret"
    secret.write_text("SG.secret", encoding="utf-8")
    how: dict[str, list[object]] = {
        "sendgrid": ["--api-key-file", secret, "--event-key", told.key.public],
        "ses": [
            *("--region", "eu-west-1", "--access-key-id", "AKIAEXAMPLE", "--secret-key-file", secret),
            *("--configuration-set", "events", "--topic-arn", TOPIC),
        ],
    }
    here = [
        "--endpoint-url",
        running.provider.url,
        "--from",
        "Me <me@example.org>",
        "--probe",
        running.provider.url[7:],
    ]
    quick = ["--timeout", "8s", "--backoff", "200ms", "--check-every", "1s"]
    homing(data, "sender", "add", kind, "--name", "post", *how[kind], *here, *quick)


@pytest.mark.parametrize("kind", ["sendgrid", "ses"])
def test_R22_R23_five_hundred_by_an_overloaded_provider_end_with_everybody_once(kind: str, tmp_path: Path) -> None:
    """L11, L15: exactly the ambiguous ones are in doubt; signed events settle those that were taken, a person the others."""
    record, data = tmp_path / "accepted", tmp_path / "data"
    first = dict.fromkeys(STALLED, "accept-stall") | ILL | dict.fromkeys(THROTTLED, "429")
    running = Running(record, Orders(first=first, retry_after="1"))
    told, provider = Told(kind), running.provider
    try:
        homing(data, "migrate")
        add_sender(data, kind, running, told)
        people = tmp_path / "people.csv"
        people.write_text(
            "email\n" + "".join(f"guest{n}@example.org\n" for n in range(1, PEOPLE + 1)), encoding="utf-8"
        )
        homing(data, "contacts", "import", people, "--list", "all")
        text = tmp_path / "text.txt"
        text.write_text("Hello {{ email }}. {{ unsubscribe_url }}\n", encoding="utf-8")
        letter = ("--list", "all", "--subject", "Hi", "--text", text)
        campaign = homing(data, "send", "--sender", "post", *letter, "--stop-if-failed", "0").strip()

        def audit() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(homing(data, "audit", campaign, "--json"))
            return found

        def states() -> dict[int, str]:
            rows = homing(data, "export", campaign, "--format", "jsonl").splitlines()
            return {row["seq"]: row["state"] for row in map(json.loads, rows)}

        house = House(load({"data": str(data)}, {}, tmp_path))
        with worker(data), web(house, told.sns.certificate) as url:
            until(lambda: audit()["state"] == "completed", every=0.5)
            assert max(provider.seen.accepted.values()) == 1, "nobody twice"
            assert len(provider.seen.accepted) == PEOPLE - len(GONE), "nobody lost"
            assert set(provider.seen.posts.values()) == {1}, "L15: one request for each attempt"
            assert provider.seen.statuses[429] == len(THROTTLED)
            before = states()
            assert {seq for seq, state in before.items() if state == "uncertain"} == DOUBTED
            assert Counter(before.values()) == {"sent": PEOPLE - len(DOUBTED), "uncertain": len(DOUBTED)}

            keys = ["{0}/{2}".format(*line.split("\t")) for line in record.read_text(encoding="utf-8").splitlines()]
            hook = f"{url}/api/v1/hooks/{kind}/post"
            assert post(hook, *told.forged(next(key for key in keys if f"/{STALLED[0]}/" in key))) == 403
            heard = [key for key in keys if (seq := int(key.split("/")[1])) in DOUBTED or seq % 10 == 1]
            events = [told.event(key, what) for key in heard for what in ("accepted", "delivered")]
            events += events[:30]  # some are told twice, and none in order
            random.Random(7).shuffle(events)
            assert {post(hook, *event) for event in events} == {200}
            until(lambda: audit()["delivered"] == len(heard), every=0.5)
            after = states()
            assert {seq for seq, state in after.items() if state == "uncertain"} == GONE
            homing(data, "uncertain", "resolve", campaign, "--all", "--as", "send-again")
            until(lambda: audit()["state"] == "completed" and audit()["open"] == 0, every=0.5)
        books = audit()
        house.close()
        assert (books["sent"], books["uncertain"], books["failed"], books["balanced"]) == (PEOPLE, 0, 0, True)
        assert provider.seen.accepted == Counter({f"{campaign}/{seq}": 1 for seq in range(1, PEOPLE + 1)})
    finally:
        running.close()
