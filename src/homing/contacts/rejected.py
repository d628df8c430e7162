"""`rejected.csv`: the rows that did not get in, with the user's own columns as they came and why; corrected, it can be imported.

The rows are read from the source again, side by side with the list of what was wrong with them: memory is that of one row.
"""

import csv
import heapq
import io
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from homing.contacts.checking import Finding
from homing.contacts.exporting import harmless
from homing.contacts.folder import Folder
from homing.contacts.options import Options
from homing.contacts.report import WORDS
from homing.contacts.sources import open_source
from homing.contacts.stage import Stage
from homing.model.errors import Conflict
from homing.store.database import Database
from homing.store.import_tables import import_chunk
from homing.store.imports import Import

_MARK = "\ufeff"  # Excel reads UTF-8 by it
_OURS = ("homing_row", "homing_type", "homing_field", "homing_reason", "homing_other_row")
_KNOWN = ("phone", "email", "name", "firstName", "lastName")


def rejected_csv(db: Database, folder: Folder, of: Import) -> Iterator[str]:
    """The table in pieces, UTF-8 with a BOM to come. Raises Conflict when the source is gone or elsewhere."""
    if not folder.source.exists():
        raise Conflict("the file of this import is on another machine, or 30 days old and gone", code="elsewhere")
    options = Options.from_json(of.options)
    source = open_source(folder.source, str(of.options.get("kind") or ""), options)
    try:
        own = source.shape.header or [*_KNOWN, "attributes"]
        yield _MARK + _line([*own, *_OURS])
        wrong = findings(db, folder, of)
        found = next(wrong, None)
        for row in source.rows(None):
            if found is None:
                return
            while found is not None and found.number < row[0]:
                found = next(wrong, None)
            if found is not None and found.number == row[0]:
                yield _line([*_cells(row, own), *_why(found)])
    finally:
        source.close()


def findings(db: Database, folder: Folder, of: Import) -> Iterator[Finding]:
    """Everything that was refused by its row: while it was read, and while it was written."""
    stage = Stage(folder.stage)
    try:
        written = sorted(_written(db, of))
        yield from heapq.merge(stage.findings(), written, key=lambda each: each.number)
    finally:
        stage.close()


def _written(db: Database, of: Import) -> Iterator[Finding]:
    asked = select(import_chunk.c.remarks).where(import_chunk.c.import_id == of.id, import_chunk.c.remarks != "[]")
    with db.read() as tx:
        for (remarks,) in tx.execute(asked):
            yield from (Finding(*remark) for remark in json.loads(remarks))


def _cells(row: Any, own: list[str]) -> list[str]:
    cells = row[1]
    if isinstance(cells, list):
        return (cells + [""] * len(own))[: len(own)]
    given = cells if isinstance(cells, dict) else {"attributes": cells}
    rest = {key: value for key, value in given.items() if key not in (*_KNOWN, "attributes")}
    attributes = given.get("attributes")
    rest.update(attributes if isinstance(attributes, dict) else {})
    known = ["" if given.get(name) is None else str(given[name]) for name in _KNOWN]
    return [*known, json.dumps(rest, ensure_ascii=False) if rest else ""]


def _why(found: Finding) -> list[str]:
    words = WORDS.get(found.type, found.type)
    return [str(found.number), found.type, found.field or "", words, str(found.other or "")]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()
