"""Hears what the ledger was told of mail systems that bounce a sender's mail for their policy, and slows down there."""

from collections.abc import Callable

from homing.engine.scribe import Scribe
from homing.model.ids import SenderId
from homing.store.wariness import Wariness
from homing.world import Clock

RECENT_MS = 60_000
"""What was told shortly before a worker takes a sender over counts for it too."""


class Wary:
    """One per sendery. A moment that differs from the one last seen is news, whichever clock it is by."""

    def __init__(self, scribe: Scribe, wariness: Wariness, sender_id: SenderId, clock: Clock) -> None:
        self._scribe = scribe
        self._wariness = wariness
        self._sender_id = sender_id
        self._clock = clock
        self._seen: dict[str, int] | None = None

    async def look(self, slow_down: Callable[[str], None]) -> None:
        """Calls `slow_down` with each domain that was heard of since the last look. Raises Unreachable."""
        now, found = self._clock.now(), await self._scribe.read(self._wariness.of, self._sender_id)
        seen, self._seen = self._seen, found
        for domain, at in found.items():
            if abs(now - at) < RECENT_MS if seen is None else seen.get(domain) != at:
                slow_down(domain)
