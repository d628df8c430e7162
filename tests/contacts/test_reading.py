"""Reading tables: encodings, separators, and damage that stays where it is."""

import io
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homing.contacts.reading import LONGEST_LINE, MOST_REWINDS, Table, sniff
from homing.model.errors import Invalid


def _read(content: bytes | str, **options: str) -> tuple[Table, list[tuple[int, list[str], str | None]]]:
    table = Table(io.BytesIO(content.encode() if isinstance(content, str) else content), **options)
    return table, [tuple(record) for record in table]  # type: ignore[misc] # a NamedTuple is one


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (lambda text: text.encode("utf-8"), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf-16"),
        (lambda text: text.encode("utf-16-le"), "utf-16-le"),
        (lambda text: text.encode("utf-16-be"), "utf-16-be"),
        (lambda text: text.encode("cp1252"), "cp1252"),
    ],
)
def test_every_encoding_is_found_out(encode: Callable[[str], bytes], name: str) -> None:
    table, rows = _read(encode("email,name\r\nann@x.test,Änne Größe €\r\n"))
    assert table.encoding == name
    assert table.header == ["email", "name"]
    assert rows == [(2, ["ann@x.test", "Änne Größe €"], None)]


def test_the_one_accent_at_the_end_of_a_large_file_decides() -> None:
    plain = b"email,name\n" + b"ann@x.test,Ann\n" * 200_000
    assert Table(io.BytesIO(plain + "a@x.test,Jürgen\n".encode())).encoding == "utf-8"
    assert Table(io.BytesIO(plain + "a@x.test,Jürgen\n".encode("cp1252"))).encoding == "cp1252"


