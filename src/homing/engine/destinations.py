"""A window for each recipient's mail system that is slow or wary of us: others go on at full speed (blame DESTINATION).

unknown --NotSent(DESTINATION), refused or bounced for policy--> half of what was on its way to it --again, 10 s later--> half
   ^                                                         |                             of that ... never below one
   +------ wide again ------ one more with each full round of answers
"""

from collections.abc import Callable
from dataclasses import dataclass

from homing.engine.domain_limit import DomainLimit
from homing.engine.tray import Held, Tray, domain_of, next_due
from homing.model.outcome import Blame, NotSent, Outcome, Refused, Unclear
from homing.model.pacing import Rate
from homing.model.receipt import POLICY
from homing.world import World

HALVE_EVERY = 10.0  # seconds: what was refused together counts once
WIDE = 32  # a window that has grown so far needs no watching any more
ROUND_MS = 1_000  # one message in such a window is taken to need so long


@dataclass(slots=True)
class _Window:
    most: int
    halved: float
    answers: int = 0
    next_due: float = 0.0  # wall ms: when the next row that finds no room is due


class Destinations:
    """One per dispatcher. Costs nothing while no destination is in trouble and none is limited.

    `limit`: messages to each domain, of which this worker has its part, `share`; `again` is called when one of those may go.
    """

    def __init__(
        self, world: World, tray: Tray, limit: Rate | None, share: Callable[[], float], again: Callable[[], None]
    ) -> None:
        self._world = world
        self._tray = tray
        self._slow: dict[str, _Window] = {}
        self._limit = None if limit is None else DomainLimit(world, tray, limit, share, again)

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

    def bring_back(self) -> None:
        """Puts those in front whose time under the limit has come."""
        if self._limit is not None:
            self._limit.bring_back()

    def close(self) -> None:
        if self._limit is not None:
            self._limit.close()

    def admits(self, held: Held) -> bool:
        """Whether it may leave. One that finds its window full goes back, due a little later, so that nobody waits behind it."""
        if not self._slow and self._limit is None:
            return True
        domain = domain_of(held.row.address)
        window = self._slow.get(domain)
        if window is not None and self._tray.flying_to(domain) >= window.most:
            now = self._world.clock.now()
            window.next_due = next_due(window.next_due, ROUND_MS / window.most, now, ROUND_MS)
            self._tray.put_off(held, int(window.next_due))
            return False
        return self._limit is None or self._limit.admits(held, domain)
