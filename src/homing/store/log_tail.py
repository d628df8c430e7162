"""The durable cursor of whoever reads the event log to its end: readers write what they owe in the cursor's transaction.

So a fact is owed exactly once, whatever dies when; what is owed is then done by loops of their own.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, insert, select, update

from homing.store.database import Database, Transaction
from homing.store.events import BEGINNING, Cursor, Event, Events
from homing.store.tables import meta

_CURSOR = "notified"


class Reader(Protocol):
    """One who wants to know of every fact: in-app notices, webhooks, e-mail, push."""

    def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
        """Writes what these facts make due, in this transaction. Must not raise for what a fact's body lacks."""
        ...


class LogTail:
    def __init__(self, db: Database, readers: Sequence[Reader]) -> None:
        self._db = db
        self._events = Events(db)
        self._readers = tuple(readers)
        self._known = BEGINNING  # where the cursor was seen last: another clerk may have moved it on since

    def waits(self, now: int) -> ColumnElement[bool]:
        """Whether there are facts that were not read, as far as this process knows; never no when there are."""
        return self._events.follows(self._known)

    def is_behind(self) -> bool:
        """Whether there are facts that were not read: a look that writes nothing."""
        with self._db.read() as tx:
            self._known = Cursor.parse(_cursor(tx) or "0")
            return bool(self._events.page(tx, self._known, None, 1))

    def oldest_unread(self) -> int | None:
        """When the oldest fact was written that was not read (wall milliseconds); None: all were."""
        with self._db.read() as tx:
            unread = self._events.page(tx, Cursor.parse(_cursor(tx) or "0"), None, 1)
        return unread[0].at if unread else None

    def step(self, limit: int = 200) -> int:
        """Gives the next facts of all workspaces to every reader; how many. Two that step at once: one of them does nothing."""
        old = self._at()
        facts = self._after(old, limit)
        if not facts:
            return 0
        with self._db.write() as tx:
            if not _move(tx, old, str(facts[-1].cursor)):
                return 0
            for reader in self._readers:
                reader.take(tx, facts)
        return len(facts)

    def _at(self) -> str | None:
        with self._db.read() as tx:
            return _cursor(tx)

    def _after(self, old: str | None, limit: int) -> list[Event]:
        return self._events.after(Cursor.parse(old or "0"), None, limit)


def _cursor(tx: Transaction) -> str | None:
    return tx.execute(select(meta.c.value).where(meta.c.name == _CURSOR)).scalar()


def _move(tx: Transaction, old: str | None, new: str) -> bool:
    """Compare and set: whether the cursor was still where we read it."""
    if old is None:
        tx.execute(insert(meta).values(name=_CURSOR, value=new))
        return True
    at_old = (meta.c.name == _CURSOR) & (meta.c.value == old)
    return tx.execute(update(meta).where(at_old).values(value=new)).rowcount == 1
