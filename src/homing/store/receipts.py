"""Receipts of providers: kept as they came, then each made true once, whatever the order and however often they are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, insert, literal, select, update

from homing.model.channel import WHATSAPP, channel_of
from homing.model.delivery import ACCEPTED, Actor, State, may_move
from homing.model.ids import CampaignId, Key, WorkspaceId
from homing.model.receipt import BAD_ADDRESS, MAILBOX_FULL, POLICY, PROOF, Kind, Mark, Receipt
from homing.store import control, events
from homing.store.campaigns import Campaign, load, topic
from homing.store.database import Database, Transaction
from homing.store.evidence import prove
from homing.store.receipt_tables import hook_call
from homing.store.tables import attempt, campaign, delivery, receipt
from homing.store.wariness import note

KEPT_MS = 31 * 86_400_000
"""Events that are older are set aside; raw bodies are kept as long."""
FULL_CAMPAIGNS = 3
_RANKS = {
    Kind.DELIVERED: State.DELIVERED,
    Kind.READ: State.READ,
    Kind.BOUNCED: State.BOUNCED,
    Kind.COMPLAINED: State.COMPLAINED,
}
_GOOD = (State.DELIVERED, State.READ)
_PROVEN_BY = ("sending", "uncertain", "accepted")


@dataclass(frozen=True, slots=True)
class HookCall:
    """What came in: a verified body of a provider, or a mail to a verified bounce address (`mark`)."""

    id: int
    workspace_id: WorkspaceId
    sender_id: int | None
    kind: str
    mark: str | None
    at: int
    body: bytes


class Receipts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(
        self, workspace_id: int, kind: str, body: bytes, *, sender_id: int | None = None, mark: Mark | None = None
    ) -> int:
        """Keeps a verified body as it came: one insert, so that the provider is answered fast."""
        now = self._db.world.clock.now()
        values = {"workspace_id": workspace_id, "sender_id": sender_id, "kind": kind, "at": now, "body": body}
        told = "/".join(map(str, mark)) if mark is not None else None
        with self._db.write() as tx:
            return int(tx.execute(insert(hook_call).values(**values, mark=told).returning(hook_call.c.id)).scalar_one())

    def newest(self, campaign_id: int, seq: int) -> int | None:
        """The newest attempt of a delivery that a provider may have: what a report is about that names none."""
        where = (attempt.c.campaign_id == campaign_id) & (attempt.c.seq == seq) & attempt.c.state.in_(_PROVEN_BY)
        with self._db.read() as tx:
            return tx.execute(select(func.max(attempt.c.attempt)).where(where)).scalar()

    @staticmethod
    def waits(now: int) -> ColumnElement[bool]:
        """Whether something came in of which nothing was made yet."""
        return exists(select(literal(1)).where(hook_call.c.done_at.is_(None)))

    def waiting(self, limit: int = 50) -> list[HookCall]:
        """What nothing was made of yet, oldest first."""
        names = ("id", "workspace_id", "sender_id", "kind", "mark", "at", "body")
        query = select(*(hook_call.c[name] for name in names)).where(hook_call.c.done_at.is_(None))
        with self._db.read() as tx:
            return [HookCall(*row) for row in tx.execute(query.order_by(hook_call.c.id).limit(limit))]

    def settle(self, of: HookCall, found: Sequence[Receipt]) -> int:
        """Makes the receipts of one body true, in one transaction; how many were news. Safe to repeat."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            news = sum(_one(tx, of, each, now) for each in found)
            done = (hook_call.c.id == of.id) & hook_call.c.done_at.is_(None)
            tx.execute(update(hook_call).where(done).values(done_at=now, found=len(found)))
        return news

    def tidy(self, limit: int = 500) -> int:
        """Removes raw bodies that are older than any event we accept; how many."""
        old = select(hook_call.c.id).where(hook_call.c.done_at < self._db.world.clock.now() - KEPT_MS).limit(limit)
        with self._db.read() as tx:
            ids = list(tx.execute(old).scalars())
        if ids:
            with self._db.write() as tx:
                tx.execute(delete(hook_call).where(hook_call.c.id.in_(ids)))
        return len(ids)


def _one(tx: Transaction, of: HookCall, each: Receipt, now: int) -> bool:
    """Whether it was news. One that speaks of nothing of ours is kept too, and changes nothing."""
    same = (receipt.c.provider == each.provider) & (receipt.c.event_id == each.event_id)
    if tx.execute(select(receipt.c.at).where(same)).one_or_none() is not None:
        return False
    row = _campaign_of(tx, of, each) if now - each.at < KEPT_MS else None
    key = (
        {}
        if row is None or each.mark is None
        else {
            "campaign_id": row.id,
            "seq": each.mark.seq,
            "attempt": each.mark.attempt,
        }
    )
    tx.execute(
        insert(receipt).values(
            provider=each.provider,
            event_id=each.event_id,
            workspace_id=of.workspace_id,
            at=each.at,
            kind=each.kind,
            **key,
        )
    )
    if row is not None and each.mark is not None and each.kind in PROOF:
        _apply(tx, row, Key(row.id, each.mark.seq, each.mark.attempt), each, now)
    return True


