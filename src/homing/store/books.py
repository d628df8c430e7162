"""The balance sheet of a campaign: counted from the rows, compared with the counters, closed or not (L13, L23)."""

from dataclasses import dataclass
from typing import Any

from homing.model.delivery import ACCEPTED, OPEN, State
from homing.model.ids import CampaignId
from homing.store.campaigns import load
from homing.store.database import Database
from homing.store.tables import COUNTED

WINDOW = 100


@dataclass(frozen=True, slots=True)
class Balance:
    """audience = sent + failed + skipped + cancelled + uncertain + open. `faults`: what does not agree, in words."""

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
    delivered: int
    bounced: int
    attempts: int
    window: int
    faults: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The object of `homing audit --json` (CONTRACT section 3)."""
        names = ("campaign", "name", "state", "audience", "sent", "failed", "skipped", "cancelled", "uncertain", "open")
        more = ("balanced", "delivered", "bounced", "attempts", "window")
        return {name: getattr(self, name) for name in (*names, *more)} | {"faults": list(self.faults)}


class Books:
    def __init__(self, db: Database) -> None:
        self._db = db

    def audit(self, campaign_id: CampaignId) -> Balance:
        """Counts every row of the campaign. Reads one moment of the ledger; a million rows take about a second."""
        with self._db.read() as tx:
            row = load(tx, campaign_id)
            states = {State(state): count for state, count in tx.hot("audit_deliveries", {"c": campaign_id})}
            attempts = tx.hot("audit_attempts", {"c": campaign_id})[0][0]
            counters = dict(zip(COUNTED, tx.hot("counters", {"c": campaign_id})[0], strict=True))
            alone = tx.hot("audit_unproven", {"c": campaign_id})[0][0]
        # In a cancelled campaign what still reads queued is cancelled: the sweep only has not come by yet.
        unswept = states.pop(State.QUEUED, 0) if row.state == "cancelled" else 0
        audience = row.planned_through
        found = {
            "sent": sum(states.get(s, 0) for s in ACCEPTED),
            "failed": states.get(State.FAILED, 0),
            "skipped": states.get(State.SKIPPED, 0),
            "cancelled": states.get(State.CANCELLED, 0) + unswept,
            "uncertain": states.get(State.UNCERTAIN, 0),
            "open": sum(states.get(s, 0) for s in OPEN),
        }
        delivered = states.get(State.DELIVERED, 0) + states.get(State.READ, 0)
        bounced = states.get(State.BOUNCED, 0)
        faults = _faults(audience, found, counters, unswept)
        if alone:
            faults.append(f"{alone} rows say sent, and no accepted attempt of theirs is in the history")
        if row.state == "completed" and found["open"]:
            faults.append(f"the campaign is completed, and {found['open']} rows are open")
        return Balance(
            row.uid, row.name, row.state, audience, **found,
            delivered=delivered, bounced=bounced, attempts=attempts, window=WINDOW, faults=tuple(faults),
        )  # fmt: skip


def _faults(audience: int, found: dict[str, int], counters: dict[str, int], unswept: int) -> list[str]:
    faults = []
    total = sum(found.values())
    if total != audience:
        faults.append(f"the audience is {audience}, and the rows are {total}")
    for name in ("sent", "failed", "skipped", "cancelled", "uncertain"):
        rows = found[name] - (unswept if name == "cancelled" else 0)
        if counters[name] != rows:
            faults.append(f"the counters say {counters[name]} {name}, and the rows {rows}")
    return faults
