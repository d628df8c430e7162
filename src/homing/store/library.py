"""The media library: kept in the ledger beside the campaigns, so that every machine has it and every backup carries it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from homing.model.errors import Conflict, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.store import audit_log, events
from homing.store.database import Database, Transaction
from homing.store.media_tables import media
from homing.store.references import look_up, one_line

MOST_TOTAL = 2 << 30  # bytes a workspace
_HINT = "GET /media lists them"


class New(NamedTuple):
    """A file to keep. `digest`: SHA-256 of what was uploaded, before it was encoded anew."""

    name: str
    content_type: str
    content: bytes
    width: int | None
    height: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Medium:
    """One file without its bytes. `key`: its public address; `width`, `height`: None for a document."""

    id: int
    uid: Uid
    workspace_id: WorkspaceId
    key: str
    name: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    created_at: int
    created_by: str


_NAMES = (
    *("id", "uid", "workspace_id", "key", "name", "content_type", "size", "width", "height"),
    *("created_at", "created_by"),
)
_COLUMNS = tuple(media.c[name] for name in _NAMES)


class Library:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def same(self, workspace_id: WorkspaceId, digest: str) -> Medium | None:
        """The file that was kept when these very bytes were uploaded before."""
        with self._db.read() as tx:
            return _one(tx, (media.c.workspace_id == workspace_id) & (media.c.digest == digest))

    def add(self, workspace_id: WorkspaceId, new: New, *, actor: str) -> tuple[Medium, bool]:
        """Keeps a file; False: it was there already. Raises Invalid for a bad name, Conflict (full) over the limit."""
        name, now = one_line(new.name), self._db.world.clock.now()
        with self._db.write() as tx:
            known = _one(tx, (media.c.workspace_id == workspace_id) & (media.c.digest == new.digest))
            if known is not None:
                return known, False
            held = select(func.coalesce(func.sum(media.c.size), 0)).where(media.c.workspace_id == workspace_id)
            if int(tx.execute(held).scalar_one()) + len(new.content) > MOST_TOTAL:
                raise Conflict(
                    f"the library holds {MOST_TOTAL >> 30} GB already; remove what no message shows any more",
                    code="full",
                )
            values = {
                **new._asdict(),
                "uid": new_uid(now),
                "workspace_id": workspace_id,
                "key": secrets.token_urlsafe(20),
                "name": name,
                "size": len(new.content),
                "created_at": now,
                "created_by": actor,
            }
            made = Medium(*tx.execute(insert(media).values(**values).returning(*_COLUMNS)).one())
            _tell(tx, made, "media.added", now, actor)
            return made, True

    def rename(self, of: Medium, name: str, *, actor: str) -> Medium:
        """Another name for people; its address stays."""
        now, label = self._db.world.clock.now(), one_line(name)
        with self._db.write() as tx:
            changed = update(media).where(media.c.id == of.id).values(name=label).returning(*_COLUMNS)
            row = tx.execute(changed).one_or_none()
            if row is None:
                raise NotFound(f"this file is gone; {_HINT}")
            _tell(tx, Medium(*row), "media.renamed", now, actor)
            return Medium(*row)

    def remove(self, of: Medium, *, actor: str) -> None:
        """Erases a file. Messages that show it show nothing in its place from now on."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if tx.execute(delete(media).where(media.c.id == of.id)).rowcount:
                _tell(tx, of, "media.removed", now, actor)

    def page(self, workspace_id: WorkspaceId, *, limit: int, before: int | None = None) -> Sequence[Medium]:
        """The newest first. `before`: the id at which the page before ended."""
        ours = select(*_COLUMNS).where(media.c.workspace_id == workspace_id)
        if before is not None:
            ours = ours.where(media.c.id < before)
        with self._db.read() as tx:
            return [Medium(*row) for row in tx.execute(ours.order_by(media.c.id.desc()).limit(limit))]

    def find(self, workspace_id: WorkspaceId, reference: str) -> Medium:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        ours = select(*_COLUMNS).where(media.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            return Medium(*look_up(tx, ours, media, reference, noun="file", hint=_HINT))

    def content(self, of: Medium) -> bytes:
        """Its bytes. Raises NotFound when it was removed meanwhile."""
        with self._db.read() as tx:
            found = tx.execute(select(media.c.content).where(media.c.id == of.id)).scalar_one_or_none()
        if found is None:
            raise NotFound(f"this file is gone; {_HINT}")
        return bytes(found)

    def public(self, key: str) -> Medium | None:
        """Whatever has this public address, of any workspace: who knows the address may see it."""
        with self._db.read() as tx:
            return _one(tx, media.c.key == key)


def _one(tx: Transaction, where: ColumnElement[bool]) -> Medium | None:
    row: Any = tx.execute(select(*_COLUMNS).where(where)).one_or_none()
    return None if row is None else Medium(*row)


def _tell(tx: Transaction, of: Medium, kind: str, now: int, actor: str) -> None:
    topic, body = f"media:{of.uid}", {"name": of.name}
    audit_log.append(tx, workspace_id=of.workspace_id, at=now, actor=actor, act=kind, subject=topic)
    events.record(tx, workspace_id=of.workspace_id, at=now, topic=topic, kind=kind, body=body)
