"""What people ask at 2 a.m.: what moves, what does not, why, and what would make it move."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select

from homing.model.campaign import Activity, Mode, PauseReason, State
from homing.model.ids import CampaignId, WorkerId, WorkspaceId
from homing.model.moment import rfc3339
from homing.model.storage import Refusal
from homing.store.campaigns import COLUMNS, Campaign, from_row
from homing.store.control import stands_still
from homing.store.database import Database, Transaction
from homing.store.ending import rate_of, seconds_left, senders_of
from homing.store.people_tables import attendance
from homing.store.tables import COUNTED, campaign, lease, sender
from homing.store.workers import WorkerRow, Workers

SILENT_MS = 5_000  # a worker writes each second; after so long without, it seems that it cannot


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """One campaign's line in `homing status --json`. `reason`: one sentence, None when it simply moves or is over."""

    id: str
    name: str
    mode: str
    state: str
    activity: str | None
    reason: str | None
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
    planned: bool
    next_at: int | None
    start_at: int | None
    pause_reason: str | None
    control: int = 0
    attendant: str | None = None  # who watches an attended campaign
    sender: str | None = None  # the name of the sender that has it now, of several the one with most


@dataclass(frozen=True, slots=True)
class Holding:
    """What a worker holds: `lane` (`count` of 16) or `device` of a sender, `plan` of a campaign, `loop` of the house."""

    kind: str
    of: str
    count: int


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    id: str
    host: str
    pid: int
    seen_seconds_ago: float
    lanes: int
    holds: list[Holding]


@dataclass(frozen=True, slots=True)
class SenderStatus:
    name: str
    kind: str
    health: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Status:
    campaigns: list[CampaignStatus]
    workers: list[WorkerStatus]
    senders: list[SenderStatus]
    storage: Refusal | None = None


