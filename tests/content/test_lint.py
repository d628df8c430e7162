"""What is found in a letter before anybody gets it: each check on a letter that has the fault, and on one that has not."""

from typing import Any

import pytest

from homing.content.letter import Attachment, Letter, LetterSource, Recipient, compile_letter
from homing.content.links import Links
from homing.content.lint import CLIP, inspect
from homing.content.rehearsal import rehearse
from homing.model.errors import Invalid
from homing.model.finding import FAIL, OK, WARN, Finding, refused_by

UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
BASE = "https://mail.example.net"
GOOD = '<body><p>News of the garden for {{ name | default("you") }}, and more of it.</p><a href="https://shop.example/a">Shop</a></body>'


def letter(html: str | None = GOOD, *, base: str = BASE, **more: Any) -> Letter:
    links = Links((b"k",), base).of(1, UID)
    given = {"subject": "News", "html": html, "from_": "Shop <shop@example.org>", "campaign_uid": UID, "links": links}
    return compile_letter(LetterSource(**(given | more)))


def told(found: list[Finding]) -> dict[str, set[str]]:
    by: dict[str, set[str]] = {OK: set(), WARN: set(), FAIL: set()}
    for each in found:
        by[each.verdict].add(each.check)
    return by


def test_a_good_letter_has_nothing_to_mend() -> None:
    by = told(inspect(letter()))
    assert (by[FAIL], by[WARN]) == (set(), set())
    assert {"size", "clip", "text", "subject", "unsubscribe", "links"} <= by[OK]


