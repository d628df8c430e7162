"""The newest facts, kept in memory: who comes with a cursor that lies within them needs no look into the log.

A line catches up from the log only until the tail has the rest; from there on it joins without waiting for anything, so the
goal cannot move away from it. Without the tail, each of many lines that come at once would have to find a moment in which
the log stands still between two looks; while a campaign is sent there is none.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from homing.live import frames
from homing.store.events import Cursor, Event, Events

KEPT = 2_048  # facts; a page that was away for a while at full speed still finds its place


class Told:
    """A fact and how it reads in a frame: written once, for however many lines."""

    __slots__ = ("_text", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = frames.text(frames.fact(self.event))
        return self._text


def _cursor(of: Told) -> Cursor:
    return of.event.cursor


def together(facts: Iterable[Told]) -> str:
    """As they stand in a frame."""
    return ",".join(each.text for each in facts)


class Tail:
    """Every fact after `start` and up to `end`, of all workspaces. Belongs to the reader's event loop."""

    __slots__ = ("_facts", "end", "start")

    def __init__(self, start: Cursor, facts: Sequence[Event] = ()) -> None:
        self.start = start
        self.end = start
        self._facts: list[Told] = []
        self.add(facts)

    def add(self, facts: Sequence[Event]) -> None:
        """What comes next in the log; the oldest give way."""
        if not facts:
            return
        self._facts += map(Told, facts)
        self.end = facts[-1].cursor
        if len(self._facts) > 2 * KEPT:  # seldom, so that it costs nothing a fact
            self.start = _cursor(self._facts[-KEPT - 1])
            del self._facts[:-KEPT]

    def reaches(self, cursor: Cursor) -> bool:
        """Whether everything after `cursor` is here."""
        return cursor >= self.start

    def after(self, cursor: Cursor, wanted: Callable[[Event], bool]) -> list[Told]:
        """The facts after a cursor that it reaches."""
        later = self._facts[bisect_right(self._facts, cursor, key=_cursor) :]
        return [each for each in later if wanted(each.event)]


def newest(events: Events) -> Tail:
    """The tail of a log as it is now. Raises Unreachable."""
    start = events.before_latest(KEPT)
    # More may have been told since; one look takes them all, and a full one leaves the rest to the reader's next round.
    return Tail(start, events.after(start, None, 2 * KEPT))
