"""The founding example over the wire: a browser that attends, cut off at 45 of 100; the mail server's list decides."""

import contextlib
import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rig import Product, product, until

pytestmark = pytest.mark.e2e

PEOPLE = 100
CUT_AT = 45
ME = "browser-in-a-test"


class Browser:
    """The page's line: follows the stream, answers each ping from the handler, comes back with its cursor."""

    def __init__(self, it: Product) -> None:
        self.it = it
        self.cursor = "0"
        self.breaks = 0
        self.kinds: list[str] = []
        self._gone = threading.Event()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        self._gone = threading.Event()
        threads = [threading.Thread(target=self._keep, args=(self._gone,), daemon=True)]
        threads[0].start()
        try:
            yield
        finally:
            self._gone.set()

    def _keep(self, gone: threading.Event) -> None:
        while not gone.is_set():
            with contextlib.suppress(OSError, ValueError):
                self._follow(gone)
            gone.wait(0.2)

    def _follow(self, gone: threading.Event) -> None:
        url = f"{self.it.url}/api/v1/events?after={self.cursor}&attendant={ME}"
        with urllib.request.urlopen(url, timeout=3) as stream:
            event, id_ = "", None
            for line in stream:
                if gone.is_set():
                    return
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event, id_ = value, None
                elif name == "id":
                    id_ = value
                elif name == "data":
                    self._take(event, id_, json.loads(value))

    def _take(self, event: str, id_: str | None, data: dict[str, object]) -> None:
        if event == "batch":
            self.breaks += data["from"] != self.cursor
            self.cursor = id_ or self.cursor
            self.kinds += [fact[2] for fact in data["facts"]]  # type: ignore[attr-defined]  # a list in each batch
        if event == "ping" and data["attend"]:
            self.it.post("/attend", {"n": data["n"], "attendant": ME, "campaigns": data["attend"]})


def order(it: Product, campaign: str) -> list[int]:
    """The positions as they arrived."""
    lines = it.record.read_text(encoding="utf-8").splitlines()
    return [int(line.split("\t")[0].rpartition("/")[2]) for line in lines if line.startswith(campaign)]


def begin(it: Product) -> str:
    it.invite(PEOPLE, "--rate", "15/s")
    return str(it.homing("send", *it.write_letter(), "--draft").strip())


def attend(it: Product, campaign: str) -> None:
    it.post(f"/campaigns/{campaign}/mode", {"mode": "attended", "attendant": ME})
    it.post(f"/campaigns/{campaign}/send", {"attendant": ME})


def state(it: Product, campaign: str) -> tuple[str, str | None]:
    with urllib.request.urlopen(f"{it.url}/api/v1/campaigns/{campaign}", timeout=60) as answer:
        found = json.loads(answer.read())
    return found["state"], found["reason"]


def last_arrival(it: Product, since: float) -> float:
    """Seconds after `since` at which the last message came, once nothing came for 2 s."""
    seen, last = it.arrived(), since
    while time.monotonic() - max(last, since) < 3.5:
        if it.arrived() > seen:
            seen, last = it.arrived(), time.monotonic()
        time.sleep(0.01)
    return last - since


@pytest.mark.parametrize("cut", ["browser gone", "server frozen"])
def test_R2_R5_cut_at_45_of_100_it_pauses_within_3_s_and_goes_on_with_the_next_one(tmp_path: Path, cut: str) -> None:
    """Also with the web server frozen by SIGSTOP: the worker decides by itself. Each arrives once, in order."""
    with product(tmp_path) as it:
        campaign = begin(it)
        with it.serving():
            browser = Browser(it)
            with browser.open():
                attend(it, campaign)
                until(lambda: it.arrived() >= CUT_AT)
                if cut == "server frozen":
                    assert it.process is not None
                    os.kill(it.process.pid, signal.SIGSTOP)
                    assert last_arrival(it, time.monotonic()) <= 3.0
                    os.kill(it.process.pid, signal.SIGCONT)
            if cut == "browser gone":
                assert last_arrival(it, time.monotonic()) <= 3.0
                assert state(it, campaign) == ("paused", "watcher_gone")
            before = order(it, campaign)
            assert before == list(range(1, len(before) + 1))
            assert CUT_AT <= len(before) < PEOPLE
            with browser.open():
                until(lambda: it.arrived() > len(before), every=0.01)
                assert order(it, campaign)[len(before)] == len(before) + 1
                it.wait_for_end(campaign)
                until(lambda: "campaign.completed" in browser.kinds)
        assert order(it, campaign) == list(range(1, PEOPLE + 1))
        assert browser.breaks == 0
        assert browser.kinds.count("campaign.paused") >= 1
        it.judge(campaign, PEOPLE).check()


def test_R2_a_terminal_attends_and_leaves(tmp_path: Path) -> None:
    """`send --attended --wait`: killed in the middle it pauses, `homing mode C server` lets the server send the rest."""
    import subprocess
    import sys

    with product(tmp_path) as it:
        it.invite(PEOPLE, "--rate", "15/s")
        with it.serving():
            command = [sys.executable, "-m", "homing", "send", *map(str, it.write_letter()), "--attended", "--wait"]
            with subprocess.Popen([*command, "--data", str(it.data)], stdout=subprocess.PIPE, text=True) as terminal:
                assert terminal.stdout is not None
                campaign = terminal.stdout.readline().strip()
                until(lambda: it.arrived() >= 10)
                terminal.kill()
            assert last_arrival(it, time.monotonic()) <= 3.0
            assert state(it, campaign) == ("paused", "watcher_gone")
            before = order(it, campaign)
            it.homing("mode", campaign, "server")
            it.wait_for_end(campaign)
        assert order(it, campaign)[: len(before)] == list(range(1, len(before) + 1))
        it.judge(campaign, PEOPLE).check()
