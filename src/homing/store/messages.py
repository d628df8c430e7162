"""Single messages: each is a delivery of its own in a campaign that never ends, one for every order of senders.

So it has what every delivery has: intent before it leaves, a fence, outcomes, receipts, the audit. It is claimed before bulk.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from homing.model.campaign import RESCUABLE, State
from homing.model.delivery import SHARDS
from homing.model.errors import Conflict, NotFound
from homing.model.ids import CampaignId, SenderId, WorkspaceId, new_uid
from homing.store import audit_log, control
from homing.store.campaigns import load
from homing.store.conversations import Said, keep_said
from homing.store.database import Database, Transaction
from homing.store.message_tables import message
from homing.store.results import Results, Try
from homing.store.tables import attempt, campaign, delivery

KIND = "messages"
NAME = "Single messages"


@dataclass(frozen=True, slots=True)
class Single:
    """One message and what became of it. Times are wall milliseconds; `campaign_uid` and `seq` name its delivery."""

    uid: str
    to: str
    state: str
    reason: str | None
    code: str | None
    words: str | None
    provider_id: str | None
    campaign_uid: str
    seq: int
    channel: str
    from_: str
    subject: str
    created_at: int
    changed_at: int | None
    due_at: int
    tries: tuple[Try, ...]


def digest_of(content: Mapping[str, Any]) -> str:
    """The same for the same content."""
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode()).hexdigest()


class Messages:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._results = Results(db)

    def post(
        self,
        workspace_id: WorkspaceId,
        senders: Sequence[SenderId],
        to: str,
        content: Mapping[str, Any],
        *,
        actor: str,
        idempotency: str | None = None,
        channel: str = "email",
        said: Said | None = None,
    ) -> str:
        """Writes one message down, durably, and returns its id; the same `idempotency` gives the first one's id.

        `content`: subject, text, html, from, reply_to, headers (list of pairs), vars, name, attachments (base64).
        `said`: the conversation that it belongs to, written in the same transaction.
        Raises Conflict while single messages wait for a person's decision (after a restore).
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if idempotency is not None:
                mine = (message.c.workspace_id == workspace_id) & (message.c.idempotency == idempotency)
                found = tx.execute(select(message.c.uid).where(mine)).scalar()
                if found is not None:
                    return str(found)
            home = self._home(tx, workspace_id, senders, channel, now)
            seq = tx.execute(
                update(campaign)
                .where(campaign.c.id == home)
                .values(planned_through=campaign.c.planned_through + 1)
                .returning(campaign.c.planned_through)
            ).scalar_one()
            uid = new_uid(now)
            row = {"campaign_id": home, "seq": seq}
            # No contact: the address is all that is known. Below zero, so that it is nobody's id and yet its own.
            tx.execute(insert(delivery).values(**row, contact_id=-seq, address=to, shard=seq % SHARDS, state="queued"))
            tx.execute(
                insert(message).values(
                    **row,
                    uid=uid,
                    workspace_id=workspace_id,
                    idempotency=idempotency,
                    content=json.dumps(dict(content)),
                    created_at=now,
                )
            )
            if said is not None:
                place = (home, seq)
                facts: dict[str, Any] = {"channel": channel, "place": place, "uid": uid, "actor": actor, "now": now}
                keep_said(tx, workspace_id, senders[0], said, **facts)
            body = {"to": to}
            audit_log.append(
                tx,
                workspace_id=workspace_id,
                at=now,
                actor=actor,
                act="message.posted",
                subject=f"message:{uid}",
                body=body,
            )
            return uid

    def get(self, workspace_id: WorkspaceId, uid: str) -> Single:
        """By its id. Raises NotFound."""
        d, m, a = delivery.c, message.c, attempt.c
        mine = (a.campaign_id == m.campaign_id) & (a.seq == m.seq) & a.provider_id.is_not(None)
        taken = select(a.provider_id).where(mine).order_by(a.attempt.desc()).limit(1).scalar_subquery()
        with self._db.read() as tx:
            row = tx.execute(
                select(m.uid, d.address, d.state, d.reason, d.code, d.words,
                       func.coalesce(d.provider_id, taken), campaign.c.uid, m.seq, campaign.c.channel, m.content,
                       m.created_at, d.changed_at, d.due_at, m.campaign_id)
                .join(delivery, (d.campaign_id == m.campaign_id) & (d.seq == m.seq))
                .join(campaign, campaign.c.id == m.campaign_id)
                .where(m.workspace_id == workspace_id, m.uid == uid.lower())
            ).one_or_none()  # fmt: skip
        if row is None:
            raise NotFound("there is no message with this id")
        (uid_, to, state, reason, code, words, provider_id, campaign_uid, seq, channel, told, created_at, changed_at,
         due_at, c) = row  # fmt: skip
        content = json.loads(told)
        return Single(
            uid=uid_,
            to=to,
            state=state,
            reason=reason,
            code=code,
            words=words,
            provider_id=provider_id,
            campaign_uid=campaign_uid,
            seq=seq,
            channel=channel,
            from_=content.get("from") or "",
            subject=content.get("subject") or "",
            created_at=created_at,
            changed_at=changed_at,
            due_at=due_at,
            tries=tuple(self._results.tries(c, seq)),
        )

    def known(self, workspace_id: WorkspaceId, idempotency: str) -> str | None:
        """The id of the message that came with this mark before, if one did."""
        mine = (message.c.workspace_id == workspace_id) & (message.c.idempotency == idempotency)
        with self._db.read() as tx:
            return tx.execute(select(message.c.uid).where(mine)).scalar()

    def digest_of(self, uid: str) -> str | None:
        """Of what a message says: whether a repetition says the same."""
        with self._db.read() as tx:
            told = tx.execute(select(message.c.content).where(message.c.uid == uid)).scalar()
        return None if told is None else digest_of(json.loads(told))

    def _home(
        self, tx: Transaction, workspace_id: WorkspaceId, senders: Sequence[SenderId], channel: str, now: int
    ) -> CampaignId:
        """The campaign of single messages through these senders; made and started when it is the first."""
        order = json.dumps(list(senders))
        found = tx.execute(
            select(campaign.c.id, campaign.c.uid, campaign.c.state, campaign.c.reason).where(
                campaign.c.workspace_id == workspace_id,
                campaign.c.kind == KIND,
                campaign.c.senders == order,
                campaign.c.channel == channel,
                campaign.c.state != State.CANCELLED,
            )
        ).first()
        if found is not None:
            waits = found.state == State.PAUSED and found.reason in RESCUABLE  # goes on by itself
            if found.state != State.SENDING and not waits:
                raise Conflict(
                    f"single messages are paused here since a restore or by a person; `homing resume {found.uid}` lets them go",
                    code="messages_paused",
                )
            return CampaignId(found.id)
        made = tx.execute(
            insert(campaign).values(
                uid=new_uid(now),
                workspace_id=workspace_id,
                name=NAME,
                channel=channel,
                kind=KIND,
                senders=order,
                sender_id=senders[0],
                audience=json.dumps({"messages": True}),
                content=json.dumps({"subject": "-", "text": "-"}),
                options=json.dumps({"stop_if_failed": 0}),
                created_at=now,
            )
        ).inserted_primary_key
        assert made is not None  # noqa: S101 - an insert has a key
        control.begin(tx, load(tx, made[0]), control.ENGINE, now)
        return CampaignId(made[0])
