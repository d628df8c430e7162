"""The few sums that monitoring wants: over all workspaces, from counters and small tables, never from the rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from homing.store.database import Database
from homing.store.tables import COUNTED, campaign, campaign_count, sender


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts by state or health. `open` among the deliveries: planned and not decided yet."""

    campaigns: Mapping[str, int]
    deliveries: Mapping[str, int]
    senders: Mapping[str, int]


class Figures:
    """Reads only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def look(self) -> Sums:
        sums = [func.coalesce(func.sum(campaign_count.c[name]), 0) for name in COUNTED]
        with self._db.read() as tx:
            states = tx.execute(select(campaign.c.state, func.count()).group_by(campaign.c.state)).all()
            rows = dict(zip(COUNTED, tx.execute(select(*sums)).one(), strict=True))
            planned = tx.execute(select(func.coalesce(func.sum(campaign.c.planned_through), 0))).scalar_one()
            used = sender.c.removed_at.is_(None)
            health = tx.execute(select(sender.c.health, func.count()).where(used).group_by(sender.c.health)).all()
        decided = ("sent", "failed", "skipped", "cancelled", "uncertain")
        deliveries = {name: int(rows[name]) for name in (*decided, "delivered", "bounced")}
        deliveries["open"] = int(planned) - sum(deliveries[name] for name in decided)
        return Sums(dict(states), deliveries, dict(health))
