"""The protocol model holds in every state, and each known bug in it is found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def prove(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proofs.model", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def searched(*arguments: str) -> tuple[int, int]:
    """How many configurations hold and how many seeded bugs were found: all of those that were looked at."""
    done = prove("--short", *arguments)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(c["errors"] == 0 and c["complete"] and c["witness"] for c in report["configurations"])
    assert [m["name"] for m in report["mutants"] if not m["found"]] == []
    assert report["target"] == "prove-model"
    return len(report["configurations"]), len(report["mutants"])


@pytest.mark.proof  # the same as `make prove-short` runs
@pytest.mark.needs("spin", "gcc")
def test_the_model_holds_in_every_state_and_every_seeded_bug_is_found() -> None:
    """Planner, pause, cancel, retry, late proof, take-over and power loss; no row twice, lost or falsely failed (L1-L14, L23)."""
    configurations, mutants = searched()
    assert configurations >= 10
    assert mutants >= 18


@pytest.mark.needs("spin", "gcc")
def test_a_third_of_the_model_holds_and_its_seeded_bugs_are_found() -> None:
    configurations, mutants = searched("--every", "3")
    assert configurations >= 4
    assert mutants >= 6


def test_without_spin_the_proof_says_so_and_a_release_does_not_let_that_pass(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    lenient = prove(PATH=str(tmp_path / "empty"), HOMING_REQUIRE_ALL="0")
    strict = prove(PATH=str(tmp_path / "empty"), HOMING_REQUIRE_ALL="1")
    assert (lenient.returncode, lenient.stdout.strip()) == (0, "skipped: spin")
    assert (strict.returncode, strict.stdout.strip()) == (1, "skipped: spin")
