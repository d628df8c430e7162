"""Who did what, append-only: each row hashes the one before, so that a changed or removed row is found."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from homing.store.database import Database, Transaction
from homing.store.tables import audit_log

FIRST = "0" * 64


def append(
    tx: Transaction,
    *,
    workspace_id: int | None,
    at: int,
    actor: str,
    act: str,
    subject: str,
    body: Mapping[str, Any] | None = None,
) -> None:
    """Writes a line inside the caller's transaction, which holds the write lock, so that no second line has the same
    predecessor. `actor`: "cli:alice", "token:ci"; `act`: "campaign.paused"; `subject`: "campaign:UID"; `at`: wall ms."""
    previous = tx.execute(select(audit_log.c.digest).order_by(audit_log.c.id.desc()).limit(1)).scalar() or FIRST
    text = json.dumps(dict(body or {}), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    facts = {"workspace_id": workspace_id, "at": at, "actor": actor, "act": act, "subject": subject, "body": text}
    tx.execute(insert(audit_log).values(**facts, previous=previous, digest=_digest(previous, facts)))


def verify(database: Database) -> int | None:
    """The id of the first row that does not fit its predecessor or itself; None when the chain is whole."""
    query = select(audit_log).order_by(audit_log.c.id)
    previous = FIRST
    with database.read() as tx:
        for row in tx.execute(query):
            facts = {name: getattr(row, name) for name in ("workspace_id", "at", "actor", "act", "subject", "body")}
            if row.previous != previous or row.digest != _digest(previous, facts):
                return int(row.id)
            previous = row.digest
    return None


def _digest(previous: str, facts: Mapping[str, Any]) -> str:
    text = json.dumps([previous, *(facts[name] for name in sorted(facts))], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
