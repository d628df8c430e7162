"""Answers kept by Idempotency-Key, so that a repeated request gets the first answer instead of a second deed.

The header follows draft-ietf-httpapi-idempotency-key-header: same key and body, same answer; other body, refused.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from homing.model.errors import Conflict, Invalid
from homing.store.database import Database
from homing.store.tables import idempotency

KEPT_MS = 7 * 86_400_000
ABANDONED_MS = 120_000  # a request in flight for so long died with its server; whoever repeats it goes on
_SWEEP = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: Any


class Idempotency:
    """One row per principal and key. Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, principal: str, key: str, fingerprint: str) -> Answer | None:
        """None: the first of its kind, go on and `finish` it. An Answer: repeat it.

        Raises Invalid (idempotency_key_reused) for another `fingerprint`, Conflict (idempotency_in_flight) while the first
        has no answer yet.
        """
        now = self._db.world.clock.now()
        mine = (idempotency.c.principal == principal) & (idempotency.c.key == key)
        with self._db.write() as tx:
            old = select(idempotency.c.principal, idempotency.c.key).where(idempotency.c.created_at < now - KEPT_MS)
            for row in tx.execute(old.limit(_SWEEP)).all():
                tx.execute(delete(idempotency).where(idempotency.c.principal == row[0], idempotency.c.key == row[1]))
            found = tx.execute(select(idempotency).where(mine)).one_or_none()
            if found is None:
                tx.execute(
                    insert(idempotency).values(principal=principal, key=key, fingerprint=fingerprint, created_at=now)
                )
                return None
            if found.fingerprint != fingerprint:
                raise Invalid(
                    "this Idempotency-Key came with another request before; use a new one",
                    code="idempotency_key_reused",
                )
            if found.status is not None:
                return Answer(found.status, json.loads(found.answer))
            if now - found.created_at < ABANDONED_MS:
                raise Conflict(
                    "the first request with this Idempotency-Key is still in flight", code="idempotency_in_flight"
                )
            tx.execute(update(idempotency).where(mine).values(created_at=now))
            return None

    def finish(self, principal: str, key: str, answer: Answer) -> None:
        """Keeps the answer for 7 days."""
        mine = (idempotency.c.principal == principal) & (idempotency.c.key == key)
        with self._db.write() as tx:
            tx.execute(update(idempotency).where(mine).values(status=answer.status, answer=json.dumps(answer.body)))

    def forget(self, principal: str, key: str) -> None:
        """The request failed before it did anything: the next one with this key is the first again."""
        mine = (idempotency.c.principal == principal) & (idempotency.c.key == key)
        with self._db.write() as tx:
            tx.execute(delete(idempotency).where(mine, idempotency.c.status.is_(None)))
