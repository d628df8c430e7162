"""The filters that need Python: dates, numbers, parts of links, and the check of links that come from data."""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from urllib.parse import quote

from homing.content.failure import RenderError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DIRECTIVES = "dmyYHMSjBbAa%"
"""What a date pattern may hold: strftime's letters, always in English, and %-d and the like without a leading zero."""

_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_SCHEME = re.compile(r"(?:https?|mailto|tel):|[/#?]", re.IGNORECASE)
_WIDE = Context(prec=80)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?")


def unknown_directive(pattern: str) -> str | None:
    """The first part of a date pattern that we do not know, or None."""
    return next((m[0] for m in _DIRECTIVE.finditer(pattern) if not m[2] or m[2] not in DIRECTIVES), None)


def date(value: object, pattern: str, variable: str) -> str:
    """An ISO 8601 date or date and time in the pattern's form; empty stays empty. Time zones are not converted.

    Raises RenderError `not_a_date`.
    """
    if value == "":
        return ""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise RenderError("not_a_date", variable) from None
    return _DIRECTIVE.sub(lambda m: _part(moment, m[1] == "-", m[2]), pattern)


def _part(moment: datetime, bare: bool, letter: str) -> str:
    names = {"B": _MONTHS[moment.month - 1], "A": _DAYS[moment.weekday()], "%": "%"}
    names |= {"b": names["B"][:3], "a": names["A"][:3]}
    if letter in names:
        return names[letter]
    numbers = {"d": (moment.day, 2), "m": (moment.month, 2), "y": (moment.year % 100, 2), "Y": (moment.year, 4)}
    numbers |= {"H": (moment.hour, 2), "M": (moment.minute, 2), "S": (moment.second, 2)}
    numbers |= {"j": (moment.timetuple().tm_yday, 3)}
    value, width = numbers[letter]
    return str(value) if bare else f"{value:0{width}d}"


def number(value: object, decimals: int, thousands: str, point: str, variable: str) -> str:
    """A number with its thousands marked; `decimals` -1 keeps those it has; empty stays empty.

    Raises RenderError `not_a_number`.
    """
    text = str(value).strip()
    if not text:
        return ""
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise RenderError("not_a_number", variable)
    if decimals < 0:
        decimals = len(text.partition(".")[2])
    rounded = Decimal(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    return f"{rounded:,f}".replace(",", "\0").replace(".", point).replace("\0", thousands)


def link(value: object, variable: str) -> str:
    """A value at the beginning of href or src: http, https, mailto, tel, or a path. Raises RenderError `bad_link`."""
    text = str(value)
    if text and not _SCHEME.match(text):
        raise RenderError("bad_link", variable)
    return text


def urlencode(value: object) -> str:
    """A value as a part of a link: all but letters, digits and -._~ as the percent signs of its UTF-8 (RFC 3986, 2.1).

    A slash, too: what stands between two of them, or behind a question mark, stays one part.
    """
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")
