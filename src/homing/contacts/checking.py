"""Turns a row of cells into a contact with normalised addresses, or says what is wrong with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from homing.contacts.columns import Columns
from homing.contacts.normalise import Flaw, email, phone
from homing.contacts.reading import Record
from homing.contacts.report import WORDS, RowError, Tally, cut
from homing.store.matching import By, Row


@dataclass(frozen=True, slots=True)
class Checker:
    """How the rows of one file are judged."""

    columns: Columns
    by: By
    country: str | None
    tally: Tally

    def check(self, record: Record) -> Row | None:
        """The contact of this row; None when it is refused, which is then counted."""
        if record.flaw is not None:
            self.tally.refuse(RowError(record.number, record.flaw, WORDS[record.flaw]))
            return None
        cells = record.cells
        flaws: list[RowError] = []
        address = self._read(record.number, cells, "email", self.columns.email, self._email, flaws)
        number = self._read(record.number, cells, "phone", self.columns.phone, self._phone, flaws)
        row = Row(address, number, self._name(cells), self._attributes(cells))
        if flaws or not self._keyed(row):
            return self._settle(record.number, row, flaws)
        return row

    def _read(
        self,
        number: int,
        cells: Sequence[str],
        field: str,
        at: int | None,
        read: Callable[[str, int], str],
        flaws: list[RowError],
    ) -> str | None:
        text = cells[at].strip() if at is not None else ""
        if not text:
            return None
        try:
            return read(text, number)
        except Flaw as flaw:
            flaws.append(RowError(number, flaw.type, flaw.detail, field, cut(text)))
            return None

    def _email(self, text: str, _number: int) -> str:
        return email(text)

    def _phone(self, text: str, number: int) -> str:
        found, remark = phone(text, self.country)
        if remark is not None:
            self.tally.warn(RowError(number, remark, WORDS[remark], "phone", cut(text)))
        return found

    def _keyed(self, row: Row) -> bool:
        match self.by:
            case By.AUTO:
                return bool(row.email or row.phone)
            case By.EMAIL:
                return bool(row.email)
            case By.PHONE:
                return bool(row.phone)

    def _settle(self, number: int, row: Row, flaws: list[RowError]) -> Row | None:
        """A wrong key refuses the row; a wrong value beside a good key is left out, with a warning."""
        if self._keyed(row):
            for flaw in flaws:
                self.tally.warn(flaw)
            return row
        key = self._key()
        blamed = [flaw for flaw in flaws if self.by is By.AUTO or flaw.field == key]
        self.tally.refuse(blamed[0] if blamed else RowError(number, "missing", WORDS["missing"], key))
        return None

    def _key(self) -> str:
        if self.by is By.AUTO:
            return "email" if self.columns.email is not None else "phone"
        return self.by.value

    def _name(self, cells: Sequence[str]) -> str:
        """The name on one line; without one, first and last name together."""
        at = self.columns.name
        name = cells[at] if at is not None else ""
        if not name:
            parts = (self.columns.attributes.get(part) for part in ("first_name", "last_name"))
            name = " ".join(cells[part] for part in parts if part is not None)
        return " ".join(name.split())

    def _attributes(self, cells: Sequence[str]) -> dict[str, str]:
        return {key: value for key, at in self.columns.attributes.items() if (value := cells[at].strip())}
