"""docs/reference/bulk-upload.md: each answer of a bulk upload, as the running API gives it.

`python -m tests.api.bulk_answers` writes it; tests/api/test_bulk_answers.py compares the page with what the API answers.
"""

import json
import re
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homing.app import House, migrate
from homing.contacts.importer import Importer
from homing.settings import load
from homing.store.database import Database
from homing.world import World
from tests.api.conftest import Api
from tests.api.importing import QUICK, Dies

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "bulk-upload.md"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
ID = "0192f0c1-7e4b-7c3a-9d2e-5b6f8a1c0e37"
ANN = {"phone": "+94771234567", "firstName": "Ann", "lastName": "Perera", "city": "Kandy"}
BOB = {"phone": "+94772345678", "name": "Bob Silva", "email": "bob@example.org"}
CUT = [{"phone": f"+9476000000{n}", "name": f"Person {n}"} for n in range(1, 6)]
MORE = [{"phone": f"+9477000000{n}", "name": f"Person {n}"} for n in range(1, 6)]


@dataclass(frozen=True, slots=True)
class Case:
    """One upload. `status`: what it must be answered with; `dies_after`: chunks until the database goes away."""

    title: str
    words: str
    body: dict[str, Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    dies_after: int | None = None
    then_cancel: bool = False


CASES = (
    Case("All rows are in", "The plain case.", {"contacts": [ANN, BOB], "list": "Spring"}),
    Case(
        "Contacts that are known already",
        "Known by their phone number, else by their e-mail address. What is empty erases nothing, attributes are merged; "
        "`unchanged` is the part of `updated` that needed no write.",
        {"contacts": [{**ANN, "city": "Galle"}, BOB]},
    ),
    Case(
        "Some rows are wrong",
        "They are left out, each with its reason; the rest is in, so `success` is true. The first contact is row 1.",
        {"contacts": [MORE[0], {"phone": "12", "name": "Too short"}, {"name": "Nobody"}, {"phone": "hello"}]},
    ),
    Case(
        "All rows are wrong",
        "Decided, so still 200; `success` is false, since nothing was taken in.",
        {"contacts": [{"phone": "+94 77"}, {"email": "ann@"}, {"email": "no-address"}]},
    ),
    Case(
        "The same contact twice in one upload",
        "The first row wins, later ones name it in `otherRow`.",
        {"contacts": [MORE[1], {"email": "cy@example.org"}, {**MORE[1], "name": "Again"}, {"email": "CY@example.org"}]},
    ),
    Case(
        "A wrong value beside a good key",
        "The row is kept without the value: a warning, no error. `\"onBadValue\": \"reject\"` refuses the row instead.",
        {"contacts": [{"phone": "+94770000003", "email": "not an address"}], "upsertBy": "phone"},
    ),
    Case(
        "Only new ones",
        "`\"mode\": \"updateOnly\"` is its opposite: who is not there is `not_found`.",
        {"contacts": [ANN, MORE[3]], "mode": "createOnly"},
    ),
    Case("What would happen", "The same report, and nothing is written.", {"contacts": [ANN, MORE[4]], "dryRun": True}),
    Case(
        "`replaceAll` that removes too many asks first",
        "Less than half would stay (or more than 5 % of the rows were rejected, or none is valid). Nothing has changed; "
        "send it again with the number, or confirm at the import, or cancel it. Until then another `replaceAll` is 409.",
        {"contacts": [ANN], "replaceAll": True},
        422,
        then_cancel=True,
    ),
    Case(
        "`replaceAll` with its number",
        "One last step shows the new ones and removes the others: `removed` tells how many. "
        "They can be brought back for 30 days.",
        {"contacts": [ANN, {"phone": "+94771111111", "name": "New"}], "replaceAll": True, "confirmRemoval": 6},
    ),
    Case(
        "The connection to the database is lost midway",
        "206 after 10 seconds of trying. Committed chunks stand; the import rests, to be resumed by `resumeUrl` "
        "or by sending the same again. `failed` counts the rows that were not processed, "
        "and total = created + updated + failed, as always.",
        {"contacts": CUT, "chunkSize": 2},
        206,
        dies_after=1,
    ),
    Case("The same again afterwards", "Who is in already is updated, nobody is doubled.", {"contacts": CUT, "chunkSize": 2}),
    Case("It need not be waited for", "With `Prefer: respond-async`: 202 and the import, to be asked for at `Location`.",
         {"contacts": [BOB]}, 202, {"Prefer": "respond-async"}),
    Case("A wrong option", "Nothing was read.", {"contacts": [ANN], "chunkSize": 0}, 400),
)  # fmt: skip

INTRO = """<!-- Written by `python -m tests.api.bulk_answers` from the answers of the API; a test compares. -->

# Bulk upload: every answer

`POST /api/v1/contacts/bulk-upload`, and the same at `/api/contacts/bulk-upload`. A file as `multipart/form-data` (`file`, and
the options as fields) is answered alike; then rows are numbered as a spreadsheet program shows them. The uploads below follow
each other in one workspace; only the ids are not as they came.
What the types mean: [import contacts](../howto/import-contacts.md).

Always: `total` = `created` + `updated` + `failed`; `processedContacts` + `notProcessedContacts` = `total`; the sum of
`errorsByType` is `failed`. `errors` has the first 100 rows (`errorsTruncated`: there are more, all of them in `rejected.csv`).
"""


class _Running:
    """The API over a ledger of its own, with the process that imports as a thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / "homing.db").exists():
            database = Database(f"sqlite:///{folder / 'homing.db'}", World())
            migrate(database)
            database.close()
        self.house = House(load({"data": str(folder)}, {}, folder))
        self.dying = Dies(self.house, 10**9)
        self.house.database.world = type(self.house.database.world)(
            self.house.world.clock, self.house.world.chance, self.dying
        )
        self.api = Api(self.house)
        self._importer = Importer(self.house.database, self.house.imports.folders, QUICK)
        self._thread = threading.Thread(target=self._importer.run)
        self._thread.start()

    def ask(self, case: Case) -> tuple[int, Any]:
        self.dying.chunks = 10**9 if case.dies_after is None else case.dies_after
        answer = self.api.post("/contacts/bulk-upload", case.body, headers=case.headers)
        self.dying.away = False
        found = answer.json()
        if case.then_cancel:
            self.api.post(f"/imports/{found['importId']}/cancel")
        return answer.status_code, found

    def close(self) -> None:
        self._importer.stop()
        self._thread.join()
        self.house.close()


def page(folder: Path) -> str:
    """The page as the API says it now. Raises AssertionError for another status than the case is there for."""
    running = _Running(folder)
    try:
        parts = [INTRO, *(_section(case, *running.ask(case)) for case in CASES)]
    finally:
        running.close()
    return "\n".join(parts)


def _section(case: Case, status: int, found: Any) -> str:
    assert status == case.status, (case.title, status, found)
    told = _ID.sub(ID, json.dumps(_still(found), indent=1, ensure_ascii=False))
    asked = json.dumps(case.body, ensure_ascii=False)
    headers = "".join(f"{name}: {value}\n" for name, value in case.headers.items())
    request = f"POST /api/v1/contacts/bulk-upload\n{headers}\n{asked}"
    return f"## {case.title}\n\n{case.words}\n\n```http\n{request}\n```\n\n{status}:\n\n```json\n{told}\n```\n"


def _still(found: Any) -> Any:
    """The answer without what the clock and the scheduler decide."""
    if not isinstance(found, dict) or "report" not in found or "progress" not in found:
        return found
    names = ("importId", "kind", "fileName", "options")
    return {name: found[name] for name in names if name in found} | {"...": "..."}


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="homing-answers-"))
    try:
        PAGE.write_text(page(folder), encoding="utf-8")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
