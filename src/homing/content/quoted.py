"""Quoted-printable bodies (RFC 2045 section 6.7), with the lines that never change encoded once."""

from binascii import b2a_qp


class Lines(dict[str, str]):
    """Line of text -> its encoded form. Filled at compile time with what is fixed; other lines are encoded as they come."""

    def __missing__(self, line: str) -> str:
        return encode_line(line)


def encode_line(line: str) -> str:
    """One line without its end as quoted-printable: ASCII, at most 76 characters a line, soft breaks CRLF."""
    return b2a_qp(line.encode(), quotetabs=False, istext=True).decode("ascii").replace("\n", "\r\n")


def encode(text: str, lines: Lines) -> str:
    """Lines joined by LF as encoded lines joined by CRLF. CR and CRLF of values become line ends too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\r\n".join(map(lines.__getitem__, text.split("\n")))


def keep(lines: Lines, run: str) -> str:
    """A line that stands for a run of fixed lines; values cannot hold it, since they hold no NUL (recipient.py)."""
    token = f"\0{len(lines)}"
    lines[token] = "\r\n".join(map(encode_line, run.split("\n")))
    return token
