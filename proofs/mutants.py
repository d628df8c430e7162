"""Seeds each known mistake into a copy of the product and requires its proof to turn red: `python -m proofs.mutants`.

A mutant is a patch (proofs/patches/NAME.patch, its first lines say what the mistake is) applied to a copy of src. Its proof
runs against that copy and must say that it does not hold, for the reason that is named here. A mutant that survives, a patch
that no longer applies or a proof that breaks instead of judging makes the run fail. Prints one JSON line.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs.fleet import ROOT
from proofs.rig import lacking, report, skipped

PATCHES = Path(__file__).with_name("patches")
LIMIT = 240.0  # seconds that a proof of a mutant may take


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch, the proof that must catch it, and what that proof must say (a pattern in its JSON line)."""

    name: str
    proof: str
    arguments: tuple[str, ...]
    says: str

    @property
    def patch(self) -> Path:
        return PATCHES / f"{self.name}.patch"

    @property
    def mistake(self) -> str:
        """The mistake in words."""
        return self.patch.read_text("utf-8").partition("\n\n")[0]


_KILL = ("--messages", "1500", "--cuts", "8", "--seed", "7")
# What shows only when a cut meets a reply on its way.
_LONG_KILL = ("--messages", "3000", "--cuts", "20", "--seed", "7")


def _trial(name: str) -> tuple[str, ...]:
    return ("--short", "--only", name)


MUTANTS = (
    Mutant("sending-requeued", "kill", _LONG_KILL, r'"dup": [1-9]'),
    Mutant("claim-counted-as-sent", "kill", _KILL, r'"lost": [1-9]'),
    Mutant("dot-before-intend", "kill", _LONG_KILL, r'"dup": [1-9]'),
    Mutant("result-before-reply", "syscalls", ("--points", "30"), r'"lost": [1-9]'),
    Mutant("synchronous-normal", "power", ("--short", "--seed", "7"), r'"would_send_again": [1-9]'),
    Mutant("library-retries", "wire", ("--short",), r"unclear_and_was_sent_once"),
    Mutant("read-timeout-as-not-sent", "wire", ("--short",), r'"smtp dot stall"'),
    Mutant("dot-after-failed-write", "wire", ("--short",), r"heavy_body|no_progress"),
    Mutant("timed-out-connection-reused", "wire", ("--short",), r'"smtp (mail|data|dot) stall"|sent_once\[stall'),
    Mutant("fsync-retried", "faults", _trial("flush_fails"), r"went on with the handle"),
    Mutant(
        "wall-time-leases", "faults", _trial("clock_jumps"), r"took lanes from a living worker|lanes are taken over"
    ),
    Mutant("outage-charged", "faults", _trial("dying_midway"), r"cost a recipient"),
    Mutant("no-restore-mark", "faults", _trial("backup_restored"), r"the copy sent"),
    Mutant("fence-by-row", "pg", _trial("zombies"), r'"dup": [1-9]'),
    Mutant("sweeper-by-age", "pg", _trial("zombies"), r'"dup": [1-9]'),
    Mutant("unknown-commit-as-done", "pg", _trial("dark"), r'"dup": [1-9]'),
)


def applied(mutant: Mutant, folder: Path) -> None:
    """Puts a copy of src with the mistake into `folder`. Raises CalledProcessError when the patch does not apply."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    subprocess.run(["git", "apply", "-C1", str(mutant.patch)], cwd=folder, check=True, capture_output=True, text=True)


def hunt(mutant: Mutant) -> dict[str, Any]:
    """Runs the proof against the mutant. `found`: it does not hold, and says why."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="homing-mutant-") as folder:
        try:
            applied(mutant, Path(folder))
        except subprocess.CalledProcessError as error:
            return {
                "name": mutant.name,
                "found": False,
                "why": f"the patch does not apply: {error.stderr.strip()[:200]}",
            }
        command = [sys.executable, "-m", f"proofs.{mutant.proof}", *mutant.arguments]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((f"{folder}/src", str(ROOT)))}
        proof = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            said, complained = proof.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            proof.send_signal(signal.SIGINT)  # it ends what it started
            said, complained = proof.communicate()
    found, why = _read(mutant, proof.returncode, said, complained)
    told = {"name": mutant.name, "proof": mutant.proof, "found": found, "seconds": round(time.monotonic() - began, 1)}
    return told | ({} if found else {"why": why})


def _read(mutant: Mutant, code: int, said: str, complained: str) -> tuple[bool, str]:
    lines = said.strip().splitlines()
    try:
        verdict = json.loads(lines[-1])
    except (IndexError, ValueError):
        return False, f"no verdict: {(said + complained)[-300:]}"
    if verdict["holds"] or code == 0:
        return False, "the mutant survived"
    if not re.search(mutant.says, lines[-1]):
        return False, f"red for another reason: {lines[-1][:600]}"
    return True, ""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.mutants", description=__doc__)
    parser.add_argument("--only", action="append", default=[], choices=[mutant.name for mutant in MUTANTS])
    options = parser.parse_args(arguments)
    missing = lacking("strace", "git")
    if missing:
        return skipped(missing)
    began = time.monotonic()
    done = [hunt(mutant) for mutant in MUTANTS if not options.only or mutant.name in options.only]
    survived = [told["name"] for told in done if not told["found"]]
    return report("mutants", not survived, mutants=done, survived=survived, seconds=round(time.monotonic() - began, 1))


if __name__ == "__main__":
    sys.exit(main())
