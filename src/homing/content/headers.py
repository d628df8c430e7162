"""The one door for header values, and their form on the wire (RFC 5322, RFC 2047, RFC 2231).

Every value that is not a constant of this package goes through `checked` before it becomes part of a header.
"""

import re
from binascii import b2a_base64
from datetime import UTC, datetime
from urllib.parse import quote

import idna

from homing.content.failure import RenderError

_FORBIDDEN = re.compile("[\r\n\0\ud800-\udfff]")
_PLAIN = re.compile(r"[ -~]*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_NAME = re.compile(r"[A-Za-z0-9'+/_-]+(?: [A-Za-z0-9'+/_-]+)*")  # most names: need no look at their parts
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_LOCAL = re.compile(r"[^\x00-\x20\x7f()<>\[\]:;@\\,\"\ud800-\udfff\x80-\x9f]+|\"(?:[^\x00-\x1f\x7f\"\\]|\\[ -~])*\"")
LINE = 76
WORD_LIMIT = 900
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_safe(value: str) -> bool:
    """Whether the door lets the value through."""
    return not _FORBIDDEN.search(value)


def checked(value: str, header: str) -> str:
    """The door: the value itself. Raises RenderError `unsafe_header` on CR, LF, NUL and lone surrogates."""
    if _FORBIDDEN.search(value):
        raise RenderError("unsafe_header", header)
    return value


def line(name: str, value: str) -> str:
    """A whole unstructured header, folded at 76 and encoded when it must be; ends with CRLF."""
    value = checked(value, name).strip(" \t")
    if _PLAIN.fullmatch(value) and "=?" not in value:
        if len(name) + 2 + len(value) <= LINE:
            return f"{name}: {value}\r\n"
        words = re.split(r"(?<=\S)(?= +\S)", value)
        if max(map(len, words)) <= WORD_LIMIT:
            return folded(f"{name}:", [f" {words[0]}", *words[1:]])
    return f"{name}: {encoded(value, len(name) + 2)}\r\n"


def folded(start: str, words: list[str]) -> str:
    """`start` and the words (each with the space before it), broken before a word that would pass column 76."""
    parts, width = [start], len(start)
    for number, word in enumerate(words):
        if width + len(word) > LINE and number:
            parts.append("\r\n")
            width = 0
        parts.append(word)
        width += len(word)
    return "".join(parts) + "\r\n"


def encoded(text: str, column: int) -> str:
    """`text` as encoded words (RFC 2047, base64), lines of at most 76; `column`: where the first begins."""
    data = text.encode()
    words: list[str] = []
    start = 0
    room = _room(column)
    while start < len(data) or not words:
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # never cut a character in two
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(data[start:end], newline=False).decode('ascii')}?=")
        start, room = end, _room(1)
    return "\r\n ".join(words)


def _room(column: int) -> int:
    return max((min(LINE - column, 75) - 12) // 4 * 3, 12)


def address(value: str, header: str) -> str:
    """An address as it stands in a header: domain as A-labels (RFC 5890), a non-ASCII local part as it is (RFC 6532).

    Raises RenderError `unsafe_header` or `bad_address`.
    """
    if _ADDRESS.fullmatch(value) and len(value) <= 254:
        return value
    local, _, domain = checked(value, header).rpartition("@")
    if not _LOCAL.fullmatch(local) or len(value) > 320:
        raise RenderError("bad_address", header)
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise RenderError("bad_address", header) from None
    return f"{local}@{ascii_domain}"


def mailbox(name: str, display: str, bare: str) -> str:
    """A whole From, To or Reply-To header: `display` may be empty; `bare` went through `address`. Ends with CRLF."""
    if _NAME.fullmatch(display) and len(name) + len(display) + len(bare) + 5 <= LINE:
        return f"{name}: {display} <{bare}>\r\n"
    display = checked(display, name).strip()
    if not display:
        return f"{name}: {bare}\r\n" if len(name) + 2 + len(bare) <= LINE else f"{name}:\r\n {bare}\r\n"
    shown = _phrase(display, len(name) + 2)
    last = shown.rpartition("\n")[2]
    width = len(last) + (len(name) + 2 if last is shown else 0)
    gap = " " if width + len(bare) + 3 <= LINE else "\r\n "
    return f"{name}: {shown}{gap}<{bare}>\r\n"


def _phrase(display: str, column: int) -> str:
    if len(display) + column + 2 <= LINE and "=?" not in display and _PLAIN.fullmatch(display):
        if _PHRASE.fullmatch(display):
            return display
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        if len(escaped) + column + 2 <= LINE:
            return f'"{escaped}"'
    return encoded(display, column)


def file_name(name: str) -> str:
    """The `filename` parameter of Content-Disposition, lines of at most 76 (RFC 2231 where it must)."""
    name = checked(name, "filename").strip().replace("/", "_").replace("\\", "_")
    if _PLAIN.fullmatch(name) and len(name) <= 60:
        escaped = name.replace('"', '\\"')
        if len(escaped) <= 60:
            return f'filename="{escaped}"'
    pieces = re.findall(r"(?:%..|[^%]){1,18}", quote(name, safe=""))
    pieces[0] = f"utf-8''{pieces[0]}"
    if len(pieces) == 1:
        return f"filename*={pieces[0]}"
    return ";\r\n ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))


def date(seconds: int) -> str:
    """The Date header's value (RFC 5322 section 3.3) for Unix seconds, always +0000."""
    moment = datetime.fromtimestamp(seconds, UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return (
        f"{day}, {moment.day:02d} {month} {moment.year} {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} +0000"
    )
