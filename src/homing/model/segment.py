"""The language of segments: a small filter over what is known of contacts and what was sent to them. Pure: text to tree to words.

    city = "Bonn" and (age >= 30 or vip is set) and not on list "Staff"
    got "Spring" and did not get "Summer" and no message for 30 days

    filter   := all ("or" all)*           all := one ("and" one)*          one := "not" one | "(" filter ")" | test
    test     := field sign value | field ("contains" | "starts with" | "ends with") value | field "in" "(" value ("," value)* ")"
              | field "is" ["not"] "set" | "on list" value
              | ("got" | "did not get" | "failed in" | "opened") value | "no message for" number "days"
    field    := email | phone | name | domain | consent_email | consent_whatsapp | created | updated | any attribute's name

Nothing of it is ever pasted into SQL: the tree is compiled to bound expressions (store/segments.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from homing.model.errors import Invalid

LONGEST = 4_000
MOST_TESTS = 100
DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)|(?P<word>[^\W\d][\w.-]*))"""
)
FIELDS = ("email", "phone", "name", "domain", "consent_email", "consent_whatsapp", "created", "updated")
HISTORY = {"got": "got", "did not get": "missed", "failed in": "failed", "opened": "opened"}
_KEPT = frozenset(
    {
        "and",
        "or",
        "not",
        "in",
        "is",
        "set",
        "contains",
        "starts",
        "ends",
        "with",
        "on",
        "got",
        "did",
        "no",
        "failed",
        "opened",
    }
)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value. `sign`: =, !=, <, <=, >, >=, contains, starts, ends."""

    field: str
    sign: str
    value: str | float


@dataclass(frozen=True, slots=True)
class OneOf:
    field: str
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class IsSet:
    field: str


@dataclass(frozen=True, slots=True)
class OnList:
    name: str


@dataclass(frozen=True, slots=True)
class History:
    """What became of a campaign's message to the contact: got, missed, failed, opened."""

    what: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Silence:
    """No message for so many days."""

    days: float


@dataclass(frozen=True, slots=True)
class Not:
    one: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Filter", ...]


Filter = Compare | OneOf | IsSet | OnList | History | Silence | Not | All | Any


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse(text: str) -> Filter:
    """Reads a filter. Raises Invalid naming the place and what could stand there."""
    if not text.strip():
        raise Invalid('a filter is not empty; write something like city = "Bonn"', code="bad_filter")
    if len(text) > LONGEST:
        raise Invalid(f"a filter has at most {LONGEST} characters", code="bad_filter")
    return _Parser(text).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _wrong(text, at, "this cannot be read")
        yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup))
        at = found.end()


