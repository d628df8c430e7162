"""The allow-list: what templates may say, and that everything else is refused with its place and a cure."""

import pytest

from homing.content.grammar import SOURCE_LIMIT, TOKENS_LIMIT, parse
from homing.model.errors import Invalid

ALLOWED = [
    "plain { text } % with # braces",
    "{{ name }}",
    "{{ company.name }} {{ tags.0 }}",
    "{{ first_name | default('there') | title }}",
    '{{ joined | date("%-d. %B %Y") }} {{ amount | number(2, ".", ",") }}',
    "{% if city == 'Köln' and not vip or plan != \"free\" %}a{% else %}d{% endif %}",
    "{% if 'x' in tags %}b{% elif y not in tags %}c{% else %}{% endif %}",
    "{% for item in items %}{{ loop.index }} {{ item.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{# a comment with {{ things }} #}{{- trimmed -}} ",
    "{% if n == -1.5 or ok == true %}x{% endif %}",
]

REFUSED = [
    ("a\n  {{ f(1) }}", "line 2, column 7", "nothing can be called"),
    ("{% set x = 1 %}", "line 1, column 1", "'set' is not part of templates"),
    ("{% macro m() %}{% endmacro %}", "line 1, column 1", "'macro'"),
    ("{% include 'x' %}", "line 1, column 1", "'include'"),
    ("{% raw %}{% endraw %}", "line 1, column 1", "'raw'"),
    ("{% autoescape false %}{{ x }}{% endautoescape %}", "line 1, column 1", "'autoescape'"),
    ("{{ a + 1 }}", "line 1, column 6", "arithmetic"),
    ("{{ a * 9 }}", "line 1, column 6", "arithmetic"),
    ("{{ a ~ b }}", "line 1, column 6", "beside each other"),
    ("{{ 'a' }}", "line 1, column 4", "write it as text"),
    ("{{ a['b'] }}", "line 1, column 5", "brackets"),
    ("{{ a | safe }}", "line 1, column 8", "'safe' is not a filter here"),
    ("{{ a | format(1) }}", "line 1, column 8", "'format' is not a filter"),
    ("{{ a | default }}", "line 1, column 8", "default('there')"),
    ("{{ a | default('x') | default('y') }}", "line 1, column 23", "one default is enough"),
    ("{{ a | date('%Q') }}", "line 1, column 8", "'%Q' is no part of a date"),
    ("{{ a | number('2') }}", "line 1, column 8", "decimals first"),
    ("{{ a or 'b' }}", "line 1, column 6", "default('there')"),
    ("{{ a if b else c }}", "line 1, column 6", "{% if x %}"),
    ("{% if a < 1 %}{% endif %}", "line 1, column 9", "only == and !="),
    ("{% if a | upper == 'X' %}{% endif %}", "line 1, column 9", "filters are not part of conditions"),
    ("{% if a is defined %}{% endif %}", "line 1, column 9", "has a value"),
    ("{% if a %}", "line 1, column 1", "{% endif %}"),
    ("{% if a %}{% endfor %}", "line 1, column 1", "ends with 'endfor'"),
    ("x{% endif %}", "line 1, column 2", "without its beginning"),
    ("{% for a in b %}{% for c in d %}{% endfor %}{% endfor %}", "line 1, column 17", "loop inside a loop"),
    ("{% for a in b %}{{ loop.cycle }}{% endfor %}", "line 1, column 20", "loop.index"),
    ("{{ a", "line 1, column 5", "not closed"),
    ("{{ 'a }}", "line 1, column 4", "not closed"),
    ("{# a", "line 1, column 1", "#}"),
    ("a\0b", "line 1, column 2", "NUL"),
    ("a\ud800b", "line 1, column 1", "half a character"),
    ("{% if a %}" * 20 + "{% endif %}" * 20, "line 1, column 161", "inside each other"),
]


@pytest.mark.parametrize("source", ALLOWED)
def test_what_the_grammar_names_is_accepted(source: str) -> None:
    assert parse(source).nodes


@pytest.mark.parametrize(("source", "place", "cure"), REFUSED, ids=[source[:24] for source, _, _ in REFUSED])
def test_everything_else_is_refused_with_place_and_cure(source: str, place: str, cure: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(source, "html")
    fault = caught.value.faults[0]
    assert fault.pointer == "/html"
    assert fault.detail.startswith(place + ":"), fault.detail
    assert cure in fault.detail


def test_a_template_over_the_limit_is_refused() -> None:
    assert parse("x" * SOURCE_LIMIT).constant
    with pytest.raises(Invalid, match="512 KB"):
        parse("x" * (SOURCE_LIMIT + 1))


def test_variables_are_named_and_those_with_a_fallback_told_apart() -> None:
    tree = parse(
        "{{ a }}{{ b | default('x') }}{{ c | default('x') }}{{ c }}"
        "{% if d %}{{ e.f }}{% endif %}{% for i in l %}{{ i.x }}{% endfor %}"
    )
    assert tree.variables == {"a", "b", "c", "d", "e.f", "l"}
    assert tree.with_fallback == {"b", "d", "l"}


def test_a_template_with_too_many_tags_is_refused() -> None:
    assert len(parse("{{a}}" * (TOKENS_LIMIT // 2)).nodes) == TOKENS_LIMIT // 2
    with pytest.raises(Invalid, match="words and signs"):
        parse("{{a}}" * (TOKENS_LIMIT // 2 + 1))
