"""A hidden tab keeps an attended campaign going: it answers pings from the event handler, since a hidden page's timers stop.

`make e2e` hides it for twenty seconds, `make e2e-hidden` for seven minutes: from the sixth on a timer fires once a minute.
Playwright keeps every page visible, so Chromium is started by hand and spoken to over its DevTools port.
"""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_websocket import Client

from tests.e2e.links import CHROMIUM, FLAGS, Site, in_a_browser, site, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]
SECONDS = float(os.environ.get("HOMING_HIDDEN_SECONDS", "20"))


class Tab:
    """One tab, by the DevTools protocol."""

    def __init__(self, address: str) -> None:
        self._wire = Client(address)
        self._numbers = itertools.count(1)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._wire.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told: dict[str, Any] = json.loads(self._wire.receive(timeout=60) or "null") or {}
            if told.get("id") == number:
                found: dict[str, Any] = told.get("result") or {}  # none while the tab is between two documents
                return found

    def evaluate(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True).get("result", {}).get("value")

    def close(self) -> None:
        self._wire.close()


@contextlib.contextmanager
def by_hand(folder: Path) -> Iterator[str]:
    """A Chromium of its own; the address of its DevTools."""
    path = shutil.which(CHROMIUM)
    assert path is not None
    profile = folder / "profile"
    command = [path, *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        port = profile / "DevToolsActivePort"
        wait_for(lambda: port.exists() and port.read_text().count("\n") >= 1, seconds=60)
        yield f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def open_tab(devtools: str, url: str) -> Tab:
    request = urllib.request.Request(f"{devtools}/json/new?{url}", method="PUT")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return Tab(json.loads(answer.read())["webSocketDebuggerUrl"])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.invite(int(SECONDS * 3) + 300, "--rate", "2/s")
        made.start()
        yield made


def test_R2_a_hidden_tab_goes_on_attending(here: Site, tmp_path: Path) -> None:
    """Row 9, HIDE: the campaign never pauses while the tab is hidden, and pauses once it is closed."""
    with by_hand(tmp_path) as devtools:
        tab = open_tab(devtools, f"{here.url}/campaigns")
        wait_for(lambda: tab.evaluate("localStorage.getItem('homing.attendant')"), seconds=60, every=0.3)
        attendant = tab.evaluate("localStorage.getItem('homing.attendant')")
        wait_for(lambda: "Live" in str(tab.evaluate("document.body.innerText")), seconds=60, every=0.3)
        id_ = here.send("--name", "Overnight", "--draft")
        _ask(here, "PATCH", f"/campaigns/{id_}", {"mode": "attended"})
        _ask(here, "POST", f"/campaigns/{id_}/send", {"attendant": attendant})
        wait_for(lambda: here.campaign(id_)["counts"]["sent"] > 2, seconds=60)
        other = open_tab(devtools, "about:blank")
        other.ask("Page.bringToFront")
        wait_for(lambda: tab.evaluate("document.visibilityState") == "hidden", seconds=20, every=0.2)
        before, end = here.campaign(id_)["counts"]["sent"], time.monotonic() + SECONDS
        while time.monotonic() < end:
            told = here.campaign(id_)
            assert (told["state"], told["reason"]) == ("sending", None), "a hidden tab attends"
            time.sleep(1.0)
        assert tab.evaluate("document.visibilityState") == "hidden"
        assert here.campaign(id_)["counts"]["sent"] >= before + SECONDS * 0.5
        kinds = [each["kind"] for each in _ask(here, "GET", f"/campaigns/{id_}/log")["items"]]
        assert "campaign.paused" not in kinds
        for each in (tab, other):
            each.close()
    wait_for(lambda: here.campaign(id_)["reason"] == "watcher_gone", seconds=30)
    assert max(here.copies().values()) == 1


def _ask(here: Site, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(f"{here.url}/api/v1{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())
