"""Hostile templates: each ends in an error within a second, and no memory goes with it."""

import resource
import time

import pytest

from homing.content.failure import RenderError
from homing.content.letter import Attachment, LetterSource, Recipient, compile_letter
from homing.content.preview import preview
from homing.model.errors import Invalid

LONG = {"x": "y" * 10_000, "l": ["z" * 500] * 100, "deep": {"a": {"b": {"c": 1}}}, "o": [{"n": "x"}] * 100}
HOSTILE = [
    "{{ 'a' * 200000000 }}",
    "{{ x * 100000 }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ 1 | format }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in l %}{% for j in l %}{% for k in l %}{{ x }}{% endfor %}{% endfor %}{% endfor %}",
    "{% set x = x ~ x %}{{ x }}",
    "{% set ns = namespace(s='a') %}{% for i in l %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'wire.txt' %}",
    "{% extends 'wire.txt' %}",
    "{% import 'wire.txt' as w %}",
    "{{ self }}{{ self.body() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ x.__class__ }}",
    "{{ x.__init__.__globals__ }}",
    "{{ deep.a.b.c.d.e.f.g.h.i.j.k }}",
    "{{ x | replace('y', x) }}",
    "{{ x | list | join(x) }}",
    "{{ l | sort | batch(1) }}",
    "{{ x | tojson | safe }}",
    "{{ debug() }}",
    "{{ lipsum(100000) }}",
    "{{ x }}" * 90_000,
    "{% for i in l %}" + "{{ i }}" * 5_000 + "{% endfor %}",
    "{% for i in l %}" + "x" * 500_000 + "{% endfor %}",
    "{% if x %}" * 20_000,
    "{% for i in l %}" * 20_000,
    "{{ x" + " | upper" * 60_000 + " }}",
    "{{ x" + ".a" * 200_000 + " }}",
    "{% if " + "not " * 100_000 + "x %}{% endif %}",
    "{% if " + "x or " * 100_000 + "x %}{% endif %}",
    "{{ '" + "\\" * 500_000,
    "{#" * 250_000,
    "<" * 500_000 + "{{ x | nothing }}",
    "{% for i in l %}" + "{% if i in x and x not in i %}{{ i }}{% endif %}" * 5_000 + "{% endfor %}",
    "{% for i in l %}" + "{% if i in x and x not in i %}{{ i }}{% endif %}" * 1_000 + "{% endfor %}",
    "{# #}" * 100_000 + "{{ x.y }}",
    "x" * 600_000,
    "\0{{ x }}",
]


@pytest.mark.parametrize("part", ["text", "html"])
def test_thirty_hostile_templates_end_within_a_second_and_64_megabytes(part: str) -> None:
    assert len(HOSTILE) >= 30
    person = Recipient(1, "a@example.net", "", LONG)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for source in HOSTILE:
        begun = time.process_time()
        with pytest.raises((Invalid, RenderError)):
            text, html = (source, None) if part == "text" else ("t", source)
            compile_letter(LetterSource("s", text, html, from_="a@example.org", campaign_uid="u1")).build(person, 0)
        assert time.process_time() - begun < 1.0, source[:60]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    assert grown < 64 * 1024, f"{grown} KB"


SOURCE = LetterSource("Hello {{ name }}", "Dear {{ name }}", None, from_="a@example.org", campaign_uid="u1")


def test_a_preview_is_the_message_itself() -> None:
    person = Recipient(3, "b@example.net", "Zoë", {})
    assert preview(SOURCE, person, 5000) == compile_letter(SOURCE).build(person, 5000)


def test_a_preview_fails_as_the_letter_does() -> None:
    with pytest.raises(RenderError) as failed:
        preview(SOURCE, Recipient(3, "b@example.net"), 0)
    assert (failed.value.reason, failed.value.variable) == ("missing_variable", "name")
    with pytest.raises(Invalid) as invalid:
        preview(
            LetterSource("{{ x", "t", None, from_="a@example.org", campaign_uid="u1"), Recipient(3, "b@example.net"), 0
        )
    assert invalid.value.faults[0].pointer == "/subject"


def test_a_preview_that_needs_too_much_memory_ends() -> None:
    big = Attachment("a", "a/b", b"x" * 24_000_000)
    source = LetterSource("s", "t", None, from_="a@example.org", campaign_uid="u1", attachments=(big,))
    with pytest.raises(RenderError, match="too_long"):
        preview(source, Recipient(3, "b@example.net"), 0)
