"""The calls that are owed to webhooks: what is due, each try, and another round for one that was given up."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, literal, select, update

from homing.model.errors import NotFound
from homing.store.database import Database
from homing.store.notice_tables import webhook, webhook_call, webhook_try

WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
"""Seconds between tries: eleven tries over a day."""


@dataclass(frozen=True, slots=True)
class DueCall:
    """A call to make now. `body` is posted as it is."""

    id: int
    webhook_id: int
    event_id: str
    body: str
    tries: int


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one try. `status` None: nobody answered, and `words` say why."""

    at: int
    took_ms: int
    status: int | None
    words: str | None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its tries, for people."""

    id: int
    event_id: str
    kind: str
    at: int
    state: str
    due_at: int | None
    ended_at: int | None
    tries: tuple[Try, ...]


class Calls:
    def __init__(self, db: Database) -> None:
        self._db = db

    @staticmethod
    def waits(now: int) -> ColumnElement[bool]:
        """Whether a call is due at `now` (wall ms)."""
        return exists(select(literal(1)).where(*_due(now)))

    def due(self, limit: int = 20) -> list[DueCall]:
        """The oldest that are due, of endpoints that are in use."""
        names = ("id", "webhook_id", "event_id", "body", "tries")
        query = select(*(webhook_call.c[name] for name in names)).where(*_due(self._db.world.clock.now()))
        with self._db.read() as tx:
            return [DueCall(*row) for row in tx.execute(query.order_by(webhook_call.c.due_at).limit(limit))]

    def tried(self, call: DueCall, came: Try) -> None:
        """Keeps a try; without success another is due later, over a day."""
        number = call.tries + 1
        values: dict[str, Any] = {"tries": number}
        if came.good or number > len(WAITS):
            values |= {"state": "done" if came.good else "given_up", "ended_at": came.at}
        else:
            values["due_at"] = came.at + int(WAITS[call.tries] * 1000 * (1 + self._db.world.chance.fraction() / 10))
        with self._db.write() as tx:
            fence = (
                (webhook_call.c.id == call.id) & (webhook_call.c.tries == call.tries) & (webhook_call.c.state == "due")
            )
            if tx.execute(update(webhook_call).where(fence).values(**values)).rowcount:
                tries = {"at": came.at, "took_ms": came.took_ms, "status": came.status, "words": came.words}
                tx.execute(insert(webhook_try).values(call_id=call.id, number=number, **tries))

    def of(self, webhook_id: int, *, limit: int = 50, before: int | None = None) -> list[Call]:
        """Newest first, each with its tries."""
        query = select(webhook_call).where(webhook_call.c.webhook_id == webhook_id)
        if before is not None:
            query = query.where(webhook_call.c.id < before)
        with self._db.read() as tx:
            rows = tx.execute(query.order_by(webhook_call.c.id.desc()).limit(limit)).all()
            ids = [row.id for row in rows]
            made = tx.execute(
                select(webhook_try).where(webhook_try.c.call_id.in_(ids)).order_by(webhook_try.c.number)
            ).all()
        tries: dict[int, list[Try]] = {}
        for each in made:
            tries.setdefault(each.call_id, []).append(Try(each.at, each.took_ms, each.status, each.words))
        return [
            Call(
                r.id,
                r.event_id,
                r.kind,
                r.at,
                r.state,
                r.due_at if r.state == "due" else None,
                r.ended_at,
                tuple(tries.get(r.id, ())),
            )
            for r in rows
        ]

    def again(self, webhook_id: int, event_id: str) -> None:
        """Another round of tries for a call, from now on. Raises NotFound."""
        now = self._db.world.clock.now()
        where = (webhook_call.c.webhook_id == webhook_id) & (webhook_call.c.event_id == event_id)
        with self._db.write() as tx:
            if not tx.execute(
                update(webhook_call).where(where).values(state="due", due_at=now, ended_at=None)
            ).rowcount:
                raise NotFound("this webhook was never called with that")

    def tell_test(self, webhook_id: int, event_id: str, body: str) -> None:
        """Owes a call that a person asked for, to see whether it arrives."""
        now = self._db.world.clock.now()
        values = {"webhook_id": webhook_id, "event_id": event_id, "kind": "webhook.test", "at": now, "body": body}
        with self._db.write() as tx:
            tx.execute(insert(webhook_call).values(**values, due_at=now))


def _due(now: int) -> list[ColumnElement[bool]]:
    """Of endpoints that are in use."""
    used = webhook.c.disabled_at.is_(None)
    return [
        webhook_call.c.webhook_id == webhook.c.id,
        webhook_call.c.state == "due",
        webhook_call.c.due_at <= now,
        used,
    ]
