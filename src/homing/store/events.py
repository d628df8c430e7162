"""The durable log of facts: written in the transaction of the change it tells, read from a cursor."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select

from homing.store.database import Database, Transaction
from homing.store.tables import event


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `seq` is the cursor: facts later than it have a higher one. `at`: wall milliseconds UTC."""

    seq: int
    workspace_id: int
    at: int
    topic: str
    kind: str
    body: Mapping[str, Any]


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
        self, cursor: int, workspace_id: int, limit: int = 500, topics: Sequence[str] | None = None
    ) -> list[Event]:
        """The facts after `cursor`, oldest first, at most `limit`. `topics`: only these, or families such as "campaign"."""
        wanted = select(event).where(event.c.seq > cursor, event.c.workspace_id == workspace_id)
        if topics:
            wanted = wanted.where(_any_of(topics))
        with self._database.read() as tx:
            rows = tx.execute(wanted.order_by(event.c.seq).limit(limit)).all()
        return [Event(r.seq, r.workspace_id, r.at, r.topic, r.kind, json.loads(r.body)) for r in rows]

    def latest(self, workspace_id: int | None = None) -> int:
        """The newest cursor, of one workspace or of all; 0 when nothing has happened."""
        newest = select(func.coalesce(func.max(event.c.seq), 0))
        if workspace_id is not None:
            newest = newest.where(event.c.workspace_id == workspace_id)
        with self._database.read() as tx:
            return int(tx.execute(newest).scalar_one())

    def last_at(self) -> int | None:
        """When the newest fact of all was written, in wall milliseconds; None when nothing has happened."""
        with self._database.read() as tx:
            return tx.execute(select(event.c.at).order_by(event.c.seq.desc()).limit(1)).scalar_one_or_none()


def _any_of(topics: Sequence[str]) -> ColumnElement[bool]:
    families = (event.c.topic.startswith(f"{t}:", autoescape=True) for t in topics if ":" not in t)
    return or_(event.c.topic.in_(topics), *families)
