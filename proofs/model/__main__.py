"""Searches the protocol model exhaustively: `python -m proofs.model [--short]`; prints one JSON line, exits 1 on a fault.

Needs spin and a C compiler; without them it says `skipped: spin` and exits 0, or 1 with HOMING_REQUIRE_ALL=1.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from proofs.model.plan import CONFIGURATIONS, MUTANTS, Configuration, Flags, Mutant

SOURCE = Path(__file__).with_name("send.pml")
MEMORY_MB = 1500  # of one search; more is a fault of the configuration, not of the machine
LIMIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found. `complete`: every reachable state was seen; `witness`: the wanted one was among them."""

    states: int
    errors: int
    seconds: float
    complete: bool
    witness: bool
    words: str = ""


def search(flags: Flags, *, witness: str = "false", optimise: bool = False) -> Found:
    """Generates, compiles and runs one verifier in a folder of its own. Raises RuntimeError when a tool fails."""
    with tempfile.TemporaryDirectory(prefix="homing-model-") as folder:
        lines = [f"#define {name} {value}\n" for name, value in flags.items()]
        lines.append(f"#define WITNESS {witness}\n")
        # A copy, not an include: spin's preprocessor is told everything in one file, expressions with blanks too.
        (Path(folder) / "model.pml").write_text("".join(lines) + SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
        _run(["spin", "-a", "model.pml"], folder)
        level = "-O1" if optimise else "-O0"  # compiling takes longer than searching, but for the largest
        safety = ["-DSAFETY", "-DNOCLAIM", f"-DMEMLIM={MEMORY_MB}"]  # exhaustive: no -DBITSTATE, no hash compaction
        _run([_compiler() or "cc", level, "-w", *safety, "-o", "pan", "pan.c"], folder)
        began = time.monotonic()
        said = _run(["./pan", "-m100000", "-w22", "-n"], folder, okay=(0, 1))
        return _read(said, time.monotonic() - began)


def _run(command: Sequence[str], folder: str, okay: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    if done.returncode not in okay:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr)[-600:]}")
    return done.stdout + done.stderr


def _read(said: str, seconds: float) -> Found:
    """pan's report. A search that was cut short (memory, depth) has not seen everything and says so."""
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored", said)
    if errors is None or states is None:
        raise RuntimeError(f"pan's report is not understood: {said[-600:]}")
    cut = "Search not completed" in said or "max search depth too small" in said or "out of memory" in said
    words = re.search(r"^pan:1: (.*)$", said, re.MULTILINE)
    return Found(
        int(float(states[1])),
        int(errors[1]),
        seconds,
        not cut,
        "WITNESS REACHED" in said,
        words[1][:200] if words else "",
    )


def _compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def hold(configuration: Configuration) -> dict[str, object]:
    """One configuration: no error anywhere, everything seen, and the witness reached."""
    proof = search(configuration.flags, witness=configuration.witness, optimise=configuration.long)
    sound = proof.errors == 0 and proof.complete and proof.witness
    fault = "" if sound else (proof.words or "not complete, or its witness is out of reach")
    return {
        "name": configuration.name,
        "flags": configuration.flags,
        "states": proof.states,
        "seconds": round(proof.seconds, 2),
        "errors": proof.errors,
        "complete": proof.complete,
        "witness": proof.witness,
        **({"fault": fault} if fault else {}),
    }


def hunt(mutant: Mutant) -> dict[str, object]:
    """One mutant: it must be found."""
    seen = search(mutant.defines)
    return {"name": mutant.name, "flags": mutant.flags, "found": seen.errors > 0, "states": seen.states}


def lacking() -> str:
    """The first tool that is missing here; empty when nothing is."""
    if shutil.which("spin") is None:
        return "spin"
    return "" if _compiler() else "cc"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.model", description=__doc__)
    parser.add_argument("--short", action="store_true", help="leave the largest configurations out")
    parser.add_argument("--every", type=int, default=1, help="only every so-many-th configuration and mutant")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args(arguments)
    missing = lacking()
    if missing:
        print(f"skipped: {missing}")
        return 1 if os.environ.get("HOMING_REQUIRE_ALL") == "1" else 0
    began = time.monotonic()
    wanted = [c for c in CONFIGURATIONS if not (options.short and c.long)][:: options.every]
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        # The largest first, the mutants fill the gaps.
        proving = {c.name: pool.submit(hold, c) for c in sorted(wanted, key=lambda c: not c.long)}
        mutants = list(pool.map(hunt, MUTANTS[:: options.every]))
        configurations = [proving[c.name].result() for c in wanted]
    sound = all("fault" not in c for c in configurations) and all(m["found"] for m in mutants)
    report = {
        "target": "prove-model",
        "seed": 0,  # nothing is drawn: the search is exhaustive
        "holds": sound,
        "configurations": configurations,
        "mutants": mutants,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(report))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
