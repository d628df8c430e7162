"""Freezes an audience into deliveries, a page a transaction, and seals it with the last one."""

import json
from dataclasses import dataclass

from homing.model.campaign import State
from homing.model.ids import CampaignId, WorkerId
from homing.store import control, events, segments
from homing.store.campaigns import Campaign, load, topic
from homing.store.database import Database, Transaction

PAGE = 2_000  # contacts a transaction: about 20 ms at the writer


@dataclass(frozen=True, slots=True)
class Page:
    """What one call did. `ahead`: somebody else plans this campaign, stop."""

    planned: int = 0
    sealed: bool = False
    ahead: bool = False


class Planning:
    def __init__(self, db: Database, me: WorkerId) -> None:
        self._db = db
        self._me = me

    def plan_page(self, campaign_id: CampaignId, epoch: int, page: int = PAGE) -> Page:
        """Plans the next `page` contacts of the audience; the cursor is fenced by the lease and by its own old value."""
        now = self._db.world.clock.now()
        with self._db.write(fenced=True) as tx:
            row = load(tx, campaign_id)
            if row.planned_at is not None or row.state not in (State.SENDING, State.PAUSED):
                return Page(sealed=row.planned_at is not None, ahead=row.planned_at is None)
            contacts = _next_contacts(tx, row, page, now)
            top = row.planned_through + self._insert(tx, row, contacts, now)
            last = len(contacts) < page
            moved = tx.hot_count(
                "plan_advance",
                {
                    "c": row.id,
                    "new": top,
                    "old": row.planned_through,
                    "cursor": contacts[-1] if contacts else row.plan_cursor,
                    "old_cursor": row.plan_cursor,
                    "last": last,
                    "now": now,
                    "worker": self._me,
                    "epoch": epoch,
                },
            )
            if not moved:
                raise Ahead
            self._db.world.faults.reach("plan.page")
            if last:
                body = {"audience": top}
                events.record(
                    tx, workspace_id=row.workspace_id, at=now, topic=topic(row.uid), kind="campaign.planned", body=body
                )
                control.complete_if_done(tx, row.id, now)
            return Page(top - row.planned_through, sealed=last)

    def _insert(self, tx: Transaction, row: Campaign, contacts: list[int], now: int) -> int:
        kept = _kept(tx, row, contacts)
        if not kept:
            return 0
        how = {"first": row.prefers[0]} if row.mixed else {"channel": row.channel}
        planned = tx.hot_count(
            "plan_insert_mixed" if row.mixed else "plan_insert",
            {
                "c": row.id,
                "w": row.workspace_id,
                "base": row.planned_through,
                **how,
                "require_consent": bool(row.options.get("require_consent")),
                "contacts": json.dumps(kept),
                "now": now,
            },
        )
        top = row.planned_through + planned
        skipped = tx.hot("plan_skipped", {"c": row.id, "base": row.planned_through, "top": top})[0][0]
        if skipped:
            tx.hot("add_counts", control.counts(row.id, skipped=skipped))
        return planned


class Ahead(Exception):
    """Rolls the page back: another planner moved the cursor, or took the lease."""


def _next_contacts(tx: Transaction, row: Campaign, page: int, now: int) -> list[int]:
    """The next ids after the cursor, from every source of the audience, merged in their order."""
    after = row.plan_cursor
    if row.audience.get("all"):
        return [r[0] for r in tx.hot("plan_all", {"w": row.workspace_id, "after": after, "n": page})]
    found = {int(id_) for id_ in row.audience.get("contacts", ()) if int(id_) > after}
    if row.audience.get("segment"):
        found.update(segments.ids(tx, row.workspace_id, row.audience["segment"], now, after=after, limit=page))
    for list_id in row.audience.get("lists", ()):
        found.update(r[0] for r in tx.hot("plan_list", {"list": list_id, "after": after, "n": page}))
    return sorted(found)[:page]


def _kept(tx: Transaction, row: Campaign, contacts: list[int]) -> list[int]:
    """Those that get a position. Who was read from the contacts themselves, with nobody excluded, is not looked up again."""
    excluded = row.audience.get("exclude_lists", [])
    if not contacts or (row.audience.get("all") and not excluded):
        return contacts
    keep = {"w": row.workspace_id, "contacts": json.dumps(contacts), "excluded": json.dumps(excluded)}
    return [id_ for (id_,) in tx.hot("plan_keep", keep)]
