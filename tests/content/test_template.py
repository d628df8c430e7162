"""Rendering: fallbacks, strictness, escaping, filters, and the limits of one rendering."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homing.content.failure import RenderError
from homing.content.grammar import parse
from homing.content.markup import check
from homing.content.recipient import Lookup, Recipient
from homing.content.template import Engine
from homing.model.errors import Invalid


def render(source: str, fields: dict[str, Any] | None = None, *, html: bool = False, name: str = "") -> str:
    engine = Engine()
    tree = parse(source, "html" if html else "text")
    template = engine.compile(tree, html=html, links=check(tree) if html else frozenset())
    lookup = Lookup(engine.words, {("campaign", "name"): "Spring", ("sender", "name"): "Shop"}, engine.weight)
    return template.render(lookup.context(Recipient(1, "ada@example.org", name, fields or {})))


def reason(source: str, fields: dict[str, Any] | None = None, *, html: bool = False) -> tuple[str, str]:
    with pytest.raises(RenderError) as caught:
        render(source, fields, html=html)
    return caught.value.reason, caught.value.variable


@pytest.mark.parametrize(
    ("source", "fields", "text"),
    [
        ("{{ x | default('there') }}", {}, "there"),
        ("{{ x | default('there') }}", {"x": ""}, "there"),
        ("{{ x | default('there') }}", {"x": None}, "there"),
        ("{{ x | default('there') }}", {"x": 0}, "0"),
        ("{{ x | default('there') | upper }}", {"x": "ö"}, "Ö"),
        ("{{ x | trim | default('there') }}", {"x": "  "}, "there"),
        ("{{ a.b.c | default('q') }}", {"a": 5}, "q"),
        ("{{ x }}", {"x": ""}, ""),
        ("{{ x | title }}", {"x": "ada lovelace"}, "Ada Lovelace"),
        ("{% if x %}yes{% else %}no{% endif %}", {}, "no"),
        ("{% if x.y == '' %}empty{% endif %}", {}, "empty"),
        ("{% if n == 3 and s != 'a' %}yes{% endif %}", {"n": 3, "s": "b"}, "yes"),
        ("{% if 'x' in tags and 'z' not in tags %}yes{% endif %}", {"tags": ["x", "y"]}, "yes"),
        (
            "{% for i in items %}{{ loop.index }}{{ i.n | default('-') }}{% endfor %}",
            {"items": [{"n": "a"}, {}]},
            "1a2-",
        ),
        ("{% for i in items %}x{% endfor %}", {}, ""),
        ("{{ a.b }} {{ l.1 }}", {"a": {"b": "c"}, "l": ["x", "y"]}, "c y"),
        ("{{ straße }}{{ range }}{{ true_ }}", {"straße": 1, "range": 2, "true_": 3}, "123"),
        (
            "{{ d | date }} {{ d | date('%-d. %B %y, %H:%M') }}",
            {"d": "2024-03-05T06:07:08Z"},
            "2024-03-05 5. March 24, 06:07",
        ),
        (
            "{{ n | number }} {{ n | number(1) }} {{ n | number(2, '.', ',') }}",
            {"n": "1234567.855"},
            "1,234,567.855 1,234,567.9 1.234.567,86",
        ),
        ("?of={{ n | urlencode }}", {"n": "Ada & Co/ü+~"}, "?of=Ada%20%26%20Co%2F%C3%BC%2B~"),
        (
            "{{ n | default('a b') | urlencode }}{{ b | urlencode }}{{ i | urlencode }}",
            {"b": True, "i": 7},
            "a%20btrue7",
        ),
        ("{{ d | date | default('soon') }}{{ n | number }}", {"n": ""}, "soon"),
        ("{ {{- n }}{#- c -#} % {", {"n": 1}, "{1% {"),
        (
            "{{ campaign.name }}, {{ sender.name }}, {{ email }}",
            {"email": "other@example.org"},
            "Spring, Shop, ada@example.org",
        ),
        ("{{ name }}|{{ phone }}", {"first_name": "Ada", "last_name": "L", "phone": "+49"}, "Ada L|+49"),
    ],
)
def test_a_template_renders(source: str, fields: dict[str, Any], text: str) -> None:
    assert render(source, fields) == text


def test_first_and_last_name_come_from_the_name_when_absent() -> None:
    assert (
        render("{{ first_name }}|{{ last_name }}|{{ name }}", name="Ada King Lovelace")
        == "Ada|King Lovelace|Ada King Lovelace"
    )
    assert render("{{ first_name }}", {"first_name": "Augusta"}, name="Ada King") == "Augusta"


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        ("{{ x }}", {}, ("missing_variable", "x")),
        ("{{ x }}", {"x": None}, ("missing_variable", "x")),
        ("{{ a.b }}", {"a": {}}, ("missing_variable", "a.b")),
        ("{% if a %}{{ b }}{% endif %}{{ c }}", {}, ("missing_variable", "c")),
        ("{% if a %}{{ b }}{% endif %}{{ c }}", {"a": 1}, ("missing_variable", "b")),
        ("{% for i in l %}{{ i.n }}{% endfor %}", {"l": [{"n": 1}, {}]}, ("missing_variable", "i.n")),
        ("{{ x.__class__ }}", {"x": "s"}, ("missing_variable", "x.__class__")),
        ("{{ unsubscribe_url }}", {}, ("missing_variable", "unsubscribe_url")),
        ("{{ x | date }}", {"x": "soon"}, ("not_a_date", "x")),
        ("{{ x | number }}", {"x": "many"}, ("not_a_number", "x")),
        ("{% for i in x %}{% endfor %}", {"x": "abc"}, ("not_a_list", "x")),
        ("{% for i in x %}{% endfor %}", {"x": [1] * 101}, ("list_too_long", "x")),
        ("{{ x }}", {"x": {"a": 1}}, ("not_text", "x")),
        ("{{ x }}", {"x": object()}, ("bad_value", "x")),
        ("{{ x }}", {"x": float("nan")}, ("bad_value", "x")),
        ("{{ x }}", {"x": "a\ud800"}, ("bad_text", "x")),
        ("{{ x }}", {"x": "a\0b"}, ("bad_text", "x")),
        ("{% if 1 in x %}{% endif %}", {"x": 5}, ("bad_comparison", "")),
    ],
)
def test_what_a_recipient_lacks_is_named(source: str, fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert reason(source, fields) == expected


def test_values_are_escaped_in_html_and_not_in_text() -> None:
    value = "<b>\"&'"
    assert render("{{ x }}", {"x": value}) == value
    escaped = render("<p>{{ x }}</p>", {"x": value}, html=True)
    assert escaped == "<p>&lt;b&gt;&quot;&amp;&#x27;</p>"
    assert "<" not in render("{{ x | default('<i>') }}", {}, html=True)


class Marked(str):
    __slots__ = ()

    def __html__(self) -> str:
        return self


def test_no_value_can_call_itself_safe() -> None:
    assert render("{{ x }}", {"x": Marked("<script>")}, html=True) == "&lt;script&gt;"


@pytest.mark.parametrize("link", ["https://a.b/c?d=e", "HTTP://a.b", "mailto:a@b.c", "tel:+49", "/path", "#top", ""])
def test_a_link_from_data_may_have_a_harmless_scheme(link: str) -> None:
    assert render('<a href="{{ x }}">', {"x": link}, html=True).startswith('<a href="')


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", " javascript:x", "java\nscript:x", "data:text/html,x", "vbscript:x", "x"]
)
@pytest.mark.parametrize(
    "source",
    ['<a href="{{ x }}">', "<img src='{{ x }}'>", '<A HREF = "{{ x | default(\'y\') }}{{ z | default("") }}">'],
)
def test_a_link_from_data_with_another_scheme_is_refused(source: str, link: str) -> None:
    assert reason(source, {"x": link}, html=True) == ("bad_link", "x")


@pytest.mark.parametrize(
    "source",
    [
        "<a href={{ x }}>",
        "<a {{ x }}>",
        "<{{ x }}>",
        "<p{{ x }}>",
        "<a onclick=\"f('{{ x }}')\">",
        "<script>var a = '{{ x }}'</script>",
        "<style>p { color: {{ x }} }</style>",
        '<iframe srcdoc="{{ x }}">',
        '<a href="javascript:f({{ x }})">',
        '<a href="www.example.org/{{ x }}">',
        '<a href="{% if a %}https://e.org/{% endif %}{{ x }}">',
        "{% if a %}<a href='{% endif %}{{ x }}'>",
        "{% for a in b %}<p {% endfor %}>",
    ],
)
def test_a_value_cannot_stand_where_escaping_does_not_protect(source: str) -> None:
    with pytest.raises(Invalid, match="line 1, column"):
        check(parse(source, "html"))


@pytest.mark.parametrize(
    "source",
    [
        '<a href="https://e.org/{{ x }}?{{ y }}">{{ z }}</a>',
        '<td{% if a %} class="{{ b }}"{% endif %}>{{ c }}</td>',
        "<!--[if mso]><p>{{ x }}</p><![endif]--><!-- {{ y }} -->",
        "<style>{% if a %}p{}{% endif %}</style><p style='color: {{ c }}'>1 < 2 {{ d }}",
        "<textarea>{{ x }}</textarea><br/><img alt='{{ y }}' src=\"cid:{{ z }}\">",
        '<a href="{% if a %}https://a.org{% else %}https://b.org{% endif %}/{{ x }}">',
    ],
)
def test_ordinary_html_is_accepted(source: str) -> None:
    check(parse(source, "html"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "<b>", "2024-01-02"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
SOURCE = (
    "{% if a == b %}{{ a.c }}{% elif a and not c in b %}{{ b }}{% else %}{{ c | default('z') }}{% endif %}"
    "{% for i in a.b %}{{ i.a }}{% endfor %}"
)


@settings(deadline=None)
@given(fields=st.dictionaries(st.sampled_from("abc"), json_values))
def test_the_probe_and_the_page_agree_on_what_is_missing(fields: dict[str, Any]) -> None:
    engine = Engine()
    template = engine.compile(parse(SOURCE, "text"))
    lookup = Lookup(engine.words, {}, engine.weight)
    person = Recipient(1, "a@example.org", "", fields)
    try:
        told = template.wanting(lookup.context(person))
    except RenderError as error:
        with pytest.raises(RenderError) as caught:
            template.render(lookup.context(person))
        assert caught.value.reason == error.reason
        return
    if "-" in told:
        with pytest.raises(RenderError, match="missing_variable"):
            template.render(lookup.context(person))
    else:
        template.render(lookup.context(person))


def test_more_output_than_a_megabyte_is_refused() -> None:
    assert reason("{{ x }}" * 200, {"x": "y" * 10_000})[0] == "too_long"
    assert reason("{% for i in l %}" + "{{ i }}" * 50 + "{% endfor %}", {"l": ["x" * 1000] * 100})[0] == "too_long"
    with pytest.raises(Invalid, match="too much text"):
        render("{% for i in l %}" + "x" * 100_000 + "{% endfor %}")


def test_a_long_value_that_fits_is_rendered() -> None:
    assert len(render("{{ x }}", {"x": "y" * 900_000})) == 900_000
    items = [{"story": "x" * 3000} for _ in range(5)]
    assert len(render("{% for i in l %}{{ i.story }}{{ i.a | default('') }}{% endfor %}", {"l": items})) == 15_000


def test_a_value_inside_a_link_is_encoded_and_one_that_begins_it_must_not_be() -> None:
    source = '<a href="https://a.example/{{ x | urlencode }}?of={{ x | urlencode }}">x</a>'
    assert render(source, {"x": 'a "b" & c'}, html=True) == (
        '<a href="https://a.example/a%20%22b%22%20%26%20c?of=a%20%22b%22%20%26%20c">x</a>'
    )
    with pytest.raises(Invalid, match="leave urlencode away"):
        render('<a href="{{ x | urlencode }}">x</a>', {"x": "https://a.example/"}, html=True)
