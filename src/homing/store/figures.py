"""The few sums that monitoring wants: over all workspaces, from counters and small tables; of the rows only a bounded number."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, or_, select

from homing.model.campaign import State
from homing.model.channel import CHANNELS, MIXED
from homing.store.database import Database, Transaction
from homing.store.events import Events
from homing.store.log_tail import LogTail
from homing.store.tables import COUNTED, attempt, campaign, campaign_count, lease, sender

_DECIDED = ("sent", "failed", "skipped", "cancelled", "uncertain")
_WAITING = (State.SENDING, State.PAUSED, State.SCHEDULED)
_SAMPLED = ("accepted", "refused", "uncertain")  # what was spoken to a provider to its end
CAMPAIGNS, NEWEST = 20, 200
"""How many campaigns, and of each how many of the newest attempts, say how long a message takes."""
RECENT_MS = (
    60_000  # a campaign that ended within the last minute is looked at, too: else none of a short one is ever seen
)


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts by state or health. `open` among the deliveries: planned and not decided yet.

    By channel (email, whatsapp, mixed): `queue`, rows of campaigns that send, are paused or scheduled and are not decided;
    `oldest_seconds`, since the longest-running campaign with such rows was started; `uncertain`; `send_seconds`, of the newest
    attempts, from the intent to the answer, ascending; `accepted` and `turned_down`, attempts that a provider took, and those
    that it refused or put off. Neither holds what is in doubt, until somebody knows. One that bounced and is sent again moves
    from the first to the second.

    `steals`, by kind of lease: takings from a worker that had not given it back. `event_lag`: since the oldest fact that the
    notices and webhooks have not read; `fence_lag`: since the oldest fact that an older open transaction keeps from all readers.
    """

    campaigns: Mapping[str, int]
    deliveries: Mapping[str, int]
    senders: Mapping[str, int]
    queue: Mapping[str, int]
    oldest_seconds: Mapping[str, float]
    uncertain: Mapping[str, int]
    send_seconds: Mapping[str, Sequence[float]]
    accepted: Mapping[str, int]
    turned_down: Mapping[str, int]
    steals: Mapping[str, int]
    event_lag: float
    fence_lag: float


class Figures:
    """Reads only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def look(self) -> Sums:
        now = self._db.world.clock.now()
        sums = [func.coalesce(func.sum(campaign_count.c[name]), 0) for name in COUNTED]
        with self._db.read() as tx:
            states = tx.execute(select(campaign.c.state, func.count()).group_by(campaign.c.state)).all()
            over = select(_CHANNEL.label("way"), *sums).join(campaign, campaign.c.id == campaign_count.c.campaign_id)
            counted = {
                way: Counter(dict(zip(COUNTED, map(int, each), strict=True)))
                for way, *each in tx.execute(over.group_by("way"))
            }
            planned = tx.execute(select(func.coalesce(func.sum(campaign.c.planned_through), 0))).scalar_one()
            used = sender.c.removed_at.is_(None)
            health = tx.execute(select(sender.c.health, func.count()).where(used).group_by(sender.c.health)).all()
            queue, oldest, doubtful = _by_channel(tx, now)
            taken = _send_seconds(tx, now)
            steals = tx.execute(select(lease.c.kind, func.sum(lease.c.steals)).group_by(lease.c.kind)).all()
        deliveries = {name: sum(of[name] for of in counted.values()) for name in (*_DECIDED, "delivered", "bounced")}
        deliveries["open"] = int(planned) - sum(deliveries[name] for name in _DECIDED)
        ways = {way: Counter[str]() for way in CHANNELS} | counted
        return Sums(
            dict(states), deliveries, dict(health), queue, oldest, doubtful, taken,
            accepted={way: of["sent"] for way, of in ways.items()},
            turned_down={way: max(0, of["attempts"] - of["sent"] - of["uncertain"]) for way, of in ways.items()},
            steals={"lane": 0} | {kind: int(count) for kind, count in steals},
            event_lag=_since(LogTail(self._db, ()).oldest_unread(), now),
            fence_lag=_since(Events(self._db).oldest_fenced(), now),
        )  # fmt: skip


def _since(at: int | None, now: int) -> float:
    return 0.0 if at is None else max(0, now - at) / 1000


_CHANNEL = case((campaign.c.options.like('%"prefer"%'), MIXED), else_=campaign.c.channel)


def _by_channel(tx: Transaction, now: int) -> tuple[dict[str, int], dict[str, float], dict[str, int]]:
    count = campaign_count.c
    decided = func.coalesce(func.sum(sum((count[name] for name in _DECIDED[1:]), count[_DECIDED[0]])), 0)
    doubtful = func.coalesce(func.sum(count.uncertain), 0)
    of = campaign.c
    rows = tx.execute(
        select(_CHANNEL, of.state, of.planned_through, of.started_at, decided, doubtful)
        .select_from(campaign.outerjoin(campaign_count, count.campaign_id == of.id))
        .where(or_(of.state.in_(_WAITING), count.uncertain > 0))
        .group_by(of.id)
    )
    queue, uncertain = dict.fromkeys(CHANNELS, 0), dict.fromkeys(CHANNELS, 0)
    oldest = dict.fromkeys(CHANNELS, 0.0)
    for channel, state, planned, started_at, done, unsure in rows:
        uncertain[channel] = uncertain.get(channel, 0) + int(unsure)
        left = int(planned) - int(done) if state in _WAITING else 0
        queue[channel] = queue.get(channel, 0) + left
        if left > 0 and started_at is not None:
            oldest[channel] = max(oldest.get(channel, 0.0), (now - started_at) / 1000)
    return queue, oldest, uncertain


def _send_seconds(tx: Transaction, now: int) -> dict[str, list[float]]:
    of, a = campaign.c, attempt.c
    lately = or_(of.state == State.SENDING, of.completed_at > now - RECENT_MS)
    chosen = tx.execute(select(of.id, _CHANNEL).where(lately).order_by(of.id.desc()).limit(CAMPAIGNS)).all()
    found: dict[str, list[float]] = defaultdict(list)
    for id_, channel in chosen:
        newest = (
            select(a.intended_at, a.ended_at, a.state).where(a.campaign_id == id_).order_by(a.seq.desc()).limit(NEWEST)
        )
        ends = ((row.ended_at, row.intended_at) for row in tx.execute(newest) if row.state in _SAMPLED and row.ended_at)
        found[channel] += [max(0, ended - intended) / 1000 for ended, intended in ends]
    return {channel: sorted(seconds) for channel, seconds in found.items() if seconds}
