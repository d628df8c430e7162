"""What an import reads: delimited text, a workbook, or the JSON of an upload; each row by row from any place on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from homing.contacts.checking import Checker
from homing.contacts.columns import Columns, key_of, understand
from homing.contacts.objects import Objects
from homing.contacts.options import Options
from homing.contacts.reading import MOST_REWINDS, Table
from homing.contacts.rows import Block, Record, block_of
from homing.contacts.xlsx import Workbook
from homing.model.errors import Invalid
from homing.store.matching import By, Candidate

MOST_ROWS = 5_000_000
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MANY = 1_000  # rows of a block, where the file itself has none
CSV, XLSX, JSON, BATCH = "csv", "xlsx", "json", "batch"


@dataclass(slots=True)
class Shape:
    """How a source is read, for people: what was found out, and which column is what."""

    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    sheets: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    fields: list[str | None] = field(default_factory=list)  # what each column fills; None: nothing

    def found(self) -> dict[str, Any]:
        """What a report says of it."""
        names = {"kind": "format", "encoding": "encoding", "delimiter": "delimiter", "columns": "columns"}
        return {name: getattr(self, attr) for attr, name in names.items()}


class Source(Protocol):
    """An open source. `judge` turns a block of its rows into contacts, through a checker."""

    shape: Shape

    def rows(self, place: Any) -> Iterator[Any]:
        """The rows from a place on; None: from the beginning."""
        ...

    def blocks(self, place: Any) -> Iterator[Any]:
        """The same rows, some thousand at a time."""
        ...

    def place(self) -> Any:
        """Where reading stands between two rows or blocks, as JSON."""
        ...

    def judge(self, block: Any, checker: Checker) -> tuple[int, list[Candidate]]:
        """How many rows a block has, and the contacts that they are."""
        ...

    def checker(self) -> Checker: ...

    def close(self) -> None: ...


class _Delimited:
    """A CSV or TSV file: it goes on at a byte."""

    def __init__(self, path: Path, options: Options) -> None:
        self._file = path.open("rb")
        self._options = options
        try:
            self._table = Table(self._file, encoding=options.encoding, delimiter=options.delimiter)
        except BaseException:
            self._file.close()
            raise
        self.shape = Shape(CSV, self._table.encoding, self._table.delimiter, header=self._table.header)
        self.judge = _judge_cells

    def checker(self) -> Checker:
        columns = _columns(self.shape, self._options)
        return Checker(self._options, columns)

    def rows(self, place: Any) -> Iterator[Record]:
        if place is not None:
            self._table.go_on((place[0], place[1], place[2]))
        return iter(self._table)

    def blocks(self, place: Any) -> Iterator[Block]:
        if place is not None:
            self._table.go_on((place[0], place[1], place[2]))
        return self._table.blocks()

    def place(self) -> list[int]:
        return list(self._table.place())

    def close(self) -> None:
        self._table.close()
        self._file.close()


class _Workbook:
    """An Excel file: its first row that is not blank is the header; it goes on by passing over the rows that were read."""

    def __init__(self, path: Path, options: Options) -> None:
        self._file: BinaryIO = path.open("rb")
        self._options = options
        try:
            book = Workbook(self._file)
            self._rows = book.rows(options.sheet or 1)
            first = next(self._rows, None)
        except BaseException:
            self._file.close()
            raise
        if first is None:
            raise Invalid("the sheet is empty", code="empty")
        header = [cell.strip() for cell in first.cells]
        self._width = len(header)
        self._number = first.number
        self.shape = Shape(XLSX, sheets=[name for name, _ in book.sheets], header=header)
        self.judge = _judge_cells

    def checker(self) -> Checker:
        return Checker(self._options, _columns(self.shape, self._options))

    def rows(self, place: Any) -> Iterator[Record]:
        for number, cells, found in self._rows:
            if place is not None and number <= place[0]:
                continue
            self._number = number
            more = cells[self._width :]
            wide = "too_many_columns" if any(cell.strip() for cell in more) else None
            yield Record(number, (cells + [""] * self._width)[: self._width], found or wide)

    def blocks(self, place: Any) -> Iterator[Block]:
        rows = self.rows(place)
        while some := list(islice(rows, MANY)):
            yield block_of(some)

    def place(self) -> list[int]:
        return [self._number]

    def close(self) -> None:
        self._file.close()


class _Uploaded:
    """The JSON of an upload: the first contact is row 1; it goes on by passing over the contacts that were read."""

    def __init__(self, path: Path, options: Options) -> None:
        self._file = path.open("rb")
        self._options = options
        self._number = 0
        self.objects = Objects(self._file)
        self.shape = Shape(JSON)

    def checker(self) -> Checker:
        return Checker(self._options)

    def rows(self, place: Any) -> Iterator[tuple[int, Any]]:
        done = place[0] if place is not None else 0
        for number, found in enumerate(self.objects, 1):
            if number > done:
                self._number = number
                yield number, found

    def blocks(self, place: Any) -> Iterator[list[tuple[int, Any]]]:
        rows = self.rows(place)
        while some := list(islice(rows, MANY)):
            yield some

    def place(self) -> list[int]:
        return [self._number]

    def judge(self, block: Any, checker: Checker) -> tuple[int, list[Candidate]]:
        return len(block), [found for row in block if (found := checker.check_object(*row)) is not None]

    def close(self) -> None:
        self._file.close()


def _judge_cells(block: Any, checker: Checker) -> tuple[int, list[Candidate]]:
    return block.size(), checker.check_block(block)


def _columns(shape: Shape, options: Options) -> Columns:
    """Maps the header. Raises Invalid (no_key_column) when the key that was asked for has no column."""
    columns = understand(shape.header, options.columns)
    named = columns.named()
    shape.columns = {field_: shape.header[at] for field_, at in named.items()}
    fills = {at: field_ for field_, at in named.items()}
    shape.fields = [fills.get(at) for at in range(len(shape.header))]
    if options.by is not By.AUTO and options.by.value not in columns.named():
        raise Invalid(f"the file has no column for {options.by.value}", code="no_key_column")
    return columns


def kind_of(path: Path) -> str:
    """CSV or XLSX, by what the file begins with and not by its name. Raises Invalid for other formats."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_OLD_EXCEL):
        raise Invalid(
            "this is an old or an encrypted Excel file; save it as .xlsx without a password, or as CSV", code="bad_file"
        )
    return XLSX if head.startswith(_ZIP) else CSV


