"""`homing contacts`, `list`, `workspace`, `suppressions`."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homing.store import audit_log
from homing.store.database import Database
from homing.store.tables import audit_log as audits
from tests.cli.conftest import Run

PEOPLE = "email,name,city,phone\nann@x.test,Ann,Köln,+94771234567\nbob@x.test,Bob,Bonn,\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def test_an_import_prints_one_object_a_line_with_its_id_first_and_its_report_last(homing: Run, people: Path) -> None:
    done = homing("contacts", "import", people, "--list", "News", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["id"] == lines[-1]["id"]
    assert {name: lines[-1][name] for name in ("created", "updated", "failed", "total")} == {
        "created": 2, "updated": 0, "failed": 0, "total": 2,
    }  # fmt: skip
    again = homing("contacts", "import", people)
    assert again.out == "2 contacts processed: 0 created, 2 updated, 0 rejected.\n"
    assert homing("list", "list", "--json").json["lists"][0]["members"] == 2


def test_rejected_rows_end_it_with_1_and_are_named(homing: Run, people: Path) -> None:
    people.write_text(PEOPLE + "nobody,N,,\nANN@x.test,Again,,\n", encoding="utf-8")
    done = homing("contacts", "import", people, code=1)
    assert "2 created, 0 updated, 2 rejected" in done.out
    assert "row 4, email 'nobody'" in done.err
    assert "row 5, email 'ann@x.test': an earlier row has the same address (row 2)" in done.err


def test_wrong_use_of_an_import_ends_with_2_and_writes_nothing(homing: Run, people: Path, tmp_path: Path) -> None:
    homing("contacts", "import", tmp_path / "absent.csv", code=2)
    homing("contacts", "import", people, "--default-country", "XX", code=2)
    homing("contacts", "import", people, "--by", "shoe", code=2)
    homing("contacts", "import", people, "--chunk", "0", code=2)
    people.write_text("city\nBonn\n", encoding="utf-8")
    assert "no column is called `email`" in homing("contacts", "import", people, code=2).err
    assert homing("contacts", "list", "--json").json == {"contacts": [], "next_cursor": None}


def test_a_dry_run_makes_neither_contacts_nor_the_list(homing: Run, people: Path) -> None:
    assert "2 contacts would be processed" in homing("contacts", "import", people, "--dry-run", "--list", "L").out
    assert homing("contacts", "list", "--json").json["contacts"] == []
    assert homing("list", "list", "--json").json["lists"] == []


def test_standard_input_is_a_file_too(data: Path) -> None:
    command = [sys.executable, "-m", "homing", "contacts", "import", "-", "--json", "--data", str(data)]
    if not (Path(__file__).parents[2] / "src/homing/__main__.py").exists():
        command[1:3] = ["-c", "from homing.cli import main; main()"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(command, input=PEOPLE.encode(), capture_output=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["created"] == 2


def test_an_export_comes_in_again_and_starts_no_formula(homing: Run, people: Path, database: Database) -> None:
    homing("contacts", "import", people)
    homing("contacts", "set", "bob@x.test", "--name", "=1+1")
    table = list(csv.reader(io.StringIO(homing("contacts", "export").out)))
    assert table == [
        ["phone", "email", "name", "city"],
        ["+94771234567", "ann@x.test", "Ann", "Köln"],
        ["", "bob@x.test", "'=1+1", "Bonn"],
    ]
    lines = [json.loads(line) for line in homing("contacts", "export", "--format", "jsonl").out.splitlines()]
    assert lines == homing("contacts", "export", "--json").json
    assert lines[0] == {"phone": "+94771234567", "email": "ann@x.test", "name": "Ann", "city": "Köln"}
    homing("contacts", "export", "--format", "xml", code=2)
    with database.read() as tx:
        acts = [row.act for row in tx.execute(audits.select())]
    assert acts.count("contacts.exported") == 3
    assert audit_log.verify(database) is None


def test_an_empty_export_is_a_header_and_an_empty_array(homing: Run) -> None:
    assert homing("contacts", "export").out.split() == ["phone,email,name"]
    assert homing("contacts", "export", "--json").json == []


def test_a_contact_is_made_shown_changed_and_removed(homing: Run) -> None:
    made = homing(
        "contacts", "add", "Ann@X.test", "--name", "Ann", "--phone", "077 123 4567", "--default-country", "LK",
        "--attribute", "Favourite Colour=blue", "--list", "News",
    )  # fmt: skip
    uid = made.out.strip()
    homing("contacts", "add", "ann@x.test", code=3)
    shown = homing("contacts", "show", "+94 77 123 4567", "--json").json
    assert shown["id"] == uid
    assert (shown["email"], shown["phone"], shown["lists"]) == ("ann@x.test", "+94771234567", ["News"])
    assert (shown["attributes"], shown["suppressed"], shown["messages"]) == ({"favourite_colour": "blue"}, None, [])
    homing("contacts", "set", "ann@x.test", "--attribute", "favourite_colour=", "-a", "city=Bonn", "--phone", "")
    homing("contacts", "set", uid, "--consent-email", "refused")
    after = homing("contacts", "show", "ANN@x.test", "--json").json
    assert (after["attributes"], after["phone"], after["consent"]["email"]) == ({"city": "Bonn"}, None, "refused")
    homing("contacts", "set", uid, "--email", "", code=2)
    homing("contacts", "set", uid, "--email", "+94771234567", code=2)
    homing("contacts", "set", uid, code=2)
    homing("contacts", "remove", "ann@x.test")
    homing("contacts", "remove", "ann@x.test", code=3)
    homing("contacts", "show", "ann@@x", code=2)


def test_pages_of_contacts_follow_a_cursor(homing: Run, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("email\n" + "".join(f"p{n}@x.test\n" for n in range(7)), encoding="utf-8")
    homing("contacts", "import", path, "--list", "L")
    for command in (("contacts", "list"), ("list", "members", "L")):
        first = homing(*command, "--limit", 5, "--json").json
        second = homing(*command, "--limit", 5, "--cursor", first["next_cursor"], "--json").json
        assert [c["email"] for c in first["contacts"] + second["contacts"]] == [f"p{n}@x.test" for n in range(7)]
        assert second["next_cursor"] is None


def test_lists_are_made_filled_and_removed(homing: Run, people: Path) -> None:
    homing("contacts", "import", people)
    assert len(homing("list", "add", "News").out.strip()) == 36
    homing("list", "add", "News", code=3)
    assert homing("list", "put", "News", "ann@x.test", "bob@x.test", "--json").json == {"list": "News", "added": 2}
    assert homing("list", "take", "News", "bob@x.test", "--json").json == {"list": "News", "taken": 1}
    assert [c["email"] for c in homing("list", "members", "News", "--json").json["contacts"]] == ["ann@x.test"]
    homing("list", "remove", "News")
    homing("list", "members", "News", code=3)
    assert len(homing("contacts", "list", "--json").json["contacts"]) == 2


def test_suppressions_are_added_listed_exported_and_removed(homing: Run, people: Path, tmp_path: Path) -> None:
    homing("contacts", "import", people)
    added = homing("suppressions", "add", "ANN@x.test", "@spam.test", "+94771234567", "--reason", "asked", "--json")
    assert added.json == {"added": 3, "known": 0}
    assert homing("contacts", "show", "ann@x.test", "--json").json["suppressed"] == {
        "address": "ann@x.test", "reason": "asked",
    }  # fmt: skip
    exported = tmp_path / "out.csv"
    exported.write_text(homing("suppressions", "export").out, encoding="utf-8")
    assert homing("suppressions", "list", "--json").json["total"] == 3
    homing("suppressions", "remove", "Ann@x.test")
    homing("suppressions", "remove", "Ann@x.test", code=3)
    again = homing("suppressions", "import", exported, "--json").json
    assert (again["added"], again["known"], again["failed"]) == (1, 2, 0)
    homing("suppressions", "add", "nonsense", code=2)


def test_r46_each_workspace_has_its_own_contacts_lists_and_suppressions(homing: Run, people: Path) -> None:
    """R46: several business profiles, each with its own contacts."""
    homing("workspace", "add", "Acme")
    homing("workspace", "add", "Acme", code=3)
    homing("contacts", "import", people, "--list", "News", "--workspace", "Acme")
    homing("suppressions", "add", "ann@x.test", "--workspace", "Acme")
    assert homing("contacts", "list", "--json").json["contacts"] == []
    assert homing("list", "list", "--json").json["lists"] == []
    assert homing("suppressions", "list", "--json").json["total"] == 0
    homing("contacts", "show", "ann@x.test", code=3)
    homing("workspace", "rename", "Acme", "Acme Ltd")
    assert len(homing("contacts", "list", "--json", "--workspace", "Acme Ltd").json["contacts"]) == 2
    assert [w["name"] for w in homing("workspace", "list", "--json").json["workspaces"]] == ["default", "Acme Ltd"]
    homing("contacts", "list", "--workspace", "Acme", code=3)
