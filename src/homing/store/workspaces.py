"""Workspaces: business profiles, each with its own contacts, lists, senders and campaigns (R46)."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.errors import Conflict, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.intent import parse_zone
from homing.store.database import Database, Transaction
from homing.store.references import look_up, one_line
from homing.store.tables import workspace

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One business profile. `created_at` is wall milliseconds; `zone`: of its people, None: nobody said."""

    id: WorkspaceId
    uid: Uid
    name: str
    created_at: int
    zone: str | None = None


_COLUMNS = (workspace.c.id, workspace.c.uid, workspace.c.name, workspace.c.created_at, workspace.c.zone)


class Workspaces:
    """Making and finding workspaces. Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def ensure_default(self) -> Workspace:
        """The workspace "default", or the first one when that was renamed; made when there is none at all."""
        with self._db.read() as tx:
            found = self._first(tx)
        if found is not None:
            return found
        with self._db.write() as tx:
            return self._first(tx) or self._make(tx, DEFAULT)

    def add(self, name: str) -> Workspace:
        """Makes a workspace. Raises Invalid for a bad name, Conflict when the name is in use."""
        checked = one_line(name)
        try:
            with self._db.write() as tx:
                return self._make(tx, checked)
        except IntegrityError as error:
            raise _in_use(checked) from error

    def change(self, workspace_id: WorkspaceId, *, name: str | None = None, zone: str | None = None) -> Workspace:
        """Gives it another name, another time zone of its people (like Europe/Berlin), or both or neither of it.

        What belongs to it stays, and what is scheduled keeps its own zone. Raises NotFound, Invalid, Conflict.
        """
        changes = {}
        if name is not None:
            changes["name"] = name = one_line(name)
        if zone is not None:
            parse_zone(zone, "/zone")
            changes["zone"] = zone
        its = workspace.c.id == workspace_id
        try:
            with self._db.write() as tx:
                if changes:
                    tx.execute(update(workspace).where(its).values(**changes))
                row = tx.execute(select(*_COLUMNS).where(its)).one_or_none()
        except IntegrityError as error:
            raise _in_use(name or "") from error
        if row is None:
            raise NotFound("this workspace does not exist any more")
        return Workspace(*row)

    def find(self, reference: str) -> Workspace:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        with self._db.read() as tx:
            hint = "`homing workspace list` shows them"
            return Workspace(*look_up(tx, select(*_COLUMNS), workspace, reference, noun="workspace", hint=hint))

    def list(self) -> tuple[Workspace, ...]:
        """All of them, oldest first."""
        with self._db.read() as tx:
            return tuple(Workspace(*row) for row in tx.execute(select(*_COLUMNS).order_by(workspace.c.id)))

    def _first(self, tx: Transaction) -> Workspace | None:
        first = select(*_COLUMNS).order_by(workspace.c.name != DEFAULT, workspace.c.id).limit(1)
        row = tx.execute(first).one_or_none()
        return None if row is None else Workspace(*row)

    def _make(self, tx: Transaction, name: str) -> Workspace:
        now = self._db.world.clock.now()
        made = insert(workspace).values(uid=new_uid(now), name=name, created_at=now).returning(*_COLUMNS)
        return Workspace(*tx.execute(made).one())


def _in_use(name: str) -> Conflict:
    return Conflict(f"there is a workspace '{name}' already")
