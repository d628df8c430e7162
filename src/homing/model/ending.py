"""The soonest end that the limits of a campaign's senders allow: what a live view predicts is never earlier."""

from collections.abc import Sequence
from dataclasses import dataclass

from homing.model.outlook import message_cap
from homing.model.pacing import DAY_MS, Pace, Pacing
from homing.model.sender import SenderOptions

HOUR_MINUTES, DAY_MINUTES = 60, 1_440
_FURTHEST = 366 * 86_400.0  # beyond a year nobody plans


@dataclass(frozen=True, slots=True)
class Limited:
    """A sender: its limits, and what it sent in the last day, as (wall minute, messages)."""

    options: SenderOptions
    used: Sequence[tuple[int, int]] = ()


def is_capped(options: SenderOptions) -> bool:
    """Whether what it sent before says how much it may send now."""
    return options.hourly is not None or options.daily is not None or _warms_up(options)


def fastest(senders: Sequence[SenderOptions]) -> float | None:
    """Messages a second that they come to together at most; None: no limit of ours."""
    speeds = [_speed(each) for each in senders]
    return None if not speeds or None in speeds else sum(each for each in speeds if each is not None)


def soonest(count: int, senders: Sequence[Limited], now: int) -> float:
    """Seconds that `count` messages need at least at `senders` together; 0 where nothing of ours holds one of them back."""
    if not senders or count <= 0 or any(_is_free(each.options) for each in senders):
        return 0.0

    def enough(seconds: float) -> bool:
        return sum(_most_in(each, now, seconds) for each in senders) >= count

    high = 1.0
    while not enough(high) and high < _FURTHEST:
        high *= 2
    low = high / 2 if high > 1 else 0.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _warms_up(options: SenderOptions) -> bool:
    return options.warm_up is not None and not options.warm_up.people


def _is_free(options: SenderOptions) -> bool:
    return options.rate is None and options.pacing.off and not is_capped(options)


def _speed(options: SenderOptions) -> float | None:
    """Messages a second while it does not rest."""
    speeds = [] if options.rate is None else [options.rate.per_second]
    pacing = options.pacing
    if pacing.pace is Pace.STEADY:
        speeds.append(max(pacing.per_minute, 1) / 60)
    elif not pacing.off and pacing.delay.least > 0:
        speeds.append(1 / pacing.delay.least)
    return min(speeds, default=None)


def _most_in(of: Limited, now: int, seconds: float) -> float:
    """Messages that it may send in the next `seconds`: the least that one of its limits allows."""
    options, most = of.options, float("inf")
    if options.rate is not None:
        most = seconds * options.rate.per_second
    if not options.pacing.off:
        most = min(most, _at_pace(options.pacing, seconds))
    if options.hourly is not None:
        most = min(most, _under_cap(of.used, options.hourly, HOUR_MINUTES, now, seconds))
    if options.daily is not None or _warms_up(options):
        whole, over = divmod(seconds, 86_400)
        caps = [message_cap(options, now + day * DAY_MS) or 0 for day in range(int(whole) + 1)]
        most = min(most, sum(caps[:-1]) + _under_cap(of.used, caps[-1], DAY_MINUTES, now, over))
    return most


def _at_pace(pacing: Pacing, seconds: float) -> float:
    if pacing.pace is Pace.STEADY:
        return seconds * max(pacing.per_minute, 1) / 60
    gap = (pacing.delay.least + pacing.delay.most) / 2
    rest = (pacing.rest.least + pacing.rest.most) / 2
    if pacing.rest_every <= 0:
        return seconds / gap if gap > 0 else float("inf")
    rounds, over = divmod(seconds, max(pacing.rest_every * gap + rest, 0.001))
    return rounds * pacing.rest_every + (min(pacing.rest_every, over / gap) if gap > 0 else pacing.rest_every)


def _under_cap(used: Sequence[tuple[int, int]], cap: int, minutes: int, now: int, seconds: float) -> float:
    """`cap` in any so many minutes: each whole span brings it once, the last one what left it again."""
    spans, over = divmod(seconds, minutes * 60)
    since = (now + int(over * 1000)) // 60_000 - (minutes - 1)
    return int(spans) * cap + max(0, cap - sum(sent for minute, sent in used if minute >= since))
