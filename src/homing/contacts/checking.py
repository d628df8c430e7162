"""Turns a row of cells, or an object of an upload, into a contact with normalised addresses; or says what is wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from homing.contacts.columns import LONGEST_NAME, MOST_ATTRIBUTES, Columns, key_of
from homing.contacts.normalise import Flaw, email, phone
from homing.contacts.options import REJECT, Options
from homing.contacts.reading import LONGEST_CELL, Record
from homing.store.matching import By, Candidate, Row, text_of


class Finding(NamedTuple):
    """What was found wrong with a row, by its number. `other`: the row that it repeats.

    `phone` and `email`: of a refused row, those that could be read: they keep their contact from being replaced away.
    """

    number: int
    type: str
    field: str | None = None
    value: str = ""
    other: int | None = None
    phone: str | None = None
    email: str | None = None


class Checker:
    """Judges the rows of one file. What it refuses and warns of is gathered in `refused` and `warned`."""

    def __init__(self, options: Options, columns: Columns | None = None) -> None:
        self._by = options.by
        self._strict = options.on_bad == REJECT
        self._country = options.default_country
        self._columns = columns or Columns(0, 0, 0, {}, 0)
        self._email_at, self._phone_at, self._name_at = (
            self._columns.email,
            self._columns.phone,
            self._columns.name,
        )
        parts = (self._columns.attributes.get(part) for part in ("first_name", "last_name"))
        self._name_parts = [at for at in parts if at is not None]
        self._attributes = [(f"{quoted(key)}:", at) for key, at in self._columns.attributes.items()]
        self.refused: list[Finding] = []
        self.warned: list[Finding] = []

    def check(self, record: Record) -> Candidate | None:
        """The contact of this row of cells; None when it is refused, which is then noted."""
        number, cells, flaw = record
        if flaw is not None:
            self.refused.append(Finding(number, flaw))
            return None
        at = self._email_at
        mail = cells[at].strip() if at is not None else ""
        at = self._phone_at
        dialled = cells[at].strip() if at is not None else ""
        at = self._name_at
        name = cells[at] if at is not None else ""
        if not name and self._name_parts:
            name = " ".join([cells[at] for at in self._name_parts])
        said = [key + quoted(value) for key, at in self._attributes if (value := cells[at].strip())]
        return self._judge(number, mail, dialled, " ".join(name.split()), f"{{{','.join(said)}}}")

    def check_object(self, number: int, given: Any) -> Candidate | None:
        """The contact of an object of an upload: known names, `attributes`, and every other name as an attribute."""
        try:
            mail, dialled, name, attributes = _fields(given)
        except Flaw as flaw:
            self.refused.append(Finding(number, flaw.type, None, flaw.detail))
            return None
        return self._judge(number, mail, dialled, name, text_of(attributes))

    def _judge(self, number: int, mail: str, dialled: str, name: str, attributes: str) -> Candidate | None:
        flaws: list[Finding] = []
        address = found = None
        if mail:
            try:
                address = email(mail)
            except Flaw as flaw:
                flaws.append(Finding(number, flaw.type, "email", mail))
        if dialled:
            try:
                found, remark = phone(dialled, self._country)
                if remark is not None:
                    self.warned.append(Finding(number, remark, "phone", dialled))
            except Flaw as flaw:
                flaws.append(Finding(number, flaw.type, "phone", dialled))
        row = Candidate(number, address, found, name, attributes)
        if (flaws or not self._keyed(row)) and not self._kept(row, flaws):
            return None
        return row

    def _keyed(self, row: Candidate) -> bool:
        if self._by is By.AUTO:
            return bool(row.email or row.phone)
        return bool(row.email if self._by is By.EMAIL else row.phone)

    def _kept(self, row: Candidate, flaws: list[Finding]) -> bool:
        """A wrong key refuses the row; a wrong value beside a good key is left out, with a warning, unless told otherwise."""
        if self._keyed(row) and not (self._strict and flaws):
            self.warned += flaws
            return True
        key = self._key()
        blamed = [flaw for flaw in flaws if self._strict or self._by is By.AUTO or flaw.field == key]
        worst = blamed[0] if blamed else Finding(row.number, "missing", key)
        self.refused.append(worst._replace(phone=row.phone, email=row.email))
        return False

    def _key(self) -> str:
        if self._by is By.AUTO:
            return "phone" if self._columns.email is None else "email"
        return self._by.value


def _fields(given: Any) -> tuple[str, str, str, dict[str, Any]]:
    """E-mail, phone, name and attributes of an object. Raises Flaw."""
    if not isinstance(given, Mapping):
        raise Flaw("missing", str(given)[:80])
    values = dict(given)
    own = values.pop("attributes", None)
    mail, dialled, name = (_line(values.pop(key, None)) for key in ("email", "phone", "name"))
    first, last = (_line(values.get(key)) for key in ("firstName", "lastName"))
    attributes = _attributes({**values, **(own if isinstance(own, Mapping) else {})})
    return mail, dialled, name or f"{first} {last}".strip(), attributes


def _line(value: Any) -> str:
    """A value as one line of text: 94771234567 is a phone number too."""
    if value is None or isinstance(value, bool | Mapping | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(_clean(str(value)).split())


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = key_of(name)[:LONGEST_NAME]
        if key and not key.startswith("homing_") and value is not None and value != "":
            found[key] = _clean(value.strip()) if isinstance(value, str) else value
    if len(found) > MOST_ATTRIBUTES:
        raise Flaw("too_many_columns", f"{len(found)} attributes")
    return found


def _clean(text: str) -> str:
    """Text that every database keeps. Raises Flaw for what is no text, or too much of it."""
    if len(text) > LONGEST_CELL:
        raise Flaw("cell_too_large", text[:80])
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Flaw("bad_encoding", text[:80].encode("utf-8", "replace").decode()) from error
    return text.replace("\0", "")


def candidates(rows: Sequence[Row], number: Callable[[int], int] = lambda n: n) -> list[Candidate]:
    """Rows that are normalised already, as candidates."""
    return [
        Candidate(number(n), row.email or None, row.phone or None, row.name, text_of(row.attributes))
        for n, row in enumerate(rows)
    ]
