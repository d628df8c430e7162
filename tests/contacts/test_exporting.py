"""Exports: no cell starts a formula, and what goes out comes in again."""

import csv
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homing.contacts.exporting import harmless, write_csv, write_jsonl
from homing.contacts.folder import Folders
from homing.contacts.intake import Asked, Intake
from homing.contacts.options import Options
from homing.store import migrate
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.store.matching import Row
from homing.store.workspaces import Workspaces
from homing.world import World


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
def test_a_cell_cannot_start_a_formula(cell: str) -> None:
    out = harmless(cell)
    assert out.removeprefix("'") == cell or out == cell
    digits = out[1:]
    is_phone = out.startswith("+") and digits.isascii() and digits.isdigit()
    assert not out.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) or is_phone


def test_a_phone_number_stays_and_a_sum_does_not() -> None:
    assert harmless("+94771234567") == "+94771234567"
    assert harmless("+1+2") == "'+1+2"
    assert harmless("+94771234567\n") == "'+94771234567\n"
    assert harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert harmless("a=b") == "a=b"


def test_what_goes_out_comes_in_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(database)
    contacts = Contacts(database)
    here, there = Workspaces(database).ensure_default().id, Workspaces(database).add("Other").id
    contacts.upsert_chunk(
        here,
        [
            Row("a@x.test", "+491701234567", 'Ann "A", Lee', {"city": "Köln", "note": "one\ntwo"}),
            Row("b@x.test", None, "=cmd()", {"pet": "@cat"}),
        ],
    )
    out = io.StringIO(newline="")
    assert write_csv(contacts.export(here), contacts.attribute_names(here), out) == 2
    intake = Intake(database, Folders(tmp_path / "imports"))
    intake.import_file(Asked(there, "tester"), Options(), io.BytesIO(out.getvalue().encode()))
    second, first = sorted(contacts.export(there), key=lambda each: each.phone or "")
    assert (first.email, first.phone, first.name) == ("a@x.test", "+491701234567", 'Ann "A", Lee')
    assert first.attributes == {"city": "Köln", "note": "one\ntwo"}
    assert (second.name, second.attributes) == ("'=cmd()", {"pet": "'@cat"})


def test_json_lines_are_one_contact_each_and_an_attribute_hides_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(database)
    contacts = Contacts(database)
    here = Workspaces(database).ensure_default().id
    contacts.upsert_chunk(here, [Row("a@x.test", None, "Ann", {"city": "Köln", "email": "other"})])
    out = io.StringIO()
    assert write_jsonl(contacts.export(here), out) == 1
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"phone": None, "email": "a@x.test", "name": "Ann", "city": "Köln"}
    ]


def test_the_columns_are_phone_email_name_then_the_attributes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(database)
    contacts = Contacts(database)
    here = Workspaces(database).ensure_default().id
    contacts.upsert_chunk(here, [Row("a@x.test", None, "Ann", {"zip": "1", "city": "Köln"})])
    out = io.StringIO(newline="")
    write_csv(contacts.export(here), contacts.attribute_names(here), out)
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [
        ["phone", "email", "name", "city", "zip"],
        ["", "a@x.test", "Ann", "Köln", "1"],
    ]
