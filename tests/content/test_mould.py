"""The short way of plain letters: it must say what the long way says, whatever is put into it."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from homing.content.failure import RenderError
from homing.content.letter import Letter, Recipient
from homing.content.mould import ROOM, Mould
from homing.model.courier import only_crlf
from tests.content.test_letter import NOW, content, is_wire_clean, letter, read

HOSTILE = " .=\t-<&'\"/ü€😀\x85\u2028\x0cab"
VALUE = st.text(st.sampled_from(HOSTILE + "\r\n\0\ud800"), max_size=ROOM + 5)
TEXT = st.text(st.sampled_from(" .=\t-ü€😀\x85\u2028\x0cab\n"), max_size=160)


def person(**fields: Any) -> Recipient:
    return Recipient(1, "a@example.net", "", fields)


def mould(one: Letter) -> Mould:
    assert one.mould is not None
    return one.mould


@settings(deadline=None)
@example(first="Ada", second="Köln", third=7, texts=["Dear ", ".\n", "." + "x" * 80 + " ", ""])
@example(first=".", second=" ", third="=", texts=["", " \n", "\t", "\n. "])
@given(
    first=st.text(max_size=50) | VALUE,
    second=VALUE | st.none(),
    third=st.integers() | st.booleans() | VALUE,
    texts=st.lists(TEXT, min_size=4, max_size=4),
)
def test_a_cast_letter_says_what_the_engine_says(first: str, second: str | None, third: Any, texts: list[str]) -> None:
    a, b, c, d = texts
    source = f"{a}{{{{ x }}}}{b}{{{{ y | default('you') }}}}{c}{{{{ z }}}}{d}{{{{ x }}}}"
    one = letter(text=source, html=source, subject="s {{ x }}")
    made = {"x": first, "y": second, "z": third}
    try:
        message, clean = one.write(person(**made), NOW)
    except RenderError:
        assert mould(one).cast(person(**made)) is None
        return
    rendered, parsed = one.render(person(**made)), read(message)
    assert is_wire_clean(message)
    assert not clean or (only_crlf(message) and b"\r\n." not in message)
    assert content(parsed, "plain") == unified(rendered.text)
    assert content(parsed, "html") == unified(rendered.html)


def unified(text: str | None) -> str:
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("value", ["Ada", "Ada Lovelace-King", "Jörg", "7", "ada@example.org", "x" * ROOM])
def test_usual_values_take_the_short_way(value: str) -> None:
    one = letter(text="Dear {{ x }}, good morning.\n", html="<p>{{ x }}</p>")
    subject, body, dotted = mould(one).cast(person(x=value, city=value)) or ("", b"", True)
    assert subject == f"News for {value}"
    assert not dotted
    assert b"good morning" in body


@pytest.mark.parametrize(
    "value", ["", " a", "a ", ".a", "a=b", "a&b", "O'Hara", "a/b", "a\nb", "x" * (ROOM + 1), "ü" * 14, 1.5, True, []]
)
def test_unusual_values_take_the_long_way(value: object) -> None:
    assert mould(letter(text="{{ x }}", html=None)).cast(person(x=value, city="Köln")) is None


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}a{% endif %}",
        "{{ x | upper }}",
        "{% for a in x %}{{ a }}{% endfor %}",
        "{{ campaign.name }}",
        "fixed",
    ],
)
def test_a_letter_that_does_more_than_print_has_no_mould(text: str) -> None:
    assert letter(text=text, html=None, subject="fixed").mould is None


def test_a_link_from_a_value_is_looked_at_for_its_scheme() -> None:
    one = letter(text=None, html='<a href="{{ x }}">here</a>', subject="fixed")
    assert one.mould is None
    with pytest.raises(RenderError):
        one.build(person(x="javascript:alert(1)"), NOW)


def test_a_missing_value_is_this_recipients_failure_and_a_fallback_covers_it() -> None:
    with pytest.raises(RenderError, match="missing_variable"):
        letter(text="{{ x }}", html=None).build(person(city="Köln"), NOW)
    covered = letter(text="Dear {{ x | default('friend') }}", html=None)
    assert mould(covered).cast(person(city="Köln")) is not None
    for absent in ({}, {"x": ""}, {"x": None}):
        assert b"Dear friend" in covered.build(person(city="Köln", **absent), NOW)
