"""The durable log of facts: written in the transaction of the change it tells, read from a cursor."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, or_, select

from homing.model.intent import wrong
from homing.store.database import Database, Transaction
from homing.store.tables import event, meta

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

    @property
    def cursor(self) -> Cursor:
        return Cursor(0, self.seq)


def record(tx: Transaction, *, workspace_id: int, at: int, topic: str, kind: str, body: Mapping[str, Any]) -> None:
    """Writes a fact inside the caller's transaction: it becomes visible exactly with the change that it tells.

    `topic`: what it is about ("campaign:UID", "sender:UID"); `kind`: what happened ("campaign.paused"); `at`: wall ms.
    """
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    tx.execute(insert(event).values(workspace_id=workspace_id, at=at, topic=topic, kind=kind, body=text))


class Events:
    """Reads the log. On SQLite commits are in order of their numbers, so a cursor misses nothing; numbers have holes."""

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
        wanted = select(event).where(event.c.seq > cursor.seq)
        if workspace_id is not None:
            wanted = wanted.where(event.c.workspace_id == workspace_id)
        if topics:
            wanted = wanted.where(_any_of(topics))
        with self._database.read() as tx:
            rows = tx.execute(wanted.order_by(event.c.seq).limit(limit)).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body)) for r in rows]

    def newest(self, workspace_id: int, topic: str, *, without: Sequence[str] = (), limit: int = 200) -> list[Event]:
        """The last facts about one topic, newest first; `without`: kinds that are left out."""
        wanted = (
            select(event)
            .where(event.c.workspace_id == workspace_id, event.c.topic == topic, event.c.kind.not_in(without))
            .order_by(event.c.seq.desc())
            .limit(limit)
        )
        with self._database.read() as tx:
            rows = tx.execute(wanted).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body)) for r in rows]

    def latest(self, workspace_id: int | None = None) -> Cursor:
        """The newest cursor, of one workspace or of all; the beginning when nothing has happened."""
        newest = select(func.coalesce(func.max(event.c.seq), 0))
        if workspace_id is not None:
            newest = newest.where(event.c.workspace_id == workspace_id)
        with self._database.read() as tx:
            return Cursor(0, int(tx.execute(newest).scalar_one()))

    def before_latest(self, count: int) -> Cursor:
        """The cursor from which the newest `count` facts follow."""
        newest = select(event.c.seq).order_by(event.c.seq.desc()).offset(count).limit(1)
        with self._database.read() as tx:
            found = tx.execute(newest).scalar_one_or_none()
        return BEGINNING if found is None else Cursor(0, int(found))

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
            newest = tx.execute(select(func.coalesce(func.max(event.c.seq), 0))).scalar_one()
            old = select(event.c.seq, event.c.at).where(event.c.seq < newest).order_by(event.c.seq).limit(most)
            gone = []
            for seq, at in tx.execute(old):
                if at >= before:
                    break
                gone.append(int(seq))
            if gone:
                tx.execute(delete(event).where(event.c.seq <= gone[-1]))
                _set(tx, _RETAINED, str(Cursor(0, gone[-1])))
            return len(gone)

    def last_at(self) -> int | None:
        """When the newest fact of all was written, in wall milliseconds; None when nothing has happened."""
        with self._database.read() as tx:
            return tx.execute(select(event.c.at).order_by(event.c.seq.desc()).limit(1)).scalar_one_or_none()


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
