"""What people write to our numbers: kept once, however often it is told; STOP and START take effect in the same transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, case, delete, func, insert, select, update

from homing.model.channel import channel_of
from homing.model.errors import NotFound
from homing.model.ids import CampaignId, SenderId, WorkspaceId, new_uid
from homing.model.stop_words import Wish, wish_of
from homing.store import audit_log, events
from homing.store.database import Database, Transaction
from homing.store.device_tables import conversation_message, conversation_read
from homing.store.tables import campaign, contact, delivery, suppression

CHANNEL = "whatsapp"
REASON = "stop_word"
LONGEST = 65_536  # characters of what somebody wrote: WhatsApp takes as many
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
    """One person and the last that was written, by either side. `unread`: messages that nobody has looked at."""

    address: str
    name: str
    contact_uid: str | None
    direction: str
    text: str
    media: str | None
    at: int
    count: int
    unread: int
    cursor: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation. `direction`: in, out; `state`, `reason`: of one that went out; `title`: of the campaign that
    brought it, whose words are not kept; `due_at`: when it is tried next."""

    direction: str
    channel: str
    text: str
    media: str | None
    at: int
    state: str | None = None
    reason: str | None = None
    words: str | None = None
    due_at: int | None = None
    campaign: str | None = None
    seq: int | None = None
    title: str | None = None
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said in a single message, for the conversation that it belongs to. `address`: whose it is."""

    address: str
    text: str
    media: str | None = None


class Conversations:
    def __init__(self, db: Database) -> None:
        self._db = db

    def receive(
        self, workspace_id: WorkspaceId, sender_id: SenderId, heard: Heard, *, stop: str = "", start: str = ""
    ) -> bool:
        """Keeps a message; whether it was news. `stop`, `start`: own words of the sender, by commas.

        STOP suppresses the number before the next claim of any campaign; START lets it be sent to again, if it was that.
        """
        now, text = self._db.world.clock.now(), _storable(heard.text, LONGEST)
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
                "name": _storable(heard.name, 200),
                "text": text,
                "media": heard.media,
                "provider_id": heard.provider_id,
                "at": heard.at,
                "received_at": now,
            }
            tx.execute(insert(conversation_message).values(**values))
            wish = wish_of(text, stop, start)
            if wish is not None:
                _obey(tx, workspace_id, heard.address, wish, now)
            facts = {"message": uid, "channel": CHANNEL, "wish": wish}
            _tell(tx, workspace_id, heard.address, "conversation.received", now, **facts)
            return True

    def prefers(self, workspace_id: WorkspaceId, address: str, *, stop: bool, at: int) -> None:
        """What somebody told WhatsApp itself of our messages, in effect as STOP and START. `at`: when, wall milliseconds: a wish
        to go on that is older than the STOP which counts now changes nothing, however late and often it is told."""
        now, wish = self._db.world.clock.now(), Wish.STOP if stop else Wish.START
        mine = (suppression.c.workspace_id == workspace_id) & (suppression.c.channel == CHANNEL)
        with self._db.write() as tx:
            found = tx.execute(select(suppression.c.since).where(mine, suppression.c.address == address)).scalar()
            if (found is not None) if stop else (found is None or found > at):
                return
            _obey(tx, workspace_id, address, wish, now)
            _tell(tx, workspace_id, address, "conversation.preference", now, channel=CHANNEL, wish=wish)

    def latest(self, workspace_id: WorkspaceId, *, limit: int = 100, before: int | None = None) -> list[Conversation]:
        """Whose conversation moved last comes first; `before`: the cursor of the last one seen."""
        m = conversation_message.c
        newest = _newest(workspace_id).subquery()
        query = (
            select(
                m.address, m.name, m.text, m.media, m.at, m.direction, newest.c.written, newest.c.unread, newest.c.called,
                m.id, contact.c.uid, contact.c.name.label("known"),
            )
            .join(newest, newest.c.id == m.id)
            .outerjoin(contact, and_(contact.c.workspace_id == workspace_id, contact.c.phone == m.address))
            .order_by(m.id.desc())
            .limit(limit)
        )  # fmt: skip
        if before is not None:
            query = query.where(m.id < before)
        with self._db.read() as tx:
            return [
                Conversation(
                    address=r.address, name=r.known or r.called or "", contact_uid=r.uid, direction=r.direction,
                    text=r.text, media=r.media, at=r.at, count=r.written, unread=int(r.unread or 0), cursor=r.id,
                )
                for r in tx.execute(query)
            ]  # fmt: skip

    def unread(self, workspace_id: WorkspaceId) -> int:
        """How many conversations have something that nobody has looked at."""
        newest = _newest(workspace_id).subquery()
        with self._db.read() as tx:
            return int(tx.execute(select(func.count()).select_from(newest).where(newest.c.unread > 0)).scalar_one())

    def read(self, workspace_id: WorkspaceId, address: str) -> bool:
        """Somebody has looked at all of it; whether that was news."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if not _read(tx, workspace_id, address):
                return False
            _tell(tx, workspace_id, address, "conversation.read", now)
            return True

    def lines(self, workspace_id: WorkspaceId, address: str, limit: int = 200) -> list[Line]:
        """The newest of what was written and sent over all channels, oldest first. Raises NotFound when there is nothing."""
        m, d = conversation_message.c, delivery.c
        written = (
            select(*(conversation_message.c), d.state, d.reason, d.words, d.due_at, campaign.c.uid.label("of"))
            .outerjoin(delivery, and_(d.campaign_id == m.campaign_id, d.seq == m.seq))
            .outerjoin(campaign, campaign.c.id == m.campaign_id)
            .where(m.workspace_id == workspace_id, m.address == address)
            .order_by(m.id.desc())
            .limit(limit)
        )
        ours = (
            select(campaign.c.id)
            .where(
                campaign.c.workspace_id == workspace_id, campaign.c.kind == "bulk", campaign.c.started_at.is_not(None)
            )
            .order_by(campaign.c.id.desc())
            .limit(_NEWEST)
        )
        person = select(contact.c.id).where(contact.c.workspace_id == workspace_id, contact.c.phone == address)
        sent = (
            select(d.campaign_id, d.state, d.reason, d.words, d.seq, d.changed_at, d.due_at, d.address,
                   campaign.c.uid, campaign.c.name)
            .join(campaign, campaign.c.id == d.campaign_id)
            .where(d.campaign_id.in_(ours), d.contact_id == person.scalar_subquery())
        )  # fmt: skip
        with self._db.read() as tx:
            # Providers tell whole seconds: within one, the order in which they were written down counts.
            found = [_line(r) for r in tx.execute(written)][::-1]
            for r in tx.execute(sent):
                due = r.due_at if r.state == "queued" else None
                told = (r.state, r.reason, r.words, due, r.uid, r.seq, r.name)
                found.append(Line("out", channel_of(r.address), "", None, r.changed_at or 0, *told))
        if not found:
            raise NotFound(f"there is no conversation with {address} here")
        return sorted(found, key=lambda line: line.at)[-limit:]

    def heard_from(self, sender_id: SenderId, address: str) -> int | None:
        """When somebody wrote to one of our numbers last (wall milliseconds); None: never."""
        m = conversation_message.c
        with self._db.read() as tx:
            return tx.execute(select(func.max(m.at)).where(m.sender_id == sender_id, m.address == address)).scalar()

    def last_from(self, workspace_id: WorkspaceId, address: str) -> tuple[SenderId, int] | None:
        """Our number that somebody wrote to last, and when (wall milliseconds): answers go through it."""
        m = conversation_message.c
        query = (
            select(m.sender_id, m.at)
            .where(m.workspace_id == workspace_id, m.address == address, m.direction == "in")
            .order_by(m.id.desc())
            .limit(1)
        )
        with self._db.read() as tx:
            row = tx.execute(query).one_or_none()
        return None if row is None else (SenderId(row.sender_id), row.at)

    def last_to(self, workspace_id: WorkspaceId, address: str, sender_id: SenderId) -> int | None:
        """When they wrote to this number of ours last, wall milliseconds."""
        m = conversation_message.c
        mine = and_(m.workspace_id == workspace_id, m.address == address, m.sender_id == sender_id, m.direction == "in")
        with self._db.read() as tx:
            return tx.execute(select(func.max(m.at)).where(mine)).scalar()


