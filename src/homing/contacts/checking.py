"""Turns a row of cells, or an object of an upload, into a contact with normalised addresses; or says what is wrong with it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from homing.contacts.columns import LONGEST_NAME, MOST_ATTRIBUTES, Columns, key_of
from homing.contacts.normalise import Flaw, email, emails, phone, phones
from homing.contacts.options import REJECT, Options
from homing.contacts.rows import LONGEST_CELL, Block
from homing.store.matching import By, Candidate, Row, text_of

_strictly = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


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

    def check_block(self, block: Block) -> list[Candidate]:
        """The contacts of these rows: by the column, and one by one only those that are not plainly in order."""
        self.refused += [Finding(record.number, str(record.flaw)) for record in block.flawed]
        if not block.rows:
            return []
        columns = list(zip(*block.rows, strict=True))
        mails, dialled = (_stripped(columns, at) for at in (self._email_at, self._phone_at))
        names, attributes = self._names(columns), self._texts(columns)
        kept: list[Any] = []
        add, judge, by = kept.append, self._judge, self._by
        for at, row in enumerate(
            zip(block.numbers, emails(mails), phones(dialled, self._country), names, attributes, strict=True)
        ):
            _, address, found, _, _ = row
            decided = address != "" and found != ""
            if decided and (found if by is By.PHONE else address if by is By.EMAIL else found or address):
                add(row)
            elif (slow := judge(row[0], mails[at], dialled[at], row[3], row[4])) is not None:
                add(slow)
        return kept

    def _names(self, columns: list[tuple[str, ...]]) -> list[str]:
        """The full names: what a column of names leaves empty is put together from its parts."""
        at, parts = self._name_at, [columns[part] for part in self._name_parts]
        whole = [" ".join(name.split()) for name in columns[at]] if at is not None else [""] * len(columns[0])
        if not parts or all(whole):
            return whole
        return [name or " ".join(" ".join(pieces).split()) for name, *pieces in zip(whole, *parts, strict=True)]

    def _texts(self, columns: list[tuple[str, ...]]) -> list[str]:
        """The attributes of each row as the text of a JSON object."""
        said = [
            [key + quoted(bare) if (bare := value.strip()) else "" for value in columns[at]]
            for key, at in self._attributes
        ]
        if not said:
            return ["{}"] * len(columns[0])
        if len(said) == 1:
            return [f"{{{pair}}}" for pair in said[0]]
        return [f"{{{','.join(filter(None, pairs))}}}" for pairs in zip(*said, strict=True)]

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


def _stripped(columns: list[tuple[str, ...]], at: int | None) -> list[str]:
    return [""] * len(columns[0]) if at is None else list(map(str.strip, columns[at]))


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
            found[key] = _clean(value.strip()) if isinstance(value, str) else _sound(value)
    if len(found) > MOST_ATTRIBUTES:
        raise Flaw("too_many_columns", f"{len(found)} attributes")
    return found


def _sound(value: Any) -> Any:
    """A number, a list or an object that every database keeps as JSON. Raises Flaw: one such row must not spoil the others."""
    if isinstance(value, bool | int):
        return value
    try:
        text = _strictly(value)
    except ValueError as error:  # 1e999 is no number of JSON's
        raise Flaw("bad_encoding", str(value)[:80]) from error
    except RecursionError as error:
        raise Flaw("cell_too_large", "nested too deeply") from error
    _clean(text)
    if _NUL.search(text):
        raise Flaw("bad_encoding", text[:80])
    return value


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
