"""How people name a row: by its id, by any prefix of the id that only one row has, or by its name."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, Table

from homing.model.errors import Conflict, NotFound
from homing.model.intent import wrong
from homing.store.database import Transaction

_HEX = frozenset("0123456789abcdef-")
NAME_LIMIT = 200


def one_line(name: str, pointer: str = "name") -> str:
    """The name without outer blanks; Invalid when it is empty, too long or has line breaks or control characters."""
    stripped = name.strip()
    if not stripped or len(stripped) > NAME_LIMIT or not stripped.isprintable():
        raise wrong(f"/{pointer}", f"a {pointer} is one line of 1 to {NAME_LIMIT} characters")
    return stripped


def look_up(
    tx: Transaction, query: Select[*tuple[Any, ...]], table: Table, reference: str, *, noun: str, hint: str
) -> Row[*tuple[Any, ...]]:
    """The one row of `query` that `reference` names; an exact name wins over a prefix of an id.

    `query` carries the workspace. Raises NotFound (with `hint`), and Conflict when a prefix fits several.
    """
    named = tx.execute(query.where(table.c.name == reference).limit(1)).one_or_none()
    if named is not None:
        return named
    rows = tx.execute(query.where(begins(table.c.uid, reference)).limit(2)).all() if is_prefix(reference) else []
    if len(rows) > 1:
        raise Conflict(f"'{reference}' begins the ids of several {noun}s; give more of it")
    if not rows:
        raise NotFound(f"there is no {noun} '{reference}' here; {hint}")
    return rows[0]


def begins(column: Column[Any], prefix: str) -> ColumnElement[bool]:
    """Whether an id begins with this prefix, said as a range so that the index answers."""
    low = prefix.lower()
    return (column >= low) & (column < low + "g")


def is_prefix(reference: str) -> bool:
    """Whether this could be the beginning of an id."""
    return bool(reference) and set(reference.lower()) <= _HEX
