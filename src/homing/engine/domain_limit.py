"""At most so many messages to each mail domain, where a sender sets that; everybody else goes on at full speed.

A domain's times lie one gap apart. Who finds none that is free waits here, claimed, in a short line of its own; behind the line
he goes back to the queue, due when his time will come.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from homing.engine.alarm import Alarm
from homing.engine.line import LATE_EVERY_MS
from homing.engine.tray import Held, Tray, next_due
from homing.model.pacing import Rate
from homing.world import World

REMEMBERED = 1_000  # domains beyond which those with nothing to wait for are forgotten
FORGET_EVERY = 10.0  # seconds between two looks for them
MOST_ASIDE = 500  # rows of all domains that wait here: they are claimed, and nobody else can send them
SOONEST = 0.002  # seconds


@dataclass(slots=True)
class _Slot:
    """Of one domain. `free`: when the next message may go there (uptime); `next_due`: when the last is due that went back to the
    queue (wall ms); `aside`: those that wait here; `turn`: whose time has come, and who is on his way to the courier."""

    free: float
    next_due: float = 0.0
    aside: deque[Held] = field(default_factory=deque)
    turn: Held | None = None


class DomainLimit:
    """`limit`: messages to each domain, of which this worker has its part, `share`. `again` is called when a time has come.

    After a take-over the last holder may just have written to any domain: the first message to each waits as long as the one
    after it.
    """

    def __init__(
        self, world: World, tray: Tray, limit: Rate, share: Callable[[], float], again: Callable[[], None]
    ) -> None:
        self._clock = world.clock
        self._tray = tray
        self._rate = limit.per_second
        self._share = share
        self._alarm = Alarm(again)
        self._opened = self._pruned = world.clock.uptime()
        self._slots: dict[str, _Slot] = {}
        self._lines: dict[str, _Slot] = {}  # those where somebody waits here
        self._aside = 0

    def admits(self, held: Held, domain: str) -> bool:
        """Whether it may leave now. If not, it waits here or goes back to the queue; not charged to anybody."""
        now, gap = self._clock.uptime(), self._gap()
        slot = self._slots.get(domain)
        if slot is None:
            self._prune(now)
            slot = self._slots[domain] = _Slot(self._opened + gap)
        mine = held is slot.turn
        slot.turn = None if mine else slot.turn
        if now >= slot.free - gap / 2 and (mine or not slot.aside):
            # Where others wait, one gap that a busy machine lost is made up for.
            waited = bool(slot.aside) or slot.next_due > self._clock.now()
            slot.free = max(slot.free, now - gap * waited) + gap
            return True
        if len(slot.aside) < math.ceil(LATE_EVERY_MS / 1000 / gap) + 1 and self._aside < MOST_ASIDE:
            self._set_aside(held, domain, slot)
        else:
            self._put_off(held, slot, now, gap)
        return False

    def bring_back(self) -> None:
        """Puts those in front whose time has come, one of each domain."""
        now, early = self._clock.uptime(), self._gap() / 2
        for domain, slot in list(self._lines.items()):
            if slot.turn is not None and slot.turn in self._tray:
                continue  # it is in front already
            while slot.aside and now >= slot.free - early:
                slot.turn = slot.aside.popleft()
                self._aside -= 1
                if self._tray.bring_back(slot.turn):
                    break
            if not slot.aside:
                del self._lines[domain]
        self._watch()

    def close(self) -> None:
        self._alarm.cancel()

    # ---- inside

    def _gap(self) -> float:
        return 1 / (self._rate * max(self._share(), 0.001))

    def _set_aside(self, held: Held, domain: str, slot: _Slot) -> None:
        self._tray.set_aside(held)
        slot.aside.append(held)
        self._lines[domain] = slot
        self._aside += 1
        self._watch()

    def _put_off(self, held: Held, slot: _Slot, now: float, gap: float) -> None:
        """Behind the last one that was."""
        least = slot.free - now + gap * len(slot.aside)
        slot.next_due = next_due(slot.next_due, gap * 1000, self._clock.now(), least * 1000)
        self._tray.put_off(held, int(slot.next_due))

    def _watch(self) -> None:
        if self._lines and not self._alarm.is_set:
            early = min(slot.free for slot in self._lines.values()) - self._gap() / 2
            self._alarm.set(max(early - self._clock.uptime(), SOONEST))

    def _prune(self, now: float) -> None:
        """Domains that may be written to at once need not be remembered."""
        if len(self._slots) >= REMEMBERED and now >= self._pruned + FORGET_EVERY:
            self._pruned = now
            self._slots = {name: slot for name, slot in self._slots.items() if slot.free > now or slot.aside}
