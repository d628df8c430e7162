"""What people write about a campaign's course ("08:00-20:00", "5%", "tomorrow's time"), checked and made plain values.

The command line and the API share these, so that both say the same about the same mistake.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from homing.model.campaign import Mode
from homing.model.errors import Fault, Invalid

_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")
_DIGITS = 9  # nobody counts further in one campaign
_HEADER_NAME = re.compile(r"[!-9;-~]{1,76}", re.ASCII)
OURS = frozenset(
    {
        "from",
        "to",
        "cc",
        "bcc",
        "sender",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "mime-version",
        "return-path",
        "received",
    }
)
"""Headers that Homing writes itself, so nobody else may: content-* and x-homing-* are among them by their beginning."""


def wrong(pointer: str, detail: str) -> Invalid:
    """An Invalid with one fault."""
    return Invalid(detail, faults=(Fault(pointer, detail),))


def parse_zone(name: str, pointer: str = "/window/zone") -> ZoneInfo:
    """'Europe/Berlin' or 'UTC'. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise wrong(pointer, f"'{name}' is no time zone; write one like Europe/Berlin or UTC") from error


def parse_window(given: str | Mapping[str, Any], zone: str | None = None) -> dict[str, str]:
    """'08:00-20:00', or {"opens", "closes", "zone"}, as {"opens", "closes", "zone"}; may span midnight. Raises Invalid."""
    if isinstance(given, str):
        found = _HOURS.fullmatch(given.strip())
        if found is None:
            raise wrong("/window", f"'{given}' are no sending hours; write 08:00-20:00")
        opens, closes = found[1], found[2]
    else:
        opens, closes = str(given.get("opens", "")), str(given.get("closes", ""))
        zone = zone or given.get("zone")
    parse_zone(zone or "UTC")
    try:
        first, last = _clock(opens), _clock(closes)
    except (ValueError, TypeError) as error:
        raise wrong("/window", f"'{opens}-{closes}' are no sending hours; write 08:00-20:00") from error
    return {"opens": first.isoformat("minutes"), "closes": last.isoformat("minutes"), "zone": zone or "UTC"}


def _clock(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def parse_share(given: str | float) -> float:
    """'5%', '0.05', 0.05 or 0 (off) as a share from 0 to 1. Raises Invalid."""
    text = str(given).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise wrong("/stop_if_failed", f"'{given}' is no share; write 5% (0 switches the rule off)")
    return share


def parse_time(given: str, zone: str | None = None, pointer: str = "/start_at") -> int:
    """An ISO 8601 time as wall milliseconds; without an offset it is in `zone`, else in UTC. Raises Invalid."""
    try:
        found = datetime.fromisoformat(given.strip())
    except ValueError as error:
        raise wrong(pointer, f"'{given}' is no time; write 2030-05-01T08:00:00+02:00") from error
    if not 1970 < found.year < 9999:  # its neighbours in other zones are times that can be told, too
        raise wrong(pointer, f"'{given}' is too far away; write 2030-05-01T08:00:00+02:00")
    if found.tzinfo is None:
        found = found.replace(tzinfo=parse_zone(zone) if zone else UTC)
    return int(found.timestamp() * 1000)


def parse_headers(given: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Extra header lines as [name, value] pairs. Raises Invalid for those that Homing writes itself and for line breaks."""
    pairs = []
    for name, value in given:
        low = name.strip().lower()
        if not _HEADER_NAME.fullmatch(name.strip()):
            raise wrong("/headers", f"'{name}' is no name of a header; write 'Name: value'")
        if low in OURS or low.startswith(("content-", "x-homing-")):
            raise wrong("/headers", f"the header {name.strip()} is written by Homing itself")
        if any(char in value for char in "\r\n\0"):
            raise wrong("/headers", f"the header {name.strip()} has a line break in it")
        pairs.append([name.strip(), value.strip()])
    return pairs


def parse_mode(given: object) -> Mode:
    """'server' or 'attended'. Raises Invalid."""
    if given not in tuple(Mode):
        raise wrong("/mode", f"there is no mode '{given}'; write server or attended")
    return Mode(str(given))


def parse_count(given: int | str, pointer: str) -> int:
    """A whole number from 1 to 999,999,999. Raises Invalid."""
    text = str(given).strip()
    if isinstance(given, bool) or not text.isdecimal() or len(text) > _DIGITS or int(text) < 1:
        raise wrong(pointer, f"{pointer.lstrip('/')}: '{text[:20]}' is no whole number from 1 to {10**_DIGITS - 1}")
    return int(text)
