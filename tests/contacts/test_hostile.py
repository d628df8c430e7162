"""Files that mean harm, or came to it: each gets a clear word, leaves nothing half-done, and costs bounded memory and time."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from homing.contacts.reading import MOST_REWINDS
from homing.contacts.xlsx import Workbook
from homing.model.errors import Invalid
from tests.contacts.bench import Bench, told
from tests.contacts.test_imports import workbook

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

pytestmark = pytest.mark.dialect("sqlite")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"city,age\nBonn,3\n", "no column is called"),
        (b"ann@x.test,Ann\nbob@x.test,Bob\n", "first row is a contact already"),
        (b"PK\x03\x04 not a zip", "workbook is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old or an encrypted Excel file"),
        (b"%PDF-1.7 ...", "PDF"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n", "501 columns"),
        (b"email," + ",".join(f"c{n}" for n in range(200)).encode() + b"\na@x.test\n", "200 columns besides"),
        (b'email,name\n' + b'a@x.test,"stray,\n' * (3 * MOST_REWINDS), "a quote that never closes"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_said_and_nothing_is_kept(bench: Bench, content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        bench.run(content)
    assert bench.contacts.count(bench.here) == 0
    assert bench.intake.imports.page(bench.here)[0].state == "failed"


def test_a_header_alone_is_an_import_of_nobody(bench: Bench) -> None:
    body = bench.run("email,name\n")
    assert (body["message"], body["success"]) == ("0 contacts processed: 0 created, 0 updated, 0 rejected.", True)


@pytest.mark.parametrize(
    ("row", "type_"),
    [
        (b"a@x.test,B\0ad", "bad_encoding"),
        (b"a@x.test,\xff\xfe", "bad_encoding"),
        (b"a@x.test,B,more", "too_many_columns"),
        (b'"a@x.test,B', "unbalanced_quote"),
        (b"a@x.test," + b"x" * (10 << 20), "cell_too_large"),
        (b'a@x.test,"' + b"x" * (10 << 20) + b'"', "cell_too_large"),
    ],
)
def test_a_damaged_row_is_one_rejected_row_and_its_neighbours_come_in(bench: Bench, row: bytes, type_: str) -> None:
    body = bench.run(b"email,name\nfirst@x.test,Zo\xc3\xab\xc3\xab\xc3\xab\n" + row + b"\nlast@x.test,Last\n")
    assert [(error[0], error[1]) for error in told(body)] == [(3, type_)]
    assert body["created"] == 2


def test_duplicate_and_empty_headings_and_formulas_are_data(bench: Bench) -> None:
    bench.run("email,note,note,,name\na@x.test,one,two,lost,=1+1\n")
    assert bench.everybody() == [("a@x.test", None, "=1+1", {"note": "one", "note_2": "two"})]


def test_every_line_of_a_hostile_file_is_in_exactly_one_bucket(bench: Bench) -> None:
    lines = [f"p{n}@x.test,P" if n % 3 else f'p{n}@x.test,"P' if n % 9 else f"p{n - 1}@x.test,P" for n in range(1, 280)]
    body = bench.run("email,name\n" + "\n".join(lines) + "\n")
    report = body["report"]
    assert report["total"] == 279
    assert report["created"] + report["failed"] == 279
    assert bench.contacts.count(bench.here) == report["created"]


@pytest.mark.dialect("sqlite", "postgresql")
def test_a_value_that_no_database_keeps_is_one_rejected_row(bench: Bench) -> None:
    """R28: halves of characters, NULs, numbers beyond all bounds and endless nesting, at the top and deep inside."""
    hostile = [
        '{"email": "a1@x.test", "x": ["\\ud800"]}',
        '{"email": "a2@x.test", "x": {"k": "a\\u0000b"}}',
        '{"email": "a3@x.test", "x": {"\\udfff": 1}}',
        '{"email": "a4@x.test", "x": "\\ud800"}',
        '{"email": "a5@x.test", "x": 1e999}',
        '{"email": "a6@x.test", "x": [[-1e999]]}',
        '{"email": "a7@x.test", "x": ["' + "y" * 70_000 + '"]}',
    ]
    fine = [
        '{"email": "f1@x.test", "x": ["\\\\u0000", 1e3, null, {"k": "\\ud83d\\ude00"}]}',
        '{"email": "f2@x.test", "n": 1.5}',
    ]
    deep = '{"email": "d@x.test", "x": ' + "[" * 400 + "]" * 400 + "}"
    body = bench.run_json('{"contacts": [' + ", ".join([fine[0], *hostile, deep, fine[1]]) + "]}")
    assert [(row, type_) for row, type_, *_ in told(body)] == [
        *((row, "bad_encoding") for row in range(2, 8)),
        (8, "cell_too_large"),
    ]
    assert body["created"] == 3
    assert set(bench.contacts.attribute_names(bench.here)) == {"x", "n"}
    assert bench.run_json('{"contacts": [' + ", ".join([*fine, hostile[0]]) + "]}")["report"]["unchanged"] == 2


def test_duplicate_rows_by_the_ten_thousand_are_one_contact(bench: Bench) -> None:
    body = bench.run("email\n" + "a@x.test\n" * 30_000)
    assert (body["created"], body["report"]["duplicates"], len(body["errors"]), body["errorsTruncated"]) == (
        1,
        29_999,
        100,
        True,
    )


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def _sheet(inner: str) -> dict[str, str]:
    return {"xl/worksheets/sheet1.xml": f"<worksheet {SPACE}><sheetData>{inner}</sheetData></worksheet>"}


def _lying(content: bytes) -> bytes:
    """The same zip, whose directory says of each part that it is small (PKZIP APPNOTE section 4.3.12, offset 24)."""
    raw, at = bytearray(content), 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        size = int.from_bytes(raw[at + 24 : at + 28], "little")
        raw[at + 24 : at + 28] = min(size, 5_000).to_bytes(4, "little")
        at += 4
    return bytes(raw)


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a cell of 30 MB that packs to nothing": (
        lambda: workbook([["email"]], **_sheet('<row r="1"><c r="A1" t="str"><v>email' + "A" * (30 << 20) + "</v></c></row>")),
        "unpacks to far more",
    ),
    "a column of 16,384": (
        lambda: workbook([["email"]], **_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')), "more than 2000 columns",
    ),
    "entities": (
        lambda: workbook([["email"]], **{"xl/worksheets/sheet1.xml": LAUGHS + f"<worksheet {SPACE}/>"}), "document type",
    ),
    "a zip of other things": (lambda: _zip(readme=b"x"), "no Excel workbook"),
    "no sheet": (lambda: workbook([["email"]], **_sheet("")), "the sheet is empty"),
    "torn XML": (lambda: workbook([["email"]], **{"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}), "damaged"),
    "a row far below": (lambda: workbook([["e"]], **_sheet('<row r="99999999"><c><v>1</v></c></row>')), "damaged"),
    "a header that lies about its size": (
        lambda: _lying(workbook([["email"]], **_sheet('<row r="1"><c r="A1" t="str"><v>' + "A" * (40 << 20) + "</v></c></row>"))),
        "damaged",
    ),
    "a torn zip": (lambda: workbook([["email"], ["a@x.test"]])[:-30], "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_workbook_is_refused_in_little_time_and_memory(bench: Bench, name: str) -> None:
    make, words = BOMBS[name]
    content = make()
    of = bench.begin(content)
    tracemalloc.start()
    began = time.monotonic()
    after = bench.go_on(of)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after.state == "failed"
    assert words in str(after.detail)
    assert most < 40 << 20
    assert time.monotonic() - began < 20


def test_a_million_empty_rows_are_passed_over(bench: Bench) -> None:
    rows = '<row r="1"><c r="A1" t="str"><v>email</v></c></row>' + "".join(f'<row r="{n}"/>' for n in range(2, 200_000))
    body = bench.run(
        workbook([["x"]], **_sheet(rows + '<row r="1048576"><c r="A1048576" t="str"><v>a@x.test</v></c></row>'))
    )
    assert (body["report"]["total"], body["created"]) == (1, 1)


def test_phonetic_readings_are_no_text_and_shared_texts_are(bench: Bench) -> None:
    shared = (
        f"<sst {SPACE}><si><t>email</t></si><si><r><t>a@</t></r><r><t>x.test</t></r><rPh><t>kana</t></rPh></si></sst>"
    )
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    bench.run(workbook([["x"]], **{"xl/sharedStrings.xml": shared, **_sheet(cells)}))
    assert bench.everybody() == [("a@x.test", None, "", {})]
    assert [name for name, _ in Workbook(io.BytesIO(workbook([["x"]]))).sheets] == ["One"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(bench: Bench) -> None:
    def peak(rows: int) -> int:
        of = bench.begin(
            b"email,city\n" + b"".join(b"p.%d@host%d.test,City\n" % (n, n % 50) for n in range(rows)), chunk=500
        )
        tracemalloc.start()
        assert bench.go_on(of).state == "completed"
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)
    small, large = peak(24_000), peak(60_000)  # both fill the blocks that are read, judged and kept: they bound it
    assert large < small * 1.1 + 200_000, (small, large)
