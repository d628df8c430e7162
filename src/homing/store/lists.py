"""Lists: named groups of contacts that a campaign may be sent to, or must leave out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from homing.model.errors import Conflict, NotFound
from homing.model.ids import ContactId, Uid, WorkspaceId, new_uid
from homing.store.database import Database, Transaction
from homing.store.references import look_up, one_line
from homing.store.tables import campaign, contact, list_, list_member

ListId = NewType("ListId", int)


@dataclass(frozen=True, slots=True)
class ContactList:
    """One list. `created_at` is wall milliseconds; `members` counts the contacts on it now."""

    id: ListId
    uid: Uid
    name: str
    created_at: int
    members: int


_GONE = (
    select(func.count())
    .select_from(contact)
    .join(list_member, list_member.c.contact_id == contact.c.id)
    .where(
        contact.c.workspace_id == list_.c.workspace_id,
        contact.c.removed_at.is_not(None),
        list_member.c.list_id == list_.c.id,
    )
    .scalar_subquery()
)
_MEMBERS = (
    select(func.count() - _GONE)
    .select_from(list_member)
    .where(list_member.c.list_id == list_.c.id)
    .scalar_subquery()
    .label("n")
)
_COLUMNS = (list_.c.id, list_.c.uid, list_.c.name, list_.c.created_at, _MEMBERS)
_HINT = "`homing list list` shows them"


class Lists:
    """Making, filling and finding lists. Each method is one transaction of one workspace (R46)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, workspace_id: WorkspaceId, name: str) -> ContactList:
        """Makes an empty list. Raises Invalid for a bad name, Conflict when the name is in use."""
        checked = one_line(name)
        try:
            with self._db.write() as tx:
                return self._make(tx, workspace_id, checked)
        except IntegrityError as error:
            raise Conflict(f"there is a list '{checked}' already") from error

    def ensure(self, workspace_id: WorkspaceId, name: str) -> ContactList:
        """The list of this name (or id), made when there is none."""
        try:
            return self.find(workspace_id, name)
        except NotFound:
            checked = one_line(name)
        with self._db.write() as tx:
            ours = select(*_COLUMNS).where(list_.c.workspace_id == workspace_id, list_.c.name == checked)
            row = tx.execute(ours).one_or_none()
            return self._make(tx, workspace_id, checked) if row is None else ContactList(*row)

    def find(self, workspace_id: WorkspaceId, reference: str) -> ContactList:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        ours = select(*_COLUMNS).where(list_.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            return ContactList(*look_up(tx, ours, list_, reference, noun="list", hint=_HINT))

    def put(self, workspace_id: WorkspaceId, list_id: ListId, contacts: Sequence[ContactId]) -> int:
        """Puts contacts on the list and returns how many were not on it yet. Strangers to the workspace are passed over."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            check_owned(tx, workspace_id, list_id)
            values = {"list": list_id, "w": workspace_id, "now": now, "ids": json.dumps(list(contacts))}
            return tx.hot_count("members_insert", values)

    def take_off(self, workspace_id: WorkspaceId, list_id: ListId, contact_id: ContactId) -> bool:
        """Takes one contact off the list, not out of the workspace; whether it was on it."""
        with self._db.write() as tx:
            check_owned(tx, workspace_id, list_id)
            gone = delete(list_member).where(list_member.c.list_id == list_id, list_member.c.contact_id == contact_id)
            return tx.execute(gone).rowcount > 0

    def remove(self, workspace_id: WorkspaceId, list_id: ListId) -> None:
        """Removes the list, not its members. Raises NotFound, and Conflict while an unsealed campaign names it.

        Such a campaign would otherwise miss people, or reach those whom the list kept out.
        """
        with self._db.write() as tx:
            check_owned(tx, workspace_id, list_id)
            users = _users(tx, workspace_id, list_id)
            if users:
                raise Conflict(f"the campaign '{users[0]}' needs this list until its audience is sealed", code="in_use")
            tx.execute(delete(list_).where(list_.c.id == list_id))

    def list(self, workspace_id: WorkspaceId) -> tuple[ContactList, ...]:
        """All lists of the workspace by name, with how many are on each."""
        ours = select(*_COLUMNS).where(list_.c.workspace_id == workspace_id).order_by(list_.c.name)
        with self._db.read() as tx:
            return tuple(ContactList(*row) for row in tx.execute(ours))

    def of(self, workspace_id: WorkspaceId, contact_id: ContactId) -> tuple[str, ...]:
        """The names of the lists that a contact is on."""
        query = (
            select(list_.c.name)
            .join(list_member, list_member.c.list_id == list_.c.id)
            .where(list_member.c.contact_id == contact_id, list_.c.workspace_id == workspace_id)
            .order_by(list_.c.name)
        )
        with self._db.read() as tx:
            return tuple(tx.execute(query).scalars())

    def _make(self, tx: Transaction, workspace_id: WorkspaceId, name: str) -> ContactList:
        now = self._db.world.clock.now()
        uid = new_uid(now)
        made = insert(list_).values(uid=uid, workspace_id=workspace_id, name=name, created_at=now).returning(list_.c.id)
        return ContactList(tx.execute(made).scalar_one(), uid, name, now, 0)


def check_owned(tx: Transaction, workspace_id: WorkspaceId, list_id: ListId) -> None:
    """Raises NotFound unless the list belongs to the workspace (R46)."""
    owned = select(list_.c.id).where(list_.c.id == list_id, list_.c.workspace_id == workspace_id)
    if tx.execute(owned).one_or_none() is None:
        raise NotFound(f"this list does not exist here; {_HINT}")


def _users(tx: Transaction, workspace_id: WorkspaceId, list_id: ListId) -> Sequence[str]:
    """The names of campaigns that still have to read the list: a handful of rows, so their JSON is read here."""
    unsealed = select(campaign.c.name, campaign.c.audience).where(
        campaign.c.workspace_id == workspace_id, campaign.c.planned_at.is_(None), campaign.c.state != "cancelled"
    )
    named = ((name, json.loads(audience)) for name, audience in tx.execute(unsealed))
    return [
        name for name, audience in named if list_id in (*audience.get("lists", ()), *audience.get("exclude_lists", ()))
    ]
