"""Quoted-printable bodies (RFC 2045 section 6.7), with the lines that never change encoded once."""

import re
from binascii import b2a_qp
from collections.abc import Mapping

_MARK = re.compile(rb"=00(?:(?:=\r?\n)?=00)*")
STAND_IN = "\0" * 5
"""How the line begins that stands for fixed lines: more NULs than a mark has."""


class Lines(dict[bytes, bytes]):
    """An encoded line -> what stands on the wire for it: for a token the fixed lines that it was given for, else the line itself.

    Tokens are lines that begin with NULs, which no value can hold (recipient.py). One to four of them inside a line are the
    mark of a link (slots.py); `fill` says what stands for each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dotted = False  # whether a fixed line begins with a dot
        self.size = 0  # bytes of what is fixed
        self._marked: list[tuple[bytes, list[bytes], list[int]]] = []  # token, what stands between marks, the marks
        self._tokens: Mapping[int, bytes] = {}

    def fill(self, tokens: Mapping[int, str]) -> None:
        """What stands for each mark, by its number of NULs, in the next message."""
        self._tokens = {mark: token.encode() for mark, token in tokens.items()}
        for name, pieces, marks in self._marked:
            self[name] = b"".join(self._around(pieces, marks))

    def _around(self, pieces: list[bytes], marks: list[int]) -> list[bytes]:
        """The token of a link on a line of its own, between soft breaks: none of them cuts it, and no line gets too long."""
        made = [pieces[0]]
        for mark, piece in zip(marks, pieces[1:], strict=True):
            made += (b"=\r\n", self._tokens[mark], b"=\r\n", piece)
        return made

    def unmarked(self, encoded: bytes) -> bytes:
        """Encoded lines with LF between them, each mark of a link replaced."""
        return _MARK.sub(self._token, encoded)

    def _token(self, found: re.Match[bytes]) -> bytes:
        token = self._tokens.get(found[0].count(b"=00"))
        return found[0] if token is None else b"=\n%b=\n" % token

    def __missing__(self, line: bytes) -> bytes:
        return line

    def keep(self, run: bytes) -> str:
        """The token for fixed lines, which are encoded already and have CRLF between them."""
        number = len(self)
        name = b"=00" * len(STAND_IN) + b"%d" % number
        self[name] = run
        self.dotted = self.dotted or run.startswith(b".") or b"\r\n." in run
        self.size += len(run)
        marks = [mark.count(b"=00") for mark in _MARK.findall(run)]
        if marks:
            self._marked.append((name, _MARK.split(run), marks))
        return f"{STAND_IN}{number}"


def encode_line(line: str) -> bytes:
    """One line without its end as quoted-printable: ASCII, at most 76 characters a line, soft breaks CRLF."""
    return b2a_qp(line.encode(), istext=True).replace(b"\n", b"\r\n")


def encode_lines(text: str) -> bytes:
    """Lines joined by LF as encoded lines joined by CRLF."""
    return b"\r\n".join(map(encode_line, text.split("\n")))


def encode(text: str, lines: Lines, *, inline: bool = False) -> tuple[bytes, bool]:
    """Lines joined by LF, tokens among them, as encoded lines joined by CRLF; and whether one of them begins with a dot.

    CR and CRLF of values become line ends too. `inline`: marks of links may stand in lines that vary.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if " \n" in text or "\t\n" in text or text[-1:] in (" ", "\t"):
        # A blank at the end of a line is encoded; of many lines at once that may make one of 78 characters.
        encoded = b"\n".join(encode_line(line).replace(b"\r\n", b"\n") for line in text.split("\n"))
    else:
        encoded = b2a_qp(text.encode(), istext=True)
    if inline:
        encoded = lines.unmarked(encoded)
    dotted = lines.dotted or encoded[:1] == b"." or b"\n." in encoded
    return b"\r\n".join(map(lines.__getitem__, encoded.split(b"\n"))), dotted
