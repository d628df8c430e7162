"""MJML (mjml.io) into the HTML of a template; our own `{{ }}` and `{% %}` come through it as they were written.

MRML, which compiles, knows nothing of them and says only sometimes where a fault is. So each becomes a plain word first and is
put back in the HTML; one that stands between blocks is wrapped in mj-raw; what goes wrong most often is found here, by its line.
"""

import bisect
import json
import re
import secrets
import sys
from dataclasses import dataclass, field
from typing import cast

from homing.content.child import limited, run_apart
from homing.content.failure import RenderError
from homing.model.errors import Invalid
from homing.model.intent import wrong

DEEPEST = 40  # elements in each other: MRML is recursive, and its stack ends somewhere above ten thousand
HTML_IN = frozenset({
    "mj-accordion-text", "mj-accordion-title", "mj-button", "mj-navbar-link", "mj-preview", "mj-raw",
    "mj-social-element", "mj-style", "mj-table", "mj-text", "mj-title",
})  # fmt: skip
"""What stands in these is HTML, CSS or text, and not looked at here."""
BLOCKS = frozenset({"mj-body", "mj-column", "mj-group", "mj-hero", "mj-section", "mj-wrapper"})
"""In these `{% if %}` may stand between the elements."""
KNOWN = HTML_IN | BLOCKS | frozenset({
    "mjml", "mj-accordion", "mj-accordion-element", "mj-all", "mj-attributes", "mj-breakpoint", "mj-carousel",
    "mj-carousel-image", "mj-class", "mj-divider", "mj-font", "mj-head", "mj-image", "mj-navbar", "mj-social", "mj-spacer",
})  # fmt: skip

_OURS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PART = re.compile(
    r"""(?P<comment><!--.*?-->)
      | <(?P<close>/)?(?P<name>[A-Za-z][\w:-]*)
         (?:\s+[^\s=>/"'<]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*(?P<empty>/)?>
      | (?P<odd><)""",
    re.DOTALL | re.VERBOSE,
)
_PLACE = re.compile(r"at position (\d+)")


def compile_mjml(source: str) -> str:
    """The HTML. Blocks for 0.1 to 2 s or longer. Raises Invalid with `/mjml` and the line of what is wrong in it."""
    try:
        told = json.loads(run_apart(__name__, source))
    except RenderError:
        raise wrong("/mjml", "this MJML is too large to be laid out") from None
    if "fault" in told:
        raise wrong("/mjml", told["fault"])
    return str(told["html"])


def child() -> None:
    """The child's whole life: one source on standard input, one line of JSON on standard output."""
    source = cast("str", limited())
    try:
        told = {"html": lay_out(source)}
    except Invalid as error:
        told = {"fault": error.detail}
    sys.stdout.write(json.dumps(told))


def lay_out(source: str) -> str:
    """As compile_mjml, without a child: a source from ourselves."""
    from mjml import mjml2html

    words = _Words(source)
    ready = _Reading(words).prepared()
    try:
        html: str = mjml2html(ready.text, fonts={})
    except ValueError as error:
        found = _PLACE.search(str(error))
        place = f", line {words.line_of(ready.before(int(found[1])))}" if found else ""
        raise wrong("/mjml", f"this MJML cannot be laid out{place}: {str(error).partition(' in root')[0]}") from error
    return words.back(html)


class _Words:
    """The source with a plain word in the place of each `{{ }}`, `{% %}` and `{# #}`."""

    def __init__(self, source: str) -> None:
        self._mark = f"HOMING{secrets.token_hex(4).upper()}N"
        self._said: list[str] = []
        self._ends: list[int] = []  # of each word in `text`
        self._lines: list[int] = []  # that ended within what was replaced, up to and with each word
        parts, at, length, gone = [], 0, 0, 0
        for found in _OURS.finditer(source):
            word = f"{self._mark}{len(self._said)}Z"
            parts += [source[at : found.start()], word]
            length += found.start() - at + len(word)
            gone += found[0].count("\n")
            self._said.append(found[0])
            self._ends.append(length)
            self._lines.append(gone)
            at = found.end()
        self.text = "".join((*parts, source[at:]))
        self.word = re.compile(f"{self._mark}(\\d+)Z")

    def line_of(self, place: int) -> int:
        """The line of the source, from 1, of a place in `text`."""
        passed = bisect.bisect_right(self._ends, place)
        return self.text.count("\n", 0, place) + 1 + (self._lines[passed - 1] if passed else 0)

    def back(self, html: str) -> str:
        return self.word.sub(lambda word: self._said[int(word[1])], html)


