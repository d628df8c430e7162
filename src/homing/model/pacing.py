"""How fast a sender may speak: a random gap between messages, a rest after each so many, and a rate (R21)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from homing.model.errors import Invalid

DAY_MS = 86_400_000
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
LEAST_SEEN = 50
MOST_BOUNCED = 0.05
MOST_COMPLAINED = 1
"""Of the last 1,000 of a sender that warms up: more than 5 % bounced, or more than 0.1 % complained, stops its campaign."""
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, None: 1.0}


def parse_duration(text: str) -> float:
    """'30s', '5m', '1.5h', '250ms', '2d' or a bare number of seconds, as seconds."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise Invalid(f"'{text}' is no duration; write 30s, 5m, 1.5h or 250ms")
    return float(found[1]) * _SECONDS[found[2]]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of seconds from which a wait is drawn."""

    least: float
    most: float

    def draw(self, fraction: float) -> float:
        return self.least + (self.most - self.least) * fraction

    @classmethod
    def parse(cls, text: str) -> "Span":
        """'1s-3s' or '2s'."""
        low, _, high = text.partition("-")
        least = parse_duration(low)
        most = parse_duration(high) if high else least
        if most < least:
            raise Invalid(f"'{text}': the first duration is the shorter one; write {high}-{low}")
        return cls(least, most)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in `seconds`."""

    count: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """'20/s', '100/m' or '5000/h'."""
        number, _, unit = text.strip().partition("/")
        if not number.isdigit() or int(number) < 1 or unit not in _UNITS:
            raise Invalid(f"'{text}' is no rate; write 20/s, 100/m or 5000/h")
        return cls(int(number), _UNITS[unit])


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A new sender's plan: so many on its first day, on each following one `growth` times as many, and never more than `top`.

    `people`: it counts whom a linked device writes to for the first time; else all messages.
    """

    first: int
    growth: float
    top: int = 10**9
    people: bool = False

    def most(self, day: int) -> int:
        """At most so many, on the `day`-th day (from 1)."""
        return int(min(self.first * self.growth ** min(max(day, 1) - 1, 1_000), self.top))

    def most_at(self, now: int, since: int) -> int:
        """At most so many on the day of `now`, where the first began at `since`; both wall milliseconds."""
        return self.most(1 + (now - since) // DAY_MS)

    @classmethod
    def parse(cls, text: str) -> "WarmUp":
        """'50x1.5': 50 on the first day, half as many more each day; '20x1.5..150': up to 150."""
        found = re.fullmatch(r"(\d{1,9})x(\d{1,3}(?:\.\d{1,3})?)(?:\.\.(\d{1,9}))?", text.strip().lower())
        first, growth, top = found.groups() if found else ("0", "0", None)
        if int(first) < 1 or float(growth) < 1 or (top is not None and int(top) < int(first)):
            raise Invalid(
                f"'{text}' is no warm-up; write 50x1.5: 50 on the first day, half as many more each day; 50x1.5..900: up to 900"
            )
        return cls(int(first), float(growth), int(top) if top else 10**9)

    def harm(self, seen: int, bounced: int, complained: int) -> str | None:
        """Why the plan must stop, in words; `seen`: of at most the last 1,000 that were accepted."""
        if seen >= LEAST_SEEN and bounced > MOST_BOUNCED * seen:
            return f"the warm-up stops: {bounced} of the last {seen} bounced, more than 5%"
        if complained > MOST_COMPLAINED:
            return f"the warm-up stops: {complained} of the last {seen} complained, more than 0.1% of 1,000"
        return None


LINKED = "20x1.5..150"
"""How a linked device that paces carefully warms up unless told otherwise: 20, 30, 45, ... up to 150 new people a day."""


class Pace(StrEnum):
    OFF = "off"
    GENTLE = "gentle"
    STEADY = "steady"
    CAREFUL = "careful"


@dataclass(frozen=True, slots=True)
class Pacing:
    """Gentle by default: 1-3 s between messages, 30-60 s of rest after every 50."""

    pace: Pace = Pace.OFF
    delay: Span = Span(1.0, 3.0)
    rest_every: int = 50
    rest: Span = Span(30.0, 60.0)
    per_minute: int = 20  # of "steady"

    @property
    def off(self) -> bool:
        return self.pace is Pace.OFF

    def gap(self, sent_before: int, fraction: float) -> float:
        """Seconds to wait after the message that made `sent_before` messages in all."""
        match self.pace:
            case Pace.OFF:
                return 0.0
            case Pace.STEADY:
                return 60.0 / max(self.per_minute, 1)
            case Pace.GENTLE | Pace.CAREFUL:
                resting = self.rest_every > 0 and sent_before > 0 and sent_before % self.rest_every == 0
                return (self.rest if resting else self.delay).draw(fraction)


CAREFUL = Pacing(Pace.CAREFUL, Span(8.0, 20.0), 40, Span(180.0, 360.0))
"""What users of linked phones report as not getting numbers banned; nobody promises it."""
