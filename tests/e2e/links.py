"""The page in a real Chromium before a real server, and every way to cut the two apart.

CUT: the browser is offline. KILL: the server's processes die by kill -9. FREEZE: they stand still (SIGSTOP). DARK: the server
is stopped and the page reloaded. WAY: the mail server stops accepting. DEV2: a second browser. HIDE: the tab is hidden.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.rig import LONG, Product, kill, until

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
"""Headless, without a sandbox of its own (containers forbid it), and talking to nobody but the page."""

expect.set_options(timeout=30_000)  # generous: a slow machine is no fault. What must be quick says so itself.

in_a_browser = pytest.mark.needs(CHROMIUM, "the built page")


@contextlib.contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """The system's Chromium; nothing is downloaded."""
    import shutil

    path = shutil.which(CHROMIUM)
    assert path is not None
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*FLAGS, *more])
        yield browser
        browser.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class Site(Product):
    """`homing serve` with one worker on a port that it keeps over restarts."""

    def __init__(self, folder: Path, server: Any, record: Path) -> None:
        super().__init__(folder, server, record)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.going = self.done = self.draft = ""  # campaigns that a test has made
        self.template = self.chat = ""
        self.imports: dict[str, str] = {}  # and imports, by how far they have come

    def start(self) -> None:
        """Returns once it answers."""
        command = [
            sys.executable,
            "-m",
            "homing",
            "serve",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--data",
            str(self.data),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True)
        until(self.answers, every=0.05)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def signal(self, how: signal.Signals) -> None:
        """To the server and its workers alike."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        if how is signal.SIGKILL:
            self.process.wait(LONG)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)

    def campaign(self, id_: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/api/v1/campaigns/{id_}", timeout=LONG) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def copies(self) -> Counter[str]:
        """What the mail server took, by campaign and position: SINK."""
        if not self.record.exists():
            return Counter()
        return Counter(line.split("\t")[0] for line in self.record.read_text(encoding="utf-8").splitlines())

    def check_once(self, id_: str, expected: int) -> None:
        """Each of the expected got it exactly once, as the mail server saw it."""
        copies = {key: count for key, count in self.copies().items() if key.startswith(id_)}
        assert [key for key, count in copies.items() if count > 1] == []
        assert len(copies) == expected


@contextlib.contextmanager
def site(folder: Path, *server_options: str) -> Iterator[Site]:
    """A site beside a truthful mail server; not started yet."""
    from tests.faults.smtp_server import running

    record = folder / "record"
    with running(record, *server_options) as server:
        made = Site(folder, server, record)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def started(folder: Path, people: int = 0) -> Iterator[Site]:
    """A site that runs, with so many people and then a sender."""
    with site(folder) as made:
        if people:
            made.invite(people)
        else:
            made.homing("migrate")
        made.start()
        yield made


@contextlib.contextmanager
def visitor(
    browser: Browser, *, width: int = 1280, scheme: str = "light", language: str | None = None
) -> Iterator[BrowserContext]:
    """A browser profile of its own. Errors of the page's scripts fail the test."""
    height = 844 if width < 500 else 900
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, color_scheme=scheme, locale=language)  # type: ignore[arg-type]  # two of its words
    context.set_default_timeout(20_000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


def pill(page: Page) -> str:
    return page.get_by_test_id("pill").inner_text()


def counter(page: Page, name: str) -> int:
    """A number on the live view."""
    text = page.get_by_test_id(f"count-{name}").locator("b").inner_text()
    return int(re.sub(r"\D", "", text) or 0)


def counters(page: Page, *names: str) -> dict[str, int]:
    """Several numbers as they stood together: read one after another, those of a campaign that moves do not add up."""
    shown = page.evaluate(
        "names => names.map(name => document.querySelector(`[data-testid=count-${name}] b`)?.innerText ?? '')",
        list(names),
    )
    return {name: int(re.sub(r"\D", "", text) or 0) for name, text in zip(names, shown, strict=True)}


def wait_for(condition: Any, *, seconds: float = 30.0, every: float = 0.05) -> float:
    """Waits for something outside the browser; how long it took. Generous: a slow machine is no fault."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(every)
    return time.monotonic() - began


TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""Axe's rules that look at colours; all others look at the document and its layout."""


AT_REST = """() => {
    let kept = 'auto';
    try { kept = localStorage.getItem('mantine-color-scheme-value') || 'auto'; } catch {}
    const dark = kept === 'dark' || (kept === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
    const shown = document.documentElement.getAttribute('data-mantine-color-scheme');
    return (shown === null || shown === (dark ? 'dark' : 'light'))
        && !document.getAnimations().some((each) => each instanceof CSSTransition);
}"""
"""The page shows the scheme that was asked for, and no colour is on its way to another one: on a busy machine the page hears of
another scheme some frames later, and axe would measure the old one, or its text on the ground of the new one. It is waited for
until that is so, whatever the colours are: one that stays is measured, and one that never rests fails the wait."""


def faults_of_access(page: Page, *, colours_only: bool = False) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, as `rule: element`.

    `colours_only`: of a page that was looked at in another scheme just before.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.wait_for_function(AT_REST)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(AT_REST)
    only = {"type": "rule", "values": COLOURS} if colours_only else {"type": "tag", "values": TAGS}
    # Only what is wrong is told: the lists of what is right were most of the time.
    found: list[str] = page.evaluate(
        """async ([runOnly, preload]) => {
            const told = await axe.run({ runOnly, preload, resultTypes: ['violations'] });
            return told.violations.flatMap((rule) => rule.nodes.map((node) =>
                `${rule.id}: ${node.html.slice(0, 160)} ${(node.failureSummary || '').slice(0, 300)}`));
        }""",
        [only, not colours_only],
    )
    return found


__all__ = [
    "chromium",
    "counter",
    "faults_of_access",
    "in_a_browser",
    "kill",
    "pill",
    "site",
    "started",
    "visitor",
    "wait_for",
]
