"""Who a campaign would go to, read before it starts: for the dry run and for saying how many it will be."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, case, func, or_, select

from homing.model.channel import CHANNELS, EMAIL, WHATSAPP
from homing.model.ids import SenderId, WorkspaceId
from homing.store import segments
from homing.store.campaigns import Campaign
from homing.store.database import Database, Transaction
from homing.store.device_tables import acquaintance, conversation_message
from homing.store.tables import contact, list_member, suppression

_PAGE = 5_000
WINDOW_MS = 86_400_000
"""So long after a person's last message the Cloud API takes free text for them."""


class Member(NamedTuple):
    """One contact of the audience, with what a letter may use."""

    contact_id: int
    address: str
    name: str
    attributes: dict[str, Any]


class Named(Protocol):
    """What names an audience: a campaign, or what somebody is still choosing."""

    @property
    def workspace_id(self) -> WorkspaceId: ...
    @property
    def audience(self) -> Mapping[str, Any]: ...
    @property
    def channel(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """An audience that no campaign has yet."""

    workspace_id: WorkspaceId
    audience: Mapping[str, Any]
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many an audience names, and who of them gets nothing. `reachable` is what is left."""

    total: int
    without_address: int
    suppressed: int

    @property
    def reachable(self) -> int:
        return self.total - self.without_address - self.suppressed


@dataclass(frozen=True, slots=True)
class Split(Tally):
    """A tally over both channels. `by`: how many get it by each; `suppressed`: who refused, too, and no other way is open."""

    by: dict[str, int]


class Audience:
    """Reads the audience as it is now; what is planned at the start may differ by what changes until then."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self, of: Campaign) -> int:
        """How many contacts it names, those without an address for its channel included."""
        with self._db.read() as tx:
            named = _named(tx, of, self._db.world.clock.now())
            return int(tx.execute(select(func.count()).select_from(contact).where(*named)).scalar_one())

    def tally(self, of: Named) -> Tally:
        """How many it is, counted in the database: nobody is read."""
        address = contact.c.email if of.channel == "email" else contact.c.phone
        with self._db.read() as tx:
            named = _named(tx, of, self._db.world.clock.now())
            out = _barred(tx, of.workspace_id, of.channel)
            counts = [
                tx.execute(select(func.count()).select_from(contact).where(*named, *more)).scalar_one()
                for more in ((), (address.is_(None),), (out,))
            ]
        return Tally(*(int(count) for count in counts))

    def split(self, of: Named, prefers: Sequence[str]) -> Split:
        """How many would get it by which of both channels, the first of `prefers` preferred: as plan_insert_mixed decides."""
        with self._db.read() as tx:
            named = _named(tx, of, self._db.world.clock.now())
            barred = {channel: _barred(tx, of.workspace_id, channel) for channel in CHANNELS}
            way = _way(prefers, needs_consent=False, barred=barred).label("way")
            counted = select(way, func.count()).select_from(contact).where(*named).group_by(way)
            by: dict[str, int] = {str(channel): int(count) for channel, count in tx.execute(counted)}
        told = {channel: by.get(channel, 0) for channel in prefers}
        return Split(sum(by.values()), 0, by.get("", 0), told)  # a contact has one address at least

    def strangers(self, of: Campaign, sender_id: SenderId, channel: str | None = None) -> int:
        """How many of those that a linked device would send it to never heard from it."""
        met = select(acquaintance.c.address).where(acquaintance.c.sender_id == sender_id)
        query = (
            select(func.count()).select_from(contact).where(contact.c.phone.is_not(None), contact.c.phone.not_in(met))
        )
        if channel is not None:
            query = query.where(_routed_by(of) == channel)
        with self._db.read() as tx:
            return int(tx.execute(query.where(*_named(tx, of, self._db.world.clock.now()))).scalar_one())

    def outside(self, of: Campaign, senders: Sequence[SenderId], channel: str | None = None) -> int:
        """How many of those that it would be sent to by WhatsApp wrote to none of these numbers in the last 24 hours."""
        since = self._db.world.clock.now() - WINDOW_MS
        m = conversation_message.c
        wrote = select(m.address).where(m.sender_id.in_(senders), m.at > since)
        query = (
            select(func.count()).select_from(contact).where(contact.c.phone.is_not(None), contact.c.phone.not_in(wrote))
        )
        if channel is not None:
            query = query.where(_routed_by(of) == channel)
        with self._db.read() as tx:
            return int(tx.execute(query.where(*_named(tx, of, self._db.world.clock.now()))).scalar_one())

    def members(self, of: Campaign, channel: str | None = None) -> Iterator[Member]:
        """Those with an address for its channel, in the order of sending; a page at a time.

        `channel`: of a campaign over both, those who get it by that one.
        """
        address = contact.c.email if (channel or of.channel) == EMAIL else contact.c.phone
        columns = (contact.c.id, address, contact.c.name, contact.c.attributes)
        query = select(*columns).where(address.is_not(None)).order_by(contact.c.id).limit(_PAGE)
        if channel is not None:
            query = query.where(_routed_by(of) == channel)
        after = 0
        while True:
            with self._db.read() as tx:
                named = _named(tx, of, self._db.world.clock.now())
                rows = tx.execute(query.where(*named, contact.c.id > after)).all()
            for row in rows:
                yield Member(row[0], row[1], row[2], json.loads(row[3]))
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]


