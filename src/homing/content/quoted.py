"""Quoted-printable bodies (RFC 2045 section 6.7), with the lines that never change encoded once."""

from binascii import b2a_qp


class Lines(dict[bytes, bytes]):
    """An encoded line -> what stands on the wire for it: for a token the fixed lines that it was given for, else the line itself.

    Tokens are lines that begin with NUL, which no value can hold (recipient.py): encoded, `=00` begins nothing else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dotted = False  # whether a fixed line begins with a dot
        self.size = 0  # bytes of what is fixed

    def __missing__(self, line: bytes) -> bytes:
        return line

    def keep(self, run: bytes) -> str:
        """The token for fixed lines, which are encoded already and have CRLF between them."""
        number = len(self)
        self[b"=00%d" % number] = run
        self.dotted = self.dotted or run.startswith(b".") or b"\r\n." in run
        self.size += len(run)
        return f"\0{number}"


def encode_line(line: str) -> bytes:
    """One line without its end as quoted-printable: ASCII, at most 76 characters a line, soft breaks CRLF."""
    return b2a_qp(line.encode(), istext=True).replace(b"\n", b"\r\n")


def encode_lines(text: str) -> bytes:
    """Lines joined by LF as encoded lines joined by CRLF."""
    return b"\r\n".join(map(encode_line, text.split("\n")))


def encode(text: str, lines: Lines) -> tuple[bytes, bool]:
    """Lines joined by LF, tokens among them, as encoded lines joined by CRLF; and whether one of them begins with a dot.

    CR and CRLF of values become line ends too.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if " \n" in text or "\t\n" in text or text[-1:] in (" ", "\t"):
        # A blank at the end of a line is encoded; of many lines at once that may make one of 78 characters.
        encoded = b"\n".join(encode_line(line).replace(b"\r\n", b"\n") for line in text.split("\n"))
    else:
        encoded = b2a_qp(text.encode(), istext=True)
    dotted = lines.dotted or encoded[:1] == b"." or b"\n." in encoded
    return b"\r\n".join(map(lines.__getitem__, encoded.split(b"\n"))), dotted
