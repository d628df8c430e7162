"""A ledger with its import folders, and the few verbs that tests of imports need. Nothing here speaks a dialect."""

import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homing.contacts.endurance import Care
from homing.contacts.folder import Folders
from homing.contacts.intake import Asked, Intake, raise_failed
from homing.contacts.options import Options
from homing.contacts.report import body_of, tally_of
from homing.model.ids import WorkspaceId
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.store.imports import Import
from homing.store.workspaces import Workspaces

QUICK = Care(patience=0.3, inline_patience=0.2, probe=0.05, longest_wait=0.02)


class Bench:
    """One ledger."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.intake = Intake(database, Folders(folder))
        self.here: WorkspaceId = Workspaces(database).ensure_default().id
        self.contacts = Contacts(database)

    def asked(self, **more: Any) -> Asked:
        return Asked(self.here, "tester", **{"file_name": "people.csv", **more})

    def begin(self, content: str | bytes, *, wanted: bool = True, asked: Asked | None = None, **options: Any) -> Import:
        raw = content.encode() if isinstance(content, str) else content
        return self.intake.take_in(asked or self.asked(), Options(**options), io.BytesIO(raw), wanted=wanted)

    def go_on(
        self,
        of: Import,
        *,
        care: Care = QUICK,
        wait: Callable[[float], bool] | None = None,
        show: Callable[[dict[str, Any]], None] = lambda note: None,
    ) -> Import:
        return self.intake.run_here(of, care=care, wait=wait or threading.Event().wait, show=show)

    def run(self, content: str | bytes, **options: Any) -> dict[str, Any]:
        """Imports it to the end: the body that the API would answer."""
        after = self.go_on(self.begin(content, **options))
        raise_failed(after)
        return self.body(after)

    def run_json(self, content: str | bytes, **options: Any) -> dict[str, Any]:
        """The same for the body of a request."""
        asked = self.asked(format="json", file_name="")
        after = self.go_on(self.begin(content, asked=asked, **options))
        raise_failed(after)
        return self.body(after)

    def body(self, of: Import) -> dict[str, Any]:
        body = body_of(of, tally_of(of))
        report = body["report"]
        assert report["total"] == report["created"] + report["updated"] + report["failed"], report
        assert sum(report["errorsByType"].values()) == report["failed"], report
        assert report["total"] == report["processedContacts"] + report["notProcessedContacts"], report
        assert json.loads(json.dumps(body)) == body
        return body

    def everybody(self) -> list[tuple[str | None, str | None, str, dict[str, Any]]]:
        return [(c.email, c.phone, c.name, dict(c.attributes)) for c in self.contacts.export(self.here)]


def told(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The errors of an answer, in short."""
    return [(e["row"], e["type"], e.get("field"), e.get("value"), e.get("otherRow")) for e in body["errors"]]
