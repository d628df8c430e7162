"""What people write to our numbers: kept once, however often it is told; STOP and START take effect in the same transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update

from homing.model.errors import NotFound
from homing.model.ids import SenderId, WorkspaceId, new_uid
from homing.model.stop_words import Wish, wish_of
from homing.store import audit_log, events
from homing.store.database import Database, Transaction
from homing.store.device_tables import conversation_message
from homing.store.tables import campaign, contact, delivery, suppression

CHANNEL = "whatsapp"
REASON = "stop_word"
_NEWEST = 50  # campaigns that a conversation looks back to


@dataclass(frozen=True, slots=True)
class Heard:
    """A message from somebody. `at`: wall milliseconds by the provider; `provider_id`: the same each time it is told."""

    address: str
    text: str
    provider_id: str
    at: int
    name: str = ""
    media: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One person and the last that he wrote."""

    address: str
    name: str
    contact_uid: str | None
    text: str
    media: str | None
    at: int
    count: int
    cursor: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation. `direction`: in, out; `state`: of one that went out."""

    direction: str
    text: str
    media: str | None
    at: int
    state: str | None = None
    campaign: str | None = None
    seq: int | None = None


class Conversations:
    def __init__(self, db: Database) -> None:
        self._db = db

    def receive(
        self, workspace_id: WorkspaceId, sender_id: SenderId, heard: Heard, *, stop: str = "", start: str = ""
    ) -> bool:
        """Keeps a message; whether it was news. `stop`, `start`: own words of the sender, by commas.

        STOP suppresses the number before the next claim of any campaign; START lets it be sent to again, if it was that.
        """
        now = self._db.world.clock.now()
        c = conversation_message.c
        with self._db.write() as tx:
            same = and_(c.sender_id == sender_id, c.provider_id == heard.provider_id)
            if tx.execute(select(c.id).where(same)).scalar() is not None:
                return False
            uid = new_uid(now)
            values = {
                "uid": uid,
                "workspace_id": workspace_id,
                "channel": CHANNEL,
                "sender_id": sender_id,
                "address": heard.address,
                "name": heard.name,
                "text": heard.text,
                "media": heard.media,
                "provider_id": heard.provider_id,
                "at": heard.at,
                "received_at": now,
            }
            tx.execute(insert(conversation_message).values(**values))
            wish = wish_of(heard.text, stop, start)
            who = _contact(tx, workspace_id, heard.address)
            if wish is not None:
                _obey(tx, workspace_id, heard.address, wish, now)
            body: dict[str, Any] = {"message": uid, "contact": who, "channel": CHANNEL, "wish": wish}
            topic = f"contact:{who}" if who else "conversations"
            events.record(tx, workspace_id=workspace_id, at=now, topic=topic, kind="conversation.received", body=body)
            return True

    def latest(self, workspace_id: WorkspaceId, *, limit: int = 100, before: int | None = None) -> list[Conversation]:
        """Who wrote, the latest first; `before`: the cursor of the last one seen."""
        m = conversation_message.c
        newest = (
            select(m.address, func.max(m.id).label("id"), func.count().label("count"))
            .where(m.workspace_id == workspace_id)
            .group_by(m.address)
            .subquery()
        )
        query = (
            select(m.address, m.name, m.text, m.media, m.at, newest.c.count, m.id, contact.c.uid, contact.c.name)
            .join(newest, newest.c.id == m.id)
            .outerjoin(contact, and_(contact.c.workspace_id == workspace_id, contact.c.phone == m.address))
            .order_by(m.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(m.id < before)
        with self._db.read() as tx:
            rows = tx.execute(query).all()
        return [Conversation(r[0], r[8] or r[1], r[7], r[2], r[3], r[4], r[5], r[6]) for r in rows]

    def lines(self, workspace_id: WorkspaceId, address: str, limit: int = 200) -> list[Line]:
        """The newest of what was written and sent, oldest first. Raises NotFound when there is nothing."""
        m, d = conversation_message.c, delivery.c
        written = (
            select(m.text, m.media, m.at)
            .where(m.workspace_id == workspace_id, m.address == address)
            .order_by(m.id.desc())
            .limit(limit)
        )
        ours = (
            select(campaign.c.id)
            .where(campaign.c.workspace_id == workspace_id, campaign.c.channel == CHANNEL)
            .order_by(campaign.c.id.desc())
            .limit(_NEWEST)
        )
        with self._db.read() as tx:
            found = [Line("in", r.text, r.media, r.at) for r in tx.execute(written)]
            person = select(contact.c.id).where(contact.c.workspace_id == workspace_id, contact.c.phone == address)
            who = tx.execute(person).scalar()
            for id_ in list(tx.execute(ours).scalars()):
                sent = select(d.state, d.seq, d.changed_at, campaign.c.uid, campaign.c.name).join(
                    campaign, campaign.c.id == d.campaign_id
                )
                mine = d.address == address if who is None else (d.contact_id == who) & ~d.address.contains("@")
                rows = tx.execute(sent.where(d.campaign_id == id_, mine))
                found += [Line("out", r.name, None, r.changed_at or 0, r.state, r.uid, r.seq) for r in rows]
        if not found:
            raise NotFound(f"there is no conversation with {address} here")
        return sorted(found, key=lambda line: line.at)[-limit:]

    def last_from(self, workspace_id: WorkspaceId, address: str) -> tuple[SenderId, int] | None:
        """Our number that somebody wrote to last, and when (wall milliseconds): answers go through it."""
        m = conversation_message.c
        query = (
            select(m.sender_id, m.at)
            .where(m.workspace_id == workspace_id, m.address == address)
            .order_by(m.id.desc())
            .limit(1)
        )
        with self._db.read() as tx:
            row = tx.execute(query).one_or_none()
        return None if row is None else (SenderId(row.sender_id), row.at)


def _contact(tx: Transaction, workspace_id: WorkspaceId, address: str) -> str | None:
    mine = and_(contact.c.workspace_id == workspace_id, contact.c.phone == address)
    return tx.execute(select(contact.c.uid).where(mine)).scalar()


def _obey(tx: Transaction, workspace_id: WorkspaceId, address: str, wish: Wish, now: int) -> None:
    """The person's own word: written down with it."""
    import json

    mine = and_(
        suppression.c.workspace_id == workspace_id,
        suppression.c.channel == CHANNEL,
        suppression.c.address == address,
    )
    person = and_(contact.c.workspace_id == workspace_id, contact.c.phone == address)
    if wish is Wish.STOP:
        values = {"w": workspace_id, "channel": CHANNEL, "reason": REASON, "now": now}
        tx.hot_count("suppressions_insert", {**values, "addresses": json.dumps([address])})
        tx.execute(update(contact).where(person).values(consent_whatsapp="refused", updated_at=now))
    else:
        tx.execute(delete(suppression).where(mine, suppression.c.reason == REASON))
        tx.execute(update(contact).where(person).values(consent_whatsapp="given", updated_at=now))
    audit_log.append(
        tx, workspace_id=workspace_id, at=now, actor="contact", act=f"whatsapp.{wish}", subject="suppression:whatsapp"
    )
