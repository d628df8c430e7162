"""Which rows of a chunk make a contact, change one, or contradict what is there: pure, the same for every dialect.

A row names a contact by its e-mail address, its phone number, or both. An empty value never erases, attributes are merged
by key. Within one chunk a contact is touched by one row only, so no key is freed and taken again inside one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class By(StrEnum):
    """What a row is known by: `auto` takes whichever of the two it has."""

    AUTO = "auto"
    EMAIL = "email"
    PHONE = "phone"


class Row(NamedTuple):
    """One contact as it comes in; addresses are normalised already. None and "" say nothing."""

    email: str | None
    phone: str | None
    name: str = ""
    attributes: Mapping[str, str] = {}


class Known(NamedTuple):
    """A contact as the ledger holds it."""

    id: int
    email: str | None
    phone: str | None
    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a row, by its index in the chunk. `other`: the index of the row that it repeats.

    Types: `missing`, `conflict`, `duplicate_in_file` refuse the row; `taken` keeps it without the value of `field`.
    """

    index: int
    type: str
    field: str
    other: int | None = None


@dataclass(slots=True)
class Sorted:
    """A chunk, sorted. `inserts` are new, `updates` are whole new states, `same` the ids that need no write."""

    inserts: list[Row] = field(default_factory=list)
    updates: list[Known] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    warned: list[Remark] = field(default_factory=list)


def sort_out(rows: Sequence[Row], known: Iterable[Known], by: By) -> Sorted:
    """Sorts a chunk against the contacts that its addresses name."""
    return _Sorter(known, by).run(rows)


class _Sorter:
    __slots__ = ("_by", "_emails", "_made", "_out", "_phones", "_touched")

    def __init__(self, known: Iterable[Known], by: By) -> None:
        self._by = by
        self._emails: dict[str, Known] = {}
        self._phones: dict[str, Known] = {}
        for contact in known:
            if contact.email is not None:
                self._emails[contact.email] = contact
            if contact.phone is not None:
                self._phones[contact.phone] = contact
        self._made: dict[str, int] = {}  # addresses that earlier rows of this chunk brought, and which row
        self._touched: dict[int, int] = {}  # contact ids that earlier rows of this chunk named
        self._out = Sorted()

    def run(self, rows: Sequence[Row]) -> Sorted:
        for index, row in enumerate(rows):
            self._place(index, row)
        return self._out

    def _place(self, index: int, row: Row) -> None:
        remark = self._objection(index, row)
        if remark is not None:
            self._out.refused.append(remark)
            return
        row = self._without_taken(index, row)
        known = self._match(row)
        for address in (row.email, row.phone):
            if address:
                self._made[address] = index
        if known is None:
            self._out.inserts.append(row)
            return
        self._touched[known.id] = index
        after = merged(known, row)
        if after == known:
            self._out.same.append(known.id)
        else:
            self._out.updates.append(after)

    def _objection(self, index: int, row: Row) -> Remark | None:
        """Why this row cannot be taken at all."""
        key = self._key_field(row)
        if not getattr(row, key):
            return Remark(index, "missing", key)
        by_email, by_phone = self._owners(row)
        if self._by is By.AUTO and by_email and by_phone and by_email.id != by_phone.id:
            return Remark(index, "conflict", "phone")
        earlier = self._earlier(row)
        return None if earlier is None else Remark(index, "duplicate_in_file", key, earlier)

    def _earlier(self, row: Row) -> int | None:
        """The row of this chunk that brought the same key, or named the same contact."""
        keys = {By.AUTO: (row.email, row.phone), By.EMAIL: (row.email,), By.PHONE: (row.phone,)}[self._by]
        for address in keys:
            if address and address in self._made:
                return self._made[address]
        known = self._match(row)
        return None if known is None else self._touched.get(known.id)

    def _without_taken(self, index: int, row: Row) -> Row:
        """When one of the two is the key, the other may belong to somebody else: the row is kept without it."""
        if self._by is By.AUTO:
            return row
        other = "phone" if self._by is By.EMAIL else "email"
        value = getattr(row, other)
        owner = self._owners(row)[1 if self._by is By.EMAIL else 0]
        mine = self._match(row)
        elsewhere = owner is not None and (mine is None or owner.id != mine.id)
        if not value or not (elsewhere or value in self._made):
            return row
        self._out.warned.append(Remark(index, "taken", other, self._made.get(value)))
        return row._replace(phone=None) if other == "phone" else row._replace(email=None)

    def _owners(self, row: Row) -> tuple[Known | None, Known | None]:
        by_email = self._emails.get(row.email) if row.email else None
        by_phone = self._phones.get(row.phone) if row.phone else None
        return by_email, by_phone

    def _match(self, row: Row) -> Known | None:
        by_email, by_phone = self._owners(row)
        match self._by:
            case By.EMAIL:
                return by_email
            case By.PHONE:
                return by_phone
            case By.AUTO:
                return by_email or by_phone

    def _key_field(self, row: Row) -> str:
        if self._by is By.AUTO:
            return "email" if row.email or not row.phone else "phone"
        return self._by.value


def merged(known: Known, row: Row) -> Known:
    """The contact after this row: what is given wins, what is empty keeps the old."""
    given = {key: value for key, value in row.attributes.items() if value != ""}
    return Known(
        known.id,
        row.email or known.email,
        row.phone or known.phone,
        row.name or known.name,
        {**known.attributes, **given} if given else known.attributes,
    )
