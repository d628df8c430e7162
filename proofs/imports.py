"""`make prove-import`: a large file is imported while its process is killed with kill -9 and its database is cut: all is exact.

An oracle of its own reads the same rows and says what must be there. Judged: every contact with its values, the report field by
field, and the journal against the report. Then replacing all contacts is killed under the eyes of a reader (proofs/replacing.py).
Prints one JSON line; exit 1 when anything differs.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from homing.contacts.endurance import Care
from homing.contacts.folder import Folder
from homing.contacts.importer import work_off
from homing.contacts.intake import Intake
from homing.contacts.report import body_of, tally_of_note
from homing.model.errors import Unreachable
from homing.model.imports import ENDED
from homing.store.database import Database
from homing.store.import_work import ImportWork
from homing.store.imports import Import
from homing.world import World
from proofs import replacing
from proofs.cutting import Cutter
from proofs.import_stand import DIALECTS, ROOT, Stand, stand

ROWS, KILLS, CUTS = 1_000_000, 100, 20
STAGES = ("reading", "sorting", "comparing", "checked", "writing", "swapping")
PARTS = ("kill", "replace", "cut")
HURRIED = Care(patience=60, inline_patience=0.3, probe=0.2, longest_wait=0.1)


def main() -> int:
    given = _arguments()
    began = time.monotonic()
    parts: list[dict[str, Any]] = []
    for dialect in DIALECTS if given.database == "both" else (given.database,):
        if "kill" in given.part:
            parts.append({"part": "kill", **prove_kill(dialect, given.rows, given.kills, given.seed, given.chunk)})
        if "replace" in given.part:
            parts.append(
                {"part": "replace", **replacing.prove(dialect, given.replace_rows, given.replace_kills, given.seed)}
            )
        if "cut" in given.part and dialect == "postgresql":
            parts.append({"part": "cut", **prove_cut(given.cut_rows, given.cuts, given.seed)})
    holds = not any(part["faults"] for part in parts)
    line = {"target": "prove-import", "holds": holds, "seed": given.seed, "rows": given.rows, "parts": parts}
    print(json.dumps({**line, "seconds": round(time.monotonic() - began, 1)}))
    return 0 if holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prove-import", description=__doc__)
    parser.add_argument("--database", choices=(*DIALECTS, "both"), default="both")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--cut-rows", type=int, default=100_000)
    parser.add_argument("--cuts", type=int, default=CUTS)
    parser.add_argument("--replace-rows", type=int, default=20_000)
    parser.add_argument("--replace-kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--chunk", type=int, default=None)
    parser.add_argument("--short", action="store_true", help="10,000 rows and 5 kills on each database, 6 cuts")
    given = parser.parse_args()
    given.part = given.part or PARTS
    if given.short:
        given.rows, given.kills = min(given.rows, 10_000), min(given.kills, 5)
        given.cut_rows, given.cuts = min(given.cut_rows, 6_000), min(given.cuts, 6)
        given.replace_rows, given.replace_kills = min(given.replace_rows, 1_500), min(given.replace_kills, 6)
    return given


def prove_kill(dialect: str, rows: int, kills: int, seed: int, chunk: int | None) -> dict[str, Any]:
    """The process that imports is killed at random moments of its work, again and again."""
    began = time.monotonic()
    with stand(dialect) as it:
        of, kept, types, known = it.begin_people(rows, chunk)
        killed, stages = _kill(it, of, random.Random(seed), kills)
        faults = it.judge(of, kept, types, known)
        chunks = it.intake.imports.get(of.id).chunks
    return {
        "database": dialect, "faults": faults, "rows": rows, "contacts": len(kept), "known": len(known), "killed": killed,
        "stages": stages, "chunks": chunks, "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def _kill(it: Stand, of: Import, dice: random.Random, kills: int) -> tuple[int, dict[str, int]]:
    """Starts the process again and again and kills it at a random moment of its work; the last one runs to the end."""
    folder, killed, stages = it.intake.folder(of), 0, dict[str, int]()
    while it.intake.imports.get(of.id).state not in ENDED:
        mark = folder.note().get("at")
        with subprocess.Popen(it.command(of), cwd=ROOT) as child:
            if killed < kills:
                while child.poll() is None and not _has_come(folder.note(), mark, killed / kills):
                    time.sleep(0.005)
                try:
                    child.wait(dice.random() ** 2 * dice.choice((0.3, 0.8, 2.0)))
                except subprocess.TimeoutExpired:
                    stage = str(folder.note().get("stage"))
                    child.send_signal(signal.SIGKILL)
                    killed += 1
                    stages[stage] = stages.get(stage, 0) + 1
    return killed, stages


def _has_come(note: dict[str, Any], mark: Any, part: float) -> bool:
    """Whether a process's work has begun, and has come as far as this part of the kills is for: most are for writing."""
    least = "reading" if part < 0.25 else "sorting" if part < 0.3 else "writing"
    return note.get("at") != mark and STAGES.index(str(note.get("stage"))) >= STAGES.index(least)


