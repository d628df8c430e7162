"""What a worker has in hand of one sender: rows from claim to verdict, and the news that is not written yet.

claimed -> WAITING -> SUBMITTED -> ANNOUNCED -> INTENDING -> GOING -> (verdict)
              ^           |            |            |
              +- recall --+            +------------+--> WITHDRAWN (the ledger says what becomes of it)
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto

from homing.engine.alarm import Alarm
from homing.engine.line import Line
from homing.model.courier import Courier, Parcel
from homing.model.delivery import SHARDS, State
from homing.model.ids import CampaignId, Key
from homing.store.settlement import Settlement
from homing.store.share import Claimed

LATEST_MS = 900_000  # nobody is put off further because of others
LINGER = 0.02  # seconds that results may wait for company: they need no flush of their own (L4)


class Stage(Enum):
    WAITING = auto()  # claimed, not rendered
    SUBMITTED = auto()  # with the courier, nothing left
    ANNOUNCED = auto()  # the courier asked for its intent
    INTENDING = auto()  # its intent is being committed
    GOING = auto()  # its intent is durable, and the courier knows
    WITHDRAWN = auto()  # told to stop


class Held(Parcel):
    """One row that this worker claimed; rendered, it is the parcel that the courier gets."""

    __slots__ = ("line", "made", "row", "stage")

    def __init__(self, line: Line, row: Claimed) -> None:
        super().__init__(Key(line.live.id, row.seq, row.attempt), row.address, line.envelope(row))
        self.line = line
        self.row = row
        self.stage = Stage.WAITING
        self.made: Future[tuple[bytes, bool]] | None = None  # its message, while it is signed elsewhere (signing.py)


def put_back(row: Claimed) -> Settlement:
    """News of a row that goes back to the queue: nothing of it left (L8)."""
    return Settlement(row.seq, row.attempt, State.QUEUED, None, counted=False)


def held_by(parcel: Parcel) -> Held:
    """The row behind a parcel of ours."""
    assert isinstance(parcel, Held)  # noqa: S101 - a courier gives back what it was given
    return parcel


@dataclass(slots=True)
class Taken:
    """What one turn takes along: rows that ask for their intent, the plain news with the provider's names, other news."""

    wants: list[Held]
    sent: list[tuple[Held, str | None]]
    news: list[tuple[Line, Settlement]]


def next_due(last: float, step: float, now: float, least: float) -> float:
    """When a row is due that is put off (wall ms): a step behind the last one that was, and not before `least` from now."""
    return min(max(last + step, now + least), now + LATEST_MS)


def domain_of(address: str) -> str:
    """The mail system that a message to this address goes to."""
    return address.rpartition("@")[2].lower()


