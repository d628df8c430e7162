"""Campaigns with several senders: hands shards from one to another by changing the campaign's row, never its deliveries."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select, update

from homing.model.campaign import RESCUABLE, Mode, State
from homing.model.channel import CHANNELS
from homing.model.delivery import SHARDS
from homing.model.ids import CampaignId, SenderId
from homing.model.routing import Standing, route
from homing.model.sender import Health, Kind
from homing.store import events
from homing.store.campaigns import Campaign, topic
from homing.store.database import Database, Transaction
from homing.store.tables import campaign, sender

BACK = "came_back"
"""Of a campaign's options: when it changed hands last, and who of those that gained had been away since it was started."""
_WELL = (Health.UP, Health.SLOW)


@dataclass(frozen=True, slots=True)
class Moved:
    """Shards of a campaign that changed hands. `gained`: by sender, how many."""

    campaign_id: CampaignId
    gained: Counter[SenderId]


def holders_of(sender_id: SenderId | None, holders: str | None) -> list[SenderId]:
    """The holder of each shard: as written, else the campaign's one sender."""
    if holders is not None:
        return [SenderId(each) for each in json.loads(holders)]
    return [] if sender_id is None else [sender_id] * SHARDS


def shards_of(me: SenderId, sender_id: SenderId | None, holders: str | None) -> frozenset[int]:
    """The shards of a campaign that this sender may claim from; of a mixed one only rows of its own channel are in them."""
    if holders is None:
        return ALL_SHARDS if sender_id == me else _NONE
    return frozenset(place % SHARDS for place, each in enumerate(json.loads(holders)) if each == me)


ALL_SHARDS = frozenset(range(SHARDS))
_NONE: frozenset[int] = frozenset()


class Failover:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def needed(self, sender_id: SenderId) -> bool:
        """Whether `route` would change something for this sender: a read."""
        with self._db.read() as tx:
            return any(self._changes(tx, row) for row in _shared(tx, sender_id))

    def route(self, sender_id: SenderId) -> list[Moved]:
        """Gives every campaign that names this sender beside others to whoever is to hold it now; what is in flight stays."""
        moved = []
        with self._db.write() as tx:
            for row in _shared(tx, sender_id):
                found = self._changes(tx, row)
                if found is not None:
                    moved.append(self._move(tx, row, found, json.loads(row.options)))
        return moved

    def abandoned(self, campaign_id: CampaignId, channel: str, after: float) -> bool:
        """Whether all senders of a mixed campaign's other channel have been down, or gone, for so many seconds."""
        latest = self._db.world.clock.now() - int(after * 1000)
        s = sender.c
        with self._db.read() as tx:
            row = tx.execute(select(campaign.c.senders).where(campaign.c.id == campaign_id)).one_or_none()
            ids = json.loads(row.senders) if row is not None else []
            rows = tx.execute(select(s.kind, s.health, s.health_since, s.removed_at).where(s.id.in_(ids))).all()
        others = [each for each in rows if Kind(each.kind).channel != channel]
        gone = [
            each.removed_at is not None
            or (Health(each.health) not in _WELL and (each.health_since or latest + 1) <= latest)
            for each in others
        ]
        return bool(gone) and all(gone)

    def alone(self, campaign_id: CampaignId, sender_id: SenderId) -> bool:
        """Whether nobody else who holds a part of this campaign is well: when this sender waits, all of it does."""
        with self._db.read() as tx:
            row = tx.execute(select(campaign.c.sender_id, campaign.c.holders).where(campaign.c.id == campaign_id)).one()
            others = set(holders_of(row.sender_id, row.holders)) - {sender_id}
            well = select(sender.c.id).where(sender.c.id.in_(others), sender.c.health.in_(_WELL)).limit(1)
            return tx.execute(well).first() is None

    def drop(self, campaign_id: CampaignId, sender_id: SenderId, why: str) -> bool:
        """This sender may not send this campaign (its From is not verified there): the others have it from now on, and it
        does not come back. False: there is no other, or a person has changed the senders meanwhile."""
        c = campaign.c
        query = select(c.id, c.uid, c.workspace_id, c.senders, c.sender_id, c.holders, c.options, c.mode, c.started_at)
        with self._db.write() as tx:
            row = tx.execute(query.where(c.id == campaign_id, c.state == State.SENDING)).one_or_none()
            ids = json.loads(row.senders) if row is not None else []
            if row is None or sender_id not in ids or len(ids) < 2:
                return False
            options = json.loads(row.options)
            if weights := options.get("weights"):
                options["weights"] = [each for id_, each in zip(ids, weights, strict=False) if id_ != sender_id]
            rest = [each for each in ids if each != sender_id]
            channels, now = channels_of(tx, ids), self._db.world.clock.now()
            if channels.get(sender_id) not in {channels.get(each) for each in rest}:
                return False
            order = _standings(tx, rest, options.get("weights"), now)
            before, mixed = holders_of(row.sender_id, row.holders), "prefer" in options
            apart = _routed_apart(order, channels_of(tx, rest), before, now) if mixed else []
            after = apart or route(order, before, now, weighted=bool(weights))
            tx.execute(update(campaign).where(c.id == campaign_id).values(senders=json.dumps(rest)))
            self._move(tx, row, after, options, why)
            return True

    def limit(self, sender_id: SenderId, until: int | None) -> None:
        """The sender is well, and may send nothing before `until` (wall ms): a cap, a quota, a stated wait. None: it may."""
        with self._db.write() as tx:
            tx.execute(update(sender).where(sender.c.id == sender_id).values(limited_until=until))

    def _changes(self, tx: Transaction, row: Row[Any]) -> list[SenderId] | None:
        before = holders_of(row.sender_id, row.holders)
        weights = json.loads(row.options).get("weights") if row.mode == Mode.SERVER else None
        mixed = "prefer" in json.loads(row.options)
        after = _routed(tx, json.loads(row.senders), weights, before, self._db.world.clock.now(), mixed=mixed)
        return after if after != before else None

    def _move(
        self, tx: Transaction, row: Row[Any], after: list[SenderId], options: Mapping[str, Any], why: str = ""
    ) -> Moved:
        before = holders_of(row.sender_id, row.holders)
        gained = Counter(new for old, new in zip(before, after, strict=True) if old != new)
        # Written down: who comes back need not be who routes, its worker may take its lanes only now.
        noted = {**options, BACK: {"at": self._db.world.clock.now(), "senders": _come_back(tx, gained, row.started_at)}}
        values = {**_written(after), "options": json.dumps(noted), "activity": None, "next_at": None}
        tx.execute(update(campaign).where(campaign.c.id == row.id).values(**values))
        named = select(sender.c.id, sender.c.name).where(sender.c.id.in_({*before, *after}))
        names = {each.id: each.name for each in tx.execute(named)}
        body = {
            "from": sorted({names.get(old, "") for old, new in zip(before, after, strict=True) if old != new}),
            "to": {names.get(each, ""): count for each, count in Counter(after).items()},
            **({"reason": why} if why else {}),
        }
        events.record(
            tx,
            workspace_id=row.workspace_id,
            at=self._db.world.clock.now(),
            topic=topic(row.uid),
            kind="campaign.sender_changed",
            body=body,
        )
        return Moved(row.id, gained)


