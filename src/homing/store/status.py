"""How everything stands, as people see it: campaigns with their progress, workers, senders, and why something does not move."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from homing.model.campaign import Activity, PauseReason, State
from homing.model.delivery import State as Row
from homing.model.ids import CampaignId, WorkspaceId
from homing.store import control
from homing.store.campaigns import COLUMNS, Campaign, from_row
from homing.store.database import Database, Transaction
from homing.store.tables import COUNTED, campaign_count, delivery, event, lease
from homing.store.tables import campaign as campaigns
from homing.store.workers import Workers

RATE_SECONDS = 20
_EVENTS_LOOKED_AT = 5_000
_LATEST = 50
_ALIVE = (State.SENDING, State.PAUSED, State.SCHEDULED)

_PAUSED: dict[PauseReason, str] = {
    PauseReason.BY_PERSON: "A person paused it. `homing resume` lets it go on.",
    PauseReason.WATCHER_GONE: "Nobody watches it any more. It goes on when somebody does.",
    PauseReason.NO_CONNECTION: "The connection was away for too long. It resumes by itself when it is back; `homing resume` tries now.",
    PauseReason.SENDER_DOWN: "Its sender is down. It resumes by itself when the sender is up; `homing resume` tries now.",
    PauseReason.TOO_MANY_FAILURES: "Too much failed: see `homing export --state failed`. Mend the cause, then `homing resume`.",
    PauseReason.SENDER_LIMIT: "The limit of its sender is reached. `homing sender set` raises it, `homing resume` goes on.",
    PauseReason.CANARY: "The first messages are out. Look at them, then `homing approve`.",
    PauseReason.RESTORED: "This is a restored copy. Make sure that the original does not send, then `homing resume`.",
    PauseReason.MISSED_START: "Its time passed while Homing was down. `homing resume` sends now.",
}
_WAITING: dict[str, str] = {
    Activity.WAITING_FOR_CONNECTION: "Waiting for connection...",
    Activity.WAITING_FOR_SENDER: "Its sender is in trouble; Homing looks again by itself.",
    Activity.WAITING_FOR_WINDOW: "Outside its sending hours.",
    Activity.WAITING_FOR_RETRY: "All that is left was deferred by the receiving servers; `homing finish` ends the waiting.",
    Activity.WAITING_FOR_STORAGE: "The disk does not take writes.",
    Activity.WAITING_FOR_WORKER: "No worker runs. Start one: `homing serve` or `homing worker`.",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One campaign. `rate`: messages a second over the last 20 s; `eta_seconds` None: not known; times in wall ms."""

    campaign: Campaign
    activity: str | None
    reason: str | None
    why: str | None
    audience: int
    sent: int
    failed: int
    skipped: int
    cancelled: int
    uncertain: int
    open: int
    rate: float
    eta_seconds: int | None
    next_seq: int | None
    stuck: bool

    @property
    def done(self) -> int:
        return self.audience - self.open

    def to_json(self) -> dict[str, Any]:
        """As CONTRACT section 3 has it, and why it does not move."""
        counts = ("audience", "sent", "failed", "skipped", "cancelled", "uncertain", "open")
        return {
            "id": self.campaign.uid,
            "name": self.campaign.name,
            "mode": self.campaign.mode,
            "state": self.campaign.state,
            "activity": self.activity,
            "reason": self.reason,
            **{name: getattr(self, name) for name in counts},
            "rate": self.rate,
            "eta_seconds": self.eta_seconds,
            "next_seq": self.next_seq,
            "stuck": self.stuck,
            "why": self.why,
        }


