"""How many people a linked device may write to for the first time in a day. Whom it wrote to, or who wrote, is no stranger."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homing.model.outlook import new_cap
from homing.model.sender import SenderOptions


@dataclass(frozen=True, slots=True)
class NewcomerCap:
    """At most `most` from `since` until `until` (wall milliseconds): a day where the number is at home."""

    most: int
    since: int
    until: int


def cap_of(options: SenderOptions, now: int) -> NewcomerCap | None:
    """The cap that is in force now; None: none. Days begin at midnight, when nobody sends: a moving window would let
    somebody wait for each single place in it."""
    most = new_cap(options, now)
    if most is None:
        return None
    zone = ZoneInfo(options.home or "UTC")
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
    starts = [datetime.combine(day, time(), zone) for day in (today, today + timedelta(days=1))]
    since, until = (int(start.timestamp() * 1000) for start in starts)
    return NewcomerCap(most, since, until)