def _campaign_of(tx: Transaction, of: HookCall, each: Receipt) -> Campaign | None:
    """The campaign of the mark, if that attempt left through this very sender: a valid event of another changes nothing."""
    if each.mark is None:
        return None
    found = tx.execute(
        select(campaign.c.id, attempt.c.sender_id)
        .join(attempt, attempt.c.campaign_id == campaign.c.id)
        .where(
            campaign.c.uid == each.mark.campaign,
            campaign.c.workspace_id == of.workspace_id,
            attempt.c.seq == each.mark.seq,
            attempt.c.attempt == each.mark.attempt,
            attempt.c.state.in_(_PROVEN_BY),
        )
    ).one_or_none()
    if found is None or of.sender_id not in (None, found.sender_id):
        return None
    return load(tx, CampaignId(found.id))


def _apply(tx: Transaction, row: Campaign, key: Key, each: Receipt, now: int) -> None:
    prove(tx, row, key, provider_id=each.provider_id, source=f"{each.provider} {each.kind}", now=now)
    target = _RANKS.get(each.kind)
    moved = target is not None and _climb(tx, row, key, target, each, now)
    if each.kind is Kind.BOUNCED and each.reason == POLICY:
        _grow_wary(tx, key, each, now)
    if each.kind is Kind.COMPLAINED or each.kind is Kind.UNSUBSCRIBED:
        _suppress(tx, row, key, str(each.kind), now)
    elif each.kind is Kind.BOUNCED and _ends_the_address(tx, row, key, each):
        _suppress(tx, row, key, "bounced", now)
    if moved and target in (State.BOUNCED, State.COMPLAINED):
        body = {"seq": key.seq, "reason": each.reason or str(each.kind), "code": each.code}
        kind = f"delivery.{target}"
        events.record(tx, workspace_id=row.workspace_id, at=now, topic=topic(row.uid), kind=kind, body=body)


def _grow_wary(tx: Transaction, key: Key, each: Receipt, now: int) -> None:
    """The sender of that attempt goes slower where its mail was bounced for policy, as if it had been refused at once."""
    one = (attempt.c.campaign_id == key.campaign) & (attempt.c.seq == key.seq) & (attempt.c.attempt == key.attempt)
    whose = select(attempt.c.sender_id, delivery.c.address).where(one)
    same = (delivery.c.campaign_id == attempt.c.campaign_id) & (delivery.c.seq == attempt.c.seq)
    row = tx.execute(whose.join(delivery, same)).one_or_none()
    if row is not None and row.sender_id is not None and row.address:
        note(tx, row.sender_id, row.address, told_at=each.at, now=now)


def _climb(tx: Transaction, row: Campaign, key: Key, target: State, each: Receipt, now: int) -> bool:
    """Moves the delivery to its new rank, if that is one; ranks only climb. A bounce of an attempt that a later one replaced
    is history."""
    where = (delivery.c.campaign_id == key.campaign) & (delivery.c.seq == key.seq)
    found = tx.execute(select(delivery.c.state, delivery.c.address).where(where)).one_or_none()
    if found is None:
        return False
    old = State(found.state)
    if old not in ACCEPTED or not may_move(Actor.RECEIPTS, old, target):
        return False
    if target is State.BOUNCED and (_replaced(tx, key) or (channel_of(found.address) == WHATSAPP and old in _GOOD)):
        return False  # what a phone has shown did not fail, whatever is told later
    values = {"state": target, "changed_at": now}
    if target not in _GOOD:
        values |= {"reason": each.reason or str(each.kind), "code": each.code or None, "words": each.words or None}
    if not tx.execute(update(delivery).where(where, delivery.c.state == old).values(**values)).rowcount:
        return False
    was_there = old in _GOOD
    delta = {"delivered": int(target in _GOOD) - int(was_there), "bounced": int(target is State.BOUNCED)}
    tx.hot("add_counts", control.counts(row.id, **delta))
    return True


def _replaced(tx: Transaction, key: Key) -> bool:
    later = (attempt.c.campaign_id == key.campaign) & (attempt.c.seq == key.seq) & (attempt.c.attempt > key.attempt)
    accepted = select(func.count()).select_from(attempt).where(later, attempt.c.state.in_(("sending", "accepted")))
    return bool(tx.execute(accepted).scalar_one())


def _ends_the_address(tx: Transaction, row: Campaign, key: Key, each: Receipt) -> bool:
    """Bounces by class (EMAIL.md section 3): a bad address at once, a full mailbox after some campaigns, ours never."""
    if each.reason == BAD_ADDRESS:
        return True
    if each.reason != MAILBOX_FULL:
        return False
    contact = select(delivery.c.contact_id).where(delivery.c.campaign_id == key.campaign, delivery.c.seq == key.seq)
    newest = (
        select(campaign.c.id)
        .where(campaign.c.workspace_id == row.workspace_id)
        .order_by(campaign.c.id.desc())
        .limit(50)
    )
    full = (
        select(func.count())
        .select_from(delivery)
        .where(
            delivery.c.campaign_id.in_(newest.scalar_subquery()),
            delivery.c.contact_id == contact.scalar_subquery(),
            delivery.c.state == State.BOUNCED,
            delivery.c.reason == MAILBOX_FULL,
        )
    )
    return int(tx.execute(full).scalar_one()) >= FULL_CAMPAIGNS


def _suppress(tx: Transaction, row: Campaign, key: Key, reason: str, now: int) -> None:
    import json

    where = (delivery.c.campaign_id == key.campaign) & (delivery.c.seq == key.seq)
    address = tx.execute(select(delivery.c.address).where(where)).scalar()
    if address:
        values = {"w": row.workspace_id, "channel": channel_of(address), "reason": reason, "now": now}
        tx.hot_count("suppressions_insert", {**values, "addresses": json.dumps([address])})
