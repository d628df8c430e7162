"""The import from end to end: what gets in, what is refused, what is said of it, and what can be taken back."""

import io
import zipfile
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from homing.contacts.intake import Asked
from homing.contacts.options import Options, read_options
from homing.contacts.rejected import rejected_csv
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.imports import State
from homing.store.events import BEGINNING, Events
from homing.store.import_tables import import_chunk, import_conflict
from homing.store.import_undo import ImportUndo
from homing.store.lists import Lists
from homing.store.matching import By, Mode, Row
from homing.store.workspaces import Workspaces
from proofs.patience import until
from tests.contacts.bench import Bench, told


def test_columns_become_addresses_names_and_variables(bench: Bench) -> None:
    body = bench.run(
        "E-Mail;First Name;Last Name;Mobile;Favourite Colour\nAnn@X.test;Ann;Lee;077 123 4567;blue\nbob@x.test;;;;\n",
        default_country="lk",
    )
    assert body["message"] == "2 contacts processed: 2 created, 0 updated, 0 rejected."
    variables = {"first_name": "Ann", "last_name": "Lee", "favourite_colour": "blue"}
    assert sorted(bench.everybody(), key=str) == [
        ("ann@x.test", "+94771234567", "Ann Lee", variables),
        ("bob@x.test", None, "", {}),
    ]


def test_r28_every_refused_row_is_reported_with_row_type_field_and_value(bench: Bench) -> None:
    """R28: every row is validated, repeats inside the file are found, errors are counted by type and by field."""
    body = bench.run(
        'email,phone,name\nann@x.test,,Ann\nnobody,,N\n,,Empty\nANN@x.test,,Again\nc@x.test,+9477,Cy\n,+9477,D\n"e@x.test,,E\n'
    )
    report = body["report"]
    assert (report["total"], report["created"], report["failed"], report["duplicates"], report["warnings"]) == (
        7,
        2,
        5,
        1,
        1,
    )
    assert told(body) == [
        (3, "email_no_at_sign", "email", "nobody", None),
        (4, "missing", "email", None, None),
        (5, "duplicate_in_file", "email", "ann@x.test", 2),
        (7, "phone_too_short", "phone", "+9477", None),
        (8, "unbalanced_quote", None, None, None),
    ]  # fmt: skip
    assert report["errorsByField"] == {"email": 3, "phone": 1}
    assert report["warningsByType"] == {"phone_too_short": 1}
    assert (body["success"], body["hasErrors"]) == (True, True)


def test_r27_the_same_file_again_updates_everybody_and_doubles_nobody(bench: Bench) -> None:
    """R27: safe to retry: existing contacts are updated, never duplicated."""
    content = "phone,name,city\n" + "".join(f"+9477{n:07},P{n},Bonn\n" for n in range(1200))
    first, again = bench.run(content)["report"], bench.run(content)["report"]
    assert (first["created"], first["updated"]) == (1200, 0)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1200, 1200)
    assert bench.contacts.count(bench.here) == 1200


def test_r25_each_chunk_is_a_transaction_with_its_row_in_the_journal(bench: Bench) -> None:
    """R25: chunks of 500, configurable."""
    of = bench.go_on(bench.begin("phone\n" + "".join(f"+9477{n:07}\n" for n in range(1200))))
    small = bench.go_on(bench.begin("phone\n" + "".join(f"+9477{n:07}\n" for n in range(5)), chunk=2))
    with bench.database.read() as tx:
        rows = tx.execute(
            select(import_chunk.c.import_id, import_chunk.c.seq, import_chunk.c.n).order_by(import_chunk.c.import_id)
        )
        assert [tuple(row) for row in rows] == [
            (of.id, 1, 500), (of.id, 2, 500), (of.id, 3, 200), (small.id, 1, 2), (small.id, 2, 2), (small.id, 3, 1),
        ]  # fmt: skip


