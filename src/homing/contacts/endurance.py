"""Goes on through a database that is away or busy: tries again with growing waits, says so after a while, and never guesses.

Waits are 0.2 s doubling to 5 s with full jitter, then one probe each 10 s. What an error means is in store/trouble.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from homing.model.errors import Conflict, Invalid
from homing.model.imports import Reason
from homing.store.database import Database
from homing.store.import_work import LIMIT_SECONDS, Fenced
from homing.store.trouble import Action, action_of, is_race, timed_out

INLINE_PATIENCE, PATIENCE = 10.0, 60.0  # seconds without a database before it is said
PROBE = 10.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
MOST_RACES = 10
T = TypeVar("T")


class Interrupted(Exception):
    """The process was asked to stop: the import goes on in another one."""


class Lost(Exception):
    """The database stayed away longer than a waiting request can wait."""


@dataclass(slots=True)
class Care:
    """How patient the work is, in seconds; tests are quicker."""

    patience: float = PATIENCE
    inline_patience: float = INLINE_PATIENCE
    probe: float = PROBE
    longest_wait: float = LONGEST_WAIT
    chunk: float = LIMIT_SECONDS


class Endurance:
    """`wait(seconds)` sleeps and says whether to stop; `say` is told once of a loss, and with None when it is over."""

    def __init__(
        self,
        db: Database,
        care: Care,
        wait: Callable[[float], bool],
        say: Callable[[Reason | None], None],
        *,
        inline: bool,
    ) -> None:
        self._db = db
        self._care = care
        self._wait = wait
        self._say = say
        self._inline = inline
        self.uncertain = False
        """The last try of what is being done broke off: it may have taken place."""
        self.parts = 1
        """Into how many a chunk is cut because a whole one takes too long."""

    def keep_on(self, act: Callable[[], T]) -> T:
        """Does it, again and again if need be. Raises Interrupted; Lost; Fenced; and what is a bug or a setting."""
        began, tries, lost = self._db.world.clock.uptime(), 0, False
        self.uncertain = False
        while True:
            try:
                done = act()
            except (Fenced, Invalid, Conflict, Interrupted, Lost):
                raise
            except Exception as error:  # noqa: BLE001 - judged by the table of store/trouble.py, which raises what is none of it
                tries += 1
                patient = self._judge(error, tries) is not Action.WAIT_FOR_SPACE
            else:
                self.uncertain = False
                if lost:
                    self._say(None)
                return done
            if not lost and self._db.world.clock.uptime() - began >= self._patience * patient:
                lost = True
                self._lose(Reason.CONNECTION_LOST if patient else Reason.NO_SPACE)
            if self._wait(self._pause(tries, lost=lost)):
                raise Interrupted

    def _judge(self, error: Exception, tries: int) -> Action:
        """What to do about it; raises it when it is none of the connection's."""
        action, race = action_of(error), is_race(error)
        if (action is Action.FAIL and not race) or (race and tries > MOST_RACES):
            raise error
        self.uncertain = True
        if timed_out(error):
            self.parts = min(self.parts * 2, 64)
        if action in (Action.RECONNECT, Action.WAIT_FOR_SPACE):
            self._db.close()
        return action

    def _lose(self, reason: Reason) -> None:
        self._say(reason)
        if self._inline:
            raise Lost

    @property
    def _patience(self) -> float:
        return self._care.inline_patience if self._inline else self._care.patience

    def _pause(self, tries: int, *, lost: bool) -> float:
        if lost:
            return self._care.probe
        longest: float = min(FIRST_WAIT * 2 ** min(tries - 1, 16), self._care.longest_wait)
        return longest * self._db.world.chance.fraction()
