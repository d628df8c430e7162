"""Imports in the ledger: made, found, moved from state to state by people, and listed. Each method is one transaction.

What the process that works on one writes is in store/import_work.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NewType

from sqlalchemy import func, insert, select, update

from homing.model.errors import Conflict, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.imports import ENDED, MOVES, WORKED, Reason, State
from homing.store import chunks, events
from homing.store.database import Database, Transaction, machine_id
from homing.store.import_tables import import_
from homing.store.references import begins, is_prefix

ImportId = NewType("ImportId", int)


@dataclass(frozen=True, slots=True)
class Import:
    """One import. Times are wall milliseconds, `size` and `upload_offset` bytes; `found` and `report` are counts so far."""

    id: ImportId
    uid: Uid
    workspace_id: WorkspaceId
    kind: str
    state: State
    reason: str | None
    detail: str | None
    stage: str | None
    actor: str
    options: Mapping[str, Any]
    file_name: str
    size: int
    sha256: str | None
    upload_offset: int
    wanted: bool
    inline: bool
    epoch: int
    cursor: int
    chunks: int
    found: Mapping[str, Any]
    report: Mapping[str, Any]
    top_contact: int
    confirmed: int | None
    request_key: str | None
    machine: str
    created_at: int
    started_at: int | None
    changed_at: int
    finished_at: int | None
    undo: Mapping[str, Any] | None

    @property
    def replaces(self) -> bool:
        """Whether it removes everybody whom it does not name."""
        return bool(self.options.get("replace_all"))


COLUMNS = tuple(import_.c[name] for name in Import.__slots__)


def from_row(row: Any) -> Import:
    values = dict(zip(Import.__slots__, row, strict=True))
    for name in ("options", "found", "report"):
        values[name] = json.loads(values[name])
    values["undo"] = json.loads(values["undo"]) if values["undo"] else None
    values["state"] = State(values["state"])
    values["wanted"], values["inline"] = bool(values["wanted"]), bool(values["inline"])
    return Import(**values)


def topic(uid: str) -> str:
    """What the facts of an import are about."""
    return f"imports:{uid}"


def load(tx: Transaction, import_id: ImportId) -> Import:
    row = tx.execute(select(*COLUMNS).where(import_.c.id == import_id)).one_or_none()
    if row is None:
        raise NotFound("this import does not exist")
    return from_row(row)


def tell(tx: Transaction, of: Import, kind: str, at: int, **body: Any) -> None:
    """Writes a fact about an import."""
    events.record(
        tx,
        workspace_id=of.workspace_id,
        at=at,
        topic=topic(of.uid),
        kind=kind,
        body={"importId": of.uid, "state": of.state, **body},
    )


@dataclass(frozen=True, slots=True)
class NewImport:
    """What an import is made of."""

    state: State
    actor: str
    options: Mapping[str, Any]
    kind: str = "contacts"
    file_name: str = ""
    size: int = 0
    sha256: str | None = None
    wanted: bool = False
    inline: bool = False
    request_key: str | None = None
    found: Mapping[str, Any] | None = None


class Imports:
    """The imports of all workspaces; each call names one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, workspace_id: WorkspaceId, new: NewImport) -> Import:
        """Raises Conflict while another import replaces all contacts of this workspace and this one would too."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if new.options.get("replace_all") and not new.options.get("dry_run"):
                _alone(tx, workspace_id, None)
            made = insert(import_).values(
                uid=new_uid(now),
                workspace_id=workspace_id,
                kind=new.kind,
                state=new.state,
                actor=new.actor,
                options=json.dumps(dict(new.options)),
                file_name=new.file_name[:255],
                size=new.size,
                sha256=new.sha256,
                upload_offset=0 if new.state is State.UPLOADING else new.size,
                wanted=int(new.wanted),
                inline=int(new.inline),
                found=json.dumps(dict(new.found or {})),
                top_contact=chunks.highest(tx),
                request_key=new.request_key,
                machine=machine_id(),
                created_at=now,
                changed_at=now,
            )
            return from_row(tx.execute(made.returning(*COLUMNS)).one())

    def find(self, workspace_id: WorkspaceId, reference: str) -> Import:
        """By id or a unique prefix of it. Raises NotFound, Conflict."""
        ours = select(*COLUMNS).where(import_.c.workspace_id == workspace_id, begins(import_.c.uid, reference))
        with self._db.read() as tx:
            rows = tx.execute(ours.limit(2)).all() if is_prefix(reference) else []
        if len(rows) > 1:
            raise Conflict(f"'{reference}' begins the ids of several imports; give more of it")
        if not rows:
            raise NotFound(f"there is no import '{reference}' here; `homing imports list` shows them")
        return from_row(rows[0])

    def get(self, import_id: ImportId) -> Import:
        with self._db.read() as tx:
            return load(tx, import_id)

    def by_key(self, workspace_id: WorkspaceId, key: str) -> Import | None:
        """The import that a request with this Idempotency-Key made."""
        wanted = select(*COLUMNS).where(import_.c.workspace_id == workspace_id, import_.c.request_key == key)
        with self._db.read() as tx:
            row = tx.execute(wanted).one_or_none()
            return None if row is None else from_row(row)

    def uploading(self, workspace_id: WorkspaceId, size: int, sha256: str) -> Import | None:
        """The same file, still on its way."""
        same = select(*COLUMNS).where(
            import_.c.workspace_id == workspace_id,
            import_.c.state == State.UPLOADING,
            import_.c.size == size,
            import_.c.sha256 == sha256,
        )
        with self._db.read() as tx:
            row = tx.execute(same.order_by(import_.c.id.desc()).limit(1)).one_or_none()
            return None if row is None else from_row(row)

    def page(self, workspace_id: WorkspaceId, *, limit: int = 100, before: int | None = None) -> tuple[Import, ...]:
        """The newest first, with an id below `before`."""
        query = select(*COLUMNS).where(import_.c.workspace_id == workspace_id)
        if before is not None:
            query = query.where(import_.c.id < before)
        with self._db.read() as tx:
            return tuple(from_row(row) for row in tx.execute(query.order_by(import_.c.id.desc()).limit(limit)))

    def received(self, import_id: ImportId, old: int, new: int) -> bool:
        """Bytes up to `new` are durable; False when another request has moved the offset."""
        moved = update(import_).where(
            import_.c.id == import_id, import_.c.upload_offset == old, import_.c.state == State.UPLOADING
        )
        with self._db.write() as tx:
            values = {"upload_offset": new, "changed_at": self._db.world.clock.now()}
            return tx.execute(moved.values(**values)).rowcount > 0

    def move(
        self, import_id: ImportId, to: State, *, reason: Reason | None = None, detail: str | None = None, **values: Any
    ) -> Import:
        """A person's or the upload's move. Raises Conflict with the state when it is not possible; a repetition changes nothing.

        `values`: further columns of the row that change with it.
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            of = load(tx, import_id)
            if of.state is to and not values:
                return of
            if to not in MOVES[of.state]:
                raise Conflict(f"the import is {of.state}, so it cannot be {to}", code="state")
            return settle(tx, of, to, now, reason=reason, detail=detail, **values)

    def change(self, import_id: ImportId, allowed: Callable[[Import], bool], **values: Any) -> Import:
        """Sets columns while `allowed` says yes of the row. Raises Conflict with the state otherwise."""
        with self._db.write() as tx:
            of = load(tx, import_id)
            if not allowed(of):
                raise Conflict(f"the import is {of.state}", code="state")
            values = {**values, "changed_at": self._db.world.clock.now()}
            tx.execute(update(import_).where(import_.c.id == import_id).values(**values))
            return load(tx, import_id)

    def workable(self) -> list[Import]:
        """What a process may work on: being checked or run, or to be undone; what waits for the connection or for room."""
        waits = (import_.c.state == State.PAUSED) & import_.c.reason.in_([Reason.CONNECTION_LOST, Reason.NO_SPACE])
        undoing = import_.c.undo.like('{"state": "running"%')
        wanted = import_.c.state.in_(list(WORKED)) | (waits & (import_.c.inline == 0)) | undoing
        with self._db.read() as tx:
            return [from_row(row) for row in tx.execute(select(*COLUMNS).where(wanted).order_by(import_.c.id))]

    def forgettable(self, before: int) -> list[Import]:
        """What ended before a moment: its folder may go."""
        ended = select(*COLUMNS).where(import_.c.state.in_(list(ENDED)), import_.c.finished_at < before)
        with self._db.read() as tx:
            return [from_row(row) for row in tx.execute(ended.order_by(import_.c.id.desc()).limit(1000))]


