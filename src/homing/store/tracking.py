"""Opens and clicks get old: after 90 days whose they were is forgotten, and how many they were is kept."""

from collections import Counter
from typing import Any

from sqlalchemy import delete, select, text, tuple_, update

from homing.store.database import Database, Transaction
from homing.store.tables import delivery, receipt
from homing.store.tracking_tables import tracked_total

KEPT_MS = 90 * 86_400_000
HOUR_MS = 3_600_000


class Tracking:
    def __init__(self, db: Database) -> None:
        self._db = db

    def tidy(self, limit: int = 500) -> int:
        """Purges the oldest of what is over 90 days old; how many. One transaction: counts and rows go together."""
        r = receipt.c
        old = select(r.provider, r.event_id, r.campaign_id, r.seq, r.kind, r.at, delivery.c.address).outerjoin(
            delivery, (delivery.c.campaign_id == r.campaign_id) & (delivery.c.seq == r.seq)
        )
        old = old.where(_TRACKED, r.at < self._db.world.clock.now() - KEPT_MS).order_by(r.at).limit(limit)
        with self._db.read() as tx:
            if tx.execute(old.limit(1)).one_or_none() is None:
                return 0
        with self._db.write() as tx:
            rows = tx.execute(old).all()
            keys = [(row.provider, row.event_id) for row in rows]
            tx.execute(delete(receipt).where(tuple_(r.provider, r.event_id).in_(keys)))
            for total, count in self._last_of(tx, rows).items():
                _add(tx, total, count)
        return len(rows)

    def _last_of(self, tx: Transaction, rows: Any) -> Counter[tuple[int, str, str, int]]:
        """Recipients by campaign, kind, domain and hour, of whom nothing of that kind is left: each is counted once."""
        found: Counter[tuple[int, str, str, int]] = Counter()
        newest = {(row.campaign_id, row.seq, row.kind): row for row in rows if row.seq is not None}
        for (campaign_id, seq, kind), row in newest.items():
            left = (receipt.c.campaign_id == campaign_id) & (receipt.c.kind == kind) & (receipt.c.seq == seq)
            if tx.execute(select(receipt.c.at).where(left).limit(1)).first() is None:
                domain = (row.address or "").rpartition("@")[2]
                found[campaign_id, kind, domain, row.at // HOUR_MS] += 1
        return found


_TRACKED = text("receipt.kind IN ('opened', 'clicked')")  # as the index says it: only so it is used


def _add(tx: Transaction, total: tuple[int, str, str, int], count: int) -> None:
    campaign_id, kind, domain, hour = total
    t = tracked_total.c
    same = (t.campaign_id == campaign_id) & (t.kind == kind) & (t.domain == domain) & (t.hour == hour)
    more = update(tracked_total).where(same).values(recipients=t.recipients + count)
    if not tx.execute(more).rowcount:
        values = {"campaign_id": campaign_id, "kind": kind, "domain": domain, "hour": hour, "recipients": count}
        tx.execute(tracked_total.insert().values(**values))