class StatusBoard:
    """Reads only: counters and index probes, so that it stays quick at any audience.

    `storage`: what the workers say that it refuses, known only to the process that watches them (L19).
    """

    def __init__(self, db: Database, storage: Callable[[], Refusal | None] = lambda: None) -> None:
        self._db = db
        self._storage = storage
        self._workers = Workers(db)

    def look(self, workspace_id: WorkspaceId, *, limit: int = 50) -> Status:
        """The newest campaigns of a workspace (all that are alive come first), the workers, and the senders."""
        alive = self._workers.alive()
        now = self._db.world.clock.now()
        running = campaign.c.state.in_((State.SENDING, State.PAUSED, State.SCHEDULED))
        with self._db.read() as tx:
            rows = tx.execute(
                select(*COLUMNS)
                .where(campaign.c.workspace_id == workspace_id, campaign.c.kind == "bulk")
                .order_by(running.desc(), campaign.c.id.desc())
                .limit(limit)
            ).all()
            found = [self._campaign(tx, from_row(row), now, alive) for row in rows]
            return Status(
                found, self._worker_rows(tx, alive, workspace_id), _senders(tx, workspace_id), self._storage()
            )

    def campaign(self, campaign_id: CampaignId) -> CampaignStatus:
        """One campaign."""
        alive = self._workers.alive()
        with self._db.read() as tx:
            row = tx.execute(select(*COLUMNS).where(campaign.c.id == campaign_id)).one()
            return self._campaign(tx, from_row(row), self._db.world.clock.now(), alive)

    def alive(self, workspace_id: int, states: Collection[State], also: Collection[str] = ()) -> list[CampaignStatus]:
        """The campaigns of a workspace in these states, and those with the ids `also`."""
        chosen: ColumnElement[bool] = campaign.c.state.in_(tuple(states))
        if also:
            chosen = or_(chosen, campaign.c.uid.in_(tuple(also)))
        query = (
            select(*COLUMNS)
            .where(campaign.c.workspace_id == workspace_id, campaign.c.kind == "bulk", chosen)
            .order_by(campaign.c.id)
        )
        with self._db.read() as tx:
            rows = tx.execute(query).all()
            if not rows:
                return []
            workers, now = self._workers.alive(), self._db.world.clock.now()
            return [self._campaign(tx, from_row(row), now, workers) for row in rows]

    def _campaign(self, tx: Transaction, row: Campaign, now: int, workers: list[WorkerRow]) -> CampaignStatus:
        counters = dict(zip(COUNTED, tx.hot("counters", {"c": row.id})[0], strict=True))
        done = {name: counters[name] for name in ("sent", "failed", "skipped", "cancelled", "uncertain")}
        left = row.planned_through - sum(done.values())
        if row.state is State.CANCELLED:
            # What still reads queued is cancelled; only rows that a worker holds are open.
            held = tx.hot("held_count", {"c": row.id})[0][0] if left else 0
            done["cancelled"] += left - held
            left = held
        senders = senders_of(tx, row) if row.state is State.SENDING else {}
        rate = rate_of(tx, row, now, senders)
        alive = bool(workers)
        activity = _activity(row, alive)
        stuck = row.state is State.SENDING and stands_still(tx, row, now, alive)
        found = CampaignStatus(
            row.uid,
            row.name,
            row.mode,
            row.state,
            activity,
            _why(row, activity, alive=alive, stuck=stuck, now=now),
            row.planned_through,
            **done,
            open=left,
            rate=rate,
            eta_seconds=seconds_left(tx, row, now, senders, left, rate),
            next_seq=tx.hot("next_seq", {"c": row.id})[0][0] if row.state is not State.CANCELLED else None,
            stuck=stuck,
            planned=row.planned_at is not None,
            next_at=row.next_at,
            start_at=row.start_at,
            pause_reason=row.reason,
            control=row.control,
            attendant=_attendant(tx, row),
            sender=tx.execute(select(sender.c.name).where(sender.c.id == row.sender_id)).scalar(),
        )
        return self._not_written(found, workers, now) if row.state is State.SENDING else found

    def _not_written(self, found: CampaignStatus, workers: list[WorkerRow], now: int) -> CampaignStatus:
        """What the ledger cannot say itself: that it is not written. Its last words are stale then (L19)."""
        told = self._storage()
        if told is not None:
            waits, why, next_at = Activity.WAITING_FOR_STORAGE, told.sentence, told.next_at
            return replace(found, activity=waits, reason=why, next_at=next_at, rate=0.0, eta_seconds=None, stuck=False)
        last = max(workers, key=lambda each: each.seen_at, default=None)
        if last is None or now - last.seen_at <= SILENT_MS:
            return found
        waits, why = Activity.WAITING_FOR_WORKER, _silence(last)
        return replace(found, activity=waits, reason=why, next_at=None, rate=0.0, eta_seconds=None)

    def _worker_rows(self, tx: Transaction, alive: list[WorkerRow], workspace_id: WorkspaceId) -> list[WorkerStatus]:
        working = {
            str(id_)
            for id_ in tx.execute(select(campaign.c.sender_id).where(campaign.c.state == State.SENDING)).scalars()
        }
        held = tx.execute(
            select(lease.c.owner, func.count())
            .where(lease.c.kind == "lane", lease.c.owner.is_not(None), lease.c.group.in_(working))
            .group_by(lease.c.owner)
        )
        lanes = {row[0]: row[1] for row in held}
        holds = _holdings(tx, workspace_id)
        return [
            WorkerStatus(w.uid, w.host, w.pid, round(w.silent_ms / 1000, 1), lanes.get(w.id, 0), holds.get(w.id, []))
            for w in alive
        ]


def _holdings(tx: Transaction, workspace_id: WorkspaceId) -> dict[WorkerId, list[Holding]]:
    """By worker; of other workspaces nothing is named."""
    senders = select(cast(sender.c.id, Text), sender.c.name).where(sender.c.workspace_id == workspace_id)
    campaigns = select(cast(campaign.c.id, Text), campaign.c.name).where(
        campaign.c.workspace_id == workspace_id, campaign.c.state == State.SENDING
    )
    named = {"lane": dict(_pairs(tx, senders)), "plan": dict(_pairs(tx, campaigns))}
    named["device"] = named["lane"]
    found: dict[WorkerId, Counter[tuple[str, str]]] = {}
    for kind, key, owner in tx.execute(
        select(lease.c.kind, lease.c.key, lease.c.owner).where(lease.c.owner.is_not(None))
    ):
        of = key if kind == "loop" else named.get(kind, {}).get(key.partition("/")[0])
        if of is not None:
            found.setdefault(WorkerId(owner), Counter())[kind, of] += 1
    return {id_: [Holding(kind, of, n) for (kind, of), n in sorted(of_one.items())] for id_, of_one in found.items()}


