"""The dry run over an audience."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

from homing.content.failure import RenderError
from homing.content.letter import Letter, LetterSource, Recipient, compile_letter
from homing.content.rehearsal import Problem, rehearse


def letter(text: str, subject: str = "s") -> Letter:
    return compile_letter(LetterSource(subject, text, None, from_="a@example.org", campaign_uid="u1"))


def test_it_names_what_is_missing_and_which_fallbacks_are_used() -> None:
    one = letter(
        "{{ first_name | default('there') }} {{ city }} {{ city }} {% if vip %}{{ code }}{% endif %}", "{{ city }}"
    )
    people = [
        Recipient(1, "a@example.net", "Ada", {"city": "Köln"}),
        Recipient(2, "b@example.net", "", {"city": ""}),
        Recipient(3, "c@example.net", "", {}),
        Recipient(4, "d@example.net", "Dan", {"city": "Bonn", "vip": True}),
        Recipient(5, "e@example.net", "Eve\r\nBcc: x", {"city": "Bonn"}),
    ]
    found = rehearse(one, people)
    assert (found.total, found.failing) == (5, 3)
    assert found.missing == {"city": 1, "code": 1}
    assert found.fallback == {"first_name": (2, "there")}
    assert found.blank == {"city": 1}
    assert found.reasons == {"missing_variable": 2, "unsafe_header": 1}
    assert found.errors == (
        Problem(3, "missing_variable", "city"),
        Problem(4, "missing_variable", "code"),
        Problem(5, "unsafe_header", "To"),
    )


def test_it_finds_exactly_the_recipients_whose_message_cannot_be_built() -> None:
    one = letter("{% if a %}{{ b }}{% endif %}{{ d | date }}{% for i in l %}{{ i.n }}{% endfor %}", "{{ s }}")
    values: dict[str, list[Any]] = {
        "a": [0, 1],
        "b": [None, "x"],
        "d": ["", "2024-01-01", "soon"],
        "l": [[], [{}], [{"n": 1}], "no"],
        "s": ["x", "x\ny"],
    }
    people = [
        Recipient(0, "a@example.net", "", {"a": a, "b": b, "d": d, "l": items, "s": s})
        for a in values["a"] for b in values["b"] for d in values["d"] for items in values["l"] for s in values["s"]
    ]  # fmt: skip
    failing = 0
    for person in people:
        try:
            one.build(person, 0)
        except RenderError:
            failing += 1
    assert rehearse(one, people).failing == failing > 0


def test_memory_does_not_depend_on_the_audience() -> None:
    one = letter("".join(f"{{{{ v{n} | default('x') }}}}" for n in range(13)))

    def people(count: int) -> Iterator[Recipient]:
        for n in range(count):
            yield Recipient(n, "a@example.net", "", {f"v{bit}": "y" for bit in range(13) if n >> bit & 1})

    tracemalloc.start()
    found = rehearse(one, people(8_192))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.fallback["v0"] == (4096, "x")
    assert peak < 3_000_000
