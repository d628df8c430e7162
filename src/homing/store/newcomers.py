"""Whom a linked device wrote to before: remembered with the result, and asked before strangers are claimed."""

from collections.abc import Sequence

from sqlalchemy import func, insert, literal, select, update

from homing.model.ids import CampaignId, SenderId, WorkspaceId
from homing.model.newcomers import NewcomerCap
from homing.store.database import Transaction
from homing.store.device_tables import acquaintance, conversation_message
from homing.store.tables import delivery


def remember(tx: Transaction, sender_id: SenderId, campaign_id: CampaignId, seqs: Sequence[int], now: int) -> None:
    """These recipients have heard from the device."""
    d, a = delivery.c, acquaintance.c
    known = select(a.sender_id).where(a.sender_id == sender_id, a.address == d.address).exists()
    met = select(literal(sender_id), d.address, literal(now)).distinct()
    met = met.where(d.campaign_id == campaign_id, d.seq.in_(seqs), ~known)
    tx.execute(insert(acquaintance).from_select(["sender_id", "address", "at"], met))


def known_of(tx: Transaction, sender_id: SenderId, workspace_id: WorkspaceId, addresses: Sequence[str]) -> set[str]:
    """Those of them that the device wrote to, or that wrote to us."""
    a, m = acquaintance.c, conversation_message.c
    met = select(a.address).where(a.sender_id == sender_id, a.address.in_(addresses))
    wrote = select(m.address).where(m.workspace_id == workspace_id, m.address.in_(addresses))
    return set(tx.execute(met.union(wrote)).scalars())


def strangers_over(
    tx: Transaction,
    sender_id: SenderId,
    workspace_id: WorkspaceId,
    cap: NewcomerCap,
    rows: Sequence[tuple[int, str]],
) -> list[int]:
    """Positions of the rows (position, address) whose people would be one stranger too many today."""
    d, a = delivery.c, acquaintance.c
    known = known_of(tx, sender_id, workspace_id, [address for _, address in rows])
    strangers = [seq for seq, address in rows if address not in known]
    if not strangers:
        return []
    today = select(func.count()).select_from(acquaintance).where(a.sender_id == sender_id, a.at >= cap.since)
    met = select(a.address).where(a.sender_id == sender_id, a.address == d.address).exists()
    held = select(func.count()).select_from(delivery)
    held = held.where(d.sender_id == sender_id, d.epoch > 0, d.state.in_(("claimed", "sending")), ~met)
    used = tx.execute(today).scalar_one() + tx.execute(held).scalar_one()
    return strangers[max(0, cap.most - used) :]


def put_off(tx: Transaction, campaign_id: CampaignId, seqs: Sequence[int], until: int) -> None:
    """They wait for the next day; nothing was tried, and nobody is charged."""
    d = delivery.c
    waits = (d.campaign_id == campaign_id) & d.seq.in_(seqs) & (d.state == "queued")
    tx.execute(update(delivery).where(waits).values(attempt=d.attempt + 1, due_at=until))