@pytest.mark.parametrize(
    ("html", "check", "verdict", "words"),
    [
        ('<a href="page.html">x</a>', "links", FAIL, "page.html"),
        ('<a href="javascript:alert(1)">x</a>', "links", FAIL, "javascript"),
        ('<a href="file:///etc/passwd">x</a>', "links", FAIL, "file"),
        ('<a href="http://localhost:3000/">x</a>', "links", FAIL, "localhost"),
        ('<a href="https://10.0.0.7/">x</a>', "links", FAIL, "10.0.0.7"),
        ('<a href="https://">x</a>', "links", FAIL, "https://"),
        ('<a href="https://[::1">x</a>', "links", FAIL, "::1"),
        ('{% if vip %}ok{% else %}<a href="gone">x</a>{% endif %}', "links", FAIL, "gone"),
        ('<a href="#">x</a>', "links", WARN, "empty"),
        ('<a href="http://shop.example/">x</a>', "links", WARN, "encryption"),
        ('<a href="https://a.example/?of={{ email }}">x</a>', "links", WARN, "?of={{ ... }}"),
        ('<a href="mailto:a@a.example?subject=x {{ email }}">x</a>', "links", WARN, "breaks a link"),
        ('<a href="https://bit.ly/x">x</a>', "links", WARN, "bit.ly"),
        ('<a href="https://evil.example/">https://bank.example/login</a>', "links", WARN, "phishing"),
        ('<a href="https://a.example/">x</a>' * 61, "links", WARN, "61"),
        ('<img src="https://a.example/a.png">' + "word " * 20, "images", WARN, "1 of 1"),
        ('<img alt="" src="a.png">' + "word " * 20, "images", FAIL, "a.png"),
        ('<img alt="" src="data:image/png;base64,AA">' + "word " * 20, "images", WARN, "built in"),
        ('<img alt="" src="https://a.example/a.png">', "images", WARN, "nearly all"),
        ("<script>1</script>words", "active", WARN, "<script>"),
        ("<form action='https://a.example'>words</form>", "active", WARN, "<form>"),
        ("Dear *|FNAME|*", "variables", WARN, "*|FNAME|*"),
        ("Dear {{ nickname }}", "variables", WARN, "nickname"),
        ("<style>" + "a" * CLIP + "</style>words", "clip", WARN, "cuts it there"),
        ("<img alt='' src='https://a.example/a.png'>", "text", OK, "made from"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_mend(html: str, check: str, verdict: str, words: str) -> None:
    one = [each for each in inspect(letter(html)) if each.check == check and words in each.words]
    assert [each.verdict for each in one] == [verdict], inspect(letter(html))
    assert verdict == OK or one[0].mend
    assert not any(each.check == check and words in each.words and verdict != OK for each in inspect(letter()))


@pytest.mark.parametrize(
    ("more", "check", "verdict"),
    [
        ({"html": "<p>words</p>", "footer": False}, "unsubscribe", FAIL),
        ({"html": '<a href="{{ preferences_url }}">x</a>', "footer": False}, "unsubscribe", OK),
        ({"html": None, "text": "words"}, "unsubscribe", WARN),
        ({"html": None, "text": "words {{ unsubscribe_url }}"}, "unsubscribe", OK),
        ({"headers": (("List-Unsubscribe", "<mailto:a@b.example>"),)}, "one-click", WARN),
        ({"base": "http://127.0.0.1:8700"}, "public url", WARN),
        ({"subject": "x" * 101}, "subject", WARN),
        ({"subject": "BUY IT NOW OR NEVER"}, "subject", WARN),
        ({"subject": "Re: your order"}, "subject", WARN),
        ({"from_": "me@gmail.com"}, "from", WARN),
        ({"attachments": (Attachment("setup.EXE", "application/octet-stream", b"MZ"),)}, "attachments", FAIL),
        ({"attachments": (Attachment("a.pdf", "application/pdf", b"x" * 9_000_000),)}, "size", WARN),
        ({"attachments": (Attachment("a.pdf", "application/pdf", b"x" * 20_000_000),)}, "size", FAIL),
    ],
)
def test_what_stands_around_the_body_is_looked_at_too(more: dict[str, Any], check: str, verdict: str) -> None:
    found = [each for each in inspect(letter(**more)) if each.check == check]
    assert [each.verdict for each in found] == [verdict]


def test_an_audience_that_lacks_a_variable_is_a_warning_and_one_that_all_lack_is_an_error() -> None:
    one = letter("<p>{{ city }}</p>")
    people = [Recipient(n, f"a{n}@example.net", "", {"city": "Köln"} if n else {}) for n in range(3)]
    assert ("variables", WARN) in [(e.check, e.verdict) for e in inspect(one, rehearse(one, people))]
    assert ("variables", FAIL) in [(e.check, e.verdict) for e in inspect(one, rehearse(one, people[:1]))]


def test_errors_keep_it_from_starting_unless_somebody_insists() -> None:
    found = inspect(letter('<a href="x">y</a>'))
    with pytest.raises(Invalid) as refused:
        refused_by(found, anyway=False)
    assert (refused.value.code, refused.value.faults[0].pointer) == ("lint", "/html")
    assert refused_by(found, anyway=True) == ["links"]
    assert refused_by(inspect(letter()), anyway=False) == []


@pytest.mark.parametrize(
    "href",
    [
        "https://a.example/?of={{ email | urlencode }}",
        "https://a.example/{{ email }}?a=b",
        "{{ email }}",
        "https://a.example/?a",
    ],
)
def test_a_value_that_fits_a_link_is_no_fault(href: str) -> None:
    by = told(inspect(letter(f'<p>{"word " * 20}</p><a href="{href}">x</a>')))
    assert "links" in by[OK]
    assert "links" not in by[WARN]


def test_links_of_the_text_part_are_looked_at_too() -> None:
    found = inspect(letter(None, text="Look: https://a.example/?of={{ email }} and see"))
    assert [each.words for each in found if each.check == "links"] == [
        "a space, & or + in a value breaks a link: 'https://a.example/?of={{ ... }}'"
    ]
    assert not [x for x in inspect(letter(None, text="https://a.example/{{ email }} ?")) if x.check == "links"]
