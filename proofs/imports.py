"""`make prove-import`: a large file is imported while its process is killed with kill -9 at random moments; all of it is exact.

An oracle of its own reads the same rows and says what must be there. Judged: every contact with its values, the report field by
field, and the journal against the report. Prints one JSON line; exit 1 when anything differs.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.machine import disk_folder
from homing.contacts.folder import Folders
from homing.contacts.intake import Asked, Intake
from homing.contacts.options import Options
from homing.contacts.report import body_of, tally_of
from homing.model.imports import ENDED
from homing.store import migrate
from homing.store.database import Database
from homing.store.import_tables import import_chunk
from homing.store.imports import Import
from homing.store.matching import By
from homing.store.tables import contact
from homing.store.workspaces import Workspaces
from homing.world import World

ROOT = Path(__file__).resolve().parent.parent
ROWS, KILLS = 1_000_000, 100
BEFORE = 20  # one in so many rows is a contact already, with another city


def people(rows: int) -> Iterator[tuple[str, str, str, str]]:
    """Of 100 rows 5 repeat an earlier one, 6 have a broken phone, 22 have no e-mail address and 3 a broken one."""
    for n in range(rows):
        at = n - 50 if n % 20 == 19 and n > 60 else n
        phone = f"12{n % 10}" if n % 17 == 3 else f"+9477{(at * 7919) % 10_000_000:07}"
        email = "" if n % 9 in (1, 5) else f"bad{n}" if n % 37 == 11 else f"person.{at}@host{n % 50}.test"
        yield phone, email, f"Person {n}", f"City {n % 1000}"


def oracle(rows: int) -> tuple[dict[str, tuple[str | None, str, str]], dict[str, int]]:
    """What must be there, by phone, and how many must be refused of each type: written for this file alone."""
    kept: dict[str, tuple[str | None, str, str]] = {}
    types = {"phone_too_short": 0, "duplicate_in_file": 0}
    for phone, email, name, city in people(rows):
        if len(phone) < 8:
            types["phone_too_short"] += 1
        elif phone in kept:
            types["duplicate_in_file"] += 1
        else:
            kept[phone] = (email if "@" in email else None, name, city)
    return kept, types


def main() -> int:
    given = _arguments()
    place = Path(tempfile.mkdtemp(prefix="homing-import-", dir=disk_folder()))
    try:
        report = _prove(given, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(json.dumps(report))
    return 0 if report["holds"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prove-import", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--chunk", type=int, default=None)
    parser.add_argument("--short", action="store_true", help="20,000 rows, 8 kills")
    given = parser.parse_args()
    if given.short:
        given.rows, given.kills = min(given.rows, 20_000), min(given.kills, 8)
    return given


def _prove(given: argparse.Namespace, place: Path) -> dict[str, Any]:
    began = time.monotonic()
    database = Database(f"sqlite:///{place / 'homing.db'}", World())
    migrate.upgrade(database)
    intake = Intake(database, Folders(place / "imports"))
    asked = Asked(Workspaces(database).ensure_default().id, "proof", "people.csv")
    kept, types = oracle(given.rows)
    known = {phone for at, phone in enumerate(kept) if at % BEFORE == 0}
    _write(place / "known.csv", ((phone, "", "Old", "Oldtown") for phone in known))
    intake.import_file(asked, Options(), place / "known.csv")
    _write(place / "people.csv", people(given.rows))
    with (place / "people.csv").open("rb") as source:
        of = intake.take_in(asked, Options(by=By.PHONE, chunk=given.chunk), source)
    killed = _kill(intake, of, random.Random(given.seed), given.kills)
    faults = _judge(intake, of, kept, types, known)
    return {
        "target": "prove-import", "holds": not faults, "seed": given.seed, "rows": given.rows, "contacts": len(kept),
        "known": len(known), "killed": killed["killed"], "stages": killed["stages"], "chunks": intake.imports.get(of.id).chunks,
        "faults": faults, "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def _write(path: Path, rows: Any) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write("phone,email,name,city\n")
        out.writelines(f"{phone},{email},{name},{city}\n" for phone, email, name, city in rows)


def _kill(intake: Intake, of: Import, dice: random.Random, kills: int) -> dict[str, Any]:
    """Starts the process again and again and kills it at a random moment of its work; the last one runs to the end."""
    command = [sys.executable, "-m", "proofs.import_process", intake.imports._db.url, str(intake.folders.root), of.uid]
    folder, killed, stages = intake.folder(of), 0, dict[str, int]()
    while intake.imports.get(of.id).state not in ENDED:
        mark = folder.note().get("at")
        with subprocess.Popen(command, cwd=ROOT) as child:
            if killed < kills:
                while child.poll() is None and folder.note().get("at") == mark:
                    time.sleep(0.005)  # its work has not begun
                try:
                    child.wait(dice.random() ** 2 * dice.choice((0.3, 0.8, 2.0)))
                except subprocess.TimeoutExpired:
                    stage = str(folder.note().get("stage"))
                    child.send_signal(signal.SIGKILL)
                    killed += 1
                    stages[stage] = stages.get(stage, 0) + 1
    return {"killed": killed, "stages": stages}


def _judge(
    intake: Intake, of: Import, kept: dict[str, tuple[str | None, str, str]], types: dict[str, int], known: set[str]
) -> list[str]:
    """What is not as the oracle says, in words."""
    faults: list[str] = []
    of = intake.imports.get(of.id)
    report = body_of(of, tally_of(of))["report"]
    wanted = {
        "total": sum(types.values()) + len(kept), "created": len(kept) - len(known), "updated": len(known),
        "failed": sum(types.values()), "errorsByType": {name: count for name, count in types.items() if count},
        "processedContacts": sum(types.values()) + len(kept), "notProcessedContacts": 0,
    }  # fmt: skip
    faults += [f"report {name}: {report[name]}, not {value}" for name, value in wanted.items() if report[name] != value]
    database = intake.imports._db
    with database.read() as tx:
        sums = [func.sum(import_chunk.c[name]) for name in ("n", "created", "updated")]
        journal = tx.execute(select(*sums, func.max(import_chunk.c.seq)).where(import_chunk.c.import_id == of.id)).one()
        if tuple(journal) != (len(kept), report["created"], report["updated"], of.chunks):
            faults.append(f"the journal says {tuple(journal)}")
        seen = 0
        columns = (contact.c.phone, contact.c.email, contact.c.name, contact.c.attributes)
        for phone, email, name, attributes in tx.execute(select(*columns)):
            seen += 1
            row = kept.get(phone)
            if row is None or (name, json.loads(attributes).get("city")) != row[1:] or email not in (row[0], None):
                faults.append(f"a contact is not as its row says: {phone}")
                if len(faults) > 10:
                    break
        if seen != len(kept):
            faults.append(f"{seen} contacts, not {len(kept)}")
        mails = tx.execute(select(func.count(contact.c.email))).scalar_one()
        distinct = len({email for email, _, _ in kept.values() if email})
        if mails != distinct:
            faults.append(f"{mails} e-mail addresses, not {distinct}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