def open_source(path: Path, kind: str, options: Options) -> Source:
    """Opens what lies in an import's folder. Raises Invalid when it cannot be read as what it is."""
    if kind == JSON:
        return _Uploaded(path, options)
    opener: Callable[[Path, Options], Source] = _Workbook if kind_of(path) == XLSX else _Delimited
    return opener(path, options)


def sample(path: Path, options: Options, most: int = 20) -> dict[str, Any]:
    """The first rows of a file and how it is read, for a person to look at. Raises Invalid."""
    source = open_source(path, CSV, options)
    try:
        rows = []
        for number, cells, flaw in source.rows(None):
            rows.append({"row": number, "cells": [cell[:200] for cell in cells], **({"type": flaw} if flaw else {})})
            if len(rows) == most:
                break
        problem = None
        try:
            source.checker()
        except Invalid as error:
            problem = {"code": error.code, "detail": error.detail}
    finally:
        source.close()
    shape = source.shape
    return {
        "format": shape.kind,
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "sheets": shape.sheets,
        "header": shape.header,
        "columns": shape.columns,
        "fields": shape.fields or [key_of(heading) or None for heading in shape.header],
        "rows": rows,
        "problem": problem,
    }


__all__ = ["MOST_REWINDS", "MOST_ROWS", "Shape", "Source", "kind_of", "open_source", "sample"]
