"""How far each mailbox that bounces come back to is read. What was read is kept and the place moves on in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from homing.model.ids import SenderId, WorkspaceId
from homing.model.receipt import Mark
from homing.model.sender import Kind
from homing.store.database import Database, Transaction
from homing.store.receipt_tables import hook_call, mailbox_place
from homing.store.tables import sender

_PLACE = ("validity", "uid", "looked_at", "trouble")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sender with a mailbox. `version` grows with each change of it."""

    sender_id: SenderId
    workspace_id: WorkspaceId
    uid: str
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it was read: UIDVALIDITY and the last UID, 0 for never; when (wall ms); why the newest look failed."""

    validity: int = 0
    uid: int = 0
    looked_at: int | None = None
    trouble: str | None = None


class Mailboxes:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def wanted(self) -> list[Wanted]:
        """Senders in use, of every workspace, that have a mailbox."""
        query = (
            select(sender.c.id, sender.c.workspace_id, sender.c.uid, sender.c.version, sender.c.options)
            .where(sender.c.kind == Kind.SMTP, sender.c.removed_at.is_(None))
            .order_by(sender.c.id)
        )
        with self._db.read() as tx:
            rows = tx.execute(query).all()
        return [Wanted(*row[:-1]) for row in rows if json.loads(row.options).get("mailbox")]

    def standing(self, sender_id: SenderId, mailbox: str) -> Standing:
        """How far this mailbox of this sender is read."""
        with self._db.read() as tx:
            return _standing(tx, sender_id, mailbox)

    def keep(
        self,
        of: Wanted,
        mailbox: str,
        place: tuple[int, int],
        letters: Sequence[tuple[Mark, bytes]],
    ) -> None:
        """All of one look: what was found, and the place (UIDVALIDITY, UID) behind it. Nothing of it, or everything."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            for mark, raw in letters:
                told = {"workspace_id": of.workspace_id, "kind": "mail", "mark": "/".join(map(str, mark))}
                tx.execute(insert(hook_call).values(**told, at=now, body=raw))
            _put(tx, of.sender_id, mailbox, Standing(*place, looked_at=now))

    def failed(self, sender_id: SenderId, mailbox: str, trouble: str) -> None:
        """A look failed: the place stays where it was."""
        with self._db.write() as tx:
            was = _standing(tx, sender_id, mailbox)
            if was.trouble != trouble:
                _put(tx, sender_id, mailbox, Standing(was.validity, was.uid, was.looked_at, trouble))


def _standing(tx: Transaction, sender_id: SenderId, mailbox: str) -> Standing:
    where = (mailbox_place.c.sender_id == sender_id) & (mailbox_place.c.mailbox == mailbox)
    row = tx.execute(select(*(mailbox_place.c[name] for name in _PLACE)).where(where)).one_or_none()
    return Standing() if row is None else Standing(*row)


def _put(tx: Transaction, sender_id: SenderId, mailbox: str, now: Standing) -> None:
    tx.execute(delete(mailbox_place).where(mailbox_place.c.sender_id == sender_id))
    values = {name: getattr(now, name) for name in _PLACE}
    tx.execute(insert(mailbox_place).values(sender_id=sender_id, mailbox=mailbox, **values))
