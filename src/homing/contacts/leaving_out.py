"""Takes a list of addresses that must not be sent to: one a line, or a table with a column `email` or `phone`."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from homing.contacts.columns import key_of, understand
from homing.contacts.normalise import Flaw, check_country, domain, email, phone
from homing.contacts.reading import Table, seekable
from homing.contacts.report import MOST_ERRORS, WORDS, RowError, cut
from homing.contacts.rows import Record
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
    """Suppresses every address of a stream, 1,000 a transaction; safe to repeat. Raises Invalid for a bad file."""
    chosen = check_country(country)
    with contextlib.ExitStack() as stack:
        table = Table(seekable(source, stack))
        stack.callback(table.close)
        run = _Run(suppressions, workspace_id, reason)
        columns = _columns(table)
        for record in _rows(table, columns):
            run.take(_address(record, columns, chosen))
        return run.end()


class _Run:
    """One list under way: addresses wait by channel until there are enough for a transaction."""

    def __init__(self, suppressions: Suppressions, workspace_id: WorkspaceId, reason: str) -> None:
        self._suppressions = suppressions
        self._workspace_id = workspace_id
        self._reason = reason
        self._waiting: dict[str, list[str]] = {"email": [], "whatsapp": []}
        self._total = self._added = self._failed = 0
        self._errors: list[RowError] = []

    def take(self, found: str | RowError) -> None:
        self._total += 1
        if isinstance(found, RowError):
            self._failed += 1
            if len(self._errors) < MOST_ERRORS:
                self._errors.append(found)
            return
        channel = channel_of(found)
        self._waiting[channel].append(found)
        if len(self._waiting[channel]) >= CHUNK:
            self._write(channel)

    def _write(self, channel: str) -> None:
        batch = self._waiting[channel]
        if batch:
            self._added += self._suppressions.add(self._workspace_id, batch, reason=self._reason, channel=channel)
            batch.clear()

    def end(self) -> LeftOut:
        for channel in self._waiting:
            self._write(channel)
        known = self._total - self._added - self._failed
        return LeftOut(self._total, self._added, known, self._failed, tuple(self._errors))


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
    if text.startswith("'@"):
        text = text[1:]  # an export put it there, so that no spreadsheet program takes it for a formula
    try:
        if text.startswith("@"):
            return domain(text)
        return email(text) if "@" in text else phone(text, country)[0]
    except Flaw as flaw:
        return RowError(record.number, flaw.type, flaw.detail, value=cut(text))
