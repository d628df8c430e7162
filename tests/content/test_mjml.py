"""MJML into HTML: our own marks come through, faults are named by their line, and no source takes the server with it."""

from email import message_from_bytes, policy

import pytest

from homing.content.letter import LetterSource, Recipient, compile_letter
from homing.content.mjml import compile_mjml, lay_out
from homing.model.errors import Invalid

BLOCK = "<mj-section><mj-column>%s</mj-column></mj-section>"
LETTER = """<mjml>
  <mj-head>
    <mj-title>For {{ name }}</mj-title>
    <mj-preview>Look, {{ first_name }}</mj-preview>
    <mj-style>.wide { color: red }</mj-style>
  </mj-head>
  <mj-body>
    {% if city %}
    <mj-section>
      <mj-column>
        {% for one in rows %}
        <mj-text>Row {{ one }} &amp; {{ first_name | default("you & me") }}<br>{% if n != "a < b" %}few{% endif %}</mj-text>
        {% endfor %}
        <mj-button href="{{ unsubscribe_url }}">Out</mj-button>
      </mj-column>
    </mj-section>
    {% else %}
    <mj-section><mj-column><mj-text>No city</mj-text></mj-column></mj-section>
    {% endif %}
  </mj-body>
</mjml>"""


def body(html: str, **attributes: object) -> str:
    """What one reader gets of it."""
    letter = compile_letter(LetterSource(subject="Hi", html=html, from_="a@b.test", campaign_uid="u", text="x"))
    who = Recipient(1, "ada@a.test", "Ada L.", {"unsubscribe_url": "https://a.test/u", **attributes})
    raw = letter.build(who, 1_900_000_000_000)
    part = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_variables_conditions_and_loops_come_through_as_they_were_written() -> None:
    html = compile_mjml(LETTER)
    for said in (
        "{{ name }}",
        '{{ first_name | default("you & me") }}',
        '{% if n != "a < b" %}',
        "{{ unsubscribe_url }}",
    ):
        assert said in html
    assert "HOMING" not in html
    assert "fonts.googleapis" not in html, "nobody else is told who reads it"
    told = body(html, city="Galle", n="2", rows=["a", "b"])
    assert "Row a &amp; Ada" in told
    assert "Row b" in told
    assert "few" in told
    assert "No city" not in told
    assert "No city" in body(html)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hi</p>", "line 1: MJML begins with <mjml>"),
        ("<mjml>\n<mj-body>\n<mj-sektion/>\n</mj-body></mjml>", "line 3: there is no <mj-sektion>"),
        ("<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>", "line 4: </mj-body> closes nothing here: <mj-section> of line 3"),
        ("<mjml>\n<mj-body>\n", "line 2: <mj-body> is not closed"),
        ("<mjml>\n<mj-body>\n<mj-include path='/etc/passwd'/></mj-body></mjml>", "line 3: mj-include reads files"),
        (f"<mjml><mj-body>\n{BLOCK % '<mj-text>a < b</mj-text>'}</mj-body></mjml>", "line 2: this `<` begins no element"),
        (f"<mjml><mj-body>\n{BLOCK % '<mj-text color=red>a</mj-text>'}</mj-body></mjml>", "line 2: this `<`"),
        ("<mjml>\n{{ name }}\n<mj-body></mj-body></mjml>", "line 2: `{{ name }}` has no place in <mjml>"),
        ("<mjml><mj-head>{% if\n a\n %}</mj-head></mjml>", "line 1: `{% if\n a\n %}` has no place in <mj-head>"),
        ("<mjml>\n<mj-body>{#\n\n#}<mj-foo/></mj-body></mjml>", "line 4: there is no <mj-foo>"),
        ("", "cannot be laid out"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(source: str, words: str) -> None:
    with pytest.raises(Invalid) as error:
        lay_out(source)
    assert words in error.value.detail
    assert [fault.pointer for fault in error.value.faults] == ["/mjml"]


def test_a_place_that_the_library_names_is_told_by_the_line_of_the_source() -> None:
    """Behind words of more than one byte, marks that became shorter, and mj-raw that was put in."""
    odd = "<mj-social><mj-text>x</mj-text></mj-social>"
    source = f"<mjml><mj-body>\näöü\n{{% if a or\n b %}}\n{{% endif %}}\n{BLOCK % odd}</mj-body></mjml>"
    with pytest.raises(Invalid, match="line 6"):
        lay_out(source)


@pytest.mark.parametrize(
    "source",
    [
        "<mjml><mj-body>" + "<mj-wrapper>" * 50_000,
        "<mjml><mj-body>" + BLOCK % ("<div>" * 50_000) + "</mj-body></mjml>",
        "<mjml><mj-body>" + BLOCK % ("<mj-text>" + "<div>" * 50_000 + "</mj-text>") + "</mj-body></mjml>",
        "{{" * 300_000,
        "<mjml " + "a " * 200_000,
        "<mjml><mj-body>" + (BLOCK % "<mj-text>a</mj-text>") * 30_000 + "</mj-body></mjml>",
    ],
    ids=["deep", "deep html", "deep in a text", "open marks", "attributes", "long"],
)  # fmt: skip
def test_a_hostile_source_ends_in_an_error_or_in_html(source: str) -> None:
    """MRML's stack ends at some ten thousand elements in each other: a child dies by it, not the server."""
    try:
        html = compile_mjml(source)
    except Invalid as error:
        assert [fault.pointer for fault in error.faults] == ["/mjml"]
    else:
        assert "<html" in html
