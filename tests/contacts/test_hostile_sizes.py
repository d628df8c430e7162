"""Hostile files at their full size, each imported by a process of its own, whose peak of memory is its own."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contacts.bench import Bench
from tests.contacts.test_hostile import _sheet
from tests.contacts.test_imports import workbook

MILLION = 1_000_000
LAST_ROW = 1_048_576  # of a sheet
MOST_MB = 150  # IMPORTS section 5: of a million rows that are in order
MOST_SECONDS = 300.0  # ten times what it takes alone
ROOT = Path(__file__).resolve().parents[2]
# The peak of this very process: what a parent is told of a child (ru_maxrss) begins with the parent's own.
IMPORT = """
import sys
from pathlib import Path
from proofs.import_process import main
code = main(*sys.argv[1:])
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
sys.exit(code)
"""

pytestmark = [pytest.mark.slow, pytest.mark.dialect("sqlite")]


def _repeats(head: bytes, row: bytes) -> Callable[[], bytes]:
    return lambda: head + b"\n" + MILLION * (row + b"\n")


def _alternating() -> bytes:
    """Rows that repeat one of two by their e-mail address and the other by their phone number."""
    return b"email,phone\n" + MILLION // 2 * b"a@x.test,+94771234567\nb@x.test,+94771234567\n"


FILES = {
    "one address": (_repeats(b"email", b"a@x.test"), 1),
    "now the one, now the other": (_alternating, 1),
}


def _peak_mb(bench: Bench, content: bytes) -> tuple[float, dict[str, int]]:
    """The most memory that importing it took, and the report; it took little time."""
    of = bench.begin(content)
    arguments = (bench.database.url, str(bench.intake.folders.root), of.uid)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=2 * MOST_SECONDS
    )
    took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    peak, report = int(done.stdout) / 1024, bench.body(bench.intake.imports.get(of.id))["report"]
    print(f"{took:.1f} s, peak {peak:.0f} MB")
    assert took < MOST_SECONDS
    return peak, report


@pytest.mark.parametrize("name", FILES)
def test_a_million_rows_that_repeat_one_are_one_contact(bench: Bench, name: str) -> None:
    make, contacts = FILES[name]
    peak, report = _peak_mb(bench, make())
    assert (report["total"], report["created"], report["duplicates"]) == (MILLION, contacts, MILLION - contacts)
    assert bench.contacts.count(bench.here) == contacts
    assert peak < MOST_MB


def test_a_sheet_of_a_million_empty_rows_is_one_contact(bench: Bench) -> None:
    """Half of the rows are bare, half have cells with a format and nothing in them, as a sheet that was coloured to its end."""
    head = '<row r="1"><c r="A1" t="str"><v>email</v></c></row>'
    empty = "".join(
        f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' if n % 2 else f'<row r="{n}"/>'
        for n in range(2, LAST_ROW)
    )
    last = f'<row r="{LAST_ROW}"><c r="A{LAST_ROW}" t="str"><v>a@x.test</v></c></row>'
    peak, report = _peak_mb(bench, workbook([["x"]], **_sheet(head + empty + last)))
    assert (report["total"], report["created"], report["failed"]) == (1, 1, 0)
    assert peak < MOST_MB
