"""What WhatsApp told of the numbers of the Cloud API, as of the last look that brought something."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, insert, or_, select, update

from homing.model.approved import Account, from_plain, to_plain
from homing.model.ids import SenderId, WorkspaceId
from homing.model.sender import Kind
from homing.store import events
from homing.store.cloud_tables import cloud_account
from homing.store.database import Database, Transaction
from homing.store.tables import sender

EVERY_MS, AGAIN_MS = 3_600_000, 300_000
"""A number is looked at each hour; after a look in vain sooner."""
SOON_MS = 3_000  # after a webhook that speaks of it: several come together


class CloudAccounts:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, sender_id: SenderId) -> Account | None:
        """What is known; None: nobody has looked yet."""
        with self._db.read() as tx:
            row = _row(tx, sender_id)
        return None if row is None else _read(row)

    @staticmethod
    def waits(now: int) -> ColumnElement[bool]:
        """Whether a number ought to be looked at, at `now` (wall ms)."""
        return exists(_stale(now))

    def stale(self) -> list[SenderId]:
        """Numbers that ought to be looked at now."""
        query = _stale(self._db.world.clock.now())
        with self._db.read() as tx:
            return [SenderId(row.id) for row in tx.execute(query.order_by(sender.c.id))]

    def soon(self, workspace_id: WorkspaceId) -> None:
        """Something changed at WhatsApp: all numbers of a workspace are due; what is known stays until they were asked."""
        ours, c = select(sender.c.id).where(sender.c.workspace_id == workspace_id), cloud_account.c
        at = self._db.world.clock.now() - EVERY_MS + SOON_MS
        with self._db.write() as tx:
            tx.execute(update(cloud_account).where(c.sender_id.in_(ours), c.tried_at > at).values(tried_at=at))

    def keep(self, sender_id: SenderId, found: Account) -> Account:
        """Writes a look down; one that brought only `trouble` leaves what was known. Told as `sender.account` when it differs."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            row = _row(tx, sender_id)
            old = None if row is None else _read(row)
            if found.trouble is not None:
                new = replace(old or Account(), tried_at=now, trouble=found.trouble)
            else:
                new = replace(found, tried_at=now, checked_at=now)
            values = _values(new)
            if old is None:
                tx.execute(insert(cloud_account).values(sender_id=sender_id, **values))
            else:
                tx.execute(update(cloud_account).where(cloud_account.c.sender_id == sender_id).values(**values))
            if old is None or replace(old, tried_at=0, checked_at=None) != replace(new, tried_at=0, checked_at=None):
                _tell(tx, sender_id, new, now)
            if new.reach != (old.reach if old else None):  # workers open the sender anew: campaigns keep to it
                tx.execute(update(sender).where(sender.c.id == sender_id).values(version=sender.c.version + 1))
            return new


def _row(tx: Transaction, sender_id: SenderId) -> Row[Any] | None:
    return tx.execute(select(cloud_account).where(cloud_account.c.sender_id == sender_id)).one_or_none()


_SAME = ("tried_at", "checked_at", "trouble", "quality", "reach", "phone", "verified_name")


def _read(row: Row[Any]) -> Account:
    kept = None if row.templates is None else from_plain(json.loads(row.templates))
    return Account(**{name: getattr(row, name) for name in _SAME}, limit=row.limit_word, templates=kept)


def _values(of: Account) -> dict[str, Any]:
    kept = None if of.templates is None else json.dumps(to_plain(of.templates), ensure_ascii=False)
    return {**{name: getattr(of, name) for name in _SAME}, "limit_word": of.limit, "templates": kept}


def _tell(tx: Transaction, sender_id: SenderId, new: Account, now: int) -> None:
    of = tx.execute(select(sender.c.uid, sender.c.workspace_id).where(sender.c.id == sender_id)).one()
    kept = None if new.templates is None else len(new.templates)
    body = {"quality": new.quality, "limit": new.limit, "reach": new.reach, "templates": kept, "trouble": new.trouble}
    where = {"workspace_id": of.workspace_id, "topic": f"sender:{of.uid}"}
    events.record(tx, **where, at=now, kind="sender.account", body=body)


def _stale(now: int) -> Select[int]:
    c = cloud_account.c
    in_vain = c.trouble.is_not(None) & (c.tried_at <= now - AGAIN_MS)
    due = or_(c.sender_id.is_(None), c.tried_at <= now - EVERY_MS, in_vain)
    query = select(sender.c.id).outerjoin(cloud_account, c.sender_id == sender.c.id)
    return query.where(sender.c.kind == Kind.WHATSAPP_CLOUD, sender.c.removed_at.is_(None), due)
