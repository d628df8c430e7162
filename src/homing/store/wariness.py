"""Mail systems that bounced a sender's mail for its policy, as told later: all workers that send through it go slower there."""

from sqlalchemy import delete, insert, select, update

from homing.model.ids import SenderId
from homing.store.database import Database, Transaction
from homing.store.receipt_tables import wary_domain

KEPT_MS = 86_400_000
LATE_MS = 3_600_000
"""An event that is older says nothing about how a mail system takes our mail now."""


class Wariness:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, sender_id: SenderId) -> dict[str, int]:
        """Domain -> when it was last heard of (wall ms of whoever heard)."""
        query = select(wary_domain.c.domain, wary_domain.c.at).where(wary_domain.c.sender_id == sender_id)
        with self._db.read() as tx:
            return {row.domain: row.at for row in tx.execute(query)}


def note(tx: Transaction, sender_id: int, address: str, *, told_at: int, now: int) -> None:
    """A message to this address bounced for policy. `told_at`: when, by the provider's clock."""
    domain = address.rpartition("@")[2].lower()
    if "@" not in address or now - told_at > LATE_MS:
        return
    mine = (wary_domain.c.sender_id == sender_id) & (wary_domain.c.domain == domain)
    if not tx.execute(update(wary_domain).where(mine).values(at=now)).rowcount:
        tx.execute(insert(wary_domain).values(sender_id=sender_id, domain=domain, at=now))
        tx.execute(delete(wary_domain).where(wary_domain.c.sender_id == sender_id, wary_domain.c.at < now - KEPT_MS))