def opening(tx: Transaction, of: Campaign, now: int) -> dict[str, Any]:
    """Who holds what when a campaign starts: columns of its row."""
    before = holders_of(of.sender_id, None)
    weights = of.options.get("weights") if of.mode is Mode.SERVER else None
    if len(of.senders) < 2:
        return {}
    return _written(_routed(tx, of.senders, weights, before, now, mixed=of.mixed))


def _routed(
    tx: Transaction,
    ids: Sequence[int],
    weights: Sequence[int] | None,
    before: list[SenderId],
    now: int,
    *,
    mixed: bool = False,
) -> list[SenderId]:
    order = _standings(tx, ids, weights, now)
    if mixed:
        return _routed_apart(order, channels_of(tx, ids), before, now)
    return route(order, before, now, weighted=bool(weights)) if len(order) > 1 and before else before


def _routed_apart(
    order: Sequence[Standing], channels: Mapping[int, str], before: list[SenderId], now: int
) -> list[SenderId]:
    """Of a campaign over both channels: the holder of each shard's rows for e-mail, then for WhatsApp."""
    after: list[SenderId] = []
    for place, channel in enumerate(CHANNELS):
        half = before[place * SHARDS : (place + 1) * SHARDS] if len(before) == 2 * SHARDS else []
        mine = [each for each in order if channels.get(each.id) == channel]
        after += route(mine, half or [mine[0].id] * SHARDS, now) if mine else half or before[:SHARDS]
    return after


def _come_back(tx: Transaction, ids: Collection[SenderId], since: int | None) -> list[int]:
    """Those of them that were down, blocked or at a limit since then (wall milliseconds)."""
    s = sender.c
    away = or_(s.health_since >= (since or 0), s.limited_until >= (since or 0))
    return sorted(tx.execute(select(s.id).where(s.id.in_(list(ids)), away)).scalars())


def channels_of(tx: Transaction, ids: Sequence[int]) -> dict[int, str]:
    """The channel of each of these senders."""
    rows = tx.execute(select(sender.c.id, sender.c.kind).where(sender.c.id.in_(ids)))
    return {row.id: Kind(row.kind).channel for row in rows}


def _written(holders: list[SenderId]) -> dict[str, Any]:
    """The columns that say it; `sender_id` names the one with the most."""
    whole = len(set(holders)) == 1
    most = Counter(holders).most_common(1)[0][0]
    return {"sender_id": most, "holders": None if whole else json.dumps(holders)}


def _shared(tx: Transaction, sender_id: SenderId) -> list[Row[Any]]:
    """Campaigns that send, or wait for a line, and name this sender beside others."""
    c = campaign.c
    query = select(
        c.id, c.uid, c.workspace_id, c.senders, c.sender_id, c.holders, c.options, c.mode, c.started_at
    ).where(
        (c.state == State.SENDING) | ((c.state == State.PAUSED) & c.reason.in_(tuple(RESCUABLE))),
        c.senders.like("%,%"),
    )
    return [row for row in tx.execute(query.order_by(c.id)) if sender_id in json.loads(row.senders)]


def _standings(tx: Transaction, ids: Sequence[int], weights: Sequence[int] | None, now: int) -> list[Standing]:
    s = sender.c
    found = {
        row.id: row
        for row in tx.execute(
            select(s.id, s.health, s.health_since, s.limited_until, s.removed_at).where(s.id.in_(ids))
        )
    }
    order = []
    for place, id_ in enumerate(ids):
        row = found.get(id_)
        if row is None:
            continue
        limited = row.limited_until or 0
        fit = row.removed_at is None and Health(row.health) in _WELL and limited <= now
        weight = weights[place] if weights and place < len(weights) else 1
        order.append(Standing(SenderId(id_), fit, max(row.health_since or 0, limited), weight))
    return order