def _storable(text: str, longest: int) -> str:
    """What a stranger wrote, as every database keeps it: no NUL (PostgreSQL), no half of a surrogate pair (UTF-8)."""
    return text[:longest].encode("utf-8", "replace").decode().replace("\0", "")


def keep_said(
    tx: Transaction,
    workspace_id: WorkspaceId,
    sender_id: SenderId,
    said: Said,
    *,
    channel: str,
    place: tuple[CampaignId, int],
    uid: str,
    actor: str,
    now: int,
) -> None:
    """Writes what is being sent into its conversation, in the transaction that writes its delivery. Whoever answers has read."""
    tx.execute(
        insert(conversation_message).values(
            uid=uid,
            workspace_id=workspace_id,
            channel=channel,
            direction="out",
            sender_id=sender_id,
            address=said.address,
            text=said.text,
            media=said.media,
            provider_id=f"out/{uid}",
            campaign_id=place[0],
            seq=place[1],
            actor=actor,
            at=now,
            received_at=now,
        )
    )
    _read(tx, workspace_id, said.address)
    _tell(tx, workspace_id, said.address, "conversation.answered", now, message=uid, channel=channel)


def _newest(workspace_id: WorkspaceId) -> Select[*tuple[Any, ...]]:
    """Of each conversation: its newest message, how many there are, how many nobody has looked at, how they call themselves."""
    m = conversation_message.c
    theirs = m.direction == "in"
    fresh = and_(theirs, m.id > func.coalesce(conversation_read.c.through, 0))
    seen = and_(conversation_read.c.workspace_id == m.workspace_id, conversation_read.c.address == m.address)
    return (
        select(
            m.address,
            func.max(m.id).label("id"),
            func.count().label("written"),
            func.sum(case((fresh, 1), else_=0)).label("unread"),
            func.max(m.name).label("called"),
        )
        .select_from(conversation_message.outerjoin(conversation_read, seen))
        .where(m.workspace_id == workspace_id)
        .group_by(m.address)
    )


