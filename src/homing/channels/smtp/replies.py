"""SMTP replies from bytes, however they are cut, within hard limits (RFC 5321 section 4.2, RFC 2034)."""

import re

from homing.model.outcome import WORDS_LIMIT, Words, clean_words

MAX_LINE = 8_192
MAX_LINES = 100
MAX_REPLY = 65_536

_CODES = {str(code).encode(): code for code in range(200, 600)}
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|$)")


class Reply:
    """One complete reply. Text and enhanced code are worked out only when somebody asks."""

    __slots__ = ("_enhanced", "_text", "code", "lines")

    def __init__(self, code: int, lines: list[bytes]) -> None:
        self.code = code
        self.lines = lines  # the text of each line, without code and separator
        self._enhanced: str | None = None
        self._text: str | None = None

    @property
    def enhanced(self) -> str:
        """'5.1.1', or '' when there is none or its class contradicts the code."""
        if self._enhanced is None:
            if self.lines[0][:6] == b"2.0.0 " and self.code == 250:  # what acceptance nearly always says
                self._enhanced = "2.0.0"
                return self._enhanced
            found = _ENHANCED.match(self.lines[0])
            own = found is not None and int(found[1]) == self.code // 100
            self._enhanced = found[0].decode().strip() if found and own else ""
        return self._enhanced

    @property
    def text(self) -> str:
        """The words of all lines, enhanced codes taken off, as data: at most 512 characters, no control characters."""
        if self._text is None:
            lines = [line[found.end() :] if (found := _ENHANCED.match(line)) else line for line in self.lines]
            joined = lines[0] if len(lines) == 1 else b" ".join(lines)
            text = joined[: WORDS_LIMIT * 4].decode("utf-8", "replace")
            self._text = text[:WORDS_LIMIT] if text.isprintable() else clean_words(text)
        return self._text

    @property
    def codes(self) -> str:
        """'550 5.1.1', or '550'."""
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)

    def words(self, stage: str) -> Words:
        return Words(stage, self.codes, self.text)


def welcome(data: bytes) -> bytes | None:
    """What nearly every read brings, looked at as a whole: one-line replies 250, 250, 354, alone or behind a 250.

    Gives the line of that first 250 (it answers the dot before), b"" when there is none, and None for anything else.
    """
    if data[:4] != b"250 " or data[-1:] != b"\n" or len(data) > MAX_LINE:
        return None
    lines = data.split(b"\n")
    if lines[1][:4] != b"250 " or len(lines) < 4:
        return None
    if len(lines) == 4:
        return b"" if lines[2][:4] == b"354 " else None
    return lines[0] if len(lines) == 5 and lines[2][:4] == b"250 " and lines[3][:4] == b"354 " else None


class ReplyParser:
    """Bytes in, complete replies out. `broken` tells why nothing more can be believed on this connection."""

    __slots__ = ("_code", "_lines", "_size", "_tail", "broken", "torn")

    def __init__(self) -> None:
        self.torn = False  # whether a reply has begun that is not complete
        self._tail = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._size = 0
        self.broken = ""

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. After garbage `broken` is set, and everything later is ignored."""
        replies: list[Reply] = []
        if self.broken != "":
            return replies
        lines = (self._tail + data if self._tail else data).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            if (
                line[3:4] == b" " and line[:3] in _CODES and not self._lines and len(line) < MAX_LINE
            ):  # nearly all there are
                replies.append(Reply(_CODES[line[:3]], [line[4:-1] if line[-1:] == b"\r" else line[4:]]))
                continue
            reply = self._line(line[:-1] if line.endswith(b"\r") else line)
            if reply is not None:
                replies.append(reply)
            if self.broken != "":
                return replies
        self.torn = bool(self._tail or self._lines)
        if len(self._tail) > MAX_LINE or self._size + len(self._tail) > MAX_REPLY:
            self._break("reply too long")
        return replies

    def _break(self, why: str) -> None:
        self.broken = why
        self._tail = b""
        self._lines = []
        self.torn = False

    def _line(self, line: bytes) -> Reply | None:
        code, mark = line[:3], line[3:4]
        self._size += len(line)
        if len(line) > MAX_LINE or self._size > MAX_REPLY or len(self._lines) >= MAX_LINES:
            self._break("reply too long")
            return None
        if code not in _CODES:
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
