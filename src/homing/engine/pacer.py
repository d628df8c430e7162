"""When a sender may speak next: gaps and rests between messages, a token bucket, and hourly and daily caps."""

from collections.abc import Callable
from dataclasses import dataclass

from homing.model.pacing import DAY_MS
from homing.model.sender import SenderOptions
from homing.world import World

PORTION_MS, LAST_MS = 30_000, 5_000
"""How long a portion of a limit is that several numbers share, and how long before its end nothing is claimed of it any more."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A worker's part of a shared limit. `most`: it may have sent so many in 24 hours; `until`: wall milliseconds."""

    number: int
    most: int
    until: int
    used: int
    numbers: int


@dataclass(slots=True)
class Pacer:
    """One per sender in a worker. `share`: the part of the sender's lanes held here; limits are split by it.

    After a take-over it begins with an empty bucket and a full gap: the last holder may have sent a moment ago.
    """

    options: SenderOptions
    world: World
    sent_before: int = 0  # ever, by this sender: rests fall after each so many, over restarts too
    sent_hour: int = 0
    sent_day: int = 0
    first_at: int | None = None  # wall ms of its first message ever: warming up counts days from there
    share: float = 1.0
    counted_share: float = 1.0  # held when `sent_hour` and `sent_day` were read: what others sent since is not in them
    portion: Portion | None = None  # of WhatsApp's limit, where other numbers of the business use it, too
    _hour_counted: int = 0
    _day_counted: int = 0
    _eased_until: float = 0.0  # uptime
    _next: float = 0.0
    _tokens: float = 0.0
    _filled: float = 0.0
    _free: bool = False

    def __post_init__(self) -> None:
        options = self.options
        plan = options.warm_up if options.warm_up is not None and not options.warm_up.people else None
        limits = (options.rate, options.hourly, options.daily, plan)
        self._free = options.pacing.off and all(limit is None for limit in limits)

    @property
    def free(self) -> bool:
        """Nothing ever holds this sender back."""
        return self._free

    def begin(self) -> None:
        """Called when the lanes were taken."""
        now = self.world.clock.uptime()
        self._filled = now
        if not self.options.pacing.off:
            self._next = now + (self.options.pacing.gap(1, self.world.chance.fraction()) if self.sent_before else 0.0)

    def counted(self, hour: int, day: int) -> None:
        """What all workers together sent in the last hour and day, read just now."""
        self.sent_hour = self._hour_counted = hour
        self.sent_day = self._day_counted = day
        self.counted_share = self.share

    def hold(self, share: float, resize: Callable[[int], None]) -> None:
        """Another part of the sender's lanes is held here; `resize` takes its part of the connections."""
        self.share = share
        self.counted_share = min(self.counted_share, share)
        resize(self.connections())

    def connections(self) -> int:
        """This worker's part of the sender's connections; one at least."""
        eased = 0.5 if self.world.clock.uptime() < self._eased_until else 1.0
        return max(1, int(self.options.connections * eased * self.share))

    def ease(self, seconds: float) -> None:
        """For so long only half as fast."""
        self._eased_until = self.world.clock.uptime() + seconds

    def wait(self) -> float:
        """Seconds until the next message may go; 0 now."""
        now = self.world.clock.uptime()
        wait = max(0.0, self._next - now)
        rate = self.options.rate
        if rate is not None:
            speed = rate.per_second * self.share * (0.5 if now < self._eased_until else 1.0)
            depth = max(1.0, min(speed, rate.count * self.share))
            self._tokens = min(depth, self._tokens + (now - self._filled) * speed)
            self._filled = now
            if self._tokens < 1.0:
                wait = max(wait, (1.0 - self._tokens) / speed)
        return wait

    def spend(self) -> None:
        """A message is handed to the courier."""
        if self._free:
            return
        if self.options.rate is not None:
            self._tokens -= 1.0
        if not self.options.pacing.off:
            self._next = float("inf")  # until its end is known: one message in flight

    def ended(self, *, sent: bool) -> None:
        """A message came back; the gap is counted from here."""
        if sent:
            self.sent_before += 1
            self.sent_hour += 1
            self.sent_day += 1
        if self._free or self.options.pacing.off:
            return
        gap = self.options.pacing.gap(self.sent_before, self.world.chance.fraction()) if sent else 0.0
        now = self.world.clock.uptime()
        self._next = now + (2 * gap if now < self._eased_until else gap)

    def capped(self, under_way: int = 0) -> str | None:
        """The cap that is reached, in words, or None. `under_way`: messages that may yet be accepted: they count, too."""
        hourly, daily = self.options.hourly, self.options.daily
        if hourly is not None and self.sent_hour + under_way >= self._part(hourly, self._hour_counted):
            return f"the hourly limit of {hourly} is reached"
        if daily is not None and self.sent_day + under_way >= self._part(daily, self._day_counted):
            return f"the daily limit of {daily} is reached"
        return self._warmed_up(under_way)

    def reach_left(self, under_way: int = 0) -> int | None:
        """How many more may be written to first now, as WhatsApp limits it; None: no such limit. All that was sent in 24 hours
        counts here, so that it is never exceeded, though WhatsApp passes over who wrote themselves."""
        if self.options.reach is None:
            return None
        if self.portion is not None:
            most = self.portion.most if self.world.clock.now() < self.portion.until else 0
            return max(0, most - self.sent_day - under_way)
        return max(0, self._part(self.options.reach, self._day_counted) - self.sent_day - under_way)

    def reached(self) -> str | None:
        """The limit that is used up, in words, or None."""
        reach, among = self.options.reach, self.portion
        if reach is not None and among is not None:  # between two portions nothing is used up
            words = (
                f"WhatsApp lets the numbers of this business write to {reach} people in 24 hours together, and so many"
            )
            return f"{words} were written to" if reach - among.used - self.sent_day < among.numbers else None
        words = f"WhatsApp lets this number write to {reach} people in 24 hours, and so many were written to"
        return words if self.reach_left() == 0 else None

    def due(self) -> bool:
        """Whether the portion of the business' limit is to be counted anew."""
        return self.portion is not None and self.world.clock.now() // PORTION_MS != self.portion.number

    def among(self, used: int, numbers: int) -> None:
        """Just read: what the other numbers of the business used of its limit in a day, and how many share it, this one too.

        A day is cut into portions of 30 s, by the wall clock. In each of them every worker of every number takes its part of what
        is left, once, and what it has claimed of it counts for all others. It expires before the next portion begins, so that all
        claims are in the ledger by then: the parts of one portion never come to more than was left at its beginning.
        """
        now = self.world.clock.now()
        number = now // PORTION_MS
        if self.options.reach is None or (numbers < 2 and not used):
            self.portion = None
        elif self.portion is None or self.portion.number != number:
            left = max(0, self.options.reach - used - self.sent_day)
            most = self.sent_day + int(left * min(self.share, self.counted_share) / numbers)
            self.portion = Portion(number, most, (number + 1) * PORTION_MS - LAST_MS, used, numbers)

    def _part(self, most: int, counted: int) -> int:
        """How far this worker may go: its part of what was left of a cap when all that was sent was counted.

        Whoever takes lanes over may use their part only after counting anew: their last holder has used some of it.
        """
        return counted + int(max(0, most - counted) * min(self.share, self.counted_share))

    def _warmed_up(self, under_way: int) -> str | None:
        plan = self.options.warm_up
        if (
            plan is None or plan.people
        ):  # of these the ledger knows, who is new: they are held back when they are claimed
            return None
        now = self.world.clock.now()
        since = self.options.warm_from or self.first_at or now
        day, most = 1 + (now - since) // DAY_MS, plan.most_at(now, since)
        return (
            f"warming up: at most {most} on day {day}"
            if self.sent_day + under_way >= self._part(most, self._day_counted)
            else None
        )
