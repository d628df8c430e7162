"""Which rows of a chunk make a contact, change one, or contradict what is there: pure, the same for every dialect.

A row names a contact by its phone number, its e-mail address, or whichever of them it has. An empty value never erases,
attributes are merged by key. An address that is somebody else's is left out of the row, with a warning and a note of the two
contacts, so that a person may merge them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class By(StrEnum):
    """What a row is known by: `auto` takes the phone number where there is one, else the e-mail address."""

    AUTO = "auto"
    EMAIL = "email"
    PHONE = "phone"


class Mode(StrEnum):
    """What an import may do to contacts."""

    UPSERT = "upsert"
    CREATE_ONLY = "createOnly"
    UPDATE_ONLY = "updateOnly"


class Row(NamedTuple):
    """One contact as it comes in; addresses are normalised already. None and "" say nothing."""

    email: str | None
    phone: str | None
    name: str = ""
    attributes: Mapping[str, Any] = {}


class Candidate(NamedTuple):
    """A row ready to be written: `number` names it in reports, `attributes` is the text of a JSON object."""

    number: int
    email: str | None
    phone: str | None
    name: str
    attributes: str


class Known(NamedTuple):
    """A contact as the ledger holds it; `attributes` is the text of a JSON object."""

    id: int
    email: str | None
    phone: str | None
    name: str
    attributes: str
    removed_at: int | None = None


class Remark(NamedTuple):
    """What is wrong with a row, by its number. `other`: the row that it repeats.

    `missing`, `duplicate_in_file`, `exists` and `not_found` refuse the row; `taken` keeps it without the value of `field`.
    """

    number: int
    type: str
    field: str
    value: str = ""
    other: int | None = None


class Doubt(NamedTuple):
    """A row whose other address is somebody else's: the contact that it is (None: a new one), and the other, or its row."""

    number: int
    contact_id: int | None
    other_id: int | None
    other_number: int | None


@dataclass(slots=True)
class Sorted:
    """A chunk, sorted. `inserts` are new; `updates` are whole new states by id, `before` their old ones; `same` need no write."""

    inserts: list[Candidate] = field(default_factory=list)
    updates: dict[int, Known] = field(default_factory=dict)
    before: dict[int, Known] = field(default_factory=dict)
    same: set[int] = field(default_factory=set)
    updated: int = 0
    unchanged: int = 0
    refused: list[Remark] = field(default_factory=list)
    warned: list[Remark] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def sort_out(rows: Sequence[Candidate], known: Iterable[Known], by: By, mode: Mode = Mode.UPSERT) -> Sorted:
    """Sorts a chunk against the contacts that its addresses name."""
    sorter = _Sorter(known, by, mode)
    sorter.place_all(rows)
    return sorter.out


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=dict).encode


def text_of(attributes: Mapping[str, Any]) -> str:
    """Attributes as the ledger keeps them; empty values say nothing."""
    given = {key: value for key, value in attributes.items() if value is not None and value != ""}
    return _encode(given) if given else "{}"


