"""SMTP replies from bytes, however they are cut, within hard limits (RFC 5321 section 4.2, RFC 2034)."""

import re
from functools import cached_property

from homing.model.outcome import WORDS_LIMIT, Words, clean_words

MAX_LINE = 8_192
MAX_LINES = 100
MAX_REPLY = 65_536

_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|$)")


class Reply:
    """One complete reply. Text and enhanced code are worked out only when somebody asks."""

    def __init__(self, code: int, lines: list[bytes]) -> None:
        self.code = code
        self.lines = lines  # the text of each line, without code and separator

    @cached_property
    def enhanced(self) -> str:
        """'5.1.1', or '' when there is none or its class contradicts the code."""
        found = _ENHANCED.match(self.lines[0])
        if not found or int(found[1]) != self.code // 100:
            return ""
        return found[0].decode().strip()

    @cached_property
    def text(self) -> str:
        """The words of all lines, enhanced codes taken off, as data: at most 512 characters, no control characters."""
        parts = [_ENHANCED.sub(b"", line, count=1) if _ENHANCED.match(line) else line for line in self.lines]
        text = b" ".join(parts)[: WORDS_LIMIT * 4].decode("utf-8", "replace")
        return text[:WORDS_LIMIT] if text.isprintable() else clean_words(text)

    @property
    def codes(self) -> str:
        """'550 5.1.1', or '550'."""
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)

    def words(self, stage: str) -> Words:
        return Words(stage, self.codes, self.text)


class ReplyParser:
    """Bytes in, complete replies out. `broken` tells why nothing more can be believed on this connection."""

    __slots__ = ("_code", "_lines", "_size", "_tail", "broken")

    def __init__(self) -> None:
        self._tail = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._size = 0
        self.broken = ""

    @property
    def torn(self) -> bool:
        """Whether a reply has begun that is not complete."""
        return bool(self._tail or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. After garbage `broken` is set, and everything later is ignored."""
        replies: list[Reply] = []
        if self.broken != "":
            return replies
        lines = (self._tail + data if self._tail else data).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            reply = self._line(line[:-1] if line.endswith(b"\r") else line)
            if reply is not None:
                replies.append(reply)
            if self.broken != "":
                return replies
        if len(self._tail) > MAX_LINE or self._size + len(self._tail) > MAX_REPLY:
            self._break("reply too long")
        return replies

    def _break(self, why: str) -> None:
        self.broken = why
        self._tail = b""
        self._lines = []

    def _line(self, line: bytes) -> Reply | None:
        code, mark = line[:3], line[3:4]
        self._size += len(line)
        if len(line) > MAX_LINE or self._size > MAX_REPLY or len(self._lines) >= MAX_LINES:
            self._break("reply too long")
            return None
        if not (len(code) == 3 and code.isdigit() and b"2" <= code[:1] <= b"5"):
            self._break("not an SMTP reply")
            return None
        if mark not in (b" ", b"-", b"") or (self._lines and code != self._code):
            self._break("not an SMTP reply")
            return None
        self._lines.append(line[4:])
        if mark == b"-":
            self._code = code
            return None
        reply = Reply(int(code), self._lines)
        self._lines = []
        self._size = 0
        return reply
