"""What PostgreSQL takes in a text, and how rows are written for COPY; cursors that see to it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import psycopg
from psycopg.adapt import Buffer, Loader

# What SQLite keeps in a text and PostgreSQL cannot: NUL, and halves of surrogate pairs, as JSON writes them.
_FOREIGN = re.compile(
    r"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u0000|\\ud[89a-f][0-9a-f]{2})", re.IGNORECASE
)


def storable(value: Any, *, json: bool = False) -> Any:
    """The value with what PostgreSQL takes in no text replaced by U+FFFD. `json`: it may be parsed as such."""
    if type(value) is str:
        if "\0" in value:
            value = value.replace("\0", "\ufffd")
        if json and "\\u" in value:
            value = _FOREIGN.sub(lambda m: m[0] if len(m[2]) == 12 else f"{m[1]}\ufffd", value)
    return value


_NULL = "\0"  # until the end: no text that is kept has one
_COPIED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\0": "\ufffd"})


def copied(rows: Sequence[Sequence[Any]]) -> str:
    """Rows in the text format of COPY: a third of the time that the driver takes row by row.

    What a text must not have (PostgreSQL manual, COPY, "Text Format") is looked for once in all of them.
    """
    text = "\n".join(["\t".join([_NULL if value is None else str(value) for value in row]) for row in rows])
    ours = (len(rows) - 1, sum(len(row) - 1 for row in rows), sum(row.count(None) for row in rows), 0)
    if tuple(map(text.count, ("\n", "\t", _NULL, "\r"))) != ours:
        text = "\n".join(["\t".join([_cell(value) for value in row]) for row in rows])
    elif "\\" in text:
        text = text.replace("\\", r"\\")
    return text.replace(_NULL, r"\N") + "\n" if rows else ""


def _cell(value: Any) -> str:
    return _NULL if value is None else str(value).translate(_COPIED)


class TextCursor(psycopg.Cursor[Any]):
    """Takes every text that SQLite takes."""

    json = False

    def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
        return super().execute(query, self._storable(params), **more)

    def executemany(self, query: Any, params_seq: Any, **more: Any) -> None:
        super().executemany(query, (self._storable(row) for row in params_seq), **more)

    def _storable(self, row: Any) -> Any:
        if isinstance(row, Mapping):
            return {name: storable(value, json=self.json) for name, value in row.items()}
        return row


class HotCursor(TextCursor):
    """Answers `fetchall` with nothing when a statement gives no rows; texts may be JSON."""

    json = True

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.description is not None else []


class Number(Loader):
    """sum(bigint) is numeric; we want the int that it is."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode("ascii")
        return float(text) if "." in text else int(text)