class _Sorter:
    __slots__ = ("_by", "_emails", "_made", "_mode", "_phones", "out")

    def __init__(self, known: Iterable[Known], by: By, mode: Mode) -> None:
        self._by = by
        self._mode = mode
        self._emails: dict[str, Known] = {}
        self._phones: dict[str, Known] = {}
        for contact in known:
            if contact.email is not None:
                self._emails[contact.email] = contact
            if contact.phone is not None:
                self._phones[contact.phone] = contact
        self._made: dict[str, int] = {}  # addresses that earlier rows of this chunk brought, and which row
        self.out = Sorted()

    def place_all(self, rows: Sequence[Candidate]) -> None:
        """Each row in turn; quickly those that share no address with another row, and are new or change nothing."""
        if self._mode is not Mode.UPSERT:
            for row in rows:
                self.place(row)
            return
        emails, phones = self._emails, self._phones
        twice = _repeated([row[1] for row in rows]) | _repeated([row[2] for row in rows])
        contested = twice | emails.keys() | phones.keys()
        out, make = self.out, self.out.inserts.append
        by_phone, by_email = self._by is By.PHONE, self._by is By.EMAIL
        for row in rows:
            _, email, phone, _, _ = row
            key = phone if by_phone else email if by_email else phone or email
            if key and email not in contested and phone not in contested:
                make(row)
                continue
            mine = phones.get(key or "") if key is phone else emails.get(key or "")
            alone = mine is not None and email not in twice and phone not in twice and mine.id not in out.updates
            if mine is not None and alone and _says_nothing_new(row, mine):
                out.updated += 1
                out.unchanged += 1
                out.same.add(mine.id)
            else:
                self.place(row)

    def place(self, row: Candidate) -> None:
        number, email, phone, _, _ = row
        field_ = self._key(row)
        key = email if field_ == "email" else phone
        if not key:
            self.out.refused.append(Remark(number, "missing", field_))
            return
        earlier = self._made.get(key)
        if earlier is None and self._by is By.AUTO and email:
            earlier = self._made.get(email)
        if earlier is not None:
            self.out.refused.append(Remark(number, "duplicate_in_file", field_, key, earlier))
            return
        mine = self._match(row)
        if not self._allowed(row, mine, field_, key):
            return
        if email and phone:
            row = self._without_taken(row, mine, field_)
        self._take(row, mine)

    def _key(self, row: Candidate) -> str:
        if self._by is By.AUTO:
            return "phone" if row.phone else "email"
        return self._by.value

    def _match(self, row: Candidate) -> Known | None:
        if self._by is not By.EMAIL and row.phone:
            found = self._phones.get(row.phone)
            if found is not None or self._by is By.PHONE:
                return found
        return self._emails.get(row.email) if row.email else None

    def _allowed(self, row: Candidate, mine: Known | None, field_: str, key: str) -> bool:
        """Whether the mode lets the row be written. A contact that was removed is none that exists."""
        exists = mine is not None and mine.removed_at is None
        if self._mode is Mode.CREATE_ONLY and exists:
            self.out.refused.append(Remark(row.number, "exists", field_, key))
            return False
        if self._mode is Mode.UPDATE_ONLY and not exists:
            self.out.refused.append(Remark(row.number, "not_found", field_, key))
            return False
        return True

    def _without_taken(self, row: Candidate, mine: Known | None, field_: str) -> Candidate:
        """One of the two is the key; the other may belong to somebody else: the row is kept without it."""
        other = "phone" if field_ == "email" else "email"
        value = row.phone if other == "phone" else row.email
        assert value is not None  # noqa: S101 - the caller has seen both
        owner = (self._phones if other == "phone" else self._emails).get(value)
        elsewhere = owner is not None and (mine is None or owner.id != mine.id)
        made = self._made.get(value)
        if not elsewhere and made is None:
            return row
        self.out.warned.append(Remark(row.number, "taken", other, value))
        self.out.doubts.append(Doubt(row.number, mine.id if mine else None, owner.id if owner else None, made))
        return row._replace(phone=None) if other == "phone" else row._replace(email=None)

    def _take(self, row: Candidate, mine: Known | None) -> None:
        for address in (row.email, row.phone):
            if address:
                self._made[address] = row.number
        if mine is None:
            self.out.inserts.append(row)
            return
        old = self.out.updates.get(mine.id, mine)
        after = merged(old, row)
        if after == old:
            self.out.unchanged += 1
            self.out.same.add(mine.id)
        else:
            self.out.updates[mine.id] = after
            self.out.before.setdefault(mine.id, mine)
        self.out.updated += 1


def _repeated(addresses: Sequence[str | None]) -> set[str | None]:
    """Those that come more than once."""
    given = [address for address in addresses if address]
    return set() if len(set(given)) == len(given) else {a for a, n in Counter(given).items() if n > 1}


def _says_nothing_new(row: Candidate, mine: Known) -> bool:
    """Whether the contact is as the row says, and both of its addresses are its own."""
    _, email, phone, name, attributes = row
    _, known_email, known_phone, known_name, known_attributes, removed_at = mine
    return (
        removed_at is None
        and (not email or email == known_email)
        and (not phone or phone == known_phone)
        and (not name or name == known_name)
        and attributes in ("{}", known_attributes)
    )


def merged(known: Known, row: Candidate) -> Known:
    """The contact after this row: what is given wins, what is empty keeps the old, and who was removed is back."""
    return Known(
        known.id,
        row.email or known.email,
        row.phone or known.phone,
        row.name or known.name,
        _joined(known.attributes, row.attributes),
    )


def _joined(old: str, new: str) -> str:
    if new in ("{}", old):
        return old
    if old == "{}":
        return new
    before = json.loads(old)
    both = {**before, **json.loads(new)}
    return old if both == before else _encode(both)
