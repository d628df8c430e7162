"""The numbers of one business at WhatsApp: Meta counts whom they write to first together (per business portfolio, 24 hours)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from homing.model.ids import SenderId
from homing.model.sender import Kind
from homing.store.database import Database, Transaction
from homing.store.tables import delivery, sender, sender_usage

_SAME = ("phone_number_id", "waba_id", "business")
"""Two senders that are told the same of one of these belong to one business."""


@dataclass(frozen=True, slots=True)
class Peers:
    """The other numbers of a sender's business. `used`: what they sent since then and have in hand; `numbers`: how many share
    the limit, this one among them."""

    used: int = 0
    numbers: int = 1


class Portfolio:
    """Reads only, over all workspaces: Meta's limit knows of none."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def peers(self, sender_id: SenderId, minute: int, lanes: Collection[int] = ()) -> Peers:
        """What is left of the limit to a sender is less by what they sent from `minute` (wall minutes since 1970) on.

        `lanes`: of this sender, that the asking worker holds and knows the rows of; what its others hold counts, too.
        """
        with self._db.read() as tx:
            ours = _business(tx, sender_id)
            others = [id_ for id_ in ours if id_ != sender_id]
            if not others:
                return Peers()
            u, d = sender_usage.c, delivery.c
            sent = select(func.coalesce(func.sum(u.sent), 0)).where(u.sender_id.in_(others), u.minute >= minute)
            held = select(func.count()).select_from(delivery)
            beside = (d.sender_id == sender_id) & d.shard.not_in(list(lanes))
            held = held.where(d.sender_id.in_(others) | beside, d.epoch > 0, d.state.in_(("claimed", "sending")))
            used = int(
                tx.execute(held).scalar_one()
            )  # first: what is settled in between is counted twice, and not missed
            used += int(tx.execute(sent).scalar_one())
        return Peers(used, sum(1 for id_, kept in ours.items() if kept or id_ == sender_id))


def _business(tx: Transaction, sender_id: SenderId) -> dict[SenderId, bool]:
    """The senders of its business, and whether each is still kept: one that was removed has sent all the same."""
    kind = sender.c.kind == Kind.WHATSAPP_CLOUD
    rows = tx.execute(select(sender.c.id, sender.c.options, sender.c.removed_at).where(kind)).all()
    told = {SenderId(row.id): _marks(json.loads(row.options)) for row in rows}
    kept = {SenderId(row.id): row.removed_at is None for row in rows}
    return {id_: kept[id_] for id_ in alike(told, sender_id)}


def alike(told: Mapping[SenderId, Sequence[tuple[str, str]]], of: SenderId) -> list[SenderId]:
    """Whoever has a mark of `of`, or of one that has."""
    found, marks = [of], set(told.get(of, ()))
    rest = [id_ for id_ in told if id_ != of]
    while more := [id_ for id_ in rest if marks.intersection(told[id_])]:
        found += more
        marks.update(*(told[id_] for id_ in more))
        rest = [id_ for id_ in rest if id_ not in more]
    return found


def _marks(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(options[name])) for name in _SAME if options.get(name)]
