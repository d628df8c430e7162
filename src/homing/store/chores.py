"""Which of the clerk's jobs have something to do: asked of all in one statement, so that an idle worker asks for little."""

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, select

from homing.store.database import Transaction

Waits = Callable[[int], ColumnElement[bool]]
"""Whether something waits at a moment (wall ms), as a condition that an index answers."""


class Chores:
    """`waits`: the condition of each job by its name."""

    def __init__(self, waits: Mapping[str, Waits]) -> None:
        self._waits = dict(waits)

    def look(self, tx: Transaction, now: int) -> frozenset[str]:
        """The names of those that have something to do. `now`: wall ms."""
        if not self._waits:
            return frozenset()
        found = tx.execute(select(*(each(now) for each in self._waits.values()))).one()
        return frozenset(name for name, waits in zip(self._waits, found, strict=True) if waits)