def _pairs(tx: Transaction, query: Select[str, str]) -> list[tuple[str, str]]:
    return [(str(id_), str(name)) for id_, name in tx.execute(query)]


def _senders(tx: Transaction, workspace_id: WorkspaceId) -> list[SenderStatus]:
    rows = tx.execute(
        select(sender.c.name, sender.c.kind, sender.c.health, sender.c.health_detail)
        .where(sender.c.workspace_id == workspace_id, sender.c.removed_at.is_(None))
        .order_by(sender.c.name)
    )
    return [SenderStatus(*row) for row in rows]


def _attendant(tx: Transaction, row: Campaign) -> str | None:
    if row.mode is not Mode.ATTENDED:
        return None
    return tx.execute(select(attendance.c.attendant).where(attendance.c.campaign_id == row.id)).scalar_one_or_none()


def _silence(last: WorkerRow) -> str:
    at = (rfc3339(last.seen_at) or "")[11:19]
    return (
        f"The worker (pid {last.pid}) lives, but has written nothing since {at} UTC: its storage may refuse to be written. "
        "`homing doctor` looks at the disk; free space on it, and sending goes on by itself"
    )


def _activity(row: Campaign, alive: bool) -> str | None:
    if row.state is not State.SENDING:
        return None
    return row.activity if alive and row.activity else Activity.WAITING_FOR_WORKER if not alive else Activity.SENDING


_PAUSES = {
    PauseReason.BY_PERSON: "Paused by a person. Resume it to go on.",
    PauseReason.WATCHER_GONE: "Nobody watches it any more. Watch it again, or let the server send it.",
    PauseReason.NO_CONNECTION: "No connection for too long. It goes on by itself when the way is back; `resume` tries now.",
    PauseReason.SENDER_DOWN: "The sender is down. Mend it, or wait until it answers; `homing resume` tries now.",
    PauseReason.TOO_MANY_FAILURES: "Too many failures. Look at them (`homing export --state failed`), then resume.",
    PauseReason.SENDER_LIMIT: "The sender's limit is reached.",
    PauseReason.CANARY: "The first messages are out. Look at the results, then `homing approve` or `homing cancel`.",
    PauseReason.RESTORED: "This is a restored copy. Check what was sent since the backup, then resume.",
    PauseReason.MISSED_START: "Its start was missed while Homing was down. Resume it to send now.",
}


_OUTLOOKS = {
    Activity.WAITING_FOR_CONNECTION: "; it looks again {when} and goes on by itself",
    Activity.WAITING_FOR_SENDER: "; it looks again {when} and goes on by itself. `homing sender test` says more",
    Activity.WAITING_FOR_RETRY: ", the next {when}. `homing export --state queued` says why; `homing finish` ends the waiting",
    Activity.WAITING_FOR_WINDOW: "; it goes on {when}",
}


def _outlook(row: Campaign, now: int) -> str:
    """What will move it and when, or what a person can do; "" when nothing is due."""
    words = _OUTLOOKS.get(Activity(row.activity)) if row.activity else None
    if words is None or row.next_at is None or row.next_at <= now:
        return ""
    return words.format(when=_ahead(row.next_at - now))


def _ahead(ms: int) -> str:
    seconds = -(-ms // 1000)
    if seconds < 120:
        return f"in {seconds} s"
    minutes = seconds // 60
    return f"in {minutes} min" if minutes < 120 else f"in {minutes // 60} h {minutes % 60:02} min"


def _why(row: Campaign, activity: str | None, *, alive: bool, stuck: bool, now: int) -> str | None:
    """One sentence: why it does not move and what would make it move."""
    if row.state is State.PAUSED and row.reason is not None:
        return f"{_PAUSES[row.reason]} ({row.detail})" if row.detail else _PAUSES[row.reason]
    if row.state is not State.SENDING:
        return None
    if not alive:
        return "No worker is running. Start one: `homing serve` or `homing worker`."
    if row.activity_detail and activity != Activity.SENDING:
        return row.activity_detail + _outlook(row, now)
    if stuck:
        return "Nothing moved for a while and no reason is known. `homing resume --stuck` makes the workers look again."
    return None
