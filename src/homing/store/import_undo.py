"""Takes an import back, page by page: what it made is removed, what it changed is as before, whom it removed returns.

Only where nothing has changed a contact since; the others are counted as kept. Killed anywhere it goes on from its place.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from homing.model.errors import Conflict
from homing.model.imports import ENDED
from homing.store import chunks
from homing.store.database import Database, Transaction
from homing.store.import_tables import import_, import_before
from homing.store.imports import Import, ImportId, load, tell
from homing.store.matching import Candidate, Known
from homing.store.tables import contact

PAGE = 1_000
KEPT_MS = 30 * 86_400_000
_BEGUN = {"state": "running", "phase": "changed", "after": 0, "restored": 0, "removed": 0, "returned": 0, "kept": 0}


class ImportUndo:
    """Undoes imports. Every page is one transaction, with its place and counts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, of: Import, actor: str) -> Import:
        """Asks for it; a repetition changes nothing. Raises Conflict while the import is under way, or when it is too old."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            of = load(tx, of.id)
            if of.undo is not None:
                return of
            if of.state not in ENDED:
                raise Conflict(f"the import is {of.state}; cancel it first, then undo it", code="state")
            if of.finished_at is not None and now - of.finished_at > KEPT_MS:
                raise Conflict("an import can be undone for 30 days", code="state")
            _keep(tx, of.id, {**_BEGUN, "by": actor, "at": now}, now)
            return load(tx, of.id)

    def run(self, of: Import) -> Import:
        """To its end. Raises Unreachable when the database goes away; call it again."""
        while (of := self.page(of.id)).undo is not None and of.undo.get("state") == "running":
            pass
        return of

    def page(self, import_id: ImportId) -> Import:
        """One page."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            of = load(tx, import_id)
            undo = dict(of.undo or {})
            if undo.get("state") != "running":
                return of
            phases = {"changed": _changed, "created": _created, "removed": _returned}
            phases[undo["phase"]](tx, of, undo, now)
            self._db.world.faults.reach("import.undo.page")
            _keep(tx, of.id, undo, now)
            after = load(tx, of.id)
            if undo["state"] == "done":
                tell(tx, after, "import.undone", now, **{name: undo[name] for name in _COUNTS})
            return after


_COUNTS = ("restored", "removed", "returned", "kept")


def _keep(tx: Transaction, import_id: ImportId, undo: Mapping[str, Any], now: int) -> None:
    tx.execute(update(import_).where(import_.c.id == import_id).values(undo=json.dumps(undo), changed_at=now))


def _changed(tx: Transaction, of: Import, undo: dict[str, Any], now: int) -> None:
    """Gives changed contacts their first state back."""
    page = (
        select(import_before.c.contact_id, import_before.c.before, contact.c.changed_by_import)
        .outerjoin(contact, contact.c.id == import_before.c.contact_id)
        .where(import_before.c.import_id == of.id, import_before.c.contact_id > undo["after"])
        .order_by(import_before.c.contact_id)
        .limit(PAGE)
    )
    rows = tx.execute(page).all()
    if not rows:
        undo.update(phase="created", after=of.top_contact)
        return
    undo["after"] = rows[-1][0]
    before = [Known(*json.loads(text)) for _, text, by in rows if by == of.id]
    free = _free(tx, of, before)
    undo["restored"] += len(free)
    undo["kept"] += len(rows) - len(free)
    states = [(k.id, k.email, k.phone, k.name, k.attributes) for k in free]
    values: dict[str, Any] = {"w": of.workspace_id, "now": now, "import": None, "hidden": 0}
    values["rows"] = json.dumps(states, ensure_ascii=False)
    tx.hot_count("contacts_update", values)
    for known in free:
        if known.removed_at is not None:
            tx.execute(update(contact).where(contact.c.id == known.id).values(removed_at=known.removed_at))


def _free(tx: Transaction, of: Import, before: list[Known]) -> list[Known]:
    """Those whose old addresses nobody else has taken."""
    rows = [Candidate(k.id, k.email, k.phone, "", "{}") for k in before]
    owners: dict[str, int] = {}
    for known in chunks.known(tx, of.workspace_id, rows):
        owners.update({address: known.id for address in (known.email, known.phone) if address})
    return [k for k in before if all(owners.get(a, k.id) == k.id for a in (k.email, k.phone) if a)]


def _created(tx: Transaction, of: Import, undo: dict[str, Any], now: int) -> None:
    """Removes what it made, softly: what was sent to them stays in the books."""
    page = (
        select(contact.c.id, contact.c.created_by_import, contact.c.changed_by_import, contact.c.removed_at)
        .where(contact.c.workspace_id == of.workspace_id, contact.c.id > undo["after"])
        .order_by(contact.c.id)
        .limit(PAGE)
    )
    rows = tx.execute(page).all()
    if not rows:
        undo.update(phase="removed", after=0)
        return
    undo["after"] = rows[-1][0]
    made = [row for row in rows if row[1] == of.id and row[3] is None]
    gone = [row[0] for row in made if row[2] == of.id]
    undo["removed"] += len(gone)
    undo["kept"] += len(made) - len(gone)
    if gone:
        values = {"removed_at": now, "updated_at": now, "changed_by_import": None}
        tx.execute(update(contact).where(contact.c.id.in_(gone)).values(**values))


def _returned(tx: Transaction, of: Import, undo: dict[str, Any], now: int) -> None:
    """Brings back whom it removed."""
    page = (
        select(contact.c.id, contact.c.removed_by_import)
        .where(
            contact.c.workspace_id == of.workspace_id, contact.c.removed_at.is_not(None), contact.c.id > undo["after"]
        )
        .order_by(contact.c.id)
        .limit(PAGE)
    )
    rows = tx.execute(page).all()
    if not rows:
        undo.update(state="done")
        return
    undo["after"] = rows[-1][0]
    back = [row[0] for row in rows if row[1] == of.id]
    undo["returned"] += len(back)
    if back:
        values = {"removed_at": None, "removed_by_import": None, "updated_at": now}
        tx.execute(update(contact).where(contact.c.id.in_(back)).values(**values))
