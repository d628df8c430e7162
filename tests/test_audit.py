"""`make audit` names what could not be looked up, and still looks at all the rest."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "tools" / "audit.py"
CLEAN = {"name": "clean", "version": "1.0", "vulns": []}
UNSEEN = {"name": "unseen", "skip_reason": "Dependency not found on PyPI"}
FAULTY = {"name": "faulty", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def audit(folder: Path, *found: dict[str, Any], answer: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Runs it with an auditor that answers so."""
    auditor = folder / "pip-audit"
    text = json.dumps({"dependencies": found}) if answer is None else answer
    auditor.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    auditor.chmod(0o700)
    return subprocess.run([sys.executable, str(SCRIPT), str(auditor)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        ([CLEAN], 0, []),
        ([UNSEEN, CLEAN], 2, ["unseen: not looked up"]),
        ([UNSEEN, FAULTY], 1, ["faulty 2.0: PYSEC-1, mended in 2.1", "unseen: not looked up"]),
    ],
)
def test_every_package_has_its_verdict_and_the_worst_one_decides(
    tmp_path: Path, found: list[dict[str, Any]], code: int, says: list[str]
) -> None:
    done = audit(tmp_path, *found)
    assert done.returncode == code
    assert [line.count(words) for line, words in zip(done.stdout.splitlines()[1:], says, strict=True)] == [1] * len(
        says
    )


def test_an_auditor_without_an_answer_is_no_clean_bill(tmp_path: Path) -> None:
    done = audit(tmp_path, answer="no network")
    assert done.returncode == 2
    assert "run.txt: not looked up" in done.stdout
