"""The balance sheet of a campaign: counted from the rows themselves, and compared with the counters (L13)."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from homing.model.campaign import State as CampaignState
from homing.model.delivery import ACCEPTED, OPEN, State
from homing.model.ids import CampaignId
from homing.store.campaigns import Campaign, load
from homing.store.database import Database, Transaction
from homing.store.tables import COUNTED, attempt, campaign_count, delivery, sender

WITHDRAWN = "withdrawn"
"""An attempt that an outage or the sender's own trouble ended before anything left: not counted."""


@dataclass(frozen=True, slots=True)
class Balance:
    """audience = sent + failed + skipped + cancelled + uncertain + open. `delivered` and `bounced` are part of `sent`.

    `balanced`: the sum closes, as many rows are there as were planned, and a completed campaign has none open.
    `counters_agree`: the counters of the live view say the same as the rows. `window`: most rows in flight at once.
    """

    campaign: str
    name: str
    state: str
    audience: int
    sent: int
    failed: int
    skipped: int
    cancelled: int
    uncertain: int
    open: int
    balanced: bool
    delivered: int
    bounced: int
    attempts: int
    window: int
    sealed: bool
    counters_agree: bool

    def to_json(self) -> dict[str, Any]:
        """As CONTRACT section 3 has it, and what is more."""
        return {name: getattr(self, name) for name in self.__slots__}


class Audits:
    """Counts a campaign's rows: a second or so for a million."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, campaign_id: CampaignId) -> Balance:
        """The balance at one moment of the ledger. Raises NotFound."""
        rows = select(delivery.c.state, func.count()).where(delivery.c.campaign_id == campaign_id)
        counted = (attempt.c.campaign_id == campaign_id) & (attempt.c.state != WITHDRAWN)
        with self._db.read() as tx:
            of = load(tx, campaign_id)
            found = {State(state): count for state, count in tx.execute(rows.group_by(delivery.c.state))}
            attempts = tx.execute(select(func.count()).select_from(attempt).where(counted)).scalar_one()
            sums = _counters(tx, campaign_id)
            window = _window(tx, of)
        return _balance(of, found, attempts, sums, window)


def _balance(of: Campaign, rows: dict[State, int], attempts: int, counters: dict[str, int], window: int) -> Balance:
    cancelled, queued = rows.get(State.CANCELLED, 0), rows.get(State.QUEUED, 0)
    still = sum(rows.get(state, 0) for state in OPEN)
    if of.state is CampaignState.CANCELLED:  # what waits in a cancelled campaign reads cancelled
        cancelled, still = cancelled + queued, still - queued
    books = {
        "sent": sum(rows.get(state, 0) for state in ACCEPTED),
        "failed": rows.get(State.FAILED, 0),
        "skipped": rows.get(State.SKIPPED, 0),
        "uncertain": rows.get(State.UNCERTAIN, 0),
    }
    total = sum(books.values()) + cancelled + still
    closes = total == of.planned_through and not (of.state is CampaignState.COMPLETED and still)
    swept = rows.get(State.CANCELLED, 0)
    agree = all(counters[name] == value for name, value in books.items()) and counters["cancelled"] == swept
    return Balance(
        campaign=of.uid,
        name=of.name,
        state=of.state,
        audience=of.planned_through,
        **books,
        cancelled=cancelled,
        open=still,
        balanced=closes,
        delivered=rows.get(State.DELIVERED, 0) + rows.get(State.READ, 0),
        bounced=rows.get(State.BOUNCED, 0),
        attempts=attempts,
        window=window,
        sealed=of.planned_at is not None,
        counters_agree=agree,
    )


def _counters(tx: Transaction, campaign_id: CampaignId) -> dict[str, int]:
    sums = [func.coalesce(func.sum(campaign_count.c[name]), 0) for name in COUNTED]
    row = tx.execute(select(*sums).where(campaign_count.c.campaign_id == campaign_id)).one()
    return dict(zip(COUNTED, row, strict=True))


def _window(tx: Transaction, of: Campaign) -> int:
    """How many rows its sender may have in flight: the most that one death leaves uncertain (L5)."""
    options = tx.execute(select(sender.c.options).where(sender.c.id == of.sender_id)).scalar()
    return int(json.loads(options or "{}").get("in_flight") or 100)
