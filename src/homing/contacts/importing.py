"""The import: read -> map -> normalise -> repeats -> upsert, chunk by chunk -> report. Memory does not grow with the file.

Every chunk is one transaction, so a killed import has taken in whole chunks; running it again updates them and goes on.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from homing.contacts.checking import Checker
from homing.contacts.columns import understand
from homing.contacts.normalise import check_country
from homing.contacts.reading import Record, Table, seekable
from homing.contacts.repeats import Repeats
from homing.contacts.report import WORDS, ImportReport, Progress, RowError, Started, Tally, cut
from homing.model.errors import Invalid, Unreachable
from homing.model.ids import WorkspaceId, new_uid
from homing.store.contacts import Contacts
from homing.store.lists import ListId
from homing.store.matching import By, Remark, Row

CHUNK, BIG_CHUNK, BIG_AFTER = 500, 2_000, 20_000  # 2,000 rows hold the write lock for about 50 ms, 5,000 for 170
MOST_IN_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported. `chunk` None: 500 rows a transaction, 2,000 once 20,000 rows are in.

    `by`: what a row is known by; `default_country`: of phone numbers without "+", two letters; `encoding` and `delimiter`
    None: found out. Raises Invalid for a wrong value.
    """

    by: By = By.AUTO
    list_id: ListId | None = None
    default_country: str | None = None
    chunk: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "default_country", check_country(self.default_country))
        if self.chunk is not None and not 1 <= self.chunk <= MOST_IN_CHUNK:
            raise Invalid(f"a chunk has 1 to {MOST_IN_CHUNK} rows")


def import_csv(
    source: Path | BinaryIO, contacts: Contacts, workspace_id: WorkspaceId, options: Options | None = None
) -> Iterator[Started | Progress | ImportReport]:
    """Imports delimited text. Yields one Started, a Progress after each chunk, and last the ImportReport.

    A database that goes away ends it early, with `connection_lost` in the report. Raises Invalid for a file that cannot be
    read as a table, OSError for one that cannot be opened, NotFound for a foreign list.
    """
    chosen = options or Options()
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(source.open("rb")) if isinstance(source, Path) else seekable(source, stack)
        size = stream.seek(0, 2)
        stream.seek(0)
        table = Table(stream, encoding=chosen.encoding, delimiter=chosen.delimiter)
        stack.callback(table.close)
        run = _Run(table, contacts, workspace_id, chosen, stack.enter_context(Repeats()))
        yield run.started(size)
        for _ in run.chunks():
            tally = run.tally
            yield Progress(
                tally.id, tally.total, tally.created, tally.updated, tally.failed, min(table.position(), size), size
            )
        yield run.tally.report(dry_run=chosen.dry_run)


class _Run:
    """One import under way."""

    def __init__(
        self, table: Table, contacts: Contacts, workspace_id: WorkspaceId, options: Options, repeats: Repeats
    ) -> None:
        self._table = table
        self._contacts = contacts
        self._workspace_id = workspace_id
        self._options = options
        self._repeats = repeats
        self._columns = understand(table.header)
        if options.by is not By.AUTO and options.by.value not in self._columns.named():
            raise Invalid(f"the file has no column for {options.by.value}", code="no_key_column")
        self.tally = Tally(str(new_uid()))
        self._checker = Checker(self._columns, options.by, options.default_country, self.tally)

    def started(self, size: int) -> Started:
        headings = {field: self._table.header[at] for field, at in self._columns.named().items()}
        return Started(self.tally.id, self._table.encoding, self._table.delimiter, headings, size)

    def chunks(self) -> Iterator[None]:
        """Takes the file in; stops for a moment after each chunk."""
        records: list[Record] = []
        for record in self._table:
            records.append(record)
            if len(records) >= self._chunk_size():
                self._take(records)
                records.clear()
                yield
        if records:
            self._take(records)
            yield

    def _chunk_size(self) -> int:
        if self._options.chunk is not None:
            return self._options.chunk
        return BIG_CHUNK if self.tally.total >= BIG_AFTER else CHUNK

    def _take(self, records: list[Record]) -> None:
        self.tally.total += len(records)
        if self.tally.connection_lost:
            self.tally.lose_connection(len(records))  # read on only to say how many are left
            return
        checked = [(record.number, row) for record in records if (row := self._checker.check(record)) is not None]
        fresh = self._without_repeats(checked)
        if fresh:
            self._store(fresh)

    def _keys(self, row: Row) -> list[str]:
        match self._options.by:
            case By.AUTO:
                return [address for address in (row.email, row.phone) if address]
            case By.EMAIL:
                return [row.email or ""]
            case By.PHONE:
                return [row.phone or ""]

    def _without_repeats(self, checked: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """The first row of a key wins; a later one is refused with the row that it repeats."""
        known = self._repeats.first_seen([key for _, row in checked for key in self._keys(row)])
        news: dict[str, int] = {}
        fresh = []
        for number, row in checked:
            keys = self._keys(row)
            repeated = next((key for key in keys if key in known), None)
            if repeated is not None:
                self._refuse(number, row, "duplicate_in_file", "email" if "@" in repeated else "phone", known[repeated])
                continue
            for key in keys:
                known[key] = news[key] = number
            fresh.append((number, row))
        self._repeats.remember(news)
        return fresh

    def _store(self, fresh: list[tuple[int, Row]]) -> None:
        rows = [row for _, row in fresh]
        by, list_id = self._options.by, self._options.list_id
        try:
            if self._options.dry_run:
                done = self._contacts.preview_chunk(self._workspace_id, rows, by=by)
            else:
                done = self._contacts.upsert_chunk(self._workspace_id, rows, by=by, list_id=list_id)
        except Unreachable:
            self.tally.lose_connection(len(rows))
            return
        self.tally.created += done.created
        self.tally.updated += done.updated + done.unchanged
        self.tally.unchanged += done.unchanged
        for remark in done.refused:
            number, row = fresh[remark.index]
            self._refuse(number, row, remark.type, remark.field, _number_of(remark, fresh))
        for remark in done.warned:
            number, row = fresh[remark.index]
            self.tally.warn(_error(number, row, remark.type, remark.field, _number_of(remark, fresh)))

    def _refuse(self, number: int, row: Row, type_: str, field: str, other: int | None) -> None:
        self.tally.refuse(_error(number, row, type_, field, other))


def _number_of(remark: Remark, fresh: list[tuple[int, Row]]) -> int | None:
    return None if remark.other is None else fresh[remark.other][0]


def _error(number: int, row: Row, type_: str, field: str, other: int | None) -> RowError:
    return RowError(number, type_, WORDS[type_], field, cut(getattr(row, field) or ""), other)
