"""What the readers of messages decide by the links in them: out, back in, and which lists. Each act is one transaction.

A link names a delivery. It acts on the address that the message went to, of that workspace and channel, and on nothing else.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select

from homing.model.channel import channel_of
from homing.model.ids import CampaignId, Key, WorkspaceId
from homing.store import events
from homing.store.campaigns import load, topic
from homing.store.database import Database, Transaction
from homing.store.evidence import doubted, prove
from homing.store.tables import campaign, contact, delivery, list_, list_member, receipt, suppression

LEFT = "unsubscribed"
"""The reason of a suppression that its reader asked for."""
PROVIDER = "homing"
"""Whose evidence acts of readers are."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message went to. `left`: since when the reader is out by their own act; `kept_out`: by whatever reason."""

    campaign_id: CampaignId
    workspace_id: WorkspaceId
    channel: str
    seq: int
    contact_id: int
    address: str
    kept_out: str | None

    @property
    def left(self) -> bool:
        return self.kept_out == LEFT


@dataclass(frozen=True, slots=True)
class Choice:
    """A list that a reader may be on."""

    list_id: int
    name: str
    on: bool


class Addressees:
    def __init__(self, db: Database) -> None:
        self._db = db

    def uid_of(self, campaign_id: int) -> str | None:
        """The public id of a campaign: what the MAC of its links is keyed by. None: there is none."""
        with self._db.read() as tx:
            return tx.execute(select(campaign.c.uid).where(campaign.c.id == campaign_id)).scalar()

    def workspace_of(self, campaign_id: int) -> int | None:
        """Whose campaign it is."""
        with self._db.read() as tx:
            return tx.execute(select(campaign.c.workspace_id).where(campaign.c.id == campaign_id)).scalar()

    def find(self, campaign_id: int, seq: int) -> Addressee | None:
        """Whom that message went to; None for a message outside an audience (a test)."""
        with self._db.read() as tx:
            return _find(tx, campaign_id, seq)

    def recipient(self, campaign_id: int, seq: int) -> tuple[str, str, dict[str, Any]] | None:
        """Address, name and attributes that the message was made from, as they are now; None: it was for nobody."""
        with self._db.read() as tx:
            row = tx.execute(
                select(delivery.c.address, contact.c.name, contact.c.attributes)
                .outerjoin(contact, contact.c.id == delivery.c.contact_id)
                .where(delivery.c.campaign_id == campaign_id, delivery.c.seq == seq)
            ).one_or_none()
        if row is None or not row.address:
            return None
        return row.address, row.name or "", json.loads(row.attributes or "{}")

    def opened(self, who: Addressee) -> None:
        """The reader's mail program fetched the pixel. Kept once; settles what was uncertain (L11)."""
        self._saw(who, "opened", "", None)

    def clicked(self, who: Addressee, target: str) -> None:
        """The reader followed a link. Kept once for each link; settles what was uncertain (L11)."""
        told = target.encode()
        self._saw(who, "clicked", f"/{sha256(told).hexdigest()[:16]}", told)

    def _saw(self, who: Addressee, kind: str, more: str, body: bytes | None) -> None:
        """What was seen before is asked without writing: a mail is opened more than once."""
        event_id = _event_id(who, kind) + more
        with self._db.read() as tx:
            known = _known(tx, event_id) and doubted(tx, who.campaign_id, who.seq) is None
        if not known:
            now = self._db.world.clock.now()
            with self._db.write() as tx:
                _note(tx, who, kind, now, event_id, body)

    def leave(self, who: Addressee, how: str) -> None:
        """No more messages to this address on this channel; what has not left of a running campaign stops too (L14).

        `how`: "one_click", "page", "preferences" or "mail". That the reader has the message settles what was uncertain (L11).
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            values = {"w": who.workspace_id, "channel": who.channel, "reason": LEFT, "now": now}
            added = tx.hot_count("suppressions_insert", {**values, "addresses": json.dumps([who.address])})
            _note(tx, who, "unsubscribed", now)
            if added:
                self._tell(tx, who, "contact.unsubscribed", {"how": how}, now)

    def come_back(self, who: Addressee) -> bool:
        """Takes a leave back that the reader made; whether there was one. Other suppressions stay."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            gone = tx.execute(
                delete(suppression).where(
                    suppression.c.workspace_id == who.workspace_id,
                    suppression.c.channel == who.channel,
                    suppression.c.address == who.address,
                    suppression.c.reason == LEFT,
                )
            ).rowcount
            if gone:
                tx.execute(delete(receipt).where(*_same(who, "unsubscribed")))
                self._tell(tx, who, "contact.came_back", {}, now)
            return bool(gone)

    def choices(self, who: Addressee) -> list[Choice]:
        """The lists that the reader is on, and those that the message was sent to, by name."""
        with self._db.read() as tx:
            return _choices(tx, who)

    def choose(self, who: Addressee, keep: Collection[int]) -> None:
        """Of the lists in `choices` the reader stays on, or joins, those in `keep`, and leaves the others."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            changed = []
            for each in _choices(tx, who):
                if each.on == (each.list_id in keep):
                    continue
                changed.append(each.list_id)
                if each.on:
                    member = (list_member.c.list_id == each.list_id, list_member.c.contact_id == who.contact_id)
                    tx.execute(delete(list_member).where(*member))
                else:
                    ids = json.dumps([who.contact_id])
                    tx.hot_count(
                        "members_insert", {"list": each.list_id, "w": who.workspace_id, "now": now, "ids": ids}
                    )
            if changed:
                self._tell(tx, who, "contact.chose_lists", {"lists": len(changed)}, now)

    def _tell(self, tx: Transaction, who: Addressee, kind: str, body: dict[str, object], now: int) -> None:
        row = load(tx, who.campaign_id)
        told = {"seq": who.seq, **body}
        events.record(tx, workspace_id=who.workspace_id, at=now, topic=topic(row.uid), kind=kind, body=told)


def _find(tx: Transaction, campaign_id: int, seq: int) -> Addressee | None:
    row = tx.execute(
        select(campaign.c.id, campaign.c.workspace_id, delivery.c.contact_id, delivery.c.address)
        .join(delivery, delivery.c.campaign_id == campaign.c.id)
        .where(campaign.c.id == campaign_id, delivery.c.seq == seq)
    ).one_or_none()
    if row is None or not row.address:
        return None
    channel = channel_of(row.address)
    reason = tx.execute(
        select(suppression.c.reason).where(
            suppression.c.workspace_id == row.workspace_id,
            suppression.c.channel == channel,
            suppression.c.address == row.address,
        )
    ).scalar()
    return Addressee(row.id, row.workspace_id, channel, seq, row.contact_id, row.address, reason)


def _choices(tx: Transaction, who: Addressee) -> list[Choice]:
    sent_to = load(tx, who.campaign_id).audience.get("lists") or []
    on = select(list_member.c.list_id).where(list_member.c.contact_id == who.contact_id)
    query = (
        select(list_.c.id, list_.c.name, list_.c.id.in_(on).label("there"))
        .where(list_.c.workspace_id == who.workspace_id, list_.c.id.in_(on) | list_.c.id.in_(sent_to))
        .order_by(list_.c.name)
    )
    return [Choice(row.id, row.name, bool(row.there)) for row in tx.execute(query)]


def _same(who: Addressee, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (receipt.c.provider == PROVIDER, receipt.c.event_id == _event_id(who, kind))


def _event_id(who: Addressee, kind: str) -> str:
    return f"{kind}/{who.campaign_id}/{who.seq}"


def _known(tx: Transaction, event_id: str) -> bool:
    same = (receipt.c.provider == PROVIDER) & (receipt.c.event_id == event_id)
    return tx.execute(select(receipt.c.at).where(same)).one_or_none() is not None


def _note(
    tx: Transaction, who: Addressee, kind: str, now: int, event_id: str | None = None, body: bytes | None = None
) -> None:
    """Keeps the act as evidence, once, and settles what it proves."""
    event_id = event_id or _event_id(who, kind)
    if not _known(tx, event_id):
        tx.execute(
            insert(receipt).values(
                provider=PROVIDER,
                event_id=event_id,
                workspace_id=who.workspace_id,
                at=now,
                kind=kind,
                campaign_id=who.campaign_id,
                seq=who.seq,
                body=body,
            )
        )
    unsure = doubted(tx, who.campaign_id, who.seq)
    if unsure is not None:
        key = Key(who.campaign_id, who.seq, unsure)
        prove(tx, load(tx, who.campaign_id), key, provider_id=None, source=kind, now=now)
