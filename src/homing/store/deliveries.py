"""What became of each recipient, and what people decide about it: retry what failed, resolve what is uncertain."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from homing.model.campaign import State as CampaignState
from homing.model.delivery import State
from homing.model.errors import Conflict, Invalid
from homing.model.ids import CampaignId
from homing.store import audit_log, control, events
from homing.store.audit import WITHDRAWN
from homing.store.campaigns import Campaign, load, topic
from homing.store.control import By
from homing.store.database import Database, Transaction
from homing.store.tables import attempt, contact, delivery, sender

HOPELESS = frozenset({"bad_address"})
"""Reasons that a retry cannot mend; it takes them only when they are named."""

_CHUNK = 5_000
_MOST_NAMED = 10_000
_STARTED = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.COMPLETED)


class Decision(StrEnum):
    """What a person says an uncertain delivery was, or is to be."""

    SENT = "sent"
    FAILED = "failed"
    SEND_AGAIN = "send-again"


@dataclass(frozen=True, slots=True)
class Fate:
    """One recipient of a campaign. `attempts`: those that reached, or may have reached, the provider. `at`: wall ms."""

    seq: int
    email: str | None
    phone: str | None
    state: State
    attempts: int
    reason: str | None
    code: str | None
    words: str | None
    provider_id: str | None
    at: int | None
    due_at: int | None


def from_address(tx: Transaction, of: Campaign) -> str:
    """The From of a campaign: its own, else its sender's; "" when neither names one."""
    if of.content.get("from"):
        return str(of.content["from"])
    options = tx.execute(select(sender.c.options).where(sender.c.id == of.sender_id)).scalar()
    return str(json.loads(options or "{}").get("from") or "")


