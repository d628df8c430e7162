"""A window for each recipient's mail system that is slow or wary of us: others go on at full speed (blame DESTINATION).

unknown --NotSent(DESTINATION), refused or bounced for policy--> half of what was on its way to it --again, 10 s later--> half
   ^                                                         |                             of that ... never below one
   +------ wide again ------ one more with each full round of answers
"""

from collections.abc import Callable
from dataclasses import dataclass

from homing.engine.tray import Held, Tray, domain_of
from homing.model.delivery import State
from homing.model.outcome import Blame, NotSent, Outcome, Refused, Unclear
from homing.model.pacing import Rate
from homing.model.receipt import POLICY
from homing.store.settlement import Settlement
from homing.world import World

HALVE_EVERY = 10.0  # seconds: what was refused together counts once
WIDE = 32  # a window that has grown so far needs no watching any more
ROUND_MS = 1_000  # one message in such a window is taken to need so long
REMEMBERED, FORGET_EVERY = (
    1_000,
    10.0,
)  # domains under a limit, and seconds between two looks at which of them may be forgotten
LATEST_MS = 900_000  # nobody is put off further because of the others


@dataclass(slots=True)
class _Slot:
    """Of a limited domain. `free`: when the next message may go there (uptime); `next_due`: of the last that was put off."""

    free: float
    next_due: float = 0.0


@dataclass(slots=True)
class _Window:
    most: int
    halved: float
    answers: int = 0
    next_due: float = 0.0  # wall ms: when the next row that finds no room is due


class Destinations:
    """One per dispatcher. Costs nothing while no destination is in trouble and none is limited.

    `limit`: messages to each domain, of which this worker has its part, `share`. After a take-over the last holder may just have
    written to any domain: the first message to each waits as long as the one after it.
    """

    def __init__(self, world: World, tray: Tray, limit: Rate | None = None, share: Callable[[], float] = float) -> None:
        self._world = world
        self._tray = tray
        self._slow: dict[str, _Window] = {}
        self._limit = limit
        self._share = share
        self._opened = self._pruned = world.clock.uptime()
        self._slots: dict[str, _Slot] = {}

    def learn(self, held: Held, outcome: Outcome) -> None:
        """What came of a message, which is not on its way any more, says about where it went."""
        if not self._slow and not isinstance(outcome, NotSent | Refused):
            return
        domain = domain_of(held.row.address)
        window = self._slow.get(domain)
        if isinstance(outcome, NotSent):
            if outcome.blame is Blame.DESTINATION:
                self._halve(domain, window)
        elif isinstance(outcome, Refused) and outcome.reason == POLICY:
            self._halve(domain, window)  # our fault, not the recipient's: it is wary of us
        elif window is not None and not isinstance(outcome, Unclear):
            window.answers += 1
            if window.answers >= window.most:
                window.answers, window.most = 0, window.most + 1
            if window.most >= WIDE:
                del self._slow[domain]

    def slow_down(self, domain: str) -> None:
        """It was told later that it bounced a message for policy."""
        self._halve(domain, self._slow.get(domain))

    def _halve(self, domain: str, window: _Window | None) -> None:
        now = self._world.clock.uptime()
        if window is None:
            self._slow[domain] = _Window(max(1, (self._tray.flying_to(domain) + 1) // 2), now)
        elif now - window.halved >= HALVE_EVERY:
            window.most, window.halved, window.answers = max(1, window.most // 2), now, 0

    def admits(self, held: Held) -> bool:
        """Whether it may leave. One that finds its window full goes back, due a little later, so that nobody waits behind it."""
        if not self._slow and self._limit is None:
            return True
        domain = domain_of(held.row.address)
        window = self._slow.get(domain)
        if window is not None and self._tray.flying_to(domain) >= window.most:
            window.next_due = self._later(held, window.next_due, ROUND_MS / window.most, ROUND_MS)
            return False
        return self._limit is None or self._has_slot(held, domain, self._limit)

    def _has_slot(self, held: Held, domain: str, limit: Rate) -> bool:
        now, gap = self._world.clock.uptime(), 1 / (limit.per_second * max(self._share(), 0.001))
        slot = self._slots.get(domain)
        if slot is None:
            self._prune(now)
            slot = self._slots[domain] = _Slot(self._opened + gap)
        if (
            now >= slot.free - gap / 2
        ):  # one that comes a little early need not come again; the next is not earlier for it
            slot.free = max(now, slot.free) + gap
            return True
        slot.next_due = self._later(held, slot.next_due, gap * 1000, (slot.free - now) * 1000)
        return False

    def _prune(self, now: float) -> None:
        """Domains that may be written to at once need not be remembered."""
        if len(self._slots) >= REMEMBERED and now >= self._pruned + FORGET_EVERY:
            self._pruned = now
            self._slots = {domain: slot for domain, slot in self._slots.items() if slot.free > now}

    def _later(self, held: Held, last_due: float, step: float, least: float) -> float:
        """Puts it off behind the last one that was; milliseconds. Not charged to anybody."""
        now, row = self._world.clock.now(), held.row
        due = min(max(last_due + step, now + least), now + LATEST_MS)
        self._tray.forget(held)
        put_off = Settlement(
            row.seq, row.attempt, State.QUEUED, None, "destination_busy", due_at=int(due), counted=False
        )
        self._tray.tell(held.line, put_off)
        return due
