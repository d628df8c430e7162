"""Blocks into MJML, and through it into a letter: words go through as written, and what cannot be is told by its block."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.content.blocks import LOOK, readable_on, to_mjml
from homing.content.mjml import lay_out
from homing.model.errors import Invalid
from tests.content.test_mjml import body

ALL: dict[str, Any] = {
    "look": {"accent": "#ffcc00"},
    "blocks": [
        {"kind": "heading", "text": 'Hello {{ first_name | default("you & <me>") }}', "level": 1},
        {
            "kind": "text",
            "text": "**Good** to *have* you < here.\nSecond line\n\n- one\n- [two](https://a.test/?a=1&b=2)",
        },
        {"kind": "picture", "src": "https://a.test/m/x", "alt": 'The "logo"', "width": 320, "href": "{{ view_url }}"},
        {"kind": "button", "text": "Have a look", "href": "https://a.test/{{ code }}", "align": "center"},
        {"kind": "divider"},
        {"kind": "columns", "share": 33, "left": [{"kind": "text", "text": "Left"}], "right": [{"kind": "space"}]},
        {"kind": "footer", "text": "You get this because you signed up. ", "link": "Leave"},
    ],
}


def blocks(*each: dict[str, Any]) -> str:
    return to_mjml({"blocks": list(each)})


def test_every_kind_of_block_reaches_a_reader() -> None:
    told = " ".join(body(lay_out(to_mjml(ALL)), code="AB1", view_url="https://a.test/v").split())
    for said in (
        "Hello Ada</h1>",
        "<strong>Good</strong> to <em>have</em> you &lt; here.<br />Second line</p>",
        '<li><a href="https://a.test/?a=1&amp;b=2"',
        'alt="The &quot;logo&quot;"',
        'src="https://a.test/m/x"',
        'href="https://a.test/AB1"',
        "Have a look",
        "Left",
        "Leave</a>",
    ):
        assert said in told, said
    assert told.count("<h1") == 1
    assert "HOMING" not in told
    assert "fonts.googleapis" not in told


def test_blocks_under_each_other_share_a_section_and_columns_stand_in_their_own() -> None:
    made = to_mjml(ALL)
    assert made.count("<mj-section") == 3
    assert 'width="33%"' in made
    assert 'width="67%"' in made
    assert blocks().count("<mj-section") == 0


def test_what_looks_like_a_mark_but_is_none_stays_what_it_is() -> None:
    made = blocks(
        {"kind": "text", "text": "2 * 3 * 4, a*b*c, ** no **, [only brackets], x](y), 5 < 6 & 7 > 3, </mj-text>"}
    )
    assert "2 * 3 * 4, a*b*c, ** no **, [only brackets], x](y), 5 &lt; 6 &amp; 7 &gt; 3, &lt;/mj-text&gt;" in made
    assert "<em>" not in made


def test_marks_stand_around_tags_and_tags_around_marks() -> None:
    made = blocks({"kind": "text", "text": '**{{ a | default("**") }}** {% if b == "*x*" %}*yes*{% endif %}'})
    assert '<strong>{{ a | default("**") }}</strong> {% if b == "*x*" %}<em>yes</em>{% endif %}' in made


@pytest.mark.parametrize(
    ("block", "pointer", "words"),
    [
        ({"kind": "text", "text": "Dear {{ name"}, "/design/blocks/1/text", "line 1"),
        ({"kind": "text", "text": "{% if a %} in the next block"}, "/design/blocks/1/text", "endif"),
        ({"kind": "text", "text": "[x](javascript:alert(1))"}, "/design/blocks/1/text", ""),
        ({"kind": "text", "text": "[x](javascript:a)"}, "/design/blocks/1/text", "leads nowhere"),
        ({"kind": "button", "text": "x", "href": ""}, "/design/blocks/1/href", "say where this button leads"),
        ({"kind": "button", "text": "x", "href": "javascript:a"}, "/design/blocks/1/href", "leads nowhere"),
        ({"kind": "button", "text": "x", "href": "shop"}, "/design/blocks/1/href", "leads nowhere"),
        ({"kind": "picture", "src": " "}, "/design/blocks/1/src", "choose a picture"),
        ({"kind": "picture", "src": "data:image/png;base64,x"}, "/design/blocks/1/src", "leads nowhere"),
    ],
)
def test_what_cannot_be_is_told_by_its_block(block: dict[str, Any], pointer: str, words: str) -> None:
    if words == "":  # brackets within the address end it: what is left is no link at all
        assert "href" not in blocks({"kind": "space"}, block)
        return
    with pytest.raises(Invalid) as told:
        blocks({"kind": "space"}, block)
    assert [fault.pointer for fault in told.value.faults] == [pointer]
    assert words in told.value.faults[0].detail


def test_the_number_of_the_block_stands_in_what_is_told() -> None:
    with pytest.raises(Invalid, match=r"^block 2: line 1, column 13"):
        blocks({"kind": "space"}, {"kind": "heading", "text": "Dear {{ name"})


def test_a_fault_in_a_column_names_the_column() -> None:
    inner = {"kind": "button", "text": "x", "href": ""}
    with pytest.raises(Invalid) as told:
        blocks({"kind": "columns", "left": [], "right": [{"kind": "divider"}, inner]})
    assert told.value.faults[0].pointer == "/design/blocks/0/right/1/href"


def test_words_on_a_button_stand_out_from_it() -> None:
    assert readable_on("#ffcc00") == "#000000"
    assert readable_on(LOOK["accent"]) == "#ffffff"
    assert 'color="#000000"' in to_mjml(ALL)


@given(st.lists(st.text(alphabet="a *_[](){}%#\"'<>&/\n-:\U000f0001\U000f0100", max_size=40), min_size=1, max_size=3))
def test_no_text_breaks_out_of_its_block(texts: list[str]) -> None:
    """Whatever is typed is either refused with its place or laid out, and what it holds is text."""
    try:
        made = blocks(*({"kind": "text", "text": text} for text in texts))
    except Invalid as error:
        assert error.faults[0].pointer.startswith("/design/blocks/")
        return
    assert made.count("<mj-text align") == len(texts)
    assert made.count("</mj-text>") == len(texts)
    lay_out(made)
