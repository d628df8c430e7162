"""Cuts every SMTP dialogue at every step: `python -m proofs.wire [--short]`; one JSON line, exit 1 on a fault.

Runs the tests marked `wire` (tests/channels/test_wire_smtp.py): 44 rows of stage x fault, in each way of speaking and on each
event loop, against a real server on loopback. A row counts when it holds in all of them: the outcome that the failure model
names, and at most one try per message.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from proofs.fleet import ROOT
from proofs.rig import report

TESTS = "tests/channels/test_wire_smtp.py"
ROWS = 44
_ROW = re.compile(r"test_every_cut_has_its_outcome\[(\w+)-([^-]+)-")


def run(short: bool) -> tuple[int, dict[str, str]]:
    """The exit code of pytest, and what it says of each test: '' when it passed, else its message."""
    with tempfile.TemporaryDirectory(prefix="homing-wire-") as folder:
        said = Path(folder) / "said.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "wire",
            "--junit-xml",
            str(said),
        ]
        command += ["-n", "3", TESTS, *(["-k", "not asyncio or not every_cut"] if short else [])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        if not said.exists():
            return done.returncode or 1, {"pytest": done.stdout[-300:] + done.stderr[-300:]}
        cases = ET.parse(said).getroot().iter("testcase")
        return done.returncode, {case.attrib["name"]: _message(case) for case in cases}


def _message(case: ET.Element) -> str:
    wrong = [each for each in case if each.tag in ("failure", "error", "skipped")]
    return wrong[0].attrib.get("message", "failed")[:200] if wrong else ""


def prove(short: bool) -> int:
    began = time.monotonic()
    code, said = run(short)
    rows: dict[str, list[str]] = defaultdict(list)
    for name, message in said.items():
        found = _ROW.match(name)
        if found:
            rows[f"{found[1]} {found[2]}"].append(message)
    good = sum(not any(messages) for messages in rows.values())
    red_rows = sorted(row for row, messages in rows.items() if any(messages))
    return report(
        "prove-wire", code == 0 and good == len(rows) == ROWS, seed=0, rows=f"{good} of {ROWS}",
        cases=len(said), red_rows=red_rows, red=sorted(name for name, message in said.items() if message)[:10],
        seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.wire", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the 44 rows in one way of speaking, and everything else")
    return prove(parser.parse_args(arguments).short)


if __name__ == "__main__":
    sys.exit(main())