def test_a_few_damaged_bytes_spoil_their_rows_only() -> None:
    table, rows = _read("email,name\na@x.test,Jürgen\nb@x.test,Zoë\n".encode() + b"c@x.test,\xff\xff\n")
    assert table.encoding == "utf-8"
    assert [(number, flaw) for number, _, flaw in rows] == [(2, None), (3, None), (4, "bad_encoding")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(delimiter: str) -> None:
    table, rows = _read(f"email{delimiter}name{delimiter}city\na@x.test{delimiter}Ann{delimiter}Bonn\n")
    assert table.delimiter == delimiter
    assert rows == [(2, ["a@x.test", "Ann", "Bonn"], None)]


def test_separators_inside_quotes_do_not_count() -> None:
    assert sniff('"a,b,c,d";email;name') == ";"
    assert sniff("email") == ","


def test_excels_own_line_states_the_separator() -> None:
    table, rows = _read("sep=;\r\nemail;na,me,x,y\r\na@x.test;Ann\r\n")
    assert (table.delimiter, table.header) == (";", ["email", "na,me,x,y"])
    assert rows == [(2, ["a@x.test", "Ann"], None)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood_and_blank_lines_count_as_a_spreadsheet_counts(newline: str) -> None:
    _, rows = _read(newline.join(["email,name", "a@x.test,Ann", "", " , ", "b@x.test,Bob"]))
    assert [(number, cells[0]) for number, cells, _ in rows] == [(2, "a@x.test"), (5, "b@x.test")]


def test_quotes_hold_separators_quotes_and_line_ends() -> None:
    _, rows = _read('email,note\na@x.test,"one, ""two""\nthree"\nb@x.test,plain\n')
    assert rows == [(2, ["a@x.test", 'one, "two"\nthree'], None), (3, ["b@x.test", "plain"], None)]


@pytest.mark.parametrize("strays", [1, 2, 5])
def test_a_stray_quote_costs_its_own_row_and_no_neighbour(strays: int) -> None:
    lines = [f"p{n}@x.test,Name {n},City" for n in range(1000)]
    for at in range(0, strays * 150, 150):
        lines[at] = lines[at].replace(",Name", ',"Name')
    _, rows = _read("\n".join(["email,name,city", *lines]))
    assert len(rows) == 1000
    flawed = [(number, flaw) for number, _, flaw in rows if flaw]
    assert flawed == [(at + 2, "unbalanced_quote") for at in range(0, strays * 150, 150)]


def test_a_quote_open_at_the_very_end_is_one_flawed_row() -> None:
    _, rows = _read('email,name\na@x.test,Ann\nb@x.test,"Bob')
    assert [(number, flaw) for number, _, flaw in rows] == [(2, None), (3, "unbalanced_quote")]


def test_a_file_of_stray_quotes_is_refused_before_it_costs_much() -> None:
    lines = [f'p{n}@x.test,"Name {n},City' for n in range(MOST_REWINDS * 4)]
    lines[1::2] = [line.replace('"', "") for line in lines[1::2]]
    with pytest.raises(Invalid, match="quote"):
        _read("\n".join(["email,name,city", *lines]))


def test_a_zero_byte_is_a_flaw_of_its_row() -> None:
    _, rows = _read("email,name\na@x.test,An\0n\nb@x.test,Bob\n")
    assert [(number, flaw) for number, _, flaw in rows] == [(2, "bad_encoding"), (3, None)]


def test_too_many_cells_are_a_flaw_and_too_few_are_empty() -> None:
    _, rows = _read("email,name\na@x.test,Ann,more\nb@x.test\nc@x.test,Cy,,\n")
    assert rows[0][2] == "too_many_columns"
    assert rows[1] == (3, ["b@x.test", ""], None)
    assert rows[2] == (4, ["c@x.test", "Cy"], None)


@pytest.mark.parametrize("cell", ["x" * 70_000, '"' + "x" * 200_000 + '"', "x" * (3 * LONGEST_LINE)])
def test_a_huge_cell_is_a_flaw_of_its_row(cell: str) -> None:
    _, rows = _read(f"email,name\na@x.test,{cell}\nb@x.test,Bob\n")
    assert [(number, flaw) for number, _, flaw in rows] == [(2, "cell_too_large"), (3, None)]


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    source = io.BytesIO(b"email,name\n" + b"x" * 60_000_000 + b"\nb@x.test,Bob\n")
    table = Table(source, encoding="utf-8")
    tracemalloc.start()
    rows = list(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [record.flaw for record in rows] == ["cell_too_large", None]
    assert peak < 12_000_000


@pytest.mark.parametrize("content", ["", "\n\n \n", "\ufeff"])
def test_an_empty_file_says_so(content: str) -> None:
    with pytest.raises(Invalid, match="empty"):
        _read(content)


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7"])
def test_a_file_that_is_no_text_says_what_it_is(magic: bytes) -> None:
    with pytest.raises(Invalid, match="this is"):
        _read(magic + b"rest of it")


def test_wrong_options_are_refused() -> None:
    for options in ({"encoding": "klingon"}, {"encoding": "base64"}, {"delimiter": ";;"}, {"delimiter": '"'}):
        with pytest.raises(Invalid):
            _read("email\na@x.test\n", **options)


_CELLS = st.text(alphabet="ab\",;\n\r \t|'é", max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_in_another_way(content: bytes) -> None:
    try:
        _, rows = _read(b"email,name\n" + content)
    except Invalid:
        return
    assert all(flaw or len(cells) == 2 for _, cells, flaw in rows)
    numbers = [number for number, _, _ in rows]
    assert numbers == sorted(set(numbers))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(_CELLS.filter(lambda cell: "\n" not in cell and "\r" not in cell), min_size=3, max_size=3), max_size=8
    )
)
def test_what_the_csv_module_writes_on_one_line_is_read_back(table: list[list[str]]) -> None:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([["email", "name", "city"], *table])
    _, rows = _read(out.getvalue(), delimiter=",")
    assert [cells for _, cells, _ in rows] == [row for row in table if any(cell.strip() for cell in row)]