def test_a_repeat_is_found_across_chunks_by_either_address_and_a_refused_row_takes_nobody_along(bench: Bench) -> None:
    rows = [f"p{n}@x.test,+49170{n:07}\n" for n in range(1, 31)]
    rows += ["p3@x.test,+491719999999\n", "new@x.test,+491700000004\n", "new@x.test,\n"]
    body = bench.run("email,phone\n" + "".join(rows), chunk=7)
    assert told(body) == [
        (32, "duplicate_in_file", "email", "p3@x.test", 4),
        (33, "duplicate_in_file", "phone", "+491700000004", 5),
    ]
    assert body["created"] == 31


@pytest.mark.parametrize("by", [By.PHONE, By.EMAIL])
def test_an_address_of_a_contact_that_another_row_of_the_chunk_names_is_known_to_be_taken(bench: Bench, by: By) -> None:
    """What one of Ann's addresses has found is not looked up by the other, and still belongs to nobody else."""
    ann, phone = "ann@x.test", "+491701234567"
    bench.contacts.upsert_chunk(bench.here, [Row(ann, phone, "Ann"), Row("cy@x.test", "+491701234569", "Cy")])
    bob = (ann, "+491701234568") if by is By.PHONE else ("bob@x.test", phone)
    rows = [(ann, phone, ""), ("cy@x.test", "+491701234569", ""), (*bob, "Bob")]
    body = bench.run("email,phone,name\n" + "".join(",".join(row) + "\n" for row in rows), by=by)
    report = body["report"]
    assert (report["created"], report["unchanged"], report["warningsByType"]) == (1, 2, {"taken": 1})
    assert (ann, phone, "Ann", {}) in bench.everybody()
    kept = (None, bob[1]) if by is By.PHONE else (bob[0], None)
    assert (*kept, "Bob", {}) in bench.everybody()


def test_by_phone_an_email_of_somebody_else_is_left_out_and_both_are_noted(bench: Bench) -> None:
    bench.contacts.upsert_chunk(bench.here, [Row("ann@x.test", "+491701234567", "Ann")])
    of = bench.go_on(bench.begin("phone,email,name\n+491701234568,ann@x.test,Bob\n", by=By.PHONE))
    body = bench.body(of)
    assert (body["created"], body["report"]["warningsByType"], body["hasErrors"]) == (1, {"taken": 1}, False)
    assert ("ann@x.test", "+491701234567", "Ann", {}) in bench.everybody()
    assert (None, "+491701234568", "Bob", {}) in bench.everybody()
    with bench.database.read() as tx:
        row, mine, other = tx.execute(
            select(import_conflict.c.row, import_conflict.c.contact_id, import_conflict.c.other_contact)
        ).one()
    assert row == 2
    assert [bench.contacts.get(bench.here, id_).name for id_ in (mine, other)] == ["Bob", "Ann"]


def test_an_empty_cell_erases_nothing_and_attributes_are_merged_by_key(bench: Bench) -> None:
    bench.run("phone,name,city,pet\n+491701234567,Ann,Bonn,cat\n")
    body = bench.run("phone,name,city,age\n+491701234567,,Köln,7\n")
    assert (body["updated"], body["report"]["unchanged"]) == (1, 0)
    assert bench.everybody() == [(None, "+491701234567", "Ann", {"city": "Köln", "pet": "cat", "age": "7"})]


@pytest.mark.parametrize(("mode", "type_"), [(Mode.CREATE_ONLY, "exists"), (Mode.UPDATE_ONLY, "not_found")])
def test_a_mode_refuses_the_rows_that_it_does_not_write(bench: Bench, mode: Mode, type_: str) -> None:
    bench.run("phone\n+491701234567\n")
    body = bench.run("phone,name\n+491701234567,Ann\n+491701234568,Bob\n", mode=mode)
    assert body["report"]["errorsByType"] == {type_: 1}
    assert (body["created"], body["updated"]) == ((1, 0) if mode is Mode.CREATE_ONLY else (0, 1))


