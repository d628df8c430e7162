"""Reads the JSON body of an upload, streaming: `contacts` one by one, everything else at once. Memory is that of one contact.

What a cut connection left is read as far as it is whole.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from homing.model.errors import Invalid

LONGEST_OBJECT = 8 << 20
_BLOCK = 1 << 18
_BLANK = " \t\r\n"


class Objects:
    """A body `{"contacts": [...], ...}` or `{"operations": [...]}`, or the list alone. Iterating gives its items.

    After the last item `more` holds the other names and values, and `cut` says whether the body ended early.
    Raises Invalid (malformed) for what is no JSON.
    """

    def __init__(self, source: BinaryIO, names: tuple[str, ...] = ("contacts",)) -> None:
        self._source = source
        self._names = names
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._scan = json.JSONDecoder(strict=False, parse_constant=_no_number).raw_decode
        self._text = ""
        self._at = 0
        self._over = False
        self.more: dict[str, Any] = {}
        self.cut = False
        self.listed = False

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._body()
        except _CutError:
            self.cut = True
        except UnicodeDecodeError as error:
            raise Invalid("the body is no UTF-8", code="malformed") from error

    def _body(self) -> Iterator[Any]:
        first = self._peek()
        if first == "[":
            yield from self._items()
        elif first == "{":
            self._at += 1
            yield from self._members()
        else:
            raise Invalid("the body is no JSON object", code="malformed")
        if self._skip():
            raise Invalid("the body goes on behind its end", code="malformed")

    def _members(self) -> Iterator[Any]:
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            name = self._value()
            self._expect(":")
            if name in self._names and self._peek() == "[":
                yield from self._items()
            elif isinstance(name, str):
                self.more[name] = self._value()
            else:
                raise Invalid("this is no JSON", code="malformed")
            if self._expect(",}") == "}":
                return

    def _items(self) -> Iterator[Any]:
        self.listed = True
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._expect(",]") == "]":
                return

    def _value(self) -> Any:
        """One value. A number is only known to be whole when something stands behind it."""
        self._peek()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except RecursionError as error:
                raise Invalid("the body is nested too deeply", code="malformed") from error
            except ValueError as error:
                if not self._over:
                    self._more()
                    continue
                if not _open(self._text, error):
                    raise Invalid("this is no JSON", code="malformed") from error
                raise _CutError from error
            if end == len(self._text) and not self._over:
                self._more()
                continue
            self._at = end
            return value

    def _expect(self, signs: str) -> str:
        found = self._peek()
        if found not in signs:
            raise Invalid("this is no JSON", code="malformed")
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is not blank. Raises _CutError at the end."""
        if not self._skip():
            raise _CutError
        return self._text[self._at]

    def _skip(self) -> bool:
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def _more(self) -> bool:
        """Reads another block; what was used is dropped. The more one value needs, the more is read at once."""
        if self._over:
            return False
        kept = self._text[self._at :]
        if len(kept) > LONGEST_OBJECT:
            raise Invalid("one contact is larger than 8 MiB", code="limit")
        block = self._source.read(max(_BLOCK, len(kept)))
        self._over = not block
        self._text, self._at = kept + self._decode(block), 0
        return not self._over

    def _decode(self, block: bytes) -> str:
        try:
            return self._decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            if block:
                raise
            return ""  # cut inside a character


class _CutError(Exception):
    """The text ends before its JSON does."""


def _open(text: str, error: ValueError) -> bool:
    """Whether the value that cannot be read only lacks its end: what stands at the fault may become something right."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    rest = text[error.pos :].rstrip()
    if "Unterminated" in error.msg or "escape" in error.msg:
        return "Unterminated" in error.msg or len(rest) < 7
    return rest == "" or rest == "-" or any(word.startswith(rest) for word in ("true", "false", "null"))


def _no_number(word: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise ValueError(word)
