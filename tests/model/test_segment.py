"""The language of segments: what is read, and what is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.model.errors import Invalid
from homing.model.segment import All, Any, Compare, History, IsSet, Not, OneOf, OnList, Silence, parse, words


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('city = "Bonn"', Compare("city", "=", "Bonn")),
        ("age >= 30", Compare("age", ">=", 30.0)),
        ("'Favourite Colour' != 'blue'", Compare("Favourite Colour", "!=", "blue")),
        ("vip = true", Compare("vip", "=", "true")),
        ('a="1" or b="2" and c="3"', Any((Compare("a", "=", "1"), All((Compare("b", "=", "2"), Compare("c", "=", "3")))))),
        ('(a="1" or b="2") AND not c is set', All((Any((Compare("a", "=", "1"), Compare("b", "=", "2"))), Not(IsSet("c"))))),
        ("phone is not set", Not(IsSet("phone"))),
        ('name starts with "A" and name ends with "b"', All((Compare("name", "starts", "A"), Compare("name", "ends", "b")))),
        ('city in ("Bonn", "Köln")', OneOf("city", ("Bonn", "Köln"))),
        ('on list "News"', OnList("News")),
        ('got "Spring"', History("got", "Spring")),
        ('did not get "Spring"', History("missed", "Spring")),
        ('failed in "Spring" or opened "Spring"', Any((History("failed", "Spring"), History("opened", "Spring")))),
        ("no message for 30 days", Silence(30.0)),
        ('name = "say \\"hi\\""', Compare("name", "=", 'say "hi"')),
    ],
)  # fmt: skip
def test_a_filter_is_read(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not empty"),
        ("city", "at character 5, the end"),
        ("city = ", "a value was expected"),
        ("city = Bonn", "a value was expected, .* at character 8: 'Bonn'"),
        ('city = "Bonn" city = "Ulm"', "`and`, `or` or the end"),
        ("(city is set", "`\\)` was expected"),
        ('city = "Bonn', "cannot be read"),
        ("city; drop table contact", "cannot be read"),
        ("got Spring", "a campaign's name in quotes"),
        ("no message for many days", "a number"),
        ("no message for 3 hours", "`days`"),
        ("and and", "a field was expected"),
        ("not " * 30 + "a is set", "nested"),
        (" and ".join(["a is set"] * 101), "at most 100 tests"),
        ("a is set and " * 400 + "a is set", "at most 4000"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        parse(text)


def test_a_filter_is_told_in_words() -> None:
    assert words(parse('city = "Bonn" and (age >= 30 or vip is not set) and did not get "Spring"')) == (
        "city is 'Bonn' and (age >= 30 or vip is empty) and did not get 'Spring'"
    )


_WORDS = 'a = "1" ( ) and or not is set got "x" in , 3 <'


@given(st.text(max_size=60) | st.lists(st.sampled_from(_WORDS.split()), max_size=14).map(" ".join))
def test_any_text_is_a_filter_or_refused_in_words(text: str) -> None:
    try:
        assert words(parse(text))
    except Invalid as error:
        assert error.code == "bad_filter"
