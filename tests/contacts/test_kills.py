"""Kill -9 at every point of an import that can be named, again and again: the end is that of an import that nobody killed."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from homing.store.import_tables import import_before, import_chunk
from homing.store.imports import Import
from homing.store.tables import contact
from tests.contacts.bench import Bench

ROOT = Path(__file__).parents[2]
STRIKES = (
    ("import.stage.begin", 1),
    ("import.stage.added", 1),
    ("import.sort", 1),
    ("import.sorted", 1),
    ("import.chunk.begin", 1),
    ("import.chunk.commit", 1),
    ("import.chunk.committed", 1),
    ("import.chunk.begin", 3),
    ("import.chunk.commit", 4),
    ("import.chunk.committed", 5),
    ("import.swap.begin", 1),
    ("import.swap.commit", 1),
    ("import.swap.committed", 1),
)


def _people(rows: int) -> str:
    """Rows with repeats, broken phones, and e-mail addresses that others own."""
    lines = ["phone,email,name,city"]
    for n in range(rows):
        phone = "bad" if n % 50 == 7 else f"+9477{(n * 7919) % 100_003 if n % 20 else n - 1:07}"
        lines.append(f"{phone},p{n % (rows - 40)}@x.test,P{n},City {n % 9}")
    return "\n".join(lines) + "\n"


def _told(bench: Bench, of: Import) -> dict[str, Any]:
    """Everything that an import leaves: contacts, report, journal, first states."""
    body = bench.body(of)
    body.pop("importId")
    body.pop("resumeUrl")
    with bench.database.read() as tx:
        columns = (import_chunk.c[name] for name in ("seq", "n", "created", "updated", "conflicts"))
        journal = select(*columns)
        rows = tx.execute(journal.where(import_chunk.c.import_id == of.id).order_by(import_chunk.c.seq)).all()
        before = select(import_before.c.contact_id, import_before.c.before).where(import_before.c.import_id == of.id)
        there = tx.execute(select(func.count()).select_from(contact).where(contact.c.removed_at.is_(None))).scalar_one()
        firsts = sorted(tuple(row) for row in tx.execute(before))
    return {
        "body": body,
        "journal": [tuple(row) for row in rows],
        "before": firsts,
        "people": sorted(bench.everybody(), key=str),
        "there": there,
    }


def _begin(bench: Bench, **options: Any) -> Import:
    bench.run("phone,email,name\n+94770000100,old@x.test,Old\n+94770000200,gone@x.test,Gone\n" + "".join(
        f"+9478{n:07},old{n}@x.test,O\n" for n in range(300)
    ))  # fmt: skip
    return bench.begin(_people(6_000), chunk=300, **options)


def _process(bench: Bench, of: Import, *more: str) -> int:
    command = [
        sys.executable,
        "-m",
        "proofs.import_process",
        bench.database.url,
        str(bench.intake.folders.root),
        of.uid,
        *more,
    ]
    return subprocess.run(command, cwd=ROOT, timeout=120, check=False).returncode


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is left when nobody is killed."""
    from homing.world import World
    from tests.store.ledger import make_ledger

    ledger = make_ledger("sqlite", tmp_path_factory.mktemp("calm"), World())
    bench = Bench(ledger.db, tmp_path_factory.mktemp("folders"))
    of = bench.go_on(_begin(bench, replace_all=True))
    assert of.reason == "awaiting_confirmation"
    of = bench.go_on(bench.intake.start(of, of.found["would"]["removed"]))
    told = _told(bench, of)
    ledger.close()
    return told


@pytest.mark.slow
def test_r29_r31_killed_at_every_point_an_import_ends_as_if_nobody_had(
    bench: Bench, undisturbed: dict[str, Any]
) -> None:
    """R29, R31: every fault point x some of its arrivals, in one import that replaces all: nothing lost, nothing doubled."""
    of = _begin(bench, replace_all=True)
    bench.intake.start(of, undisturbed["body"]["report"]["removed"])
    for point, nth in STRIKES:
        assert _process(bench, of, point, str(nth)) == -signal.SIGKILL, (point, nth)
    while bench.intake.imports.get(of.id).state not in ("completed", "failed"):
        _process(bench, of)
    assert _told(bench, bench.intake.imports.get(of.id)) == undisturbed


@pytest.mark.parametrize(
    "point",
    ["import.stage.added", "import.sorted", "import.chunk.commit", "import.chunk.committed", "import.swap.commit"],
)
def test_r31_an_import_goes_on_behind_its_last_chunk_after_a_kill(bench: Bench, point: str) -> None:
    """R31: resume from the last chunk, by whoever comes next."""
    of = bench.begin(_people(1_000), chunk=100)
    assert _process(bench, of, point, "3" if "chunk" in point else "1") == -signal.SIGKILL
    after = bench.go_on(bench.intake.imports.get(of.id))
    body = bench.body(after)
    assert body["report"]["processedContacts"] == 1_000
    assert bench.contacts.count(bench.here) == body["created"]
    with bench.database.read() as tx:
        assert tx.execute(select(func.sum(import_chunk.c.created))).scalar_one() == body["created"]
