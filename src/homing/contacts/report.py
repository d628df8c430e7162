"""What became of an import, in figures that always add up: total = created + updated + failed.

The names and their order are those of the founding document's client; `processedContacts` and `notProcessedContacts` close
the sum while an import rests.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homing.model.imports import ENDED, Reason, State
from homing.store.imports import Import

MOST_ERRORS = 100
VALUE_LIMIT = 80
UPLOAD = -1
"""The row number of what concerns the upload as a whole."""

WORDS = {
    "missing": "there is no address in it that it could be known by",
    "duplicate_in_file": "an earlier row has the same address",
    "exists": "this contact exists already, and only new ones were wanted",
    "not_found": "there is no such contact, and only known ones were to be updated",
    "taken": "this belongs to another contact; the row was kept without it",
    "too_many_columns": "it has more cells than there are headings",
    "unbalanced_quote": "a quote opens and never closes",
    "cell_too_large": "a cell is larger than 64 KB",
    "bad_encoding": "it has bytes that are no text in the encoding of the file",
    "email_no_at_sign": "there is no @ in it",
    "email_bad_domain": "what stands behind the @ is no domain",
    "email_invalid": "it is no e-mail address",
    "phone_unparseable": "it is no phone number",
    "phone_too_short": "it has too few digits",
    "phone_too_long": "it has too many digits",
    "phone_not_in_numbering_plan": "its country gives out no such number",
    "phone_bad_country_code": "it begins with no country code; say the country",
    "phone_excel_scientific": "a spreadsheet program has cut its digits off; format the column as text",
    "phone_assumed_international": "without a country code; taken as an international number",
    "phone_extension_dropped": "the extension was left out",
    "connection_error": "the connection went away before it",
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


def cut(value: str) -> str:
    """A value as a report quotes it."""
    return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of an import, wherever they were read: from the ledger, or from the note beside an import whose ledger is
    away. `rests`: not all rows are decided."""

    found: Mapping[str, Any]
    done: Mapping[str, Any]
    lost: bool
    rests: bool
    failed: bool = False
    dry_run: bool = False

    @property
    def total(self) -> int:
        return int(self.found.get("total") or 0) + bool(self.found.get("cut"))

    @property
    def created(self) -> int:
        return int(self.done.get("created", 0))

    @property
    def updated(self) -> int:
        return int(self.done.get("updated", 0))

    @property
    def types(self) -> dict[str, int]:
        """Rejected rows by type, and the rows that were not processed."""
        both = Counter(self.found.get("types") or {}) + Counter(self.done.get("types") or {})
        if self.left:
            both["connection_error"] = self.left
        return dict(both)

    @property
    def rejected(self) -> int:
        return int(sum((self.found.get("types") or {}).values())) + int(sum((self.done.get("types") or {}).values()))

    @property
    def left(self) -> int:
        """Rows that were not processed."""
        if not self.rests and not self.found.get("cut"):
            return 0
        return max(0, self.total - self.created - self.updated - self.rejected)

    @property
    def cut(self) -> bool:
        """The connection was lost: to the database, or of the upload."""
        return self.lost or bool(self.found.get("cut"))

    def message(self) -> str:
        uploaded, left = self.created + self.updated, self.left
        if self.cut:
            return (
                f"Connection lost during upload. {uploaded} contacts uploaded successfully. {left} contacts were not processed. "
                "You can safely retry the upload - already uploaded contacts will be updated, not duplicated."
            )
        would = " would be" if self.dry_run else ""
        said = f"{self.total} contacts{would} processed: {self.created} created, {self.updated} updated, "
        said += f"{self.rejected} rejected."
        removed = int(self.done.get("removed", 0))
        if removed:
            said += f" {removed} others {'would be' if self.dry_run else 'were'} removed."
        if self.rests and left:
            said += f" {left} are not processed yet."
        return said

    def report(self) -> dict[str, Any]:
        """The object `report`."""
        fields = Counter(self.found.get("fields") or {}) + Counter(self.done.get("fields") or {})
        warnings = Counter(self.found.get("warnings") or {}) + Counter(self.done.get("warnings") or {})
        types = self.types
        return {
            "total": self.total,
            "created": self.created,
            "updated": self.updated,
            "failed": sum(types.values()),
            "errorsByType": types,
            "errorsByField": dict(fields),
            "connectionLost": self.cut,
            "partialUpload": self.cut and (self.created + self.updated > 0 or self.left > 0),
            "processedContacts": self.total - self.left,
            "notProcessedContacts": self.left,
            "message": self.message(),
            "unchanged": int(self.done.get("unchanged", 0)),
            "duplicates": types.get("duplicate_in_file", 0),
            "warnings": sum(warnings.values()),
            "warningsByType": dict(warnings),
            "removed": int(self.done.get("removed", 0)),
        }

    def errors(self) -> list[dict[str, Any]]:
        """The upload as a whole first, then the first 100 rejected rows by number."""
        listed = [_row(each) for each in _first(self.found.get("errors"), self.done.get("errors"))]
        if not self.cut:
            return listed
        words = self.message().partition(" You can safely")[0]
        return [{"row": UPLOAD, "error": words, "type": "connection_error"}, *listed]

    def warned(self) -> list[dict[str, Any]]:
        """The first 100 values that were dropped, or of which something was assumed."""
        return [_row(each) for each in _first(self.found.get("warned"), self.done.get("warned"))]


