"""What the process that works on an import writes: chunks with their journal, the swap of a replacing one, its end, its undo.

Every write is fenced: the epoch of the import is that of the process which took it last, and its state still allows it.
A chunk is one transaction with its part of the report, the cursor and the journal's row, whose key breaks a chunk that comes
twice. A COMMIT whose answer is lost may have happened: `done` asks the journal.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, update

from homing.model.imports import MOVES, Reason, State
from homing.store import chunks
from homing.store.chunks import ChunkResult, Manner
from homing.store.database import Database, Transaction, machine_id
from homing.store.import_tables import import_, import_chunk, import_seen
from homing.store.imports import Import, ImportId, check_alone, counts, from_row, load, settle, tell
from homing.store.matching import Candidate
from homing.store.tables import contact

LIMIT_SECONDS = 30.0  # of one chunk (R25)
MOST_ERRORS = 100
MOST_REJECTED = 0.05
LEAST_KEPT = 0.5


class Fenced(Exception):
    """Another process has this import, or a person has moved it: stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk that is about to be written: its number in the journal, and the place behind its last row."""

    seq: int
    cursor: int


class ImportWork:
    """The writes of one import under one epoch."""

    def __init__(self, db: Database, import_id: ImportId, epoch: int, limit: float) -> None:
        self._db = db
        self._id = import_id
        self._epoch = epoch
        self._machine = machine_id()
        self._limit = limit

    @staticmethod
    def take(db: Database, import_id: ImportId, limit: float = LIMIT_SECONDS) -> "tuple[ImportWork, Import]":
        """Takes an import over: every earlier process is fenced from here on. `limit`: seconds for a chunk."""
        with db.write(limit=limit) as tx:
            taken = update(import_).where(import_.c.id == import_id).values(epoch=import_.c.epoch + 1)
            tx.execute(taken)
            of = load(tx, import_id)
        return ImportWork(db, import_id, of.epoch, limit), of

    def look(self) -> Import:
        """The import now. Raises Fenced when another process has it."""
        with self._db.read(limit=self._limit) as tx:
            of = load(tx, self._id)
        if of.epoch != self._epoch:
            raise Fenced
        return of

    def done(self, seq: int) -> bool:
        """Whether the journal has this chunk: its COMMIT took place."""
        asked = select(import_chunk.c.seq).where(import_chunk.c.import_id == self._id, import_chunk.c.seq == seq)
        with self._db.read(limit=self._limit) as tx:
            return tx.execute(asked).one_or_none() is not None

    def set(self, *states: State, **values: Any) -> Import:
        """Sets columns while the import is in one of the states. Raises Fenced."""
        with self._db.write(limit=self._limit) as tx:
            of = self._mine(tx, *states)
            values = {**values, "changed_at": self._db.world.clock.now()}
            tx.execute(update(import_).where(import_.c.id == self._id).values(**values))
            return load(tx, of.id)

    def move(self, to: State, *, reason: Reason | None = None, detail: str | None = None, **values: Any) -> Import:
        """Its own move to another state. Raises Fenced when a person was there first."""
        now = self._db.world.clock.now()
        with self._db.write(limit=self._limit) as tx:
            of = self._mine(tx)
            if to not in MOVES[of.state]:
                raise Fenced
            if to is State.RUNNING and of.replaces and not of.options.get("dry_run"):
                check_alone(tx, of)
            return settle(tx, of, to, now, reason=reason, detail=detail, **values)

    def preview(self, rows: Sequence[Candidate], manner: Manner) -> ChunkResult:
        """What writing the rows would do now."""
        with self._db.read() as tx:
            return chunks.preview(tx, rows, manner)

    def current(self, of: Import) -> int:
        """How many contacts the workspace has."""
        with self._db.read() as tx:
            return _current(tx, of)

    def write(self, rows: Sequence[Candidate], step: Step, manner: Manner, *, told: bool) -> Import:
        """One chunk of contacts, as `step` does it."""
        return self.step(step, len(rows), lambda tx, now: chunks.write(tx, rows, manner, now), told=told)

    def step(self, step: Step, n: int, act: Callable[[Transaction, int], ChunkResult], *, told: bool) -> Import:
        """One chunk: what `act` does with its part of the report, the cursor and the journal. `told`: its fact is due.

        Raises Fenced; IntegrityError when it came before, or when somebody took an address meanwhile.
        """
        reach = self._db.world.faults.reach
        now = self._db.world.clock.now()
        reach("import.chunk.begin")
        with self._db.write(limit=self._limit) as tx:
            of = self._held(tx)
            result = act(tx, now)
            after = replace(of, report=_added(of.report, result), cursor=step.cursor, chunks=step.seq, changed_at=now)
            self._enter(tx, after, n, result)
            if told:
                tell(tx, after, "import.progress", now, **counts(after))
            reach("import.chunk.commit")
        reach("import.chunk.committed")
        return after

    def _held(self, tx: Transaction) -> Import:
        """As `_mine`, for what every chunk begins with. Raises Fenced."""
        held = tx.hot("import_hold", {"import": self._id, "epoch": self._epoch, "machine": self._machine})
        if not held:
            raise Fenced
        of = from_row(held[0])
        if of.state is not State.RUNNING:
            raise Fenced
        return of

    def _enter(self, tx: Transaction, after: Import, n: int, result: ChunkResult) -> None:
        """The chunk's row in the journal, and the import as it is after it."""
        remarks = json.dumps([[*remark[:4]] for remark in result.refused], ensure_ascii=False)
        row = {"import": self._id, "seq": after.chunks, "cursor": after.cursor, "n": n, "remarks": remarks}
        counted = {"created": result.created, "updated": result.updated, "unchanged": result.unchanged}
        tx.hot_count("import_chunk_add", {**row, **counted, "conflicts": result.doubts})
        values = {
            "report": json.dumps(after.report),
            "cursor": after.cursor,
            "seq": after.chunks,
            "now": after.changed_at,
        }
        tx.hot_count("import_advance", {"import": self._id, **values})

    def protect(self, rows: Sequence[Candidate], of: Import) -> None:
        """Refused rows whose address could be read: their contacts stay when all others are replaced."""
        with self._db.write() as tx:
            self._mine(tx, State.RUNNING)
            known = chunks.known(tx, of.workspace_id, rows)
            tx.hot_many("import_seen_add", [(self._id, each.id) for each in known if each.removed_at is None])

    def finish(self, of: Import, *, stage: str | None = None) -> Import:
        """Its end. A replacing import removes everybody else and shows whom it brought in one transaction, or asks first."""
        now = self._db.world.clock.now()
        reach = self._db.world.faults.reach
        reach("import.swap.begin")
        with self._db.write() as tx:
            of = self._mine(tx, State.RUNNING)
            removed = 0
            if of.replaces:
                trouble = guard(tx, of)
                if trouble is not None:
                    return settle(tx, of, State.PAUSED, now, reason=Reason.AWAITING_CONFIRMATION, detail=trouble)
                gone = update(contact).where(*_left_out(of))
                removed = tx.execute(gone.values(removed_at=now, removed_by_import=of.id)).rowcount
                tx.hot_count("contacts_show", {"w": of.workspace_id, "import": of.id})
            report = json.dumps({**of.report, "removed": removed})
            after = settle(tx, of, State.COMPLETED, now, report=report)
            reach("import.swap.commit")
        reach("import.swap.committed")
        return after

    def forget_seen(self) -> None:
        """After the swap its list of names is of no use."""
        gone = delete(import_seen).where(import_seen.c.import_id == self._id)
        with self._db.write() as tx:
            tx.execute(gone)

    def _mine(self, tx: Transaction, *states: State) -> Import:
        """The row, if it is still ours. On PostgreSQL the update holds it until the end of the transaction."""
        held = update(import_).where(import_.c.id == self._id, import_.c.epoch == self._epoch)
        if not tx.execute(held.values(machine=self._machine)).rowcount:
            raise Fenced
        of = load(tx, self._id)
        if states and of.state not in states:
            raise Fenced
        return of


