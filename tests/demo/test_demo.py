"""The show as a stranger sees it: the command, its processes, its end."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from proofs.patience import until

LONG = 240


def start(folder: Path, *flags: str) -> "subprocess.Popen[str]":
    """`homing demo` with its throw-away folders under `folder`, and settings around it that must not matter."""
    misleading = {
        "HOMING_DATABASE": "sqlite:////nowhere/at/all.db",
        "HOMING_SECRET_KEY": "x" * 43,
        "HOMING_LOG": "error",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "homing", "demo", "--headless", *flags],
        env={**os.environ, **misleading, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_behind(folder: Path) -> list[str]:
    """What the show left: its folders, and processes that know them."""
    found = [path.name for path in folder.glob("homing-demo-*")]
    for proc in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in proc.read_bytes() and proc.parent.name != str(os.getpid()):
                found.append((proc.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_a_campaign_survives_a_kill_9_of_its_worker(tmp_path: Path) -> None:
    """The inbox has everybody once, the ledger names the rest, the books close."""
    show = start(tmp_path, "--json", "--recipients", "200")
    out, words = show.communicate(timeout=LONG)
    assert show.returncode == 0, words
    found = json.loads(out)
    assert (found["recipients"], found["lost"], found["twice"]) == (200, 0, 0)
    assert found["killed"] >= 1
    assert 0 < found["takeover_seconds"] < 60
    audit = found["audit"]
    assert audit["balanced"]
    assert (audit["state"], audit["audience"], audit["open"]) == ("completed", 200, 0)
    assert audit["uncertain"] == found["uncertain"] == len(found["uncertain_ones"]) <= audit["window"]
    assert found["accepted"] == audit["sent"] + sum(one["in_inbox"] for one in found["uncertain_ones"])
    assert re.search(r"killed worker \d+ with kill -9", words)
    assert re.search(r"Worker \d+ took over", words)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_show_that_is_ended_early_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    show = start(tmp_path, "--recipients", "1000")
    assert show.stdout is not None
    for line in show.stdout:
        if "have arrived" in line:
            break
    show.send_signal(how)
    show.communicate(timeout=LONG)
    assert show.returncode == 130
    until(lambda: left_behind(tmp_path) == [], 30, "a helper of the inbox process ends, a moment later")


def test_too_few_recipients_are_wrong_use(tmp_path: Path) -> None:
    show = start(tmp_path, "--recipients", "3")
    show.communicate(timeout=LONG)
    assert show.returncode == 2


@pytest.mark.e2e
def test_on_a_terminal_the_page_shows_the_running_campaign_until_ctrl_c(tmp_path: Path) -> None:
    """The real page on the show's own ledger; Ctrl-C at the end takes everything away."""
    ours, theirs = pty.openpty()
    with (tmp_path / "words").open("wb") as words:
        show = subprocess.Popen(
            [sys.executable, "-m", "homing", "demo", "--recipients", "60"],
            env={**{name: value for name, value in os.environ.items() if name != "DISPLAY"}, "TMPDIR": str(tmp_path)},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        told = b""

        def said(what: bytes) -> bool:
            nonlocal told
            if select.select([ours], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # the terminal is gone with the last that wrote to it
                    told += os.read(ours, 65536)
                words.write(told[-65536:])
            return what in told

        until(lambda: said(b"Watch the campaign at "), LONG, "the page is named")
        found = re.search(rb"Watch the campaign at (http://127\.0\.0\.1:\d+)", told)
        assert found is not None
        page = found[1].decode()
        with urllib.request.urlopen(f"{page}/", timeout=LONG) as answer:
            assert b"Homing" in answer.read()
        with urllib.request.urlopen(f"{page}/api/v1/campaigns", timeout=LONG) as answer:
            (campaign,) = json.loads(answer.read())["items"]
        assert campaign["counts"]["audience"] == 60
        until(lambda: said(b"Look around"), LONG, "the show ends")
        show.send_signal(signal.SIGINT)
        until(lambda: said(b"") and show.poll() is not None, LONG, "the command ends")
        os.close(ours)
    assert show.returncode in (0, 130)
    until(lambda: left_behind(tmp_path) == [], 30, "a helper of the inbox process ends, a moment later")