def settle(
    tx: Transaction,
    of: Import,
    to: State,
    now: int,
    *,
    reason: Reason | None = None,
    detail: str | None = None,
    **values: Any,
) -> Import:
    """Writes a new state with its fact. The caller has seen that the move is legal."""
    changes: dict[str, Any] = {"state": to, "reason": reason, "detail": detail, "changed_at": now, **values}
    if to in ENDED:
        changes["finished_at"] = now
        changes["stage"] = None
    tx.execute(update(import_).where(import_.c.id == of.id).values(**changes))
    after = load(tx, of.id)
    kind = _FACTS.get(to)
    if kind is not None:
        tell(tx, after, kind, now, **({"reason": reason, "detail": detail} if reason else {}), **counts(after))
    return after


_FACTS = {
    State.PAUSED: "import.paused",
    State.COMPLETED: "import.completed",
    State.FAILED: "import.failed",
    State.CANCELLED: "import.cancelled",
    State.RUNNING: "import.started",
}


def counts(of: Import) -> dict[str, int]:
    """How far it is: every row of the file is in one of these, or not processed yet."""
    total = int(of.found.get("total", 0))
    created, updated = int(of.report.get("created", 0)), int(of.report.get("updated", 0))
    rejected = sum(of.found.get("types", {}).values()) + sum(of.report.get("types", {}).values())
    return {"total": total, "created": created, "updated": updated, "rejected": rejected}


def check_alone(tx: Transaction, of: Import) -> None:
    """Raises Conflict while another import replaces all contacts of the workspace."""
    _alone(tx, of.workspace_id, of.id)


def _alone(tx: Transaction, workspace_id: WorkspaceId, me: int | None) -> None:
    alive = select(import_.c.id, import_.c.uid, import_.c.options).where(
        import_.c.workspace_id == workspace_id, import_.c.state.not_in([*ENDED, State.UPLOADING, State.MAPPING])
    )
    for id_, uid, options in tx.execute(alive):
        read = json.loads(options)
        if id_ != me and read.get("replace_all") and not read.get("dry_run"):
            raise Conflict(
                f"the import {uid[:13]} replaces all contacts of this workspace; wait for it or cancel it",
                code="replacing",
            )


def waiting(tx: Transaction) -> int:
    """How many imports are not ended."""
    return int(tx.execute(select(func.count()).select_from(import_).where(import_.c.state.not_in(ENDED))).scalar_one())