@dataclass
class _Ready:
    """What MRML gets. `added`: where something was put in, and how long it was."""

    text: str = ""
    added: list[tuple[int, int]] = field(default_factory=list)

    def before(self, place: int) -> int:
        """The place in the text that this one was made of. `place`: in bytes of UTF-8, as MRML counts."""
        at = len(self.text.encode()[:place].decode(errors="ignore"))
        return at - sum(length for where, length in self.added if where < at)


class _Reading:
    """Goes through the elements once: each known, closed, and not too deep."""

    def __init__(self, words: _Words) -> None:
        self._words = words
        self._open: list[tuple[str, int]] = []  # name and place
        self._ready = _Ready()
        self._parts: list[str] = []
        self._length = 0

    def prepared(self) -> _Ready:
        text, at = self._words.text, 0
        while found := _PART.search(text, at):
            self._between(text[at : found.start()], at)
            self._take(found)
            self._put(found[0])
            at = found.end()
        self._between(text[at:], at)
        if self._open:
            name, place = self._open[-1]
            raise self._wrong(place, f"<{name}> is not closed")
        self._ready.text = "".join(self._parts)
        return self._ready

    @property
    def _parent(self) -> str:
        return self._open[-1][0] if self._open else ""

    def _take(self, found: re.Match[str]) -> None:
        name, parent = found["name"], self._parent
        if found["odd"]:
            raise self._wrong(found.start(), "this `<` begins no element: values stand in quotes, a bare one is &lt;")
        if found["comment"] or (parent in HTML_IN and not (found["close"] and name == parent)):
            return
        if found["close"]:
            self._close(found.start(), name, parent)
            return
        self._check(found.start(), name, parent)
        if not found["empty"]:
            self._open.append((name, found.start()))

    def _close(self, place: int, name: str, parent: str) -> None:
        if name != parent:
            opened = f": <{parent}> of line {self._words.line_of(self._open[-1][1])} is open" if parent else ""
            raise self._wrong(place, f"</{name}> closes nothing here{opened}")
        self._open.pop()

    def _check(self, place: int, name: str, parent: str) -> None:
        if not parent and name != "mjml":
            raise self._wrong(place, "MJML begins with <mjml> and has nothing beside it")
        if name == "mj-include":
            raise self._wrong(place, "mj-include reads files, and there are none here: write the part itself")
        if name not in KNOWN:
            raise self._wrong(place, f"there is no <{name}> of MJML here; HTML stands in <mj-text> or <mj-raw>")
        if len(self._open) >= DEEPEST:
            raise self._wrong(place, f"at most {DEEPEST} elements may stand in each other")

    def _between(self, text: str, at: int) -> None:
        """What stands between two elements: in a block our words are wrapped, elsewhere but in HTML they have no place."""
        parent, done = self._parent, 0
        for word in self._words.word.finditer(text) if parent not in HTML_IN else ():
            if parent not in BLOCKS:
                where = f"in <{parent}>" if parent else "outside of <mjml>"
                raise self._wrong(at + word.start(), f"`{self._words.back(word[0])}` has no place {where}")
            self._put(text[done : word.start()])
            self._put("<mj-raw>", added=True)
            self._put(word[0])
            self._put("</mj-raw>", added=True)
            done = word.end()
        self._put(text[done:])

    def _put(self, text: str, *, added: bool = False) -> None:
        if added:
            self._ready.added.append((self._length, len(text)))
        self._parts.append(text)
        self._length += len(text)

    def _wrong(self, place: int, words: str) -> Invalid:
        return wrong("/mjml", f"line {self._words.line_of(place)}: {words}")
