"""Which message of a linked device is which attempt, and what its receipts make of it.

A receipt may come before anybody knows whose message it speaks of: it is kept under the message's id until then.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, select, update

from homing.model.delivery import State
from homing.model.ids import CampaignId, Key, SenderId
from homing.store import control, events
from homing.store.campaigns import load, topic
from homing.store.database import Database, Transaction
from homing.store.device_tables import device_message
from homing.store.evidence import prove
from homing.store.tables import attempt, campaign, delivery

_RANK = {State.SENT: 0, State.DELIVERED: 1, State.READ: 2}
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Doubt:
    """An attempt of which nobody knows whether its frame left. `intended_at`: wall milliseconds."""

    key: Key
    intended_at: int


class DeviceMessages:
    def __init__(self, db: Database) -> None:
        self._db = db

    def doubts(self, sender_id: SenderId, after: Key | None = None) -> list[Doubt]:
        """Attempts of this device that are uncertain and that no message id is known of, a page at a time."""
        known = (
            select(device_message.c.message_id)
            .where(
                device_message.c.sender_id == sender_id,
                device_message.c.campaign_id == attempt.c.campaign_id,
                device_message.c.seq == attempt.c.seq,
                device_message.c.attempt == attempt.c.attempt,
            )
            .exists()
        )
        query = (
            select(attempt.c.campaign_id, attempt.c.seq, attempt.c.attempt, attempt.c.intended_at)
            .join(campaign, campaign.c.id == attempt.c.campaign_id)
            .join(delivery, and_(delivery.c.campaign_id == attempt.c.campaign_id, delivery.c.seq == attempt.c.seq))
            .where(
                campaign.c.channel == "whatsapp",
                delivery.c.state == "uncertain",
                attempt.c.state == "uncertain",
                attempt.c.sender_id == sender_id,
                ~known,
            )
            .order_by(attempt.c.campaign_id, attempt.c.seq)
            .limit(_PAGE)
        )
        if after is not None:
            later = and_(attempt.c.campaign_id == after.campaign, attempt.c.seq > after.seq)
            query = query.where(later | (attempt.c.campaign_id > after.campaign))
        with self._db.read() as tx:
            rows = tx.execute(query)
            return [Doubt(Key(CampaignId(r.campaign_id), r.seq, r.attempt), r.intended_at) for r in rows]

    def identified(self, sender_id: SenderId, message_id: str, key: Key) -> None:
        """This message is that attempt; a receipt that came before takes effect now."""
        now = self._db.world.clock.now()
        mine = _of(sender_id, message_id)
        values = {"campaign_id": key.campaign, "seq": key.seq, "attempt": key.attempt}
        with self._db.write() as tx:
            if not tx.execute(update(device_message).where(mine).values(**values)).rowcount:
                row = {"sender_id": sender_id, "message_id": message_id, "at": now, **values}
                tx.execute(insert(device_message).values(**row))
                return
            heard = tx.execute(select(device_message.c.heard).where(mine)).scalar_one()
            if heard is not None:
                _climb(tx, key, message_id, State(heard), now)

    def proved(self, sender_id: SenderId, message_id: str, key: Key) -> None:
        """The server acknowledged this message as that attempt: it is settled by this, whatever was thought of it (L11)."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            prove(tx, load(tx, key.campaign), key, provider_id=message_id, source="acknowledged", now=now)
        self.identified(sender_id, message_id, key)

    def heard(self, sender_id: SenderId, message_id: str, kind: str) -> None:
        """A receipt: delivered or read. Proof of acceptance (L11); ranks only climb, whatever order they come in."""
        now = self._db.world.clock.now()
        state = State.READ if kind in ("read", "played") else State.DELIVERED
        mine = _of(sender_id, message_id)
        with self._db.write() as tx:
            row = tx.execute(select(device_message).where(mine)).one_or_none()
            if row is None:
                values = {"sender_id": sender_id, "message_id": message_id, "heard": state, "at": now}
                tx.execute(insert(device_message).values(**values))
                return
            if row.heard is not None and _RANK[State(row.heard)] >= _RANK[state]:
                return
            tx.execute(update(device_message).where(mine).values(heard=state))
            if row.campaign_id is not None:
                _climb(tx, _key(row), message_id, state, now)


def _of(sender_id: SenderId, message_id: str) -> ColumnElement[bool]:
    return and_(device_message.c.sender_id == sender_id, device_message.c.message_id == message_id)


def _key(row: Row[*tuple[Any, ...]]) -> Key:
    return Key(CampaignId(row.campaign_id), row.seq, row.attempt)


def _climb(tx: Transaction, key: Key, message_id: str, state: State, now: int) -> None:
    climb(tx, key, state, now, provider_id=message_id, source="receipt")


def climb(tx: Transaction, key: Key, state: State, now: int, *, provider_id: str | None, source: str) -> bool:
    """The provider says that an attempt was delivered or read: sent < delivered < read. Whether the delivery moved."""
    place = and_(delivery.c.campaign_id == key.campaign, delivery.c.seq == key.seq)
    found = tx.execute(select(delivery.c.state, delivery.c.shard).where(place)).one_or_none()
    if found is None:
        return False
    if State(found.state) not in _RANK:
        prove(tx, load(tx, key.campaign), key, provider_id=provider_id, source=source, now=now)
        found = tx.execute(select(delivery.c.state, delivery.c.shard).where(place)).one()
    old = State(found.state)
    if old not in _RANK or _RANK[old] >= _RANK[state]:
        return False
    tx.execute(update(delivery).where(place, delivery.c.state == old).values(state=state, changed_at=now))
    if old is State.SENT:
        tx.hot("add_counts", control.counts(key.campaign, found.shard, delivered=1))
    row = load(tx, key.campaign)
    body = {"seq": key.seq, "state": state, "was": old, "source": source}
    events.record(tx, workspace_id=row.workspace_id, at=now, topic=topic(row.uid), kind="delivery.evidence", body=body)
    return True