class Deliveries:
    """Reads rows of one campaign, and writes what people decide. Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self, of: Campaign, *, state: str | None = None, reason: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Fate]:
        """The next `limit` rows after position `after`, in the order of sending. Raises Invalid for an unknown state."""
        query = _fates(of).where(delivery.c.seq > after).order_by(delivery.c.seq).limit(limit)
        if state is not None:
            query = query.where(_in_state(of, state))
        if reason is not None:
            query = query.where(delivery.c.reason == reason)
        with self._db.read() as tx:
            return [_fate(of, row) for row in tx.execute(query)]

    def all(self, of: Campaign, *, state: str | None = None, reason: str | None = None) -> Iterator[Fate]:
        """Every row, a page at a time: each page sees its own moment."""
        after = 0
        while page := self.page(of, state=state, reason=reason, after=after, limit=_CHUNK):
            yield from page
            after = page[-1].seq

    def from_of(self, of: Campaign) -> str:
        """The From that its messages carry."""
        with self._db.read() as tx:
            return from_address(tx, of)

    def retry(self, campaign_id: CampaignId, by: By, *, reason: str | None = None) -> int:
        """Failed rows that can succeed go back to queued with new patience; returns how many (R8).

        `reason`: only those that failed so. A completed campaign is sending again from this commit on. Raises Conflict.
        """
        wanted = (delivery.c.campaign_id == campaign_id) & (delivery.c.state == State.FAILED)
        wanted &= delivery.c.reason == reason if reason else func.coalesce(delivery.c.reason, "").not_in(HOPELESS)
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = _started(tx, campaign_id, "retry")
            requeued = _requeue(tx, wanted, now)
            if requeued:
                tx.hot("add_counts", control.counts(campaign_id, failed=-requeued))
                _go_on(tx, old, by, now, "campaign.retried", {"requeued": requeued, "of_reason": reason})
            return requeued

    def resolve(self, campaign_id: CampaignId, decision: Decision, by: By, *, seqs: Sequence[int] | None = None) -> int:
        """A person says what uncertain rows were; returns how many. `seqs` None: all of them (L12).

        The attempt stays in doubt in the history, so evidence that comes later still wins. Raises Conflict, Invalid.
        """
        if seqs is not None and not 0 < len(seqs) <= _MOST_NAMED:
            raise Invalid(f"name 1 to {_MOST_NAMED} positions, or all")
        wanted = (delivery.c.campaign_id == campaign_id) & (delivery.c.state == State.UNCERTAIN)
        if seqs is not None:
            wanted &= delivery.c.seq.in_(list(seqs))
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if decision is Decision.SEND_AGAIN:
                _started(tx, campaign_id, "send again")
                count = _requeue(tx, wanted, now)
            else:
                values = {"state": decision.value, "changed_at": now}
                count = tx.execute(update(delivery).where(wanted).values(**values)).rowcount
            if not count:
                return 0
            moved = {} if decision is Decision.SEND_AGAIN else {decision.value: count}
            tx.hot("add_counts", control.counts(campaign_id, uncertain=-count, **moved))
            body = {"as": decision.value, "count": count, "seqs": None if seqs is None else list(seqs)[:1000]}
            if decision is Decision.SEND_AGAIN:
                _go_on(tx, old, by, now, "deliveries.resolved", body)
            else:
                _record(tx, old, by, now, "deliveries.resolved", body)
            return count


def _started(tx: Transaction, campaign_id: CampaignId, deed: str) -> Campaign:
    found = load(tx, campaign_id)
    if found.state not in _STARTED:
        raise Conflict(f"a campaign that is {found.state} has nothing to {deed}")
    return found


def _requeue(tx: Transaction, wanted: ColumnElement[bool], now: int) -> int:
    """Back to queued with tries 0 and new patience. An attempt that may have been accepted stays a doubt (L10).

    The fence moves on, so that late news about the attempt that was decided on is news of an older one (L9).
    """
    in_doubt = (
        select(func.count())
        .where(
            attempt.c.campaign_id == delivery.c.campaign_id,
            attempt.c.seq == delivery.c.seq,
            attempt.c.state == "uncertain",
        )
        .scalar_subquery()
    )
    values = {
        "state": State.QUEUED,
        "attempt": delivery.c.attempt + 1,
        "tries": 0,
        "first_tried_at": None,
        "due_at": 0,
        "changed_at": now,
        "doubts": in_doubt,
    }
    return int(tx.execute(update(delivery).where(wanted).values(**values)).rowcount)


def _go_on(tx: Transaction, old: Campaign, by: By, now: int, kind: str, body: dict[str, Any]) -> None:
    """Rows wait again: a completed campaign is reopened in this transaction, a sending one looks at once."""
    if old.state is CampaignState.COMPLETED:
        control.reopen(tx, old, now, by)
    elif old.state is CampaignState.SENDING:
        control.change(tx, old, by, now, "campaign.nudged", nudged_at=now)
    _record(tx, old, by, now, kind, body)


def _record(tx: Transaction, of: Campaign, by: By, now: int, kind: str, body: dict[str, Any]) -> None:
    told = {**body, "by": by.name}
    events.record(tx, workspace_id=of.workspace_id, at=now, topic=topic(of.uid), kind=kind, body=told)
    audit_log.append(
        tx, workspace_id=of.workspace_id, at=now, actor=by.name, act=kind, subject=topic(of.uid), body=told
    )


def _in_state(of: Campaign, state: str) -> ColumnElement[bool]:
    if state not in [known.value for known in State]:
        raise Invalid(f"there is no state '{state}'; there are {', '.join(State)}")
    if of.state is CampaignState.CANCELLED and state in (State.CANCELLED, State.QUEUED):
        wanted = (State.CANCELLED, State.QUEUED) if state == State.CANCELLED else ()
        return delivery.c.state.in_(wanted)
    return delivery.c.state == state


def _fates(of: Campaign) -> Select[*tuple[Any, ...]]:
    tried = (
        select(func.count())
        .where(attempt.c.campaign_id == of.id, attempt.c.seq == delivery.c.seq, attempt.c.state != WITHDRAWN)
        .scalar_subquery()
    )
    return (
        select(
            delivery.c.seq, delivery.c.address, contact.c.email, contact.c.phone, delivery.c.state, tried,
            delivery.c.reason, delivery.c.code, delivery.c.words, delivery.c.provider_id, delivery.c.changed_at,
            delivery.c.due_at,
        )
        .select_from(delivery.outerjoin(contact, contact.c.id == delivery.c.contact_id))
        .where(delivery.c.campaign_id == of.id)
    )  # fmt: skip


def _fate(of: Campaign, row: Any) -> Fate:
    seq, address, email, phone, state, attempts, reason, code, words, provider_id, changed_at, due_at = row
    cancelled = of.state is CampaignState.CANCELLED and state == State.QUEUED
    by_mail = of.channel == "email"
    return Fate(
        seq=seq,
        email=(address or None) if by_mail else email,
        phone=phone if by_mail else (address or None),
        state=State.CANCELLED if cancelled else State(state),
        attempts=attempts,
        reason=reason,
        code=code,
        words=words,
        provider_id=provider_id,
        at=changed_at,
        due_at=due_at or None,
    )