def _line(r: Row[Any]) -> Line:
    uid = r.uid if r.direction == "out" else None
    due = r.due_at if r.state == "queued" else None
    return Line(r.direction, r.channel, r.text, r.media, r.at, r.state, r.reason, r.words, due, r.of, r.seq, uid=uid)


def _read(tx: Transaction, workspace_id: WorkspaceId, address: str) -> bool:
    """Whether there was anything to read."""
    m, c = conversation_message.c, conversation_read.c
    mine = and_(m.workspace_id == workspace_id, m.address == address)
    last = tx.execute(select(func.max(m.id)).where(mine, m.direction == "in")).scalar()
    if last is None:
        return False
    known = and_(c.workspace_id == workspace_id, c.address == address)
    through = tx.execute(select(c.through).where(known)).scalar()
    if through is None:
        tx.execute(insert(conversation_read).values(workspace_id=workspace_id, address=address, through=last))
    elif through < last:
        tx.execute(update(conversation_read).where(known).values(through=last))
    return through is None or through < last


def _tell(tx: Transaction, workspace_id: WorkspaceId, address: str, kind: str, now: int, **body: Any) -> None:
    """A fact about a conversation: with ids, never with what was written."""
    who = _contact(tx, workspace_id, address)
    topic = f"contact:{who}" if who else "conversations"
    events.record(tx, workspace_id=workspace_id, at=now, topic=topic, kind=kind, body={"contact": who, **body})


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
