"""The short form of each proof holds: real workers, a real ledger on disk, a sink that tells the truth."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def prove(name: str, *arguments: str, target: str = "") -> dict[str, Any]:
    """Runs a proof, requires it to hold, and returns its verdict: the last of the JSON lines, and it prints nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", f"proofs.{name}", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = [json.loads(line) for line in done.stdout.splitlines()][-1]
    assert report["target"] == (target or f"prove-{name}")
    assert report["holds"] is True
    return report


def test_L03_workers_killed_and_frozen_at_random_lose_nobody_and_repeat_nobody() -> None:
    """R10, R11: at most 20 in doubt for each kill, each of them named."""
    report = prove("kill", "--messages", "800", "--cuts", "5")
    assert (report["dup"], report["lost"], report["false"], report["open"]) == (0, 0, 0, 0)
    assert report["states"]["sent"] + report["uncertain"] == 800


@pytest.mark.needs("strace")
def test_a_worker_killed_at_its_system_calls_tells_no_lie() -> None:
    report = prove("syscalls", "--points", "12")
    assert report["reached"] >= 8
    assert set(report["calls"]) >= {"pwrite64", "fdatasync"}


@pytest.mark.needs("strace")
def test_L01_no_power_cut_lets_a_message_leave_twice() -> None:
    report = prove("power", "--short", "--messages", "300")
    assert (report["images"], report["corrupt"], report["would_send_again"]) == (100, 0, 0)


@pytest.mark.needs("strace")
def test_L22_an_outage_costs_nobody_and_ends_by_itself() -> None:
    report = prove("faults", "--short", "--only", "absent_at_start")
    assert report["trials"]["absent at the start"]["told_after"] <= 10


@pytest.mark.proof  # the same as `make prove-short` runs
@pytest.mark.needs("strace")
def test_every_fault_around_the_workers_is_ridden_out() -> None:
    """L19, L20, L21, L22: the disk, the clock, a backup and the way out."""
    assert len(prove("faults", "--short")["trials"]) == 9


def test_L06_workers_and_a_postgresql_that_die_lose_nobody_and_repeat_nobody() -> None:
    """R14: workers that share nothing but the database take over from each other."""
    few = ("--messages", "800", "--kills", "2", "--restarts", "1", "--freezes", "0")
    report = prove("pg", "--short", "--only", "campaign", *few)
    assert (report["dup"], report["lost"], report["false"]) == (0, 0, 0)
    assert (report["kills"], report["restarts"], report["seeds"]) == (2, 1, 1)


@pytest.mark.proof  # the same as `make prove-short` runs
def test_L03_workers_on_postgresql_are_killed_frozen_cut_off_and_woken() -> None:
    """R14, L06, L07, L19: a campaign with all of it, and each of the quick stories."""
    report = prove("pg", "--short")
    assert report["takeover_seconds"]
    assert sorted(report["parts"]) == ["dark", "outage", "shared", "zombies"]


@pytest.mark.slow
def test_R35_pauses_and_sends_from_five_processes_at_once_put_nobody_in_doubt() -> None:
    report = prove("pg", "--short", "--only", "switches")
    assert (report["dup"], report["lost"], report["false"], report["uncertain"]) == (0, 0, 0, 0)


@pytest.mark.slow
def test_r29_r30_r31_imports_killed_and_cut_on_both_databases_are_exact() -> None:
    """R29, R30, R31: a reader sees the old contacts or the new ones, never a mixture; each 206 adds up to the file."""
    report = prove("imports", "--short", target="prove-import")
    done = [(part["part"], part["database"]) for part in report["parts"]]
    assert done == [
        ("kill", "sqlite"),
        ("replace", "sqlite"),
        *((part, "postgresql") for part in ("kill", "replace", "cut")),
    ]
    assert [part["killed"] for part in report["parts"] if part["part"] == "replace"] == [6, 6]
    assert report["parts"][-1]["answered_206"] > 0


def test_r29_replacing_all_is_never_seen_half_done() -> None:
    """R29: killed six times while somebody looks all the time."""
    report = prove("imports", "--short", "--part", "replace", "--database", "sqlite", target="prove-import")
    assert report["parts"][0]["looks"] > 20


def test_a_missing_tool_is_said_and_a_release_does_not_let_that_pass(tmp_path: Path) -> None:
    for name in ("syscalls", "power", "faults"):
        for strict, code in (("0", 0), ("1", 1)):
            done = subprocess.run(
                [sys.executable, "-m", f"proofs.{name}", "--short"],
                cwd=ROOT, capture_output=True, text=True, timeout=60,
                env={**os.environ, "PATH": str(tmp_path), "HOMING_REQUIRE_ALL": strict},
            )  # fmt: skip
            assert (done.returncode, done.stdout.strip()) == (code, "skipped: strace")
