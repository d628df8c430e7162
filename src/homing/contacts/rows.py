"""Rows of cells, one by one and by the block: most files have thousands of rows in which nothing is odd, and those go fast."""

import csv
from collections.abc import Iterable
from itertools import compress
from typing import NamedTuple

LONGEST_CELL = 64 * 1024
DAMAGED = "\ufffd"
"""What stands where bytes were no text."""
_MARK = ["mark"]


class Record(NamedTuple):
    """One row. `flaw` is the type of what is wrong with it: then `cells` are not to be used."""

    number: int
    cells: list[str]
    flaw: str | None = None


class Block(NamedTuple):
    """Some rows. `rows` have as many cells as there are headings, `numbers` are theirs; in `flawed` something is wrong."""

    numbers: list[int]
    rows: list[list[str]]
    flawed: list[Record]

    def size(self) -> int:
        """How many rows there are."""
        return len(self.numbers) + len(self.flawed)


def block_of(records: Iterable[Record]) -> Block:
    """Rows that were read one by one."""
    block = Block([], [], [])
    for record in records:
        if record.flaw is None:
            block.numbers.append(record.number)
            block.rows.append(record.cells)
        else:
            block.flawed.append(record)
    return block


def is_blank(cells: Iterable[str]) -> bool:
    return not any(map(str.strip, cells))


def judged(number: int, cells: list[str], width: int, flaw: str | None = None) -> Record:
    """A row with as many cells as headings (`width` 0: that is not known yet): empty ones are added, more are a flaw."""
    if width and len(cells) != width:
        if not is_blank(cells[width:]):
            flaw = flaw or "too_many_columns"
        cells = (cells + [""] * width)[:width]
    return Record(number, cells, flaw)


def plain_block(text: str, delimiter: str, width: int, first: int) -> tuple[Block, int] | None:
    """Whole lines as rows, numbered from `first`, and how many lines they were; None when one of them needs a closer look."""
    lines = _lines(text)
    if lines is None:
        return None
    rows = _quoted(lines, delimiter) if '"' in text else [line.split(delimiter) for line in lines]
    if rows is None:
        return None
    numbers: list[int] = list(range(first, first + len(rows)))
    flawed: list[Record] = []
    if set(map(len, rows)) != {width}:
        records = [judged(number, cells, width) for number, cells in zip(numbers, rows, strict=True)]
        flawed = [record for record in records if record.flaw is not None]
        sound = [record for record in records if record.flaw is None]
        numbers, rows = [record.number for record in sound], [record.cells for record in sound]
    there = [any(map(str.strip, row)) for row in rows]
    if not all(there):
        numbers, rows = list(compress(numbers, there)), list(compress(rows, there))
    return Block(numbers, rows, flawed), len(lines)


def _lines(text: str) -> list[str] | None:
    """Text cut into lines that may be rows each."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            return None
    if "\0" in text or DAMAGED in text:
        return None
    lines = text.removesuffix("\n").split("\n")
    return None if max(map(len, lines)) > LONGEST_CELL else lines


def _quoted(lines: list[str], delimiter: str) -> list[list[str]] | None:
    """Lines of which some have quotes; None unless every line is one whole row: then the mark behind them is one too."""
    try:
        rows = list(csv.reader([*lines, *_MARK], delimiter=delimiter))
    except csv.Error:
        return None
    return rows[:-1] if len(rows) == len(lines) + 1 and rows[-1] == _MARK else None