def _added(report: Mapping[str, Any], result: ChunkResult) -> dict[str, Any]:
    """The report after a chunk."""
    types, fields = Counter(report.get("types", {})), Counter(report.get("fields", {}))
    warnings = Counter(report.get("warnings", {}))
    for remark in result.refused:
        types[remark.type] += 1
        fields[remark.field] += 1
    for remark in result.warned:
        warnings[remark.type] += 1
    return {
        "created": report.get("created", 0) + result.created,
        "updated": report.get("updated", 0) + result.updated,
        "unchanged": report.get("unchanged", 0) + result.unchanged,
        "types": types,
        "fields": fields,
        "warnings": warnings,
        "errors": _first(report.get("errors", []), result.refused),
        "warned": _first(report.get("warned", []), result.warned),
    }


def _first(known: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    if not more:
        return list(known)
    rows = [*known, *([r.number, r.type, r.field, r.value[:120], r.other] for r in more)]
    return sorted(rows)[:MOST_ERRORS]


def _left_out(of: Import) -> list[ColumnElement[bool]]:
    """Contacts that were there when the import was made, that nobody else has touched since, and that it does not name."""
    named = exists().where(import_seen.c.import_id == of.id, import_seen.c.contact_id == contact.c.id)
    return [
        contact.c.workspace_id == of.workspace_id,
        contact.c.id <= of.top_contact,
        contact.c.removed_at.is_(None),
        contact.c.updated_at <= of.created_at,
        ~named,
    ]


def _current(tx: Transaction, of: Import) -> int:
    there = select(func.count()).select_from(contact)
    there = there.where(
        contact.c.workspace_id == of.workspace_id, contact.c.removed_at.is_(None), contact.c.id <= of.top_contact
    )
    return int(tx.execute(there).scalar_one())


def guard(tx: Transaction, of: Import) -> str | None:
    """Why a replacing import must ask a person, judged on the rows as they are; None: it may go on."""
    removals = int(tx.execute(select(func.count()).select_from(contact).where(*_left_out(of))).scalar_one())
    return judge(of, removals, _current(tx, of))


def refuse(db: Database, of: Import, confirmed: int) -> str | None:
    """Why an import that asks would ask again after this number; None: it is the right one."""
    agreed = replace(of, confirmed=confirmed)
    if of.cursor:
        with db.read() as tx:
            return guard(tx, agreed)
    would = of.found.get("would", {})
    return judge(agreed, would.get("removed", 0), would.get("current", 0))


def judge(of: Import, removals: int, current: int) -> str | None:
    """The rule: the number was confirmed exactly, or it is small and the file is sound."""
    if of.confirmed == removals or not removals:
        return None
    total, valid = int(of.found.get("total", 0)), int(of.found.get("valid", 0))
    rejected = total - valid - int(of.found.get("types", {}).get("duplicate_in_file", 0))
    words = f"{removals} of {current} contacts would be removed"
    if not valid:
        why = "the file has no valid row"
    elif current - removals < LEAST_KEPT * current:
        why = "the file keeps less than half of them"
    elif rejected > MOST_REJECTED * total:
        why = f"{rejected} of its {total} rows were rejected"
    elif of.confirmed is not None:
        why = f"{of.confirmed} were agreed to"
    else:
        return None
    return f"{words}, and {why}. Confirm with the exact number: {removals}"
