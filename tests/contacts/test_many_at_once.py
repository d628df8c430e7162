"""What is done to many rows together is what is done to each: reading, judging, sorting against what is there."""

import io
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from homing.contacts.checking import Checker
from homing.contacts.columns import understand
from homing.contacts.options import Options
from homing.contacts.reading import Table
from homing.contacts.rows import Block, Record
from homing.model.errors import Invalid
from homing.store.matching import By, Candidate, Known, Mode, _Sorter, sort_out

_LINE = st.text(alphabet="ab,;\"\t |'é\r\0\ufffd\x85\xa0", max_size=12)


def _table(content: bytes, size: int = 99) -> Table:
    return Table(io.BytesIO(content), encoding="utf-8", delimiter=",", block=size)


def _one_by_one(content: bytes) -> tuple[list[Record], bool]:
    rows: list[Record] = []
    try:
        for record in _table(content):
            rows.append(record)  # noqa: PERF402 - what came before an error counts
    except Invalid:
        return rows, True
    return rows, False


def _together(content: bytes, size: int) -> tuple[list[Record], bool]:
    rows: list[Record] = []
    table = _table(content, size)
    try:
        for block in table.blocks():
            sound = [Record(number, cells) for number, cells in zip(block.numbers, block.rows, strict=True)]
            rows += sorted([*sound, *block.flawed], key=lambda record: record.number)
            again = _table(content)
            again.go_on(table.place())
            rest, _ = _one_by_one_from(again)
            assert [*rows, *rest] == _one_by_one(content)[0]
    except Invalid:
        return rows, True
    return rows, False


def _one_by_one_from(table: Table) -> tuple[list[Record], bool]:
    try:
        return list(table), False
    except Invalid:
        return [], True


@settings(max_examples=200, deadline=None)
@given(st.lists(_LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.sampled_from([1 << 18, 7, 20]), st.booleans())
def test_blocks_have_the_rows_that_reading_one_by_one_gives_and_can_be_gone_on_behind(
    lines: list[str], end: str, size: int, closed: bool
) -> None:
    content = ("email,name\n" + end.join(lines) + (end if closed else "")).encode()
    assert _together(content, size) == _one_by_one(content)


def test_rows_judged_by_the_column_are_those_judged_one_by_one() -> None:
    dice = random.Random(5)
    mails = [
        "",
        "a@x.test",
        " A@X.test ",
        "bad",
        "b@bücher.example",
        "a@b@c",
        "ann@localhost",
        "\u200bz@x.test",
        "e@x.test",
    ]
    dialled = [
        "",
        "+94771234567",
        "077 123 4567",
        "94771234567",
        "12",
        "+1 650 253 0000 ext. 12",
        "0094771234567",
        "9.4E+10",
    ]
    names = ["", "Ann", "  Ann \t Lee ", 'quo"te', "ünï\n例"]
    rows = [
        [dice.choice(mails), dice.choice(dialled), dice.choice(names), dice.choice(names), dice.choice(names)]
        for _ in range(900)
    ]
    columns = understand(["email", "phone", "first name", "last name", "city"])
    for options in (
        Options(),
        Options(by=By.PHONE),
        Options(by=By.EMAIL, on_bad="reject"),
        Options(default_country="LK"),
    ):
        many, one = Checker(options, columns), Checker(options, columns)
        kept = many.check_block(Block(list(range(2, 902)), rows, [Record(1, [], "bad_encoding")]))
        one.refused += many.refused[:1]
        expected = []
        for number, (mail, phone, first, last, city) in enumerate(rows, 2):
            attributes = [
                f'"{key}":{reading_json(value.strip())}'
                for key, value in (("first_name", first), ("last_name", last), ("city", city))
                if value.strip()
            ]
            name = " ".join(f"{first} {last}".split())
            found = one._judge(number, mail.strip(), phone.strip(), name, f"{{{','.join(attributes)}}}")
            if found is not None:
                expected.append(found)
        assert kept == expected
        assert (many.refused, many.warned) == (one.refused, one.warned)


def reading_json(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


_ADDRESS = st.one_of(st.none(), st.sampled_from("abcd"))
_ROWS = st.lists(
    st.tuples(
        _ADDRESS, _ADDRESS, st.sampled_from(["", "Ann", "Bob"]), st.sampled_from(["{}", '{"k":"1"}', '{"k":"2"}'])
    ),
    max_size=8,
)
_KNOWN = st.lists(
    st.tuples(
        _ADDRESS,
        _ADDRESS,
        st.sampled_from(["", "Ann"]),
        st.sampled_from(["{}", '{"k":"1"}']),
        st.sampled_from([None, 5]),
    ),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(_ROWS, _KNOWN, st.sampled_from(list(By)), st.sampled_from(list(Mode)))
def test_a_chunk_is_sorted_as_its_rows_are_one_after_the_other(
    rows: list[tuple[str | None, str | None, str, str]],
    there: list[tuple[str | None, str | None, str, str, int | None]],
    by: By,
    mode: Mode,
) -> None:
    chunk = [
        Candidate(n, e and e + "@x.test", p and "+" + p, name, text) for n, (e, p, name, text) in enumerate(rows, 1)
    ]
    known, seen = [], set[str | None]()
    for n, (e, p, name, text, removed) in enumerate(there, 1):
        if (e or p) and not {f"e{e}" if e else None, f"p{p}" if p else None} & (seen - {None}):
            seen |= {f"e{e}" if e else None, f"p{p}" if p else None}
            known.append(Known(n, e and e + "@x.test", p and "+" + p, name, text, removed))
    slow = _Sorter(known, by, mode)
    for row in chunk:
        slow.place(row)
    assert sort_out(chunk, known, by, mode) == slow.out
