"""How fast a campaign is and when it ends: what was measured, held against what its senders' limits allow."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from sqlalchemy import func, select

from homing.model.campaign import State
from homing.model.ending import DAY_MINUTES, Limited, fastest, is_capped, soonest
from homing.model.ids import SenderId
from homing.model.sender import Kind, SenderOptions
from homing.store.campaigns import Campaign, topic
from homing.store.database import Transaction
from homing.store.failover import holders_of
from homing.store.sender_options import options_of
from homing.store.tables import campaign, sender, sender_usage

RATE_SECONDS, FRESH_SECONDS = 20, 5
ENOUGH = 8
"""Messages that 5 s brought before the last 5: fewer say nothing about a change of it."""


def rate_of(tx: Transaction, row: Campaign, now: int, senders: Mapping[SenderId, SenderOptions]) -> float:
    """Messages a second over the last 20 s; over the last 5 where it became slower than half, so that a speed that is over
    predicts nothing. Never more than the senders' limits allow by now."""
    if row.state is not State.SENDING or row.started_at is None:
        return 0.0
    seconds = min(RATE_SECONDS, max(1.0, (now - row.started_at) / 1000))
    since, fresh = now - int(seconds * 1000), now - FRESH_SECONDS * 1000
    sent, newest = tx.hot("recent_rate", {"topic": topic(row.uid), "since": since, "fresh": fresh})[0]
    rate, lately = float(sent) / seconds, float(newest) / FRESH_SECONDS
    before = (float(sent) - float(newest)) / max(seconds - FRESH_SECONDS, 1.0)
    if before * FRESH_SECONDS >= ENOUGH and lately < before / 2:
        rate = lately
    most = fastest(list(senders.values()))
    if most is not None and most < rate:
        rate = most
    return round(rate, 1 if rate >= 1 else 4)


def seconds_left(
    tx: Transaction, row: Campaign, now: int, senders: Mapping[SenderId, SenderOptions], left: int, rate: float
) -> int | None:
    """None while nobody knows. Not before the senders' limits allow it, nor before the last that was put off is due."""
    if rate <= 0 or row.planned_at is None:
        return None
    limited = [Limited(of, _used(tx, id_, now) if is_capped(of) else ()) for id_, of in senders.items()]
    last = tx.hot("late_last", {"c": row.id})[0][0] or 0
    return round(max(left / rate, soonest(left, limited, now), (last - now) / 1000))


def senders_of(tx: Transaction, row: Campaign) -> dict[SenderId, SenderOptions]:
    """The limits of those that have the campaign now."""
    holders = tx.execute(select(campaign.c.holders).where(campaign.c.id == row.id)).scalar()
    ids = set(holders_of(row.sender_id, holders))
    rows = tx.execute(select(sender.c.id, sender.c.kind, sender.c.options).where(sender.c.id.in_(ids)))
    return {SenderId(id_): _since_its_first(tx, id_, _parsed(kind, options)) for id_, kind, options in rows}


@lru_cache(maxsize=256)
def _parsed(kind: str, options: str) -> SenderOptions:
    return options_of(Kind(kind), json.loads(options))


def _since_its_first(tx: Transaction, id_: int, options: SenderOptions) -> SenderOptions:
    if options.warm_up is None:
        return options
    first = tx.execute(select(func.min(sender_usage.c.minute)).where(sender_usage.c.sender_id == id_)).scalar()
    return options if first is None else replace(options, warm_from=int(first) * 60_000)


def _used(tx: Transaction, id_: SenderId, now: int) -> list[tuple[int, int]]:
    mine = (sender_usage.c.sender_id == id_) & (sender_usage.c.minute > now // 60_000 - DAY_MINUTES)
    return [
        (minute, sent) for minute, sent in tx.execute(select(sender_usage.c.minute, sender_usage.c.sent).where(mine))
    ]
