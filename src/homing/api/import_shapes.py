"""The JSON of imports and jobs. Field names are those of the founding document's client and of its successors: camelCase."""

from collections import Counter
from typing import Any

from pydantic import Field

from homing.api.shapes import Body
from homing.contacts.options import Options, told
from homing.contacts.report import tally_of
from homing.model.imports import ENDED, State
from homing.model.moment import rfc3339
from homing.store.imports import Import


class ImportBody(Body):
    """A file that will be sent in parts."""

    fileName: str = Field(max_length=255, description="What the person calls it; never a path.")  # noqa: N815 - the API's names
    size: int = Field(description="Bytes.")
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    options: dict[str, Any] = Field(default_factory=dict, description="As of POST .../mapping.")


class MappingBody(Body):
    """How a file is read and what is done with its rows. What is not named stays as it is."""

    columns: dict[str, str | None] | None = Field(
        None, description='Heading (or number from 1) to field; "": left out.'
    )
    encoding: str | None = None
    delimiter: str | None = None
    sheet: int | None = None
    upsertBy: str | None = Field(None, description="phone, email, or auto: whichever a row has.")  # noqa: N815 - the API's names
    mode: str | None = Field(None, description="upsert, createOnly, updateOnly")
    replaceAll: bool | None = None  # noqa: N815 - the API's names
    list: str | None = Field(None, description="Everybody is put on it; made when absent.")
    defaultCountry: str | None = None  # noqa: N815 - the API's names
    chunkSize: int | None = None  # noqa: N815 - the API's names
    onBadValue: str | None = Field(None, description="drop or reject")  # noqa: N815 - the API's names

    def given(self) -> dict[str, Any]:
        """Only what the body names."""
        return self.model_dump(exclude_unset=True)


class StartBody(Body):
    """Go on."""

    confirmRemoval: int | None = Field(None, ge=0, description="Of replaceAll: how many contacts may go.")  # noqa: N815 - the API's names


def told_of(of: Import, note: dict[str, Any]) -> dict[str, Any]:
    """An import for a page: state, how far it is, what was found, and the report. `note`: what lies in its folder."""
    tally = tally_of(of)
    report = tally.report()
    fresh = note.get("epoch") == of.epoch and of.state not in ENDED
    stage = (note.get("stage") if fresh and of.stage != "checked" else None) or of.stage
    rows = note.get("rows", 0) if fresh else report["processedContacts"]
    rate = note.get("rate") if fresh and of.state in (State.CHECKING, State.RUNNING) else None
    total = of.found.get("valid") if of.state is State.RUNNING else of.found.get("total")
    left = (total - rows) if isinstance(total, int) and stage == "writing" else None
    return {
        "importId": of.uid,
        "kind": of.kind,
        "state": of.state.value,
        "reason": of.reason,
        "detail": of.detail,
        "stage": None if of.state in ENDED else stage,
        "fileName": of.file_name,
        "size": of.size,
        "sha256": of.sha256,
        "offset": of.upload_offset,
        "by": of.actor,
        "createdAt": rfc3339(of.created_at),
        "startedAt": rfc3339(of.started_at),
        "changedAt": rfc3339(of.changed_at),
        "finishedAt": rfc3339(of.finished_at),
        "options": told(Options.from_json(of.options)),
        "progress": {
            "rows": rows,
            "of": total,
            "bytes": note.get("bytes") if fresh else None,
            "rate": rate,
            "secondsLeft": round(left / rate, 1) if left is not None and rate else None,
            "chunks": of.chunks,
        },
        "check": _check(of),
        "report": report,
        "errors": tally.errors(),
        "warnings": tally.warned(),
        "errorsTruncated": tally.rejected > len([each for each in tally.errors() if each["row"] > 0]),
        "undo": dict(of.undo) if of.undo else None,
        "resumeUrl": f"/api/v1/imports/{of.uid}/resume",
    }


def _check(of: Import) -> dict[str, Any] | None:
    """What checking every row found, before any was written; null until it is known."""
    found = of.found
    if not found.get("checked"):
        return None
    would = found.get("would", {})
    types = Counter(found.get("types", {})) + Counter(would.get("types", {}))
    duplicates = types.get("duplicate_in_file", 0)
    return {
        "total": found.get("total", 0),
        "valid": found.get("valid", 0),
        "new": would.get("created"),
        "known": would.get("updated"),
        "unchanged": would.get("unchanged"),
        "rejected": sum(types.values()) - duplicates,
        "duplicates": duplicates,
        "errorsByType": dict(types),
        "errorsByField": found.get("fields", {}),
        "warningsByType": found.get("warnings", {}),
        "removed": would.get("removed"),
        "current": would.get("current"),
        "format": found.get("format"),
        "encoding": found.get("encoding"),
        "delimiter": found.get("delimiter"),
        "columns": found.get("columns"),
    }


def job_of(of: Import) -> dict[str, Any]:
    """An import or a batch as a job."""
    tally = tally_of(of)
    report = tally.report()
    return {
        "id": of.uid,
        "kind": of.kind,
        "state": of.state.value,
        "reason": of.reason,
        "detail": of.detail,
        "done": report["processedContacts"],
        "total": report["total"],
        "report": report,
        "errors": tally.errors(),
        "createdAt": rfc3339(of.created_at),
        "finishedAt": rfc3339(of.finished_at),
    }