def _wrong(text: str, at: int, why: str) -> Invalid:
    rest = text[at : at + 20].strip()
    return Invalid(f"{why}, at character {at + 1}" + (f": {rest!r}" if rest else ", the end"), code="bad_filter")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._tests = 0
        self._depth = 0

    def whole(self) -> Filter:
        found = self._any()
        if self._at < len(self._tokens):
            raise self._fault("here `and`, `or` or the end was expected")
        return found

    def _any(self) -> Filter:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self) -> Filter:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Filter:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"a filter is nested at most {DEEPEST} deep")
        try:
            if self._take("not"):
                return Not(self._one())
            if self._take("("):
                inner = self._any()
                self._need(")")
                return inner
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Filter:
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise self._fault(f"a filter has at most {MOST_TESTS} tests")
        return self._history() or self._of_field()

    def _history(self) -> Filter | None:
        for words, what in HISTORY.items():
            if self._take(*words.split()):
                return History(what, self._string("a campaign's name in quotes"))
        if self._take("on", "list"):
            return OnList(self._string("a list's name in quotes"))
        if self._take("no", "message", "for"):
            days = self._number()
            if not (self._take("days") or self._take("day")):
                raise self._fault("here `days` was expected")
            return Silence(days)
        return None

    def _of_field(self) -> Filter:
        field = self._field()
        if self._take("is", "not", "set"):
            return Not(IsSet(field))
        if self._take("is", "set"):
            return IsSet(field)
        if self._take("in"):
            return OneOf(field, self._values())
        for words in (("contains",), ("starts", "with"), ("ends", "with")):
            if self._take(*words):
                return Compare(field, words[0], self._string("a text in quotes"))
        sign = self._sign()
        return Compare(field, sign, self._value())

    def _field(self) -> str:
        token = self._next()
        if (
            token is None
            or token.kind not in ("word", "text")
            or (token.kind == "word" and token.text.lower() in _KEPT)
        ):
            raise self._fault("here a field was expected, like email or city", back=token is not None)
        return token.text if token.kind == "word" else _unquoted(token.text)

    def _sign(self) -> str:
        token = self._next()
        if token is None or token.text not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            raise self._fault("here =, !=, <, >, contains, in or `is set` was expected", back=token is not None)
        return "!=" if token.text == "<>" else token.text

    def _values(self) -> tuple[str | float, ...]:
        self._need("(")
        found = [self._value()]
        while self._take(","):
            found.append(self._value())
        self._need(")")
        return tuple(found)

    def _value(self) -> str | float:
        token = self._next()
        if token is not None and token.kind == "number":
            return float(token.text)
        if token is not None and token.kind == "text":
            return _unquoted(token.text)
        if token is not None and token.kind == "word" and token.text.lower() in ("true", "false"):
            return token.text.lower()
        raise self._fault('here a value was expected, like "Bonn" or 30', back=token is not None)

    def _string(self, what: str) -> str:
        token = self._next()
        if token is None or token.kind != "text":
            raise self._fault(f"here {what} was expected", back=token is not None)
        return _unquoted(token.text)

    def _number(self) -> float:
        token = self._next()
        if token is None or token.kind != "number" or float(token.text) < 0:
            raise self._fault("here a number was expected", back=token is not None)
        return float(token.text)

    def _next(self) -> _Token | None:
        if self._at >= len(self._tokens):
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *words: str) -> bool:
        """Passes over these words, in any case, if they come next."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) < len(words) or any(
            t.kind == "text" or t.text.lower() != w for t, w in zip(ahead, words, strict=True)
        ):
            return False
        self._at += len(words)
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._fault(f"here `{sign}` was expected")

    def _fault(self, why: str, *, back: bool = False) -> Invalid:
        at = self._at - 1 if back else self._at
        place = self._tokens[at].at if at < len(self._tokens) else len(self._text)
        return _wrong(self._text, place, why)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def words(found: Filter) -> str:
    """The filter as a sentence, to hold against what was meant."""
    match found:
        case Any(parts):
            return " or ".join(_inside(part) for part in parts)
        case All(parts):
            return " and ".join(_inside(part) for part in parts)
        case Not(IsSet(field)):
            return f"{field} is empty"
        case Not(one):
            return f"not ({words(one)})"
        case _:
            return _test_words(found)


def _test_words(found: Filter) -> str:
    match found:
        case Compare(field, sign, value):
            return f"{field} {_SIGNS.get(sign, sign)} {_said(value)}"
        case OneOf(field, values):
            return f"{field} is one of {', '.join(_said(value) for value in values)}"
        case IsSet(field):
            return f"{field} is filled"
        case OnList(name):
            return f"on the list '{name}'"
        case History(what, campaign):
            return f"{_HISTORY[what]} '{campaign}'"
        case Silence(days):
            return f"no message in the last {days:g} days"
        case _:
            raise AssertionError(found)


_SIGNS = {"=": "is", "!=": "is not", "starts": "starts with", "ends": "ends with"}
_HISTORY = {"got": "got", "missed": "did not get", "failed": "the message failed in", "opened": "opened"}


def _inside(part: Filter) -> str:
    return f"({words(part)})" if isinstance(part, All | Any) else words(part)


def _said(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else f"'{value}'"