def _first(*lists: Sequence[Any] | None) -> list[Any]:
    return sorted((each for one in lists for each in one or ()), key=lambda each: each[0])[:MOST_ERRORS]


def _row(each: Sequence[Any]) -> dict[str, Any]:
    row, type_, field, value, other = each
    found: dict[str, Any] = {"row": row, "error": WORDS.get(type_, type_), "type": type_}
    if field:
        found["field"] = field
    if value:
        found["value"] = cut(value)
    if other:
        found["otherRow"] = other
    return found


def tally_of(of: Import) -> Tally:
    """The figures of an import as the ledger has them. Of a dry run: what would be."""
    dry = bool(of.options.get("dry_run"))
    done = of.found.get("would", {}) if dry else of.report
    lost = of.state is State.PAUSED and of.reason == Reason.CONNECTION_LOST
    rests = of.state is not State.COMPLETED
    return Tally(of.found, done, lost, rests, failed=of.state is State.FAILED, dry_run=dry)


def note_of(of: Import, stage: str, rows: int, **more: Any) -> dict[str, Any]:
    """How far an import is, as it is noted in its folder: figures for who looks, and for `tally_of_note`."""
    found = {name: of.found.get(name) for name in ("total", "types", "fields", "warnings", "errors")}
    valid = of.found.get("valid")
    note = {"epoch": of.epoch, "stage": stage, "rows": rows, "total": found["total"], "valid": valid}
    return {**note, "report": dict(of.report), "found": found, **more}


def tally_of_note(note: Mapping[str, Any]) -> Tally:
    """The figures that were noted beside an import while its ledger is away."""
    lost = note.get("reason") == Reason.CONNECTION_LOST
    return Tally(note.get("found") or {}, note.get("report") or {}, lost=lost, rests=True)


def body_of(of: Import, tally: Tally, state: str | None = None) -> dict[str, Any]:
    """The answer to a bulk upload: 200 and 206 have the same names."""
    report = tally.report()
    uploaded = tally.created + tally.updated
    errors = tally.errors()
    success = not (tally.cut or tally.rests or (tally.total > 0 and uploaded == 0))
    return {
        "success": success,
        "message": report["message"],
        "created": tally.created,
        "hasErrors": tally.cut or tally.failed or report["failed"] > 0,
        "partialUpload": report["partialUpload"],
        "connectionLost": tally.cut,
        "errors": errors,
        "report": report,
        "importId": of.uid,
        "state": state or of.state.value,
        "resumeUrl": f"/api/v1/imports/{of.uid}/resume",
        "errorsTruncated": tally.rejected > sum(1 for each in errors if each["row"] != UPLOAD),
        "updated": tally.updated,
        "uploaded": uploaded,
    }


def over(of: Import) -> bool:
    """Whether nothing more will happen to it by itself."""
    return of.state in ENDED or of.state is State.PAUSED
