"""Whose turn it is: campaigns of one sender claim in round-robin, a batch each, so that none starves another."""

from collections.abc import Callable, Collection, Iterable, Mapping

from homing.engine.line import Line
from homing.model.delivery import SHARDS
from homing.model.ids import CampaignId
from homing.store.share import ClaimWish, Share
from homing.world import World

FLOORS_EVERY = 1.0  # seconds between hints for whoever takes over


class Rota:
    def __init__(self, world: World) -> None:
        self._world = world
        self._last = 0  # the campaign that claimed last
        self._floors_due = 0.0

    def urgent(self, lines: Iterable[Line], lanes: Collection[int]) -> bool:
        """Whether a single message is there to be claimed, however much bulk is in hand."""
        return any(line.urgent and line.candidates(lanes, 1) for line in lines)

    def next_hungry(self, lines: Iterable[Line], lanes: Collection[int], busy: Callable[[Line], bool]) -> Line | None:
        """The next campaign after the last one that has something to claim in its sending hours.

        An attended one is worked by one hand, one row at a time, while somebody watches; `busy`: a row of it is held.
        """
        now, uptime = self._world.clock.now(), self._world.clock.uptime()
        for line in sorted(lines, key=lambda line: (not line.urgent, line.live.id <= self._last, line.live.id)):
            if line.attended and (len(lanes) < SHARDS or not line.watched(uptime) or busy(line)):
                continue
            line.fresh_left = bool(line.candidates(lanes, 1))
            if line.opens_at(now) is None and (line.fresh_left or line.late_from <= now):
                self._last = self._last if line.urgent else line.live.id
                return line
        return None

    def wish(self, line: Line, lanes: Collection[int], most: int) -> ClaimWish:
        """What it asks for: rows that are due again first, then fresh ones; of an attended campaign one, in its order: what
        was taken back goes first, what was put off comes after everybody else."""
        most = 1 if line.attended else most
        fresh = line.candidates(lanes, most)
        due_by = 0 if line.attended and fresh else None
        late = line.late_from <= self._world.clock.now()
        return ClaimWish(most, fresh, late, due_by, adopt=line.adopts and late)

    def add_floors(self, shares: Mapping[CampaignId, Share], lines: Mapping[CampaignId, Line]) -> None:
        """Once a second, with a turn that is taken anyway."""
        now = self._world.clock.uptime()
        if now < self._floors_due:
            return
        self._floors_due = now + FLOORS_EVERY
        for id_, share in shares.items():
            line = lines.get(id_)
            if line is not None and not line.live.mixed:  # below ours there may be fresh rows of the other channel
                share.floors = dict(line.floors)
