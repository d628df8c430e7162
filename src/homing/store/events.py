"""The durable log of facts: written in the transaction of the change it tells, read from a cursor."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, insert, literal, or_, select, text, tuple_

from homing.model.intent import wrong
from homing.store.database import Database, Transaction
from homing.store.tables import event, meta

if TYPE_CHECKING:
    from homing.store.hints import Ear

_EPOCH, _RETAINED = "epoch", "events_retained_from"
_DIGITS = 18


class Cursor(NamedTuple):
    """A place in the log: facts later than it compare higher. Outside it is one opaque word, inside it has an order.

    `transaction` is 0 where commits are in the order of `seq` (SQLite).
    """

    transaction: int
    seq: int

    def __str__(self) -> str:
        return f"{self.transaction}.{self.seq}" if self.transaction else str(self.seq)

    @classmethod
    def parse(cls, word: str) -> "Cursor":
        """From the word that was given out; "0" is the beginning. Raises Invalid."""
        left, dot, right = word.rpartition(".")
        parts = [left, right] if dot else ["0", right]
        if not all(part.isascii() and part.isdecimal() and len(part) <= _DIGITS for part in parts):
            raise wrong("/query/after", "this is no cursor; take one from an answer, or 0 for the beginning")
        return cls(int(parts[0]), int(parts[1]))


BEGINNING = Cursor(0, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. Facts later than its `cursor` have a higher one. `at`: wall milliseconds UTC."""

    seq: int
    workspace_id: int
    at: int
    topic: str
    kind: str
    body: Mapping[str, Any]
    xid: int = 0

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.xid, self.seq)


def record(tx: Transaction, *, workspace_id: int, at: int, topic: str, kind: str, body: Mapping[str, Any]) -> None:
    """Writes a fact inside the caller's transaction: it becomes visible exactly with the change that it tells.

    `topic`: what it is about ("campaign:UID", "sender:UID"); `kind`: what happened ("campaign.paused"); `at`: wall ms.
    """
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    tx.execute(insert(event).values(workspace_id=workspace_id, at=at, topic=topic, kind=kind, body=text))
    tx.told = True


