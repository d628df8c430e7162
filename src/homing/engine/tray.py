"""What a worker has in hand of one sender: rows from claim to verdict, and the news that is not written yet.

claimed -> WAITING -> SUBMITTED -> ANNOUNCED -> INTENDING -> GOING -> (verdict)
              ^           |            |            |
              +- recall --+            +------------+--> WITHDRAWN (the ledger says what becomes of it)
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from homing.engine.line import Line
from homing.model.courier import Courier, Parcel
from homing.model.delivery import State
from homing.model.ids import CampaignId, Key
from homing.store.settlement import Settlement
from homing.store.turn import Claimed

LINGER = 0.02  # seconds that results may wait for company: they need no flush of their own (L4)


class Stage(Enum):
    WAITING = auto()  # claimed, not rendered
    SUBMITTED = auto()  # with the courier, nothing left
    ANNOUNCED = auto()  # the courier asked for its intent
    INTENDING = auto()  # its intent is being committed
    GOING = auto()  # its intent is durable, and the courier knows
    WITHDRAWN = auto()  # told to stop


@dataclass(slots=True, eq=False)
class Held:
    """One row that this worker claimed."""

    line: Line
    row: Claimed
    key: Key
    stage: Stage = Stage.WAITING


def held_by(parcel: Parcel) -> Held:
    """The row behind a parcel of ours."""
    held = parcel.token
    assert isinstance(held, Held)  # noqa: S101 - the token is ours
    return held


class Tray:
    """`wake` is called when there is something to write at once."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.waiting: deque[Held] = deque()
        self.in_flight = 0
        self.bytes_in_flight = 0
        self._wake = wake
        self._held: set[Held] = set()
        self._wants: list[tuple[Held, Parcel]] = []
        self._news: list[tuple[Line, Settlement]] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Nothing is held and nothing is left to write."""
        return not self._held and not self._news and not self._wants

    @property
    def unwritten(self) -> bool:
        return bool(self._wants or self._news)

    def known(self) -> set[Key]:
        """Every row that this process answers for."""
        return {held.key for held in self._held} | {Key(line.live.id, s.seq, s.attempt) for line, s in self._news}

    def holds(self, line: Line) -> bool:
        """Whether any row of this campaign is between its claim and its verdict."""
        return any(held.line is line for held in self._held)

    def __contains__(self, held: Held) -> bool:
        return held in self._held

    # ---- in

    def claim(self, line: Line, row: Claimed) -> None:
        held = Held(line, row, Key(line.live.id, row.seq, row.attempt))
        self._held.add(held)
        self.waiting.append(held)
        line.waiting += 1

    def next_waiting(self) -> Held:
        held = self.waiting.popleft()
        held.line.waiting -= 1
        return held

    def submitted(self, held: Held, parcel: Parcel) -> None:
        held.stage = Stage.SUBMITTED
        self.in_flight += 1
        self.bytes_in_flight += len(parcel.body)

    def announce(self, held: Held, parcel: Parcel) -> None:
        if held.stage is Stage.SUBMITTED:
            held.stage = Stage.ANNOUNCED
            self._wants.append((held, parcel))
            self._wake()

    # ---- out

    def back(self, held: Held, parcel: Parcel) -> None:
        """The courier has no more to do with it."""
        self.in_flight -= 1
        self.bytes_in_flight -= len(parcel.body)
        self._held.discard(held)
        if held.stage is Stage.ANNOUNCED:
            self._wants = [want for want in self._wants if want[0] is not held]

    def forget(self, held: Held) -> None:
        self._held.discard(held)

    def tell(self, line: Line, news: Settlement) -> None:
        """Queues news for the next turn."""
        self._news.append((line, news))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER, self._ring)

    def tell_again(self, news: list[tuple[Line, Settlement]]) -> None:
        """News whose commit is unknown: repeating it changes nothing that landed (L6)."""
        self._news[:0] = news

    def take_news(self) -> list[tuple[Line, Settlement]]:
        news, self._news = self._news, []
        return news

    def take_wants(self, most: int) -> list[tuple[Held, Parcel]]:
        wants = self._wants[:most]
        del self._wants[:most]
        return wants

    def pull_back(self, courier: Courier) -> int:
        """Takes parcels that nobody has heard of back from the courier, in front of those that wait; returns how many."""
        back = []
        for parcel in courier.recall():
            held = held_by(parcel)
            held.stage = Stage.WAITING
            held.line.waiting += 1
            self.in_flight -= 1
            self.bytes_in_flight -= len(parcel.body)
            back.append(held)
        self.waiting.extendleft(reversed(back))
        return len(back)

    def release(self, campaigns: set[CampaignId] | None = None) -> None:
        """Puts rows that wait here back into the queue: all, or those of some campaigns (pause, outage, good-bye)."""
        for held in self._drop(lambda h: campaigns is None or h.line.live.id in campaigns):
            self.tell(held.line, Settlement(held.row.seq, held.row.attempt, State.QUEUED, None, counted=False))

    def lose(self, shards: set[int]) -> None:
        """Lanes that somebody else has now: the rows that wait here are his."""
        for _ in self._drop(lambda h: h.row.shard in shards):
            pass

    def _drop(self, gone: Callable[[Held], bool]) -> Iterator[Held]:
        kept: deque[Held] = deque()
        dropped: list[Held] = []
        for held in self.waiting:
            (dropped if gone(held) else kept).append(held)
        self.waiting = kept
        for held in dropped:
            self._held.discard(held)
            held.line.waiting -= 1
            yield held

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        self._wake()
