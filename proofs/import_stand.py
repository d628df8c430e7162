"""A ledger with import folders for the proofs of imports, on either database; the file they import, and what must come of it."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.machine import disk_folder
from homing.contacts.folder import Folders
from homing.contacts.intake import Asked, Intake
from homing.contacts.options import Options
from homing.contacts.report import body_of, tally_of
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.database import Database
from homing.store.import_tables import import_chunk
from homing.store.imports import Import
from homing.store.matching import By
from homing.store.tables import contact
from homing.store.workspaces import Workspaces
from homing.world import World

ROOT = Path(__file__).resolve().parent.parent
DIALECTS = ("sqlite", "postgresql")
BEFORE = 20  # one in so many rows is a contact already, with another city
HEAD = "phone,email,name,city\n"
Kept = dict[str, tuple[str | None, str, str]]


def people(rows: int) -> Iterator[tuple[str, str, str, str]]:
    """Of 100 rows 5 repeat an earlier one, 6 have a broken phone, 22 have no e-mail address and 3 a broken one."""
    for n in range(rows):
        at = n - 50 if n % 20 == 19 and n > 60 else n
        phone = f"12{n % 10}" if n % 17 == 3 else f"+9477{(at * 7919) % 10_000_000:07}"
        email = "" if n % 9 in (1, 5) else f"bad{n}" if n % 37 == 11 else f"person.{at}@host{n % 50}.test"
        yield phone, email, f"Person {n}", f"City {n % 1000}"


def oracle(rows: int) -> tuple[Kept, dict[str, int]]:
    """What must be there, by phone, and how many must be refused of each type: written for this file alone."""
    kept: Kept = {}
    types = {"phone_too_short": 0, "duplicate_in_file": 0}
    for phone, email, name, city in people(rows):
        if len(phone) < 8:
            types["phone_too_short"] += 1
        elif phone in kept:
            types["duplicate_in_file"] += 1
        else:
            kept[phone] = (email if "@" in email else None, name, city)
    return kept, types


@dataclass(slots=True)
class Stand:
    """One ledger. `url`: where its processes find it."""

    database: Database
    url: str
    intake: Intake
    here: WorkspaceId
    place: Path

    def asked(self, **more: Any) -> Asked:
        return Asked(self.here, "proof", "people.csv", **more)

    def write(self, name: str, rows: Iterable[tuple[str, str, str, str]]) -> Path:
        path = self.place / name
        with path.open("w", encoding="utf-8") as out:
            out.write(HEAD)
            out.writelines(",".join(row) + "\n" for row in rows)
        return path

    def begin(self, path: Path, options: Options, **asked: Any) -> Import:
        with path.open("rb") as source:
            return self.intake.take_in(self.asked(**asked), options, source)

    def begin_people(self, rows: int, chunk: int | None, **asked: Any) -> tuple[Import, Kept, dict[str, int], set[str]]:
        """The file's import, over a ledger that knows some of it: what must come of it, and who was known."""
        kept, types = oracle(rows)
        known = {phone for at, phone in enumerate(kept) if at % BEFORE == 0}
        before = self.write("known.csv", ((phone, "", "Old", "Oldtown") for phone in sorted(known)))
        self.intake.import_file(self.asked(), Options(), before)
        of = self.begin(self.write("people.csv", people(rows)), Options(by=By.PHONE, chunk=chunk), **asked)
        return of, kept, types, known

    def command(self, of: Import, *more: str) -> list[str]:
        """A process that works on an import."""
        return [sys.executable, "-m", "proofs.import_process", self.url, str(self.intake.folders.root), of.uid, *more]

    def work(self, of: Import, *more: str) -> int:
        return subprocess.run(self.command(of, *more), cwd=ROOT, check=False).returncode

    def judge(self, of: Import, kept: Kept, types: dict[str, int], known: set[str]) -> list[str]:
        """What is not as the oracle says, in words: the report, the journal, every contact."""
        of = self.intake.imports.get(of.id)
        report = body_of(of, tally_of(of))["report"]
        wanted = {
            "total": sum(types.values()) + len(kept), "created": len(kept) - len(known), "updated": len(known),
            "failed": sum(types.values()), "errorsByType": {name: count for name, count in types.items() if count},
            "processedContacts": sum(types.values()) + len(kept), "notProcessedContacts": 0,
        }  # fmt: skip
        faults = [
            f"report {name}: {report[name]}, not {value}" for name, value in wanted.items() if report[name] != value
        ]
        return faults + self._journal(of, len(kept), report) + self._people(kept)

    def _journal(self, of: Import, rows: int, report: dict[str, Any]) -> list[str]:
        sums = [func.sum(import_chunk.c[name]) for name in ("n", "created", "updated")]
        with self.database.read() as tx:
            asked = select(*sums, func.max(import_chunk.c.seq)).where(import_chunk.c.import_id == of.id)
            journal = tuple(tx.execute(asked).one())
        wanted = (rows, report["created"], report["updated"], of.chunks)
        return [] if journal == wanted else [f"the journal says {journal}, not {wanted}"]

    def _people(self, kept: Kept) -> list[str]:
        faults: list[str] = []
        seen = mails = 0
        columns = (contact.c.phone, contact.c.email, contact.c.name, contact.c.attributes)
        with self.database.read() as tx:
            for phone, email, name, attributes in tx.execute(select(*columns)):
                seen += 1
                mails += email is not None
                row = kept.get(phone)
                if row is None or (name, json.loads(attributes).get("city")) != row[1:] or email not in (row[0], None):
                    faults.append(f"a contact is not as its row says: {phone}")
        distinct = len({email for email, _, _ in kept.values() if email})
        counted = [(seen, len(kept), "contacts"), (mails, distinct, "e-mail addresses")]
        return faults[:10] + [f"{have} {what}, not {wanted}" for have, wanted, what in counted if have != wanted]


@contextlib.contextmanager
def stand(dialect: str) -> Iterator[Stand]:
    """A fresh ledger, gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="homing-import-", dir=disk_folder()))
    url, drop = f"sqlite:///{place / 'homing.db'}", None
    if dialect == "postgresql":
        from tests import postgres

        url, drop = postgres.fresh(postgres.migrated()), postgres.drop
    database = Database(url, World())
    try:
        migrate.upgrade(database)
        here = Workspaces(database).ensure_default().id
        yield Stand(database, url, Intake(database, Folders(place / "imports")), here, place)
    finally:
        database.close()
        if drop is not None:
            drop(url)
        shutil.rmtree(place, ignore_errors=True)