_FENCE = text("event.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_FENCED = text("event.xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


class Events:
    """Reads the log. On SQLite commits are in order of their numbers, so a cursor misses nothing; numbers have holes.

    On PostgreSQL a lower number may be committed later. There facts are ordered by (transaction, number), and none is shown
    while an older transaction may still write: a reader that follows the cursor misses nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(
        self,
        cursor: Cursor,
        workspace_id: int | None,
        limit: int = 500,
        topics: Sequence[str] | None = None,
    ) -> list[Event]:
        """The facts after `cursor`, oldest first, at most `limit`; of all workspaces for None.

        `topics`: only these, or families such as "campaign".
        """
        with self._database.read() as tx:
            return self.page(tx, cursor, workspace_id, limit, topics)

    def follows(self, cursor: Cursor) -> ColumnElement[bool]:
        """Whether there is a fact after `cursor`, of any workspace."""
        return exists(select(literal(1)).where(*self._later(cursor)))

    def page(
        self,
        tx: Transaction,
        cursor: Cursor,
        workspace_id: int | None,
        limit: int,
        topics: Sequence[str] | None = None,
    ) -> list[Event]:
        """As `after`, within a transaction."""
        wanted = select(event).where(*self._later(cursor))
        if workspace_id is not None:
            wanted = wanted.where(event.c.workspace_id == workspace_id)
        if topics:
            wanted = wanted.where(_any_of(topics))
        rows = tx.execute(wanted.order_by(*self._order).limit(limit)).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body), r.xid) for r in rows]

    def newest(
        self, workspace_id: int, topic: str, *, kinds: Sequence[str] = (), without: Sequence[str] = (), limit: int = 200
    ) -> list[Event]:
        """The last facts about one topic, newest first; `kinds`: of these only; `without`: kinds that are left out."""
        wanted = (
            select(event)
            .where(event.c.workspace_id == workspace_id, event.c.topic == topic, event.c.kind.not_in(without))
            .order_by(event.c.seq.desc())
            .limit(limit)
        )
        if kinds:
            wanted = wanted.where(event.c.kind.in_(kinds))
        with self._database.read() as tx:
            rows = tx.execute(wanted).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body)) for r in rows]

    def newest_of(self, workspace_id: int, kinds: Sequence[str], limit: int) -> list[Event]:
        """The last facts of these kinds, newest first."""
        wanted = select(event).where(event.c.workspace_id == workspace_id, event.c.kind.in_(tuple(kinds)))
        with self._database.read() as tx:
            rows = tx.execute(wanted.order_by(*(each.desc() for each in self._order)).limit(limit)).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body), r.xid) for r in rows]

    def latest(self, workspace_id: int | None = None) -> Cursor:
        """The newest cursor, of one workspace or of all; the beginning when nothing has happened."""
        newest = self._newest()
        if workspace_id is not None:
            newest = newest.where(event.c.workspace_id == workspace_id)
        with self._database.read() as tx:
            return _cursor(tx.execute(newest).one_or_none())

    def before_latest(self, count: int) -> Cursor:
        """The cursor from which the newest `count` facts follow."""
        with self._database.read() as tx:
            return _cursor(tx.execute(self._newest().offset(count)).one_or_none())

    def oldest_fenced(self) -> int | None:
        """When the oldest fact was written that is committed and shown to nobody: an older transaction is still open.

        In wall milliseconds; None: there is none, as always on SQLite.
        """
        if not self._database.driver.shared:
            return None
        with self._database.read() as tx:
            return tx.execute(self._fenced()).scalar_one_or_none()

    def _fenced(self) -> Select[int]:
        return select(event.c.at).where(_FENCED).order_by(*self._order).limit(1)

    def listen(self, wake: Callable[[], object]) -> "Ear | None":
        """Calls `wake`, from a thread, when there may be new facts. None: the database gives no hints (SQLite)."""
        return self._database.driver.listen(wake)

    @property
    def _order(self) -> tuple[Any, ...]:
        return (event.c.xid, event.c.seq) if self._database.driver.shared else (event.c.seq,)

    def _later(self, cursor: Cursor) -> tuple[Any, ...]:
        if self._database.driver.shared:
            return tuple_(*self._order) > (cursor.transaction, cursor.seq), _FENCE
        return (event.c.seq > cursor.seq,)

    def _newest(self) -> Select[int, int]:
        newest = select(event.c.xid, event.c.seq).order_by(*(each.desc() for each in self._order)).limit(1)
        return newest.where(_FENCE) if self._database.driver.shared else newest

    def epoch(self) -> str:
        """Names this history. A restored copy gets another name: whoever followed the old one has to look at everything anew."""
        with self._database.read() as tx:
            found = tx.execute(select(meta.c.value).where(meta.c.name == _EPOCH)).scalar_one_or_none()
        if found is not None:
            return str(found)
        with self._database.write() as tx:
            found = tx.execute(select(meta.c.value).where(meta.c.name == _EPOCH)).scalar_one_or_none()
            return str(found) if found is not None else begin_epoch(tx)

    def retained_from(self) -> Cursor:
        """The oldest cursor from which nothing is missing."""
        with self._database.read() as tx:
            found = tx.execute(select(meta.c.value).where(meta.c.name == _RETAINED)).scalar_one_or_none()
        return BEGINNING if found is None else Cursor.parse(str(found))

    def prune(self, before: int, most: int = 5_000) -> int:
        """Forgets facts older than `before` (wall milliseconds), oldest first, at most `most`; returns how many.

        The newest fact always stays, and `retained_from` says what is gone in the same transaction.
        """
        with self._database.write() as tx:
            newest = _cursor(tx.execute(self._newest()).one_or_none())
            old = select(event.c.xid, event.c.seq, event.c.at).where(*self._later(BEGINNING)).order_by(*self._order)
            gone = []
            for xid, seq, at in tx.execute(old.limit(most)):
                if at >= before or (xid, seq) == newest:
                    break
                gone.append(Cursor(xid, seq))
            for first in range(0, len(gone), _SOME):
                tx.execute(delete(event).where(event.c.seq.in_([each.seq for each in gone[first : first + _SOME]])))
            if gone:
                _set(tx, _RETAINED, str(gone[-1]))
            return len(gone)

    def last_at(self) -> int | None:
        """When the newest fact of all was written, in wall milliseconds; None when nothing has happened."""
        with self._database.read() as tx:
            return tx.execute(select(event.c.at).order_by(event.c.seq.desc()).limit(1)).scalar_one_or_none()


_SOME = 500


def _cursor(row: Any) -> Cursor:
    return BEGINNING if row is None else Cursor(row.xid, row.seq)


def _any_of(topics: Sequence[str]) -> ColumnElement[bool]:
    families = (event.c.topic.startswith(f"{t}:", autoescape=True) for t in topics if ":" not in t)
    return or_(event.c.topic.in_(topics), *families)


def begin_epoch(tx: Transaction) -> str:
    """Gives the history a new name, inside the caller's transaction."""
    name = secrets.token_hex(8)
    _set(tx, _EPOCH, name)
    return name


def _set(tx: Transaction, name: str, value: str) -> None:
    tx.execute(delete(meta).where(meta.c.name == name))
    tx.execute(insert(meta).values(name=name, value=value))
