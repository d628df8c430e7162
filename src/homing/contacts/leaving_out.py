"""Takes a list of addresses that must not be sent to: one a line, or a table with a column `email` or `phone`."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from homing.contacts.columns import key_of, understand
from homing.contacts.normalise import Flaw, check_country, domain, email, phone
from homing.contacts.reading import Record, Table
from homing.contacts.report import MOST_ERRORS, WORDS, RowError, cut
from homing.model.errors import Invalid
from homing.model.ids import WorkspaceId
from homing.store.suppressions import Suppressions

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class LeftOut:
    """total = added + known + failed. `errors`: the first 100 by row."""

    total: int
    added: int
    known: int
    failed: int
    errors: tuple[RowError, ...]


def channel_of(address: str) -> str:
    """A phone number is left out of WhatsApp, everything else of e-mail."""
    return "email" if "@" in address else "whatsapp"


def import_suppressions(
    source: BinaryIO,
    suppressions: Suppressions,
    workspace_id: WorkspaceId,
    *,
    reason: str = "import",
    country: str | None = None,
) -> LeftOut:
    """Suppresses every address of a seekable stream, 1,000 a transaction; safe to repeat. Raises Invalid for a bad file."""
    chosen = check_country(country)
    table = Table(source)
    total = added = failed = 0
    errors: list[RowError] = []
    waiting: dict[str, list[str]] = {"email": [], "whatsapp": []}
    known_columns = _columns(table)
    for record in _rows(table, known_columns):
        total += 1
        found = _address(record, known_columns, chosen)
        if isinstance(found, RowError):
            failed += 1
            errors = [*errors, found][:MOST_ERRORS]
            continue
        batch = waiting[channel_of(found)]
        batch.append(found)
        if len(batch) >= CHUNK:
            added += suppressions.add(workspace_id, batch, reason=reason, channel=channel_of(found))
            batch.clear()
    for channel, batch in waiting.items():
        if batch:
            added += suppressions.add(workspace_id, batch, reason=reason, channel=channel)
    table.close()
    return LeftOut(total, added, total - added - failed, failed, tuple(errors))


def _columns(table: Table) -> tuple[int, ...] | None:
    """The columns that hold addresses; None when the first row is an address itself, for want of a heading."""
    keys = [key_of(heading) for heading in table.header]
    if "address" in keys:
        return (keys.index("address"),)
    with contextlib.suppress(Invalid):
        columns = understand(table.header)
        return tuple(at for at in (columns.email, columns.phone) if at is not None)
    first = table.header[0]
    return None if "@" in first or any(char.isdigit() for char in first) else (0,)


def _rows(table: Table, columns: tuple[int, ...] | None) -> Iterator[Record]:
    if columns is None:
        yield Record(1, table.header)
    yield from table


def _address(record: Record, columns: tuple[int, ...] | None, country: str | None) -> str | RowError:
    if record.flaw is not None:
        return RowError(record.number, record.flaw, WORDS[record.flaw])
    text = next((cell.strip() for at in columns or (0,) if (cell := record.cells[at]).strip()), "")
    if not text:
        return RowError(record.number, "missing", WORDS["missing"])
    try:
        if text.startswith("@"):
            return domain(text)
        return email(text) if "@" in text else phone(text, country)[0]
    except Flaw as flaw:
        return RowError(record.number, flaw.type, flaw.detail, value=cut(text))
