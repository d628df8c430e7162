"""Reads a message for showing. Nothing in it is trusted, and none of it can raise: what is broken is shown as it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from html.parser import HTMLParser

_POLICY = policy.compat32
MOST_LINKS = 200
MOST_MULTIPARTS = 30
"""Nested deeper, a message takes seconds to take apart; it is shown as one text instead."""
MOST_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is neither the text nor the HTML. `number` is its place among them."""

    number: int
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and what it says."""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A message in parts."""

    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]
    links: tuple[Link, ...]


def header_value(raw: bytes, name: bytes) -> str:
    """The first header of that name, unfolded; empty when there is none. Quick: looks at the header block only."""
    head = head_of(raw)
    found = re.search(rb"^" + re.escape(name) + rb":[ \t]*((?:.*)(?:\r\n[ \t].*)*)", head, re.IGNORECASE | re.MULTILINE)
    return re.sub(r"\s*\r\n\s*", " ", found[1].decode("utf-8", "replace")).strip() if found else ""


def decoded(value: str) -> str:
    """RFC 2047 words as text; left as it is when it is broken."""
    try:
        text = str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):  # LookupError: a charset that nobody knows
        return value
    return text.encode("utf-8", "replace").decode("utf-8")


def head_of(raw: bytes) -> bytes:
    """The header block without the blank line, at most 256 KiB of it."""
    end = raw.find(b"\r\n\r\n", 0, MOST_HEAD)
    return raw[: end if end >= 0 else MOST_HEAD]


def headers_of(raw: bytes, *names: str) -> dict[str, str]:
    """Some headers, decoded, by lower-case name; empty text for those that are absent."""
    message = BytesHeaderParser(policy=_POLICY).parsebytes(head_of(raw) + b"\r\n\r\n")
    return {name.lower(): decoded(str(message.get(name, ""))) for name in names}


def read(raw: bytes) -> Reading:
    """The whole message."""
    message = _parse(raw)
    headers = tuple((name, re.sub(r"\s*\r?\n\s*", " ", decoded(str(value)))) for name, value in message.items())
    parts = _sort(message)
    html = _text_of(parts.html) if parts.html else None
    attachments = tuple(_describe(part, number) for number, part in enumerate(parts.attachments))
    return Reading(headers, _text_of(parts.text) if parts.text else None, html, attachments, links_of(html or ""))


def attachment(raw: bytes, number: int) -> tuple[Attachment, bytes] | None:
    """One attachment with its bytes."""
    parts = _sort(_parse(raw)).attachments
    if not 0 <= number < len(parts):
        return None
    return _describe(parts[number], number), _bytes_of(parts[number])


def _parse(raw: bytes) -> Message:
    if len(re.findall(rb"(?i)\bmultipart/", raw)) <= MOST_MULTIPARTS:
        return BytesParser(policy=_POLICY).parsebytes(raw)
    flat = BytesHeaderParser(policy=_POLICY).parsebytes(head_of(raw) + b"\r\n\r\n")
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del flat[name]
    flat.set_payload(raw[len(head_of(raw)) :].decode("utf-8", "replace"))
    return flat


@dataclass(slots=True)
class _Parts:
    text: Message | None = None
    html: Message | None = None
    attachments: list[Message] = field(default_factory=list)


def _sort(message: Message) -> _Parts:
    """The first text, the first HTML, and everything else."""
    parts = _Parts()
    for part in _leaves(message):
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or bool(_filename(part))
        if kind == "text/plain" and not attached and parts.text is None:
            parts.text = part
        elif kind == "text/html" and not attached and parts.html is None:
            parts.html = part
        else:
            parts.attachments.append(part)
    return parts


def _describe(part: Message, number: int) -> Attachment:
    name = decoded(_filename(part)) or f"part-{number + 1}"
    return Attachment(number, name, part.get_content_type(), len(_bytes_of(part)))


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _bytes_of(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError):
        data = None
    return data if isinstance(data, bytes) else str(part.get_payload()).encode("utf-8", "replace")


def _text_of(part: Message) -> str:
    data = _bytes_of(part)
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError):
        return ""


class _Links(HTMLParser):
    """Collects links in the order in which they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Link] = []
        self._target: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._target, self._text = dict(attrs).get("href"), []

    def handle_data(self, data: str) -> None:
        if self._target is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target is not None and len(self.found) < MOST_LINKS:
            self.found.append(Link(self._target, " ".join("".join(self._text).split())))
            self._target = None


def links_of(html: str) -> tuple[Link, ...]:
    """The links of a page of HTML, at most 200."""
    reader = _Links()
    try:
        reader.feed(html)
    except AssertionError:  # CPython's parser asserts on some broken declarations
        return tuple(reader.found)
    return tuple(reader.found)
