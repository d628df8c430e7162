"""The allow-list grammar of templates: what is not named here is refused, with line, column and a cure.

    {{ path }}   {{ path | filter | filter(argument) }}   filters: default upper lower title trim date number urlencode
    {% if condition %} {% elif condition %} {% else %} {% endif %}   conditions: == != and or not in
    {% for item in path %} {% endfor %}   one level, over a list of the contact
    {# comment #}   and - inside a tag's edge to trim the white space beside it

The syntax is minijinja's, but the engine never sees the source: it gets what emit.py writes from the parsed tree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from homing.content.filters import DIRECTIVES, unknown_directive
from homing.content.tree import (
    Both,
    Compare,
    Condition,
    Filter,
    For,
    If,
    Literal,
    Node,
    Not,
    Path,
    Print,
    Scalar,
    Text,
    Tree,
    texts,
)
from homing.model.errors import Fault, Invalid

SOURCE_LIMIT = 512 * 1024
DEPTH_LIMIT = 16
FILTERS_LIMIT = 8
DOTS_LIMIT = 8
TOKENS_LIMIT = 20_000
"""Words and signs inside tags: what reading and compiling take grows with them."""
LOOP_WORDS = frozenset({"index", "first", "last"})
ARGUMENTS: dict[str, tuple[int, int]] = {
    "default": (1, 1),
    "upper": (0, 0),
    "lower": (0, 0),
    "title": (0, 0),
    "trim": (0, 0),
    "date": (0, 1),
    "number": (0, 3),
    "urlencode": (0, 0),
}
"""Filter: least and most arguments."""

_OPEN = re.compile(r"\{\{|\{%|\{#")
_TOKEN = re.compile(
    r"\s*(?:(?P<end>-?%\}|-?\}\})|(?P<name>[^\W\d]\w*)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<text>\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"|'[^'\\]*+(?:\\.[^'\\]*+)*+')|(?P<op>==|!=|[|(),.])|(?P<bad>.)|(?P<eof>\Z))",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "is", "true", "false", "none", "True", "False", "None"})
_CLOSERS = ("elif", "else", "endif", "endfor")
_CURES = {
    "(": "nothing can be called here; filters with arguments are written {{ name | default('there') }}",
    "[": "write list.0 or company.name instead of brackets",
    "+": "arithmetic is not part of templates; put the finished value into a contact field",
    "-": "arithmetic is not part of templates; put the finished value into a contact field",
    "*": "arithmetic is not part of templates; put the finished value into a contact field",
    "/": "arithmetic is not part of templates; put the finished value into a contact field",
    "~": "put the texts beside each other: {{ a }}{{ b }}",
    "<": "only == and != compare",
    ">": "only == and != compare",
    "=": "only == and != compare",
    "|": "filters are not part of conditions",
    "if": "write {% if x %}...{% else %}...{% endif %}",
    "or": "for a fallback write {{ name | default('there') }}",
    "is": "write {% if x %} to ask whether x has a value",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str
    at: int


def parse(source: str, where: str = "template") -> Tree:
    """The tree of `source`. Line ends become LF.

    Raises Invalid (code `template`) with one fault: pointer `/where`, detail "line L, column C: what; cure".
    """
    if not source.isascii() and any("\ud800" <= c <= "\udfff" for c in source):
        fail(source, where, 0, "there is half a character (a lone surrogate) in the text; write it again")
    if "\0" in source:
        fail(source, where, source.index("\0"), "there is a NUL character in the text; remove it")
    if len(source.encode()) > SOURCE_LIMIT:
        detail = f"{where} is larger than {SOURCE_LIMIT // 1024} KB; move pictures and styles out of it"
        raise Invalid(detail, faults=(Fault(f"/{where}", detail),), code="template")
    plain = source.replace("\r\n", "\n").replace("\r", "\n")
    parser = _Parser(plain, where)
    return Tree(parser.everything(), plain, where, tuple(parser.tags))


def parse_line(source: str, where: str) -> Tree:
    """As `parse`, for a subject or a header: one line of text, white space around it dropped. Raises Invalid."""
    tree = parse(source.strip(), where)
    for text in texts(tree.nodes):
        if "\n" in text.text:
            at = tree.source.find("\n", text.at)
            fail(tree.source, where, at, "a subject or header is one line; remove the line end")
    return tree


def fail(source: str, where: str, at: int, problem: str) -> NoReturn:
    """Raises Invalid for the place `at` of `source`."""
    line = source.count("\n", 0, at) + 1
    column = at - (source.rfind("\n", 0, at) + 1) + 1
    detail = f"line {line}, column {column}: {problem}"
    raise Invalid(f"{where}, {detail}", faults=(Fault(f"/{where}", detail),), code="template")


class _Parser:
    """Recursive descent over one source; every method leaves `pos` behind what it took."""

    def __init__(self, source: str, where: str) -> None:
        self.source = source
        self.where = where
        self.pos = 0
        self.bound: tuple[str, ...] = ()  # the loop variable, inside a loop
        self.depth = 0
        self.trim_next = False
        self.opened = 0
        self.tokens = 0
        self.tags: list[tuple[int, int]] = []
        self.token = _Token("eof", "", 0)

    def fail(self, at: int, problem: str) -> NoReturn:
        fail(self.source, self.where, at, problem)

    def everything(self) -> tuple[Node, ...]:
        nodes, closer = self.block(())
        if closer:
            cure = "remove it, or add {% if ... %} or {% for ... %} before it"
            self.fail(self.opened, f"'{closer}' without its beginning; {cure}")
        return nodes

    def block(self, until: tuple[str, ...]) -> tuple[tuple[Node, ...], str]:
        """Nodes up to one of the words in `until` (whose word is taken, its tag not yet ended), or to the end."""
        nodes: list[Node] = []
        while True:
            start = self.pos
            found = _OPEN.search(self.source, start)
            self.text(nodes, start, found.start() if found else len(self.source), found)
            if not found:
                return tuple(nodes), ""
            if found[0] == "{#":
                self.comment(found)
                continue
            self.opened = found.start()
            self.next()
            if found[0] == "{{":
                nodes.append(self.printed(found.start()))
                continue
            word = self.take("name", "a word such as if or for")
            if word in until or word in _CLOSERS:
                return tuple(nodes), word
            nodes.append(self.statement(word, found.start()))

    def text(self, nodes: list[Node], start: int, end: int, found: re.Match[str] | None) -> None:
        text = self.source[start:end]
        if self.trim_next:
            text = text.lstrip()
            self.trim_next = False
        self.pos = end
        if found:
            self.pos = found.end()
            if self.source.startswith("-", self.pos):
                text = text.rstrip()
                self.pos += 1
        if text:
            nodes.append(Text(text, start))

    def comment(self, found: re.Match[str]) -> None:
        self.tokens += 1
        end = self.source.find("#}", self.pos)
        if end < 0:
            self.fail(found.start(), "this comment has no end; close it with #}")
        self.trim_next = self.source[end - 1] == "-" and end - 1 >= self.pos
        self.pos = end + 2
        self.tags.append((found.start(), self.pos))

    # tokens

    def next(self) -> None:
        self.tokens += 1
        if self.tokens > TOKENS_LIMIT:
            self.fail(self.pos, f"the tags hold more than {TOKENS_LIMIT} words and signs; send less in one message")
        found = _TOKEN.match(self.source, self.pos)
        if found is None or found.lastgroup is None:  # the pattern matches anywhere: only for the type checker
            self.fail(self.pos, "unreadable")
        self.token = _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup))
        self.pos = found.end()

    def refuse(self, wanted: str) -> NoReturn:
        token = self.token
        if token.kind == "eof":
            self.fail(token.at, f"the tag is not closed; {wanted} was expected")
        cure = _CURES.get(token.value) or _CURES.get(token.value[:1], "")
        if token.value in ('"', "'"):
            cure = "a text in quotes is not closed"
        self.fail(token.at, f"'{token.value[:40]}' cannot stand here; {cure or wanted + ' was expected'}")

    def take(self, kind: str, wanted: str) -> str:
        """The current token's text, if it is of this kind; moves on."""
        if self.token.kind != kind:
            self.refuse(wanted)
        value = self.token.value
        self.next()
        return value

    def took(self, kind: str, value: str) -> bool:
        """Whether the current token is this one; moves on if so."""
        if self.token.kind == kind and self.token.value == value:
            self.next()
            return True
        return False

    def close(self, mark: str) -> None:
        """The end of the tag; what follows is text again."""
        if self.token.kind != "end" or not self.token.value.endswith(mark):
            self.refuse(mark)
        self.trim_next = self.token.value.startswith("-")
        self.tags.append((self.opened, self.pos))

    # tags

    def printed(self, at: int) -> Print:
        if self.token.kind in ("text", "number"):
            self.fail(self.token.at, "a fixed value needs no tag; write it as text")
        path = self.path()
        filters: list[Filter] = []
        while self.took("op", "|"):
            filters.append(self.filter(filters))
        self.close("}}")
        return Print(path, tuple(filters), at)

    def filter(self, before: list[Filter]) -> Filter:
        at = self.token.at
        name = self.take("name", "the name of a filter")
        if name not in ARGUMENTS:
            self.fail(at, f"'{name}' is not a filter here; there are {', '.join(ARGUMENTS)}")
        if len(before) == FILTERS_LIMIT:
            self.fail(at, f"at most {FILTERS_LIMIT} filters on one value")
        if name == "default" and any(f.name == "default" for f in before):
            self.fail(at, "one default is enough: it always gives a value")
        args = self.arguments() if self.took("op", "(") else ()
        least, most = ARGUMENTS[name]
        if not least <= len(args) <= most:
            example = "default('there')" if name == "default" else name
            self.fail(
                at, f"'{name}' takes {least if least == most else f'{least} to {most}'} arguments, as in {example}"
            )
        self.check_arguments(name, args, at)
        return Filter(name, args)

    def check_arguments(self, name: str, args: tuple[Scalar, ...], at: int) -> None:
        if name == "date" and args:
            unknown = unknown_directive(str(args[0]))
            if unknown:
                self.fail(at, f"'{unknown}' is no part of a date; there are {' '.join('%' + d for d in DIRECTIVES)}")
        if name == "number" and args and not (isinstance(args[0], int) and 0 <= args[0] <= 9):
            self.fail(at, "number takes the count of decimals first, 0 to 9, as in number(2) or number(2, '.', ',')")
        if name == "number" and any(not isinstance(a, str) or len(a) > 3 for a in args[1:]):
            self.fail(at, "number takes its thousands and decimal marks in quotes, as in number(2, '.', ',')")

    def arguments(self) -> tuple[Scalar, ...]:
        args = [self.literal()]
        while self.took("op", ","):
            args.append(self.literal())
        if not self.took("op", ")"):
            self.refuse(")")
        return tuple(args)

    def literal(self) -> Scalar:
        if self.token.kind == "text":
            return self.unescaped(self.take("text", "a text")[1:-1])
        if self.token.kind == "number":
            if len(self.token.value) > 30:
                self.fail(self.token.at, "this number is too long")
            value = self.take("number", "a number")
            return float(value) if "." in value else int(value)
        return self.refuse("a text in quotes or a number")

    def unescaped(self, raw: str) -> str:
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), raw, flags=re.DOTALL) if "\\" in raw else raw

    def path(self) -> Path:
        at = self.token.at
        root = self.take("name", "the name of a variable")
        if root in _WORDS:
            self.fail(at, f"'{root}' cannot stand here; {_CURES.get(root, 'the name of a variable was expected')}")
        keys: list[str] = []
        while self.took("op", "."):
            kind = "number" if self.token.kind == "number" and self.token.value.isdigit() else "name"
            if len(keys) == DOTS_LIMIT:
                self.fail(at, f"at most {DOTS_LIMIT} dots in one name")
            keys.append(self.take(kind, "the name of a part, as in company.name"))
        if root == "loop" and self.bound and (len(keys) != 1 or keys[0] not in LOOP_WORDS):
            self.fail(at, "of the loop there are loop.index, loop.first and loop.last")
        return Path(root, tuple(keys), at)

    def statement(self, word: str, at: int) -> Node:
        if self.depth >= DEPTH_LIMIT:
            self.fail(at, f"at most {DEPTH_LIMIT} tags inside each other")
        if word not in ("if", "for"):
            self.fail(at, f"'{word}' is not part of templates; there are if, elif, else, endif, for and endfor")
        self.depth += 1
        node = self.choice(at) if word == "if" else self.loop(at)
        self.depth -= 1
        return node

    def choice(self, at: int) -> If:
        branches: list[tuple[Condition, tuple[Node, ...]]] = []
        otherwise: tuple[Node, ...] = ()
        word = "elif"
        while word == "elif":
            condition = self.condition()
            self.close("%}")
            body, word = self.block(("elif", "else", "endif"))
            branches.append((condition, body))
        if word == "else":
            self.close("%}")
            otherwise, word = self.block(("endif",))
        self.ended(word, "endif", "if", at)
        return If(tuple(branches), otherwise, at)

    def loop(self, at: int) -> For:
        if self.bound:
            self.fail(at, "a loop inside a loop is not possible; prepare the inner list as one text field")
        item_at = self.token.at
        item = self.take("name", "a name for the item, as in {% for item in list %}")
        if item in _WORDS or item == "loop":
            self.fail(item_at, f"'{item}' cannot name the item")
        if not self.took("name", "in"):
            self.refuse("in")
        over = self.path()
        self.close("%}")
        self.bound = (item, "loop")
        body, word = self.block(("endfor",))
        self.bound = ()
        self.ended(word, "endfor", "for", at)
        return For(item, over, body, at)

    def ended(self, word: str, wanted: str, opener: str, at: int) -> None:
        if word != wanted:
            what = f"ends with '{word}'" if word else "has no end"
            self.fail(at, f"this '{opener}' {what}; close it with {{% {wanted} %}}")
        self.close("%}")

    # conditions, loosest first

    def condition(self) -> Condition:
        return self.chain("or", lambda: self.chain("and", self.negation))

    def chain(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.took("name", word):
            parts.append(part())
            if len(parts) > 50:
                self.fail(self.token.at, f"at most 50 parts joined by '{word}'")
        return parts[0] if len(parts) == 1 else Both(word, tuple(parts))

    def negation(self) -> Condition:
        if not self.took("name", "not"):
            return self.comparison()
        if self.token.kind == "name" and self.token.value == "not":
            self.fail(self.token.at, "'not not' says nothing; remove both")
        return Not(self.comparison())

    def comparison(self) -> Condition:
        left = self.operand()
        if self.token.kind == "op" and self.token.value in ("==", "!="):
            op = self.take("op", "==")
            return Compare(op, left, self.operand())
        if self.took("name", "in"):
            return Compare("in", left, self.operand())
        if self.took("name", "not"):
            if not self.took("name", "in"):
                self.refuse("in")
            return Not(Compare("in", left, self.operand()))
        return left

    def operand(self) -> Path | Literal:
        if self.token.kind in ("text", "number"):
            return Literal(self.literal())
        if self.token.kind == "name" and self.token.value.lower() in ("true", "false"):
            return Literal(self.take("name", "true").lower() == "true")
        return self.path()