def test_a_wrong_value_is_dropped_or_rejects_its_row(bench: Bench) -> None:
    content = "phone,email\n+491701234567,nobody\n"
    assert bench.run(content)["report"]["warningsByType"] == {"email_no_at_sign": 1}
    assert bench.run(content, on_bad="reject")["report"]["errorsByType"] == {"email_no_at_sign": 1}


def test_a_person_says_which_column_is_what(bench: Bench) -> None:
    content = "Kontakt,Vorname,Notiz\nann@x.test,Ann,secret\n"
    with pytest.raises(Invalid, match="no column is called"):
        bench.run(content)
    bench.run(content, columns={"Kontakt": "email", "2": "name", "Notiz": ""})
    assert bench.everybody() == [("ann@x.test", None, "Ann", {})]
    with pytest.raises(Invalid, match="no column 'Nobody'"):
        bench.run(content, columns={"Nobody": "email"})


def test_everybody_lands_on_the_list_and_a_foreign_list_is_refused(bench: Bench) -> None:
    bench.run("email\na@x.test\nb@x.test\n", list_name="News")
    bench.run("email\nb@x.test\nc@x.test\n", list_name="News")
    assert Lists(bench.database).find(bench.here, "News").members == 3
    there = Workspaces(bench.database).add("Other").id
    foreign = Lists(bench.database).ensure(there, "Theirs")
    with pytest.raises(Invalid):
        bench.run("email\nd@x.test\n", list_id=foreign.id)
    assert Lists(bench.database).find(there, "Theirs").members == 0


def test_a_dry_run_reports_the_same_and_writes_nothing(bench: Bench) -> None:
    content = "email,name\na@x.test,A\nb@x.test,B\na@x.test,C\nbad,D\n"
    bench.run("email\na@x.test\n")
    dry = bench.run(content, dry_run=True)
    assert bench.contacts.count(bench.here) == 1
    wet = bench.run(content)
    names = ("created", "updated", "failed", "errorsByType", "errorsByField", "duplicates", "unchanged")
    assert {name: dry["report"][name] for name in names} == {name: wet["report"][name] for name in names}
    assert told(dry) == told(wet)
    assert dry["message"].startswith("4 contacts would be processed: 1 created, 1 updated, 2 rejected")


def test_a_workbook_is_read_like_a_table(bench: Bench) -> None:
    body = bench.run(workbook([["Phone", "Name", "Since"], [94771234567, "Änne", ("d", 45000)], [], ["x", "Bad", ""]]))
    assert (body["created"], told(body)) == (1, [(4, "phone_unparseable", "phone", "x", None)])
    assert bench.everybody() == [(None, "+94771234567", "Änne", {"since": "2023-03-15"})]


