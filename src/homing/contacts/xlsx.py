"""Reads one sheet of an Excel workbook (ECMA-376), streaming: memory does not grow with its rows, and hostile files are refused.

Formulas are not evaluated: the value that was saved beside one is taken. Dates and numbers are spelt by their style.
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from xml.parsers import expat

from homing.contacts.rows import LONGEST_CELL, Record
from homing.model.errors import Invalid

MOST_COLUMNS = 2_000
MOST_ENTRIES = 2_000
MOST_INFLATED = 2 << 30
MOST_RATIO, RATIO_FROM = 200, 10 << 20
MOST_SHARED = 256 << 20
MOST_ROWS = 1_048_576
_BLOCK = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_SAFE_FLOAT = 1e15
_DAMAGED = "the workbook is damaged; save it again, or save the sheet as CSV"


class Workbook:
    """An open workbook. Raises Invalid for what is none, is encrypted, or is a bomb."""

    def __init__(self, source: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, struct.error, ValueError, OSError) as error:
            raise Invalid(_DAMAGED, code="bad_file") from error
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_INFLATED:
            raise Invalid("the workbook unpacks to more than 2 GiB; split it", code="limit")
        self._names = {entry.filename: entry for entry in entries}
        self._inflated = 0
        self.sheets = self._sheets()

    def _sheets(self) -> list[tuple[str, str]]:
        """Name and path of each sheet, in the order of the tabs."""
        targets: dict[str, str] = {}
        named: list[tuple[str, str]] = []

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        def sheet(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                id_ = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                named.append((attributes.get("name", ""), id_))

        for path, start in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
            if path not in self._names:
                raise Invalid("this is a zip file, and no Excel workbook (.xlsx)", code="bad_file")
            self._read(path, start)
        placed = ((name, _path(targets.get(id_, ""))) for name, id_ in named)
        found = [(name, path) for name, path in placed if path in self._names]
        if not found:
            raise Invalid("the workbook has no sheet", code="empty")
        return found

    def rows(self, number: int) -> Iterator[Record]:
        """The rows of a sheet (from 1) that are not blank, numbered as Excel shows them."""
        if not 1 <= number <= len(self.sheets):
            raise Invalid(f"the workbook has {len(self.sheets)} sheets; there is no sheet {number}", code="bad_option")
        return _Sheet(self._shared(), *self._styles()).read(self._events, self.sheets[number - 1][1])

    def _shared(self) -> list[str]:
        """The shared strings; phonetic readings beside them are left out."""
        path = next((name for name in self._names if name.lower() == "xl/sharedstrings.xml"), None)
        if path is None:
            return []
        reader = _Strings()
        self._read(path, reader.start, reader.end, reader.text)
        return reader.found

    def _styles(self) -> tuple[list[bool], bool]:
        """Which cell styles are dates, and whether days are counted from 1904."""
        styles = _Styles()
        for path in ("xl/workbook.xml", "xl/styles.xml"):
            if path in self._names:
                self._read(path, styles.start, styles.end)
        return styles.dates, styles.of_1904

    def _read(self, path: str, start: Any, end: Any = None, text: Any = None) -> None:
        """Feeds a whole part to the handlers."""
        for _ in self._events(path, start, end, text):
            pass

    def _events(self, path: str, start: Any, end: Any = None, text: Any = None) -> Iterator[None]:
        """Feeds one part to the handlers block by block, and stops for a moment after each."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
        parser.EndElementHandler = None if end is None else lambda name: end(name.rpartition(":")[2])
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _no_doctype
        entry = self._names[path]
        part = 0
        try:
            with self._zip.open(entry) as stream:
                while block := stream.read(_BLOCK):
                    part += len(block)
                    self._inflated += len(block)
                    self._check(part, entry.compress_size)
                    parser.Parse(block, False)
                    yield
                parser.Parse(b"", True)
                yield
        except (
            expat.ExpatError,
            zipfile.BadZipFile,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as e:
            raise Invalid(_DAMAGED, code="bad_file") from e

    def _check(self, part: int, packed: int) -> None:
        """What a part says of its size may be a lie: it is counted while it is unpacked."""
        if self._inflated > MOST_INFLATED or (part > RATIO_FROM and part > MOST_RATIO * max(packed, 1)):
            raise Invalid("the workbook unpacks to far more than it is: it is refused", code="limit")


def _no_doctype(*_: object) -> None:
    raise Invalid("the workbook has a document type of its own, which no Excel writes: it is refused", code="bad_file")


class _Styles:
    """Which cell styles are dates."""

    def __init__(self) -> None:
        self.dates: list[bool] = []
        self.of_1904 = False
        self._formats: dict[int, str] = {}
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self.dates.append(self._is_date(_number(attributes.get("numFmtId"))))
        elif name == "workbookPr":
            self.of_1904 = attributes.get("date1904") in ("1", "true")

    def end(self, name: str) -> None:
        self._inside = self._inside and name != "cellXfs"

    def _is_date(self, format_: int) -> bool:
        code = _QUOTED.sub("", self._formats.get(format_, "")).lower()
        return format_ in _DATE_FORMATS or any(char in code for char in "ydhs") or "mm" in code


class _Strings:
    """Gathers the shared strings."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._size = 0
        self._parts: list[str] = []
        self._in_text = False
        self._phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == "rPh":
            self._phonetic = True
        self._in_text = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            text = "".join(self._parts)
            self._size += len(text) + 49  # what a string costs besides its characters
            if self._size > MOST_SHARED:
                raise Invalid("the workbook has more than 256 MB of texts; split it", code="limit")
            self.found.append(text)
            self._parts.clear()

    def text(self, piece: str) -> None:
        if self._in_text:
            self._parts.append(piece)


class _Sheet:
    """Reads the cells of one sheet into rows. Rows come by their number, gaps are skipped."""

    def __init__(self, shared: list[str], dates: list[bool], of_1904: bool) -> None:
        self._shared = shared
        self._dates = dates
        self._start = datetime(1904, 1, 1) if of_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - dates of a sheet have no zone
        self._ready: list[Record] = []
        self._number = 0
        self._cells: dict[int, str] = {}
        self._flaw: str | None = None
        self._column = -1
        self._kind = "n"
        self._style = 0
        self._parts: list[str] = []
        self._size = 0
        self._in_value = False
        self._phonetic = False

    def read(self, events: Any, path: str) -> Iterator[Record]:
        for _ in events(path, self._start_of, self._end_of, self._text):
            yield from self._ready
            self._ready.clear()

    def _start_of(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            given = attributes.get("r")
            self._number = int(given) if given and given.isdecimal() else self._number + 1
            if self._number > MOST_ROWS:
                raise Invalid(_DAMAGED, code="bad_file")
            self._cells, self._flaw, self._column = {}, None, -1
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "rPh":
            self._phonetic = True
        self._in_value = name == "v" or (name == "t" and not self._phonetic)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(found[1]) if found else self._column + 1
        if self._column >= MOST_COLUMNS:
            raise Invalid(f"the sheet has more than {MOST_COLUMNS} columns", code="limit")
        self._kind = attributes.get("t", "n")
        self._style = _number(attributes.get("s"))
        self._parts, self._size = [], 0

    def _text(self, piece: str) -> None:
        if not self._in_value:
            return
        self._size += len(piece)
        if self._size > LONGEST_CELL:
            self._flaw = "cell_too_large"
        else:
            self._parts.append(piece)

    def _end_of(self, name: str) -> None:
        self._in_value = False
        if name == "rPh":
            self._phonetic = False
        elif name == "c":
            value = self._value("".join(self._parts))
            if len(value) > LONGEST_CELL:
                self._flaw, value = "cell_too_large", ""
            if value:
                self._cells[self._column] = value
        elif name == "row" and (self._flaw or any(cell.strip() for cell in self._cells.values())):
            width = max(self._cells, default=-1) + 1
            self._ready.append(Record(self._number, [self._cells.get(at, "") for at in range(width)], self._flaw))

    def _value(self, text: str) -> str:
        match self._kind:
            case "s":
                at = int(text) if text.isdecimal() else -1
                return self._shared[at] if 0 <= at < len(self._shared) else ""
            case "b":
                return "TRUE" if text == "1" else "FALSE"
            case "n":
                return self._spelt(text)
            case "e":
                return ""
            case _:
                return text

    def _spelt(self, text: str) -> str:
        """A number as a person would write it: 94771234567 and not 9.4771234567E10; a date by its style."""
        try:
            number = float(text)
        except ValueError:
            return text
        if 0 <= self._style < len(self._dates) and self._dates[self._style] and 0 <= number < 2_958_466:
            moment = self._start + timedelta(days=round(number * 86_400) / 86_400)
            return moment.date().isoformat() if number.is_integer() else moment.isoformat(" ", "seconds")
        if number.is_integer() and abs(number) < _SAFE_FLOAT:
            return str(int(number))
        return text


def _path(target: str) -> str:
    """Where a part lies that the workbook names."""
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