class Statuses:
    """Reads it all; each method is one moment of the ledger."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._workers = Workers(db)

    def campaign(self, campaign_id: CampaignId) -> Progress:
        """One campaign's progress. Raises NotFound."""
        return self.of([campaign_id])[0]

    def campaigns(self, workspace_id: WorkspaceId, *, limit: int = _LATEST) -> list[Progress]:
        """Those that are alive, then the latest others; newest first within each."""
        alive = campaigns.c.state.in_(_ALIVE)
        query = select(campaigns.c.id).where(campaigns.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            ids = tx.execute(query.order_by(~alive, campaigns.c.id.desc()).limit(limit)).scalars().all()
        return self.of(ids)

    def of(self, ids: Sequence[CampaignId]) -> list[Progress]:
        """These campaigns, in this order."""
        now = self._db.world.clock.now()
        with self._db.read() as tx:
            rows = {row[0]: from_row(row) for row in tx.execute(select(*COLUMNS).where(campaigns.c.id.in_(ids)))}
            counters = _counters(tx, ids)
            live = control.any_worker(tx, now)
            rates = _rates(tx, [row for row in rows.values() if row.state is State.SENDING], now)
            return [
                _progress(tx, rows[id_], counters[id_], rates.get(rows[id_].uid, 0.0), now, live)
                for id_ in ids
                if id_ in rows
            ]

    def workers(self) -> list[dict[str, Any]]:
        """Those that live, with the lanes of senders that have something to send."""
        now = self._db.world.clock.now()
        alive = self._workers.alive()
        with self._db.read() as tx:
            wanted = {str(row[0]) for row in tx.hot("senders_wanted", {})}
            held = select(lease.c.owner, lease.c.group, func.count()).where(
                lease.c.kind == "lane", lease.c.until > self._db.lease_now(), lease.c.boot.in_(("", self._db.boot))
            )
            lanes: dict[int, int] = defaultdict(int)
            for owner, group, count in tx.execute(held.group_by(lease.c.owner, lease.c.group)):
                if group in wanted:
                    lanes[owner] += count
        return [
            {
                "id": row.uid,
                "host": row.host,
                "pid": row.pid,
                "seen_seconds_ago": round(max(now - row.seen_at, 0) / 1000, 1),
                "lanes": lanes[row.id],
            }
            for row in alive
        ]


def _counters(tx: Transaction, ids: Iterable[CampaignId]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    sums = [func.sum(campaign_count.c[name]) for name in COUNTED]
    query = select(campaign_count.c.campaign_id, *sums).where(campaign_count.c.campaign_id.in_(list(ids)))
    for row in tx.execute(query.group_by(campaign_count.c.campaign_id)):
        found[row[0]] = dict(zip(COUNTED, row[1:], strict=True))
    return found


def _rates(tx: Transaction, sending: list[Campaign], now: int) -> dict[str, float]:
    """Messages sent a second over the last 20 s, from the facts of those seconds."""
    if not sending:
        return {}
    newest = tx.execute(select(func.max(event.c.seq))).scalar() or 0
    since = now - RATE_SECONDS * 1000
    facts = select(event.c.topic, event.c.body).where(
        event.c.seq > newest - _EVENTS_LOOKED_AT, event.c.kind == "deliveries.settled", event.c.at > since
    )
    sent: dict[str, int] = defaultdict(int)
    for topic, body in tx.execute(facts):
        sent[topic.partition(":")[2]] += json.loads(body)["counts"].get("sent", 0)
    begun: dict[str, int] = {row.uid: max(row.started_at or 0, since) for row in sending}
    return {uid: round(count / max((now - begun.get(uid, since)) / 1000, 1.0), 2) for uid, count in sent.items()}


def _progress(tx: Transaction, of: Campaign, counts: dict[str, int], rate: float, now: int, live: bool) -> Progress:
    settled = {name: counts[name] for name in ("sent", "failed", "skipped", "cancelled", "uncertain")}
    still = max(of.planned_through - sum(settled.values()), 0)
    if of.state is State.CANCELLED:
        settled["cancelled"], still = settled["cancelled"] + still, 0
    sending = of.state is State.SENDING
    activity = _activity(of, live) if sending else None
    stuck = sending and control.stands_still(tx, of, now, live)
    return Progress(
        campaign=of,
        activity=activity,
        reason=of.reason
        if of.state is State.PAUSED
        else (_WAITING.get(activity or "") and (of.activity_detail or activity)),
        why=_why(of, activity, stuck),
        audience=of.planned_through,
        **settled,
        open=still,
        rate=rate if sending else 0.0,
        eta_seconds=round(still / rate) if sending and rate > 0 else None,
        next_seq=_next(tx, of),
        stuck=stuck,
    )


def _activity(of: Campaign, live: bool) -> str | None:
    return (of.activity or Activity.SENDING) if live else Activity.WAITING_FOR_WORKER


def _why(of: Campaign, activity: str | None, stuck: bool) -> str | None:
    """Why it does not move, and what would make it; None: it moves, or is over."""
    if of.state is State.PAUSED and of.reason is not None:
        return " ".join(filter(None, (of.detail, _PAUSED[of.reason])))
    if of.state is State.SCHEDULED:
        return "Its time has not come yet."
    words = _WAITING.get(activity or "")
    if words is not None:
        return " ".join(filter(None, (words, of.activity_detail if activity == of.activity else None)))
    return "It stands still though nothing explains it; `homing resume --stuck` sets it moving." if stuck else None


def _next(tx: Transaction, of: Campaign) -> int | None:
    """The lowest queued position: the next recipient."""
    if of.state in (State.CANCELLED, State.DRAFT):
        return None
    query = select(func.min(delivery.c.seq)).where(delivery.c.campaign_id == of.id, delivery.c.state == Row.QUEUED)
    found = tx.execute(query).scalar()
    return None if found is None else int(found)
