"""Who holds how many lanes of a sender: every living worker its part, moved at the ends of batches.

A worker that holds more than its part puts back what has not left of some lanes, waits for what has, and releases them; those
who hold less take them. When nobody does (another worker cannot open that sender), it takes them back and keeps them.
"""

from collections.abc import Mapping, Sequence

from homing.model.delivery import SHARDS
from homing.model.ids import SenderId, WorkerId
from homing.world import Clock

PATIENCE = 3.0  # seconds that lanes may lie free before whoever is there takes them
KEEPS = 60.0  # seconds after which it is tried again whether others take their part


def part_of(me: WorkerId, alive: Sequence[WorkerId], sender_id: SenderId) -> int:
    """How many of a sender's lanes are this worker's part; the parts of all that live are all lanes.

    What does not divide goes to other workers with other senders.
    """
    order = sorted({*alive, me})
    rank = (order.index(me) + sender_id) % len(order)
    return SHARDS // len(order) + (rank < SHARDS % len(order))


class Parts:
    """One worker's part of each sender, and how long lanes have been lying free."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_since: dict[SenderId, float] = {}
        self._keeps_until: dict[SenderId, float] = {}

    def most(self, me: WorkerId, alive: Sequence[WorkerId], sender_id: SenderId) -> int:
        """How many lanes it may hold now."""
        if self._clock.uptime() < self._keeps_until.get(sender_id, 0.0):
            return SHARDS
        return part_of(me, alive, sender_id)

    def saw_free(self, sender_id: SenderId, count: int) -> None:
        """How many lanes nobody holds, at a look. Lanes that lie free for long are for whoever is there."""
        now = self._clock.uptime()
        if not count:
            self._free_since.pop(sender_id, None)
        elif now - self._free_since.setdefault(sender_id, now) > PATIENCE:
            self._keeps_until[sender_id] = now + KEEPS

    @staticmethod
    def over(held: Mapping[int, int], most: int) -> frozenset[int]:
        """The lanes to hand over: those above the part, always the same ones for the same holding."""
        return frozenset(sorted(held)[most:]) if len(held) > most else frozenset()
