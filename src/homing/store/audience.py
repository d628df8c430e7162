"""Who a campaign would go to, read before it starts: for the dry run and for saying how many it will be."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from homing.store.campaigns import Campaign
from homing.store.database import Database
from homing.store.tables import contact, list_member

_PAGE = 5_000


class Member(NamedTuple):
    """One contact of the audience, with what a letter may use."""

    contact_id: int
    address: str
    name: str
    attributes: dict[str, Any]


class Audience:
    """Reads the audience as it is now; what is planned at the start may differ by what changes until then."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self, of: Campaign) -> int:
        """How many contacts it names, those without an address for its channel included."""
        with self._db.read() as tx:
            return int(tx.execute(select(func.count()).select_from(contact).where(*_named(of))).scalar_one())

    def members(self, of: Campaign) -> Iterator[Member]:
        """Those with an address for its channel, in the order of sending; a page at a time."""
        address = contact.c.email if of.channel == "email" else contact.c.phone
        columns = (contact.c.id, address, contact.c.name, contact.c.attributes)
        query = select(*columns).where(*_named(of), address.is_not(None)).order_by(contact.c.id).limit(_PAGE)
        after = 0
        while True:
            with self._db.read() as tx:
                rows = tx.execute(query.where(contact.c.id > after)).all()
            for row in rows:
                yield Member(row[0], row[1], row[2], json.loads(row[3]))
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]


def _named(of: Campaign) -> list[ColumnElement[bool]]:
    wanted = [contact.c.workspace_id == of.workspace_id]
    if not of.audience.get("all"):
        wanted.append(or_(_on(of.audience.get("lists", ())), contact.c.id.in_(of.audience.get("contacts", ()))))
    if of.audience.get("exclude_lists"):
        wanted.append(~_on(of.audience["exclude_lists"]))
    return wanted


def _on(lists: list[int]) -> ColumnElement[bool]:
    return contact.c.id.in_(select(list_member.c.contact_id).where(list_member.c.list_id.in_(lists)))
