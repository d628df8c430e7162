"""Cuts every dialogue with every provider at every step: `python -m proofs.wire [--short]`; one JSON line, exit 1 on a fault.

Runs the tests marked `wire`: 44 rows of stage x fault by SMTP (tests/channels/test_wire_smtp.py), in each way of speaking and on
each event loop, and 24 faults of a request to SendGrid and to SES each (tests/channels/test_wire_http.py), on real
loopback servers. A row counts when it holds in all of them: the outcome of the failure model, and at most one try per message.
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

TESTS = ("tests/channels/test_wire_smtp.py", "tests/channels/test_wire_http.py")
ROWS = 44 + 2 * 24
_ROW = re.compile(r"test_every_cut_has_its_outcome\[(\w+)-([^-]+)-")
_HTTP_ROW = re.compile(r"test_every_fault_has_its_outcome\[(.+)-(sendgrid|ses)-")


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
        command += ["-n", "3", *TESTS, *(["-k", "not asyncio or not (every_cut or every_fault)"] if short else [])]
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
        posted = _HTTP_ROW.match(name)
        if found:
            rows[f"smtp {found[1]} {found[2]}"].append(message)
        elif posted:
            rows[f"{posted[2]} {posted[1]}"].append(message)
    good = sum(not any(messages) for messages in rows.values())
    red_rows = sorted(row for row, messages in rows.items() if any(messages))
    return report(
        "prove-wire", code == 0 and good == len(rows) == ROWS, seed=0, rows=f"{good} of {ROWS}",
        cases=len(said), red_rows=red_rows, red=sorted(name for name, message in said.items() if message)[:10],
        seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.wire", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the rows in one way of speaking, and everything else")
    return prove(parser.parse_args(arguments).short)


if __name__ == "__main__":
    sys.exit(main())
