"""What the engine's loops look at: reads only, each answered by an index or by the few campaigns that are alive."""

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import exists, func, literal, or_, select, update

from homing.model.campaign import RESCUABLE, Mode, PauseReason, State
from homing.model.ids import CampaignId, SenderId, WorkerId, WorkspaceId
from homing.model.sender import Health
from homing.store import control
from homing.store.attendance import remaining
from homing.store.campaigns import COLUMNS, Campaign, from_row, load
from homing.store.chores import Chores
from homing.store.database import Database, Transaction
from homing.store.device_tables import device
from homing.store.failover import ALL_SHARDS, shards_of
from homing.store.recurring_tables import recurrence
from homing.store.tables import attempt, campaign, campaign_count, delivery, sender, sender_usage, worker

_UNPLANNED = (campaign.c.state == State.SENDING, campaign.c.planned_at.is_(None), campaign.c.kind == "bulk")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sender with something to do here: a campaign that sends, rows that are held, or a pause that waits for its line."""

    sender_id: SenderId
    version: int
    attended: bool = False  # a campaign sends through it in order: all its lanes belong in one hand


@dataclass(frozen=True, slots=True)
class Live:
    """The part of a campaign's row that changes while it sends."""

    id: CampaignId
    uid: str
    workspace_id: WorkspaceId
    channel: str
    options: dict[str, Any]
    planned_through: int
    sealed: bool
    canary_through: int | None
    nudged_at: int
    started_at: int = 0
    mode: str = Mode.SERVER
    kind: str = "bulk"
    shards: frozenset[int] = ALL_SHARDS  # those that are this sender's; others may have the rest
    watched_ms: int = 0  # so long somebody is still believed to watch, at the moment of this look

    @property
    def mixed(self) -> bool:
        """Over both channels: of its rows only those of `channel` are for this sender."""
        return "prefer" in self.options

    @property
    def sending_since(self) -> int:
        """When it was last set moving: started, resumed or nudged (wall milliseconds)."""
        return max(self.started_at, self.nudged_at)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a worker looks for twice a second, in one transaction: an idle one asks for little else."""

    wanted: list[Wanted]
    workers: list[tuple[WorkerId, str]]  # those that have not left: id, boot
    unplanned: bool  # a campaign sends whose audience is not sealed
    due: bool  # a start, or a recurring campaign, whose time has come
    unfinished: bool  # PostgreSQL: a campaign that nobody could complete (store/finishing.py)
    devices: bool  # there is a linked device
    chores: frozenset[str] = frozenset()  # the clerk's jobs that have something to do


class Lookout:
    def __init__(self, db: Database) -> None:
        self._db = db

    def glance(self, chores: Chores | None = None) -> Glance:
        """`chores`: of the clerk, where it is on duty."""
        now = self._db.world.clock.now()
        some = select(literal(1))
        starts = exists(some.where(campaign.c.state == State.SCHEDULED, campaign.c.start_at <= now))
        recurs = exists(some.where(recurrence.c.next_at <= now))
        with self._db.read() as tx:
            wanted = self._wanted(tx)
            known = tx.execute(select(worker.c.id, worker.c.boot).where(worker.c.left_at.is_(None))).all()
            unplanned, due, devices = tx.execute(
                select(exists(some.where(*_UNPLANNED)), or_(starts, recurs), exists(some.select_from(device)))
            ).one()
            waiting = chores.look(tx, now) if chores is not None else frozenset[str]()
            unfinished = self._db.driver.shared and bool(wanted) and bool(tx.hot("unfinished", {}))
        workers = [(WorkerId(id_), str(boot)) for id_, boot in known]
        return Glance(wanted, workers, bool(unplanned), bool(due), unfinished, bool(devices), waiting)

    def wanted_senders(self) -> list[Wanted]:
        with self._db.read() as tx:
            return self._wanted(tx)

    def _wanted(self, tx: Transaction) -> list[Wanted]:
        ids = [row[0] for row in tx.hot("senders_wanted", {})]
        if not ids:
            return []
        rows = tx.execute(select(sender.c.id, sender.c.version).where(sender.c.id.in_(ids))).all()
        watched = set(
            tx.execute(
                select(campaign.c.sender_id).where(
                    campaign.c.state == State.SENDING,
                    campaign.c.sender_id.in_(ids),
                    campaign.c.mode == Mode.ATTENDED,
                )
            ).scalars()
        )
        return [Wanted(SenderId(id_), version, id_ in watched) for id_, version in rows]

    def sending(self, sender_id: SenderId) -> list[Live]:
        """The campaigns that send through this sender now, oldest first."""
        with self._db.read() as tx:
            rows = tx.execute(
                select(
                    campaign.c.id,
                    campaign.c.uid,
                    campaign.c.workspace_id,
                    campaign.c.channel,
                    campaign.c.options,
                    campaign.c.planned_through,
                    campaign.c.planned_at,
                    campaign.c.canary_through,
                    campaign.c.nudged_at,
                    campaign.c.started_at,
                    campaign.c.mode,
                    campaign.c.sender_id,
                    campaign.c.holders,
                    campaign.c.kind,
                )
                .where(
                    (campaign.c.sender_id == sender_id) | campaign.c.holders.is_not(None),
                    campaign.c.state == State.SENDING,
                )
                .order_by(campaign.c.id)
            )
            held = [(r, shards_of(sender_id, r[11], r[12])) for r in rows]
            found = [
                Live(
                    r[0], r[1], r[2], r[3], json.loads(r[4]), r[5], r[6] is not None, r[7], r[8] or 0, r[9] or 0, r[10],
                    r[13], shards,
                )
                for r, shards in held
                if shards
            ]  # fmt: skip
            attended = [live.id for live in found if live.mode == Mode.ATTENDED]
            if not attended:
                return found
            left = remaining(tx, self._db, attended)
            return [replace(live, watched_ms=left.get(live.id, 0)) for live in found]

    def waiting_for_line(self, sender_id: SenderId) -> list[CampaignId]:
        """Campaigns of this sender that paused because its way out was gone."""
        with self._db.read() as tx:
            rows = tx.execute(
                select(campaign.c.id, campaign.c.sender_id, campaign.c.holders, campaign.c.options).where(
                    (campaign.c.sender_id == sender_id) | campaign.c.holders.is_not(None),
                    campaign.c.state == State.PAUSED,
                    campaign.c.reason.in_(tuple(RESCUABLE)),
                )
            )
            return [
                CampaignId(row.id)
                for row in rows
                if row.sender_id == sender_id
                or ("prefer" in json.loads(row.options) and shards_of(sender_id, row.sender_id, row.holders))
            ]

    def whole(self, campaign_id: CampaignId) -> Campaign:
        with self._db.read() as tx:
            return load(tx, campaign_id)

    def unplanned(self) -> list[CampaignId]:
        """Campaigns that send and whose audience is not sealed."""
        with self._db.read() as tx:
            return list(tx.execute(select(campaign.c.id).where(*_UNPLANNED).order_by(campaign.c.id)).scalars())

    def due(self, now: int) -> list[Campaign]:
        """Scheduled campaigns whose time has come."""
        with self._db.read() as tx:
            rows = tx.execute(
                select(*COLUMNS)
                .where(campaign.c.state == State.SCHEDULED, campaign.c.start_at <= now)
                .order_by(campaign.c.id)
            )
            return [from_row(row) for row in rows]

    def unswept(self) -> list[CampaignId]:
        """Cancelled campaigns that still have rows written as queued."""
        with self._db.read() as tx:
            return [CampaignId(row[0]) for row in tx.hot("cancelled_unswept", {})]

    def floors(self, campaign_id: CampaignId) -> dict[int, int]:
        with self._db.read() as tx:
            rows = tx.execute(
                select(campaign_count.c.shard, campaign_count.c.floor).where(
                    campaign_count.c.campaign_id == campaign_id
                )
            )
            return {row[0]: row[1] for row in rows}

    def deferred(self, campaign_id: CampaignId) -> tuple[int, int | None]:
        """How many rows wait for a later try, and when the first of them is due (wall milliseconds)."""
        with self._db.read() as tx:
            count, first = tx.hot("late_next", {"c": campaign_id})[0]
            return int(count), first

    def health(self, sender_id: SenderId) -> tuple[Health, str | None]:
        """What was last written of a sender: a stale word, until somebody looks."""
        with self._db.read() as tx:
            found = tx.execute(select(sender.c.health, sender.c.health_detail).where(sender.c.id == sender_id)).one()
            return Health(found[0]), found[1]

    def canary_is_done(self, campaign_id: CampaignId, through: int) -> bool:
        with self._db.read() as tx:
            return not tx.hot("canary_held", {"c": campaign_id, "through": through})[0][0]

    def first_use(self, sender_id: SenderId) -> int | None:
        """When this sender sent its first message ever (wall ms), to the minute."""
        with self._db.read() as tx:
            used = select(func.min(sender_usage.c.minute)).where(sender_usage.c.sender_id == sender_id)
            minute = tx.execute(used).scalar()
            return None if minute is None else int(minute) * 60_000

    def harm(self, sender_id: SenderId, campaign_id: CampaignId, last: int = 1_000) -> tuple[int, int, int]:
        """Of the last messages of a campaign that this sender brought out: how many, how many bounced, how many complained."""
        a, d = attempt.c, delivery.c
        mine = (a.campaign_id == campaign_id) & (a.sender_id == sender_id) & (a.state == "accepted")
        newest = select(a.seq).where(mine).order_by(a.seq.desc()).limit(last).subquery()
        states = select(d.state, func.count()).where(d.campaign_id == campaign_id, d.seq.in_(select(newest.c.seq)))
        with self._db.read() as tx:
            found = {row[0]: row[1] for row in tx.execute(states.group_by(d.state))}
        return sum(found.values()), found.get("bounced", 0), found.get("complained", 0)

    def used(self, sender_id: SenderId, minute: int) -> tuple[int, int]:
        """What a sender sent in the hour and in the day that end with this minute."""
        return self.sent_since(sender_id, minute - 59), self.sent_since(sender_id, minute - 1439)

    def sent_since(self, sender_id: SenderId, minute: int) -> int:
        """What a sender sent in the minutes from `minute` (wall minutes since 1970) on."""
        with self._db.read() as tx:
            return int(
                tx.execute(
                    select(func.coalesce(func.sum(sender_usage.c.sent), 0)).where(
                        sender_usage.c.sender_id == sender_id, sender_usage.c.minute >= minute
                    )
                ).scalar_one()
            )


class Activities:
    """What a worker says about its campaigns: shown by status, never decided on."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def tell(self, campaign_id: CampaignId, activity: str, detail: str | None, next_at: int | None) -> None:
        now = self._db.world.clock.now()
        with self._db.write(fenced=True) as tx:
            tx.execute(
                update(campaign)
                .where(campaign.c.id == campaign_id, campaign.c.state == State.SENDING)
                .values(activity=activity, activity_detail=detail, activity_at=now, next_at=next_at)
            )

    def give_up(self, campaign_id: CampaignId, reason: PauseReason, detail: str) -> None:
        control.Control(self._db).pause(campaign_id, control.ENGINE, reason, detail)
