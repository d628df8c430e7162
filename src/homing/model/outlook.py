"""How long a campaign will take at a sender's limits, told before the start: an honest number, not a hope."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from homing.model.campaign import Window
from homing.model.pacing import DAY_MS
from homing.model.sender import SenderOptions

_LONGEST = 3_650


def daily_cap(options: SenderOptions, now: int) -> int | None:
    """The cap that people are told: on new people where there is one, else on all messages of a day; None: no cap."""
    cap = new_cap(options, now)
    return message_cap(options, now) if cap is None else cap


def message_cap(options: SenderOptions, now: int) -> int | None:
    """Messages of a day at most: what a person set, and what the warm-up allows. One that never sent begins now."""
    plan = options.warm_up
    if plan is None or plan.people:
        return options.daily
    warm = plan.most_at(now, now if options.warm_from is None else options.warm_from)
    return warm if options.daily is None else min(warm, options.daily)


def new_cap(options: SenderOptions, now: int) -> int | None:
    """People written to for the first time, a day at most: what a person set, else what the warm-up allows; None: no cap."""
    plan = options.warm_up
    if options.daily_new is not None or plan is None or not plan.people:
        return options.daily_new
    return plan.most_at(now, now if options.warm_from is None else options.warm_from)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`seconds` from the start to the end; `ends_at`: wall milliseconds; `per_day`: messages on the first full day; `days`: on
    how many something is sent."""

    seconds: float
    ends_at: int
    per_day: int
    days: int = 1

    @property
    def words(self) -> str:
        """For people: "about 9 days, ends 4 May"."""
        end = datetime.fromtimestamp(self.ends_at / 1000, UTC)
        if self.seconds < 5_400:
            return f"about {max(1, round(self.seconds / 60))} min"
        if self.seconds < 36 * 3_600:
            return f"about {round(self.seconds / 3600)} h, ends {end:%d %b %H:%M} UTC"
        return f"about {round(self.seconds / 86_400)} days, ends {end.day} {end:%b}"


def outlook(
    count: int, options: SenderOptions, now: int, strangers: int | None = None, used: int = 0
) -> Outlook | None:
    """None where nothing holds the sender back: then only the provider decides. `strangers`: of `count`, whom the device never
    wrote to; None: all of them. `used`: of what WhatsApp lets it reach in 24 hours, by now."""
    gap = _gap(options)
    options = options if options.warm_from is not None else replace(options, warm_from=now)
    limits = (options.hours, message_cap(options, now), options.reach, new_cap(options, now))
    if gap <= 0 and all(limit is None for limit in limits):
        return None
    open_ms = _open_ms(options.hours)
    left, day, first = count, 0, 0
    new = count if strangers is None else strangers
    while left > 0 and day < _LONGEST:
        room = int(open_ms / 1000 / gap) if gap > 0 else left
        daily = message_cap(options, now + day * DAY_MS)
        room = room if daily is None else min(room, daily)
        room = room if options.reach is None else min(room, max(0, options.reach - (used if day == 0 else 0)))
        cap = new_cap(options, now + day * DAY_MS)
        met = min(room, new if cap is None else min(cap, new))
        today = min(room, met + left - new)
        new -= met
        first = first or today
        if today >= left:
            # Within the day: as fast as the gaps allow, or the last of the day's cap.
            lasts = left * gap if gap > 0 else 0.0
            seconds = day * 86_400 + lasts
            return Outlook(seconds, now + int(seconds * 1000), first, day + 1)
        left -= today if options.reach is not None else max(today, 1)
        day += 1
    return Outlook(day * 86_400.0, now + day * DAY_MS, first, day)


def _gap(options: SenderOptions) -> float:
    """Seconds from one message to the next, on the average."""
    pacing = options.pacing
    by_rate = 1 / options.rate.per_second if options.rate is not None else 0.0
    if pacing.off:
        return by_rate
    if pacing.pace == "steady":
        return max(by_rate, 60 / max(pacing.per_minute, 1))
    mean = (pacing.delay.least + pacing.delay.most) / 2
    if pacing.rest_every > 0:
        mean += (pacing.rest.least + pacing.rest.most) / 2 / pacing.rest_every
    return max(by_rate, mean)


def _open_ms(hours: Window | None) -> float:
    if hours is None:
        return float(DAY_MS)
    opens, closes = time.fromisoformat(hours.opens), time.fromisoformat(hours.closes)
    ZoneInfo(hours.zone)
    minutes = (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute)
    return (minutes if minutes > 0 else minutes + 1_440) * 60_000.0
