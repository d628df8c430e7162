"""Forgets facts that nobody asks for any more, a piece at a time, so that the log of events does not grow for ever."""

from homing.engine.scribe import Scribe
from homing.store.events import Events
from homing.world import World

KEPT_MS = 90 * 86_400_000
"""Watchers, webhooks and Socket.IO clients come back with a cursor: older than this, they look at everything anew."""
A_PIECE = 2_000  # rows a transaction: the writer is not held for long


class Pruner:
    """Looked after from time to time by whoever is clerk."""

    def __init__(self, scribe: Scribe, events: Events, world: World) -> None:
        self._scribe = scribe
        self._events = events
        self._world = world

    async def look(self) -> bool:
        """Whether there may be more that is old."""
        before = self._world.clock.now() - KEPT_MS
        return await self._scribe.write(self._events.prune, before, A_PIECE) == A_PIECE
