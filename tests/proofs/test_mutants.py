"""The seeded mistakes: each patch still fits the product, says what it is, and one of them is caught here each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.mutants import MUTANTS, PATCHES, Mutant, applied, hunt

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_fits_and_says_what_its_mistake_is(mutant: Mutant, tmp_path: Path) -> None:
    applied(mutant, tmp_path)
    changed = [
        path.relative_to(tmp_path)
        for path in (tmp_path / "src").rglob("*.py")
        if path.read_bytes() != (ROOT / path.relative_to(tmp_path)).read_bytes()
    ]
    assert len(changed) == 1, changed
    for path in changed:
        compile((tmp_path / path).read_text("utf-8"), str(path), "exec")
    assert mutant.mistake.endswith(".")
    assert "\n" not in mutant.mistake


def test_every_patch_is_a_mutant() -> None:
    assert {path.stem for path in PATCHES.iterdir()} == {mutant.name for mutant in MUTANTS}


@pytest.mark.needs("strace")
def test_unflushed_commits_are_found_out() -> None:
    """The proof is able to fail: the quickest of the mutants turns it red."""
    (mutant,) = [mutant for mutant in MUTANTS if mutant.name == "synchronous-normal"]
    told = hunt(mutant)
    assert told["found"], told


def test_a_mutant_that_survives_fails_the_run(tmp_path: Path) -> None:
    """A run that finds nothing must not pass: here the proof is one that holds whatever is changed."""
    program = (
        "import sys\n"
        "from proofs import mutants\n"
        "mutants.MUTANTS = (mutants.Mutant('synchronous-normal', 'faults', ('--short', '--only', 'greylisting'), 'x'),)\n"
        "sys.exit(mutants.main([]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=200, env=dict(os.environ)
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["survived"] == ["synchronous-normal"]