def prove_cut(rows: int, cuts: int, seed: int) -> dict[str, Any]:
    """PostgreSQL is cut in mid-chunk by a proxy, each third time for longer than a request waits: a 206 whose figures add up."""
    began = time.monotonic()
    with stand("postgresql") as it, Cutter(it.url) as cutter:
        of, kept, types, known = it.begin_people(rows, max(1, rows // 400), inline=True)
        through = Database(cutter.url, World())
        stop = threading.Event()
        cutting = threading.Thread(target=_cut, args=(cutter, cuts, random.Random(seed), stop))
        faults: list[str] = []
        cutting.start()
        try:
            answers = _ride(Intake(through, it.intake.folders), through, of, rows, faults)
        finally:
            stop.set()
            cutting.join()
            through.close()
        faults += it.judge(of, kept, types, known)
        if cutter.cuts < cuts or not answers:
            faults.append(f"{cutter.cuts} cuts and {answers} answers of 206: the import was too quick for the proxy")
    return {
        "database": "postgresql", "faults": faults, "rows": rows, "cuts": cutter.cuts, "answered_206": answers,
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def _cut(cutter: Cutter, cuts: int, dice: random.Random, stop: threading.Event) -> None:
    while cutter.cuts < cuts and not stop.wait(0.02 + dice.random() * 0.2):
        if cutter.cuts % 3 == 2:
            cutter.cut_for(1.5, stop)
        else:
            cutter.cut()


def _ride(intake: Intake, through: Database, of: Import, rows: int, faults: list[str]) -> int:
    """Works on it as the process that imports does, to its end; how often a waiting request was answered 206."""
    folder, answers = intake.folder(of), 0
    wait = threading.Event().wait
    lost: list[Import] = []
    while True:
        lost.clear()
        try:
            work, taken = ImportWork.take(through, of.id)
            work_off(through, folder, work, taken, wait=wait, care=HURRIED, lost=lambda _, left: lost.append(left))
            if not lost and intake.imports.get(of.id).state in ENDED:
                return answers
        except Unreachable:
            wait(0.05)  # cut while it was taken over: whoever imports looks again
        if lost:
            answers += 1
            faults += _add_up(folder, lost[0], rows)


def _add_up(folder: Folder, of: Import, rows: int) -> list[str]:
    """What is wrong with the figures of a 206."""
    tally = tally_of_note(folder.note())
    report = body_of(of, tally, "paused")["report"]
    total, left = report["total"], report["notProcessedContacts"]
    sums: list[tuple[str, Callable[[], bool]]] = [
        ("total", lambda: total in (rows, 0)),
        ("created + updated + failed", lambda: report["created"] + report["updated"] + report["failed"] == total),
        ("processed + not processed", lambda: report["processedContacts"] + left == total),
        ("errors by type", lambda: sum(report["errorsByType"].values()) == report["failed"]),
    ]
    return [f"a 206 whose {name} does not add up: {report}" for name, holds in sums if not holds()]


if __name__ == "__main__":
    sys.exit(main())
