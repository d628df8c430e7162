"""What became of an import, in figures that always add up: total = created + updated + failed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_ERRORS = 100
VALUE_LIMIT = 80
UPLOAD = -1
"""The row number of what concerns the upload as a whole."""

WORDS = {
    "missing": "there is no address in it",
    "conflict": "its e-mail address and its phone number belong to two different contacts",
    "duplicate_in_file": "an earlier row has the same address",
    "taken": "this belongs to another contact; the row was kept without it",
    "too_many_columns": "it has more cells than there are headings",
    "unbalanced_quote": "a quote opens and never closes",
    "cell_too_large": "a cell is larger than 64 KB",
    "bad_encoding": "it has bytes that are no text in the encoding of the file",
    "phone_assumed_international": "without a country code; taken as an international number",
    "phone_extension_dropped": "the extension was left out",
    "connection_error": "the database went away before it",
}


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that did not get in, or one value that was left out of a row that did. `other_row` is the row it repeats."""

    row: int
    type: str
    error: str
    field: str | None = None
    value: str | None = None
    other_row: int | None = None

    def to_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Started:
    """The first thing an import tells: how it reads the file. `columns` maps each field to the heading it is filled from."""

    id: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    size: int

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": "running",
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "columns": dict(self.columns),
            "size_bytes": self.size,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """Told after each chunk, when it is durable. `done` of `size` bytes are read."""

    id: str
    rows: int
    created: int
    updated: int
    failed: int
    done: int
    size: int

    def to_json(self) -> dict[str, Any]:
        names = ("id", "rows", "created", "updated", "failed")
        return {**{name: getattr(self, name) for name in names}, "done_bytes": self.done, "size_bytes": self.size}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The last thing an import tells. `unchanged` is part of `updated`; `duplicates` and `not_processed` are part of `failed`.

    `errors` are the first 100 by row; `warnings` counts values that were left out of rows that were kept.
    """

    id: str
    total: int
    created: int
    updated: int
    failed: int
    unchanged: int = 0
    duplicates: int = 0
    not_processed: int = 0
    warnings: int = 0
    connection_lost: bool = False
    dry_run: bool = False
    errors: tuple[RowError, ...] = ()
    errors_by_type: Mapping[str, int] = field(default_factory=dict)
    errors_by_field: Mapping[str, int] = field(default_factory=dict)
    warnings_by_type: Mapping[str, int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The report in one sentence for people."""
        would = " would be" if self.dry_run else ""
        figures = f"{self.created} created, {self.updated} updated, {self.failed} rejected"
        said = f"{self.total} contacts{would} processed: {figures}."
        if not self.connection_lost:
            return said
        return (
            f"Connection to the database lost. {self.created + self.updated} contacts are in, {self.not_processed} were not "
            "processed. Run the import again: who is in already is updated, not doubled."
        )

    def to_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__slots__}
        found["errors"] = [error.to_json() for error in self.errors]
        found["errors_truncated"] = sum(self.errors_by_type.values()) + self.warnings > len(self.errors)
        return {
            "id": self.id,
            "state": "paused" if self.connection_lost else "completed",
            **found,
            "message": self.message,
        }


@dataclass(slots=True)
class Tally:
    """The figures while they grow."""

    id: str
    total: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    not_processed: int = 0
    connection_lost: bool = False
    types: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    _errors: list[RowError] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(self.types.values())

    def refuse(self, error: RowError) -> None:
        """Counts a row that does not get in."""
        self.types[error.type] += 1
        if error.field is not None:
            self.fields[error.field] += 1
        self._keep(error)

    def warn(self, error: RowError) -> None:
        """Counts a value that is left out, or that something was assumed of."""
        self.warned[error.type] += 1
        self._keep(error)

    def lose_connection(self, waiting: int) -> None:
        """The database is away: `waiting` rows were not processed."""
        self.connection_lost = True
        self.not_processed += waiting
        self.types["connection_error"] += waiting

    def _keep(self, error: RowError) -> None:
        if len(self._errors) < MOST_ERRORS:
            self._errors.append(error)

    def report(self, *, dry_run: bool) -> ImportReport:
        errors = sorted(self._errors, key=lambda error: error.row)
        if self.connection_lost:
            lost = f"connection lost; {self.not_processed} contacts were not processed"
            errors = [RowError(UPLOAD, "connection_error", lost), *errors][:MOST_ERRORS]
        return ImportReport(
            id=self.id,
            total=self.total,
            created=self.created,
            updated=self.updated,
            failed=self.failed,
            unchanged=self.unchanged,
            duplicates=self.types["duplicate_in_file"],
            not_processed=self.not_processed,
            warnings=sum(self.warned.values()),
            connection_lost=self.connection_lost,
            dry_run=dry_run,
            errors=tuple(errors),
            errors_by_type=dict(self.types),
            errors_by_field=dict(self.fields),
            warnings_by_type=dict(self.warned),
        )


def cut(value: str) -> str:
    """A value as a report quotes it."""
    return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"
