"""Takes a rendered message apart into what Mail Send wants as JSON: the same text, HTML and headers that SMTP would carry.

It reads what Homing writes (RFC 2045, RFC 2046, RFC 2047): CRLF lines, quoted-printable or base64 bodies, multipart/alternative
inside multipart/mixed. It is no reader for foreign mail.
"""

import re
from base64 import b64decode
from binascii import a2b_base64, a2b_qp
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=(?:\s+(?==\?utf-8\?b\?))?", re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="([^"]+)"')
_TYPE = re.compile(r"[^;\s]+")
_PIECE = re.compile(r"filename\*\d+\*=([^;]*)")
_FOLD = re.compile(r"\r\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. `content`: base64 without line ends."""

    filename: str
    content_type: str
    content: str


@dataclass(slots=True)
class Parts:
    """What a message consists of. `headers`: in their order, decoded, names as they were written."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    text: str | None = None
    html: str | None = None
    files: list[File] = field(default_factory=list)
    _first: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._first = {name.lower(): value for name, value in reversed(self.headers)}

    def header(self, name: str) -> str:
        """The first header of that name (lower case), or ''."""
        return self._first.get(name, "")


def take_apart(message: bytes) -> Parts:
    """The parts of a message as `content.Letter.build` makes it."""
    head, _, body = message.partition(b"\r\n\r\n")
    parts = Parts(read_headers(head))
    _walk(parts, parts.header("content-type"), parts.header("content-transfer-encoding"), "", body)
    return parts


def _walk(parts: Parts, kind: str, encoding: str, disposition: str, body: bytes) -> None:
    boundary = _BOUNDARY.search(kind) if kind.startswith("multipart/") else None
    if boundary is not None:
        for piece in _pieces(boundary[1].encode(), body):
            head, _, inner = piece.partition(b"\r\n\r\n")
            _walk(parts, *_described(head), inner)
        return
    if disposition.startswith("attachment"):
        found = _TYPE.match(kind)
        content = body.translate(None, b"\r\n").decode("ascii")
        parts.files.append(File(file_name(disposition), found[0] if found else "application/octet-stream", content))
        return
    text = _text(encoding.strip().lower(), body).decode("utf-8", "replace")
    if kind.startswith("text/html"):
        parts.html = text
    else:
        parts.text = text


@lru_cache(maxsize=256)
def _described(head: bytes) -> tuple[str, str, str]:
    """Type, encoding and disposition; the head of a part is the same in all of a campaign's messages."""
    own = {name.lower(): value for name, value in read_headers(head)}
    kind = own.get("content-type", "text/plain")
    return kind, own.get("content-transfer-encoding", ""), own.get("content-disposition", "")


def _with_newlines(text: bytes) -> bytes:
    """CRLF as LF; where every CR is half of one, leaving them out does it in a third of the time."""
    if text.count(b"\r") == text.count(b"\r\n"):
        return text.translate(None, b"\r")
    return text.replace(b"\r\n", b"\n")


def _pieces(boundary: bytes, body: bytes) -> list[bytes]:
    """What stands between the boundaries; the CRLF before one belongs to it."""
    found = (b"\r\n" + body).split(b"\r\n--" + boundary)
    return [piece.removeprefix(b"\r\n") for piece in found[1:] if not piece.startswith(b"--")]


def _text(encoding: str, body: bytes) -> bytes:
    """A text decoded, with LF for line ends. In quoted-printable a CR that is written as one belongs to a line end."""
    if encoding != "quoted-printable":
        return _with_newlines(a2b_base64(body) if encoding == "base64" else body)
    text = a2b_qp(body.translate(None, b"\r"))
    return _with_newlines(text) if b"\r" in text else text


def read_headers(head: bytes) -> list[tuple[str, str]]:
    """Unfolded and decoded."""
    lines = _FOLD.sub("", head.decode("utf-8", "replace")).split("\r\n")
    return [(name, decoded(value.strip())) for name, _, value in (line.partition(":") for line in lines) if name]


def decoded(value: str) -> str:
    """A header's value with its encoded words read (RFC 2047); white space between two of them does not count."""
    return _WORD.sub(lambda word: b64decode(word[1]).decode("utf-8", "replace"), value) if "=?" in value else value


def mailbox(value: str) -> tuple[str, str]:
    """A decoded From, To or Reply-To as display name and address."""
    name, found, address = value.rpartition("<")
    if not found:
        return "", value.strip()
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, address.rstrip("> ")


def file_name(disposition: str) -> str:
    """The file's name out of a Content-Disposition (RFC 2231)."""
    pieces = _PIECE.findall(disposition)
    whole = "".join(piece.strip() for piece in pieces)
    if not whole:
        single = re.search(r"filename\*=([^;]*)", disposition)
        whole = single[1].strip() if single else ""
    if whole:
        return unquote(whole.partition("''")[2])
    plain = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
    return re.sub(r"\\(.)", r"\1", plain[1]) if plain else "file"
