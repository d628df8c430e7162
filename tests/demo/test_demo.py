"""The show as a stranger sees it: the command, its processes, its end."""

import json
import os
import re
import signal
import subprocess
import sys
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