def workbook(rows: list[list[Any]], **parts: str) -> bytes:
    """A small .xlsx as Excel would write it: inline texts, numbers, and dates as ("d", days)."""

    def cell(at: int, number: int, value: Any) -> str:
        place = f'r="{chr(65 + at)}{number}"'
        if isinstance(value, tuple):
            return f'<c {place} s="1"><v>{value[1]}</v></c>'
        if isinstance(value, str):
            return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c {place}><v>{value}</v></c>"

    lines = [
        f'<row r="{n}">{"".join(cell(at, n, value) for at, value in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    ]
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    files = {
        "xl/workbook.xml": f'<workbook {space} {relation}><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {space}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>",
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(name, text)
    return out.getvalue()


def test_rejected_rows_come_back_as_they_came_with_a_reason_and_can_be_imported_again(bench: Bench) -> None:
    content = 'email;Note;email\n=cmd@x;"=1+1";\nann@x.test;fine;\nann@x.test;again;\nx;"one\ntwo";y\n'
    of = bench.go_on(bench.begin(content))
    text = "".join(rejected_csv(bench.database, bench.intake.folder(of), of))
    assert text.splitlines() == [
        "\ufeffemail,Note,email,homing_row,homing_type,homing_field,homing_reason,homing_other_row",
        "'=cmd@x,'=1+1,,2,email_bad_domain,email,what stands behind the @ is no domain,",
        "ann@x.test,again,,4,duplicate_in_file,email,an earlier row has the same address,3",
        'x,"one', 'two",y,5,email_no_at_sign,email,there is no @ in it,',
    ]  # fmt: skip
    again = bench.run(text.replace("'=cmd@x", "cmd@x.test"))
    assert (again["created"], again["updated"]) == (1, 1)
    assert all(not key.startswith("homing") for _, _, _, attributes in bench.everybody() for key in attributes)


def test_rows_that_the_mode_refused_are_in_the_rejected_table_too(bench: Bench) -> None:
    bench.run("phone\n+491701234567\n")
    of = bench.go_on(bench.begin("phone,email\n+491701234567,\nbad,\n+491701234568,\n", mode=Mode.CREATE_ONLY))
    text = "".join(rejected_csv(bench.database, bench.intake.folder(of), of))
    assert [line.split(",")[2:4] for line in text.splitlines()[1:]] == [["2", "exists"], ["3", "phone_unparseable"]]


def test_an_undo_takes_back_what_nobody_has_changed_since(bench: Bench) -> None:
    bench.run("email,name\nold@x.test,Old\ntouched@x.test,Was\n")
    of = bench.go_on(bench.begin("email,name\nold@x.test,New\ntouched@x.test,Is\nfresh@x.test,F\nkept@x.test,K\n"))
    bench.contacts.change(bench.here, bench.contacts.find(bench.here, "touched@x.test").id, {"name": "By hand"})
    bench.contacts.change(bench.here, bench.contacts.find(bench.here, "kept@x.test").id, {"name": "By hand"})
    undo = ImportUndo(bench.database)
    after = undo.run(undo.begin(of, "tester"))
    assert after.undo is not None
    assert {name: after.undo[name] for name in ("removed", "restored", "returned", "kept")} == {
        "removed": 1, "restored": 1, "returned": 0, "kept": 2,
    }  # fmt: skip
    assert sorted((email, name) for email, _, name, _ in bench.everybody()) == [
        ("kept@x.test", "By hand"), ("old@x.test", "Old"), ("touched@x.test", "By hand"),
    ]  # fmt: skip
    assert undo.begin(after, "tester") == after
    assert bench.run("email,name\nfresh@x.test,Back\n")["updated"] == 1


def test_an_import_tells_its_facts(bench: Bench) -> None:
    bench.run("email\na@x.test\nbad\n")
    look = partial(Events(bench.database).after, BEGINNING, bench.here, topics=["imports"])
    until(lambda: len(look()) >= 2, 60, "on PostgreSQL no older transaction of the server is open")
    facts = look()
    assert [fact.kind for fact in facts] == ["import.started", "import.completed"]
    assert facts[-1].topic.startswith("imports:")
    assert {name: facts[-1].body[name] for name in ("state", "total", "created", "rejected")} == {
        "state": "completed", "total": 2, "created": 1, "rejected": 1,
    }  # fmt: skip


def test_a_checked_import_waits_for_its_start_and_a_pause_for_its_end(bench: Bench) -> None:
    of = bench.go_on(bench.begin("email\na@x.test\nb@x.test\n", wanted=False))
    assert (of.state, of.stage, of.found["would"]["created"]) == (State.CHECKING, "checked", 2)
    assert bench.contacts.count(bench.here) == 0
    paused = bench.intake.pause(of)
    assert (paused.state, paused.reason) == (State.PAUSED, "by_person")
    assert bench.intake.pause(paused) == paused
    bench.intake.resume(paused)
    of = bench.go_on(bench.intake.start(bench.intake.imports.get(of.id)))
    assert (of.state, bench.contacts.count(bench.here)) == (State.COMPLETED, 2)
    assert bench.intake.start(of) == of
    with pytest.raises(Conflict, match="completed"):
        bench.intake.pause(of)


def test_a_cancelled_import_writes_no_more_and_its_part_can_be_undone(bench: Bench) -> None:
    of = bench.begin("phone\n" + "".join(f"+9477{n:07}\n" for n in range(30)), chunk=10)

    def cancel(note: dict[str, Any]) -> None:
        if note["stage"] == "writing" and note["rows"] == 10:
            bench.intake.cancel(of)

    after = bench.go_on(of, show=cancel)
    assert after.state is State.CANCELLED
    assert bench.contacts.count(bench.here) == 10
    assert bench.body(after)["report"]["notProcessedContacts"] == 20
    undo = ImportUndo(bench.database)
    undo.run(undo.begin(after, "tester"))
    assert bench.contacts.count(bench.here) == 0


def test_r46_an_import_touches_its_own_workspace_only(bench: Bench) -> None:
    """R46: the same person may be a contact of two business profiles."""
    there = Workspaces(bench.database).add("Other").id
    bench.contacts.upsert_chunk(there, [Row("a@x.test", None, "Theirs")])
    assert bench.run("email,name\na@x.test,Ours\n")["created"] == 1
    assert bench.contacts.find(there, "a@x.test").name == "Theirs"
    of = bench.intake.imports.page(bench.here)[0]
    with pytest.raises(NotFound):
        bench.intake.imports.find(there, of.uid)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"chunkSize": 0}, "1 to 20000"),
        ({"chunkSize": 20_001}, "1 to 20000"),
        ({"chunkSize": "many"}, "'chunkSize'"),
        ({"defaultCountry": "XX"}, "no country"),
        ({"upsertBy": "shoe"}, "'upsertBy'"),
        ({"mode": "delete"}, "'mode'"),
        ({"replaceAll": "perhaps"}, "'replaceAll'"),
        ({"replaceAll": True, "mode": "createOnly"}, "no other mode"),
        ({"delimiter": "ab"}, "one character"),
        ({"encoding": "klingon"}, "no encoding"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_options(given)


def test_options_survive_their_way_into_the_ledger() -> None:
    options = read_options(
        {"upsertBy": "phone", "mode": "updateOnly", "columns": {"A": "phone"}, "chunkSize": "7", "dryRun": "on"}
    )
    assert Options.from_json(options.to_json()) == options
    assert Options().to_json() == {}


def test_a_json_upload_takes_names_attributes_and_numbers_as_they_come(bench: Bench) -> None:
    body = bench.run_json(
        '{"contacts":[{"phone":94771234567,"firstName":"Ann","lastName":"Lee","attributes":{"City":"Bonn"},"vip":true},'
        '{"phone":"+94771234568","email":"bad"},{"name":"nobody"},7,{"phone":"+94 77 123 4567"}]}'
    )
    assert told(body) == [
        (3, "missing", "email", None, None),
        (4, "missing", None, "7", None),
        (5, "duplicate_in_file", "phone", "+94771234567", 1),
    ]
    everybody = {phone: (name, attributes) for _, phone, name, attributes in bench.everybody()}
    ann = {"first_name": "Ann", "last_name": "Lee", "city": "Bonn", "vip": True}
    assert everybody == {"+94771234567": ("Ann Lee", ann), "+94771234568": ("", {})}


def test_an_import_of_two_requests_with_one_key_is_one(bench: Bench) -> None:
    asked = Asked(bench.here, "tester", request_key="token:1 a", format="json")
    of = bench.intake.take_in(asked, Options(), io.BytesIO(b'{"contacts":[]}'))
    found = bench.intake.imports.by_key(bench.here, "token:1 a")
    assert found is not None
    assert found.id == of.id