class Tray:
    """`wake` is called when there is something to write at once."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.waiting: deque[Held] = deque()
        self.in_flight = 0
        self.ready = 0  # of those, with the courier and not announced yet
        self.bytes_in_flight = 0
        self._wake = wake
        self._held: set[Held] = set()
        self._wants: list[Held] = []
        self._sent: list[tuple[Held, str | None]] = []
        self._news: list[tuple[Line, Settlement]] = []
        self._linger = Alarm(wake)

    @property
    def idle(self) -> bool:
        """Nothing is held and nothing is left to write."""
        return not self._held and not self.unwritten

    @property
    def unwritten(self) -> bool:
        return bool(self._wants or self._sent or self._news)

    @property
    def asked(self) -> int:
        """How many wait for their intent."""
        return len(self._wants)

    @property
    def accepted_unwritten(self) -> int:
        """How many acceptances no turn has taken along yet."""
        return len(self._sent)

    @property
    def in_hand(self) -> int:
        """Rows between their claim and their verdict."""
        return len(self._held)

    def known(self) -> set[Key]:
        """Every row that this process answers for."""
        told = {Key(line.live.id, news.seq, news.attempt) for line, news in self._news}
        return told.union((held.key for held in self._held), (held.key for held, _ in self._sent))

    def holds(self, line: Line) -> bool:
        """Whether any row of this campaign is between its claim and its verdict."""
        return any(held.line is line for held in self._held)

    def __contains__(self, held: Held) -> bool:
        return held in self._held

    # ---- in

    def claim(self, line: Line, row: Claimed) -> None:
        held = Held(line, row)
        self._held.add(held)
        if line.urgent:
            self.waiting.appendleft(held)
        else:
            self.waiting.append(held)
        line.waiting += 1

    def next_waiting(self) -> Held:
        held = self.waiting.popleft()
        held.line.waiting -= 1
        return held

    def set_aside(self, held: Held) -> None:
        """It waits for its time with whoever asked for it, and comes back by `bring_back`; what takes rows back takes it too."""
        held.line.waiting += 1

    def bring_back(self, held: Held) -> bool:
        """In front of those that wait; whether it is still in hand."""
        if held in self._held:
            self.waiting.appendleft(held)
            return True
        return False

    def put_off(self, held: Held, due: int) -> None:
        """Back to the queue until then (wall ms), because its destination is busy; not charged to anybody."""
        self.forget(held)
        row, busy = held.row, "destination_busy"
        news = Settlement(row.seq, row.attempt, State.QUEUED, None, busy, due_at=due, counted=False)
        self.tell(held.line, news)

    def submitted(self, held: Held) -> None:
        held.stage = Stage.SUBMITTED
        self.in_flight += 1
        self.ready += 1
        self.bytes_in_flight += len(held.body)

    def announce(self, held: Held) -> None:
        if held.stage is Stage.SUBMITTED:
            held.stage = Stage.ANNOUNCED
            self.ready -= 1
            self._wants.append(held)
            self._wake()

    # ---- out

    def back(self, held: Held) -> None:
        """The courier has no more to do with it."""
        self.in_flight -= 1
        self.bytes_in_flight -= len(held.body)
        held.body = b""  # its news may wait a while
        self._held.discard(held)
        if held.stage is Stage.ANNOUNCED:
            self._wants.remove(held)
        elif held.stage is Stage.SUBMITTED:
            self.ready -= 1

    def flying_to(self, domain: str) -> int:
        """How many are with the courier for this mail system."""
        return sum(held.stage is not Stage.WAITING and domain_of(held.row.address) == domain for held in self._held)

    def forget(self, held: Held) -> None:
        self._held.discard(held)

    def accepted(self, held: Held, name: str | None) -> None:
        """Queues the plain news for the next turn. `name`: the provider's for this message."""
        self._sent.append((held, name))
        self._linger.set(LINGER)

    def tell(self, line: Line, news: Settlement) -> None:
        """Queues other news for the next turn."""
        self._news.append((line, news))
        self._linger.set(LINGER)

    def take_all(self, most: int) -> Taken:
        """What the next turn writes: all news, and at most so many intents."""
        taken = Taken(self._wants[:most], self._sent, self._news)
        del self._wants[:most]
        self._sent, self._news = [], []
        return taken

    def tell_again(self, taken: Taken) -> None:
        """News whose commit is unknown: repeating it changes nothing that landed (L6)."""
        self._sent[:0] = taken.sent
        self._news[:0] = taken.news

    def pull_back(self, courier: Courier) -> int:
        """Takes parcels that nobody has heard of back from the courier, in front of those that wait; returns how many."""
        back = []
        for parcel in courier.recall():
            held = held_by(parcel)
            held.stage = Stage.WAITING
            held.line.waiting += 1
            self.in_flight -= 1
            self.ready -= 1
            self.bytes_in_flight -= len(held.body)
            held.body = b""
            back.append(held)
        self.waiting.extendleft(reversed(back))
        return len(back)

    def release(self, campaigns: set[CampaignId] | None = None) -> None:
        """Puts rows that wait here back into the queue: all, or those of some campaigns (pause, outage, good-bye)."""
        for held in self._drop(lambda h: campaigns is None or h.line.live.id in campaigns):
            self.tell(held.line, put_back(held.row))

    def release_lanes(self, shards: frozenset[int]) -> None:
        """Puts rows of these lanes that wait here back into the queue, for whoever holds the lanes next."""
        for held in self._drop(lambda h: h.row.shard in shards):
            self.tell(held.line, put_back(held.row))

    def is_clear_of(self, shards: frozenset[int]) -> bool:
        """Whether nothing of these lanes is in hand, and nothing about them is left to write."""
        told = (news.seq % SHARDS for _, news in self._news)
        sent = (held.row.shard for held, _ in self._sent)
        return shards.isdisjoint(held.row.shard for held in self._held) and shards.isdisjoint((*told, *sent))

    def lose(self, shards: set[int]) -> None:
        """Lanes that somebody else has now: the rows that wait here are his."""
        self._drop(lambda h: h.row.shard in shards)

    def _drop(self, gone: Callable[[Held], bool]) -> list[Held]:
        """Of the rows that wait, here or set aside."""
        dropped = [held for held in self._held if held.stage is Stage.WAITING and gone(held)]
        self._held.difference_update(dropped)
        self.waiting = deque(held for held in self.waiting if held in self._held)
        for held in dropped:
            held.line.waiting -= 1
        return dropped

    def close(self) -> None:
        self._linger.cancel()
