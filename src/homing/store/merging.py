"""Two contacts that are one person become one: the older stays, nothing that either of them held is lost.

Filled beats empty; where both are filled and differ, the older one's value stays and the other's goes to the attribute
`other_<field>`. Lists unite, a refusal of either is a refusal, and a suppression of either's address keeps the other's address
out too. Deliveries keep the id that they were planned for; it leads to the one that stays.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from homing.model.errors import Conflict, Invalid
from homing.model.ids import ContactId, WorkspaceId
from homing.store import audit_log
from homing.store.contacts import Contact, bury, load_contact
from homing.store.database import Database, Transaction
from homing.store.import_tables import import_conflict
from homing.store.tables import campaign, contact, list_member, suppression

_FIELDS = ("phone", "email", "name")
_CONSENTS = ("refused", "given", "unknown")  # the stricter first
_CHANNELS = {"email": "email", "phone": "whatsapp"}


class Merging:
    """Each merge is one transaction, with its line in the audit log."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def merge(self, workspace_id: WorkspaceId, one: ContactId, other: ContactId, *, actor: str) -> Contact:
        """The contact that is left. Raises NotFound, Invalid for a contact with itself, and Conflict while a campaign takes
        its audience: somebody whose id moves then could be missed."""
        if one == other:
            raise Invalid("these are the same contact already")
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            _check_nobody_plans(tx, workspace_id)
            stays, goes = (load_contact(tx, workspace_id, ContactId(id_)) for id_ in sorted((one, other)))
            row = tx.execute(select(contact).where(contact.c.id == goes.id)).mappings().one()
            _unite_lists(tx, stays.id, goes.id)
            _unite_suppressions(tx, workspace_id, stays, goes, now)
            tx.execute(delete(contact).where(contact.c.id == goes.id))
            values = {**joined(stays, goes), "updated_at": now, "changed_by_import": None}
            tx.execute(update(contact).where(contact.c.id == stays.id).values(**values))
            bury(tx, [dict(row)], stays.id, now)
            pair = [stays.id, goes.id]
            tx.execute(
                delete(import_conflict).where(
                    import_conflict.c.contact_id.in_(pair), import_conflict.c.other_contact.in_(pair)
                )
            )
            subject = f"contact:{stays.uid}"
            body = {"merged": goes.uid}
            audit_log.append(
                tx, workspace_id=workspace_id, at=now, actor=actor, act="contact.merged", subject=subject, body=body
            )
            return load_contact(tx, workspace_id, stays.id)

    def noted(self, workspace_id: WorkspaceId, limit: int = 100) -> tuple[tuple[Contact, Contact], ...]:
        """Pairs that imports have met: a row that named both."""
        pairs = (
            select(import_conflict.c.contact_id, import_conflict.c.other_contact)
            .join(contact, contact.c.id == import_conflict.c.contact_id)
            .where(contact.c.workspace_id == workspace_id, contact.c.removed_at.is_(None))
            .distinct()
            .order_by(import_conflict.c.contact_id, import_conflict.c.other_contact)
            .limit(limit)
        )
        found = []
        with self._db.read() as tx:
            for one, other in tx.execute(pairs).all():
                there = select(contact.c.id).where(contact.c.id == other, contact.c.removed_at.is_(None))
                if tx.execute(there).one_or_none() is not None:
                    found.append((load_contact(tx, workspace_id, one), load_contact(tx, workspace_id, other)))
        return tuple(found)


def joined(stays: Contact, goes: Contact) -> dict[str, Any]:
    """The values of the one that stays. No value of either is lost."""
    attributes: dict[str, Any] = dict(goes.attributes)
    for key, value in stays.attributes.items():
        if key in attributes and attributes[key] != value:
            attributes[_free(f"other_{key}", {**attributes, **stays.attributes})] = attributes[key]
        attributes[key] = value
    values: dict[str, Any] = {}
    for field in _FIELDS:
        mine, theirs = getattr(stays, field), getattr(goes, field)
        values[field] = mine or theirs
        if mine and theirs and mine != theirs:
            attributes[_free(f"other_{field}", attributes)] = theirs
    for consent in ("consent_email", "consent_whatsapp"):
        values[consent] = min(getattr(stays, consent), getattr(goes, consent), key=_CONSENTS.index)
    return {**values, "attributes": json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))}


def _free(key: str, taken: Mapping[str, Any]) -> str:
    wanted, number = key, 2
    while wanted in taken:
        wanted = f"{key}_{number}"
        number += 1
    return wanted


def _check_nobody_plans(tx: Transaction, workspace_id: WorkspaceId) -> None:
    planning = select(campaign.c.name).where(
        campaign.c.workspace_id == workspace_id,
        campaign.c.planned_at.is_(None),
        campaign.c.state.in_(("sending", "paused")),
    )
    name = tx.execute(planning.limit(1)).scalar()
    if name is not None:
        raise Conflict(f"the campaign '{name}' is taking its audience; try again when it has", code="in_use")


def _unite_lists(tx: Transaction, stays: int, goes: int) -> None:
    on = select(list_member.c.list_id, list_member.c.workspace_id, list_member.c.added_at).where(
        list_member.c.contact_id == goes
    )
    rows = [
        {"list_id": list_id, "contact_id": stays, "workspace_id": workspace_id, "added_at": added_at}
        for list_id, workspace_id, added_at in tx.execute(on)
    ]
    if rows:
        tx.insert_new(list_member, rows)


def _unite_suppressions(tx: Transaction, workspace_id: WorkspaceId, stays: Contact, goes: Contact, now: int) -> None:
    """Whoever asked to be left out under one address is left out under the other one of the same kind."""
    for field, channel in _CHANNELS.items():
        addresses = [a for a in (getattr(stays, field), getattr(goes, field)) if a]
        if len(addresses) < 2:
            continue
        out = select(suppression.c.address, suppression.c.reason).where(
            suppression.c.workspace_id == workspace_id,
            suppression.c.channel == channel,
            or_(*(suppression.c.address == address for address in addresses)),
        )
        found = {address: reason for address, reason in tx.execute(out)}  # noqa: C416 - rows are no pairs to a type checker
        for address in addresses:
            if found and address not in found:
                reason = next(iter(found.values()))
                row = {
                    "workspace_id": workspace_id,
                    "channel": channel,
                    "address": address,
                    "reason": reason,
                    "since": now,
                }
                tx.execute(insert(suppression).values(**row))