def _named(tx: Transaction, of: Named, now: int) -> list[ColumnElement[bool]]:
    wanted = [contact.c.workspace_id == of.workspace_id, contact.c.removed_at.is_(None)]
    if not of.audience.get("all"):
        sources = [_on(of.audience.get("lists", ())), contact.c.id.in_(of.audience.get("contacts", ()))]
        if of.audience.get("segment"):
            sources.append(segments.named(tx, of.workspace_id, of.audience["segment"], now))
        wanted.append(or_(*sources))
    if of.audience.get("exclude_lists"):
        wanted.append(~_on(of.audience["exclude_lists"]))
    return wanted


def _routed_by(of: Campaign) -> ColumnElement[str]:
    """The channel by which a contact gets a campaign over both: as plan_insert_mixed has it, but for suppressions."""
    return _way(of.prefers, needs_consent=bool(of.options.get("require_consent")))


def _way(
    prefers: Sequence[str], *, needs_consent: bool, barred: Mapping[str, ColumnElement[bool]] | None = None
) -> ColumnElement[str]:
    """`barred`: by channel, whose address is suppressed there. "": neither way is open."""
    c = contact.c
    ways = {EMAIL: (c.email, c.consent_email), WHATSAPP: (c.phone, c.consent_whatsapp)}
    is_open = {
        name: address.is_not(None) & (consent == "given" if needs_consent else consent != "refused")
        for name, (address, consent) in ways.items()
    }
    for name, out in (barred or {}).items():
        is_open[name] = is_open[name] & ~out
    first, other = prefers
    given = {name: is_open[name] & (ways[name][1] == "given") for name in ways}
    order = [(given[first], first), (given[other], other), (is_open[first], first), (is_open[other], other)]
    return case(*order, else_="")


def _barred(tx: Transaction, workspace_id: WorkspaceId, channel: str) -> ColumnElement[bool]:
    """Whose address for this channel is suppressed, itself or by its domain."""
    address = contact.c.email if channel == EMAIL else contact.c.phone
    listed = [suppression.c.workspace_id == workspace_id, suppression.c.channel == channel]
    whole = [suppression.c.address.startswith("@", autoescape=True), *listed]
    domains = tx.execute(select(suppression.c.address).where(*whole)).scalars().all()
    out = [address.in_(select(suppression.c.address).where(*listed))]
    return or_(*out, *(address.endswith(domain, autoescape=True) for domain in domains))


def _on(lists: list[int]) -> ColumnElement[bool]:
    return contact.c.id.in_(select(list_member.c.contact_id).where(list_member.c.list_id.in_(lists)))
