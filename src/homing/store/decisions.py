"""What only a person may decide about single deliveries: retry what failed, resolve what is uncertain (L12)."""

import json
from collections.abc import Sequence

from homing.model.campaign import State
from homing.model.errors import Conflict, Invalid
from homing.model.ids import CampaignId
from homing.store import audit_log, control, events
from homing.store.campaigns import Campaign, load, topic
from homing.store.control import By
from homing.store.database import Database, Transaction

TARGETS = {"sent": "sent", "failed": "failed", "send-again": "queued"}


class Decisions:
    def __init__(self, db: Database) -> None:
        self._db = db

    def retry(self, campaign_id: CampaignId, by: By, *, reason: str | None = None) -> int:
        """Queues failed and bounced deliveries that can succeed anew; a completed campaign sends again. Returns how many.

        Without `reason` addresses that their own server called unknown are left alone; suppressed ones always are.
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            row = load(tx, campaign_id)
            if row.state in (State.CANCELLED, State.DRAFT, State.SCHEDULED):
                raise Conflict(f"a campaign that is {row.state} has nothing to retry")
            values = {"c": campaign_id, "w": row.workspace_id, "reason": reason, "now": now}
            failed = tx.hot_count("retry", {**values, "state": "failed"})
            bounced = tx.hot_count("retry", {**values, "state": "bounced"})
            if failed or bounced:
                tx.hot("add_counts", control.counts(campaign_id, failed=-failed, sent=-bounced, bounced=-bounced))
                control.reopen(tx, row, now, by)
            self._tell(tx, row, by, now, "deliveries.retried", {"requeued": failed + bounced, "reason": reason})
            return failed + bounced

    def resolve(self, campaign_id: CampaignId, by: By, *, seqs: Sequence[int] | None, as_: str) -> int:
        """Decides uncertain deliveries: 'sent', 'failed' or 'send-again'; `seqs` None means all. Returns how many."""
        target = TARGETS.get(as_)
        if target is None:
            raise Invalid(f"'{as_}' is no decision; choose sent, failed or send-again")
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            row = load(tx, campaign_id)
            if row.state is State.CANCELLED and target == "queued":
                raise Conflict("the campaign is cancelled: nothing can be sent again; resolve as sent or failed")
            wanted = None if seqs is None else json.dumps(list(seqs))
            found = [r[0] for r in tx.hot("resolve", {"c": campaign_id, "target": target, "seqs": wanted, "now": now})]
            if found:
                deltas = {"uncertain": -len(found)}
                if target != "queued":
                    deltas[target] = len(found)
                tx.hot("add_counts", control.counts(campaign_id, **deltas))
                if target == "queued":
                    control.reopen(tx, row, now, by)
            self._tell(tx, row, by, now, "deliveries.resolved", {"as": as_, "count": len(found), "seqs": found[:1000]})
            return len(found)

    def _tell(self, tx: Transaction, row: Campaign, by: By, now: int, act: str, body: dict[str, object]) -> None:
        events.record(
            tx, workspace_id=row.workspace_id, at=now, topic=topic(row.uid), kind=act, body={**body, "by": by.name}
        )
        audit_log.append(
            tx, workspace_id=row.workspace_id, at=now, actor=by.name, act=act, subject=topic(row.uid), body=body
        )
