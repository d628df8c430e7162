"""A transaction that takes too long is broken off, and one that is over is left alone."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from homing.model.errors import Unreachable
from homing.store import limits
from homing.store.database import Database
from homing.store.limits import TICK
from homing.store.postgresql import Postgresql
from homing.store.trouble import Action, action_of
from homing.world import World
from proofs.cutting import Cutter
from tests.store.ledger import Ledger

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


def test_a_transaction_over_its_limit_is_broken_off_and_the_next_one_works(ledger: Ledger) -> None:
    for _ in range(2):
        with pytest.raises(Unreachable), ledger.db.write(limit=TICK) as tx:
            tx.execute(text(SLOW[ledger.db.dialect]))
        with ledger.db.write() as tx:
            assert tx.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.dialect("postgresql")
@pytest.mark.parametrize("silent_at", ["statement", "commit"])
def test_a_line_that_is_open_and_silent_for_ever_is_hung_up(ledger: Ledger, silent_at: str) -> None:
    """A cancel cannot help there: nobody hears it. The line is known as lost, and the next transaction has a new one."""
    with Cutter(ledger.db.url) as cutter:
        database = Database(cutter.url, World())
        with pytest.raises(Unreachable, match="cannot be reached") as told, database.write(limit=TICK) as tx:
            if silent_at == "statement":
                cutter.hold()
                tx.execute(text("SELECT 1"))
            cutter.hold()
        assert action_of(told.value) is Action.RECONNECT
        cutter.go_on()
        with database.write() as tx:
            assert tx.execute(text("SELECT 1")).scalar_one() == 1
        database.close()


@pytest.mark.dialect("postgresql")
def test_a_silent_line_does_not_hold_a_turn_for_ever(ledger: Ledger) -> None:
    """What sends has one thread that writes: fenced transactions have a limit of their own, and nobody cancels their COMMIT."""
    with Cutter(ledger.db.url) as cutter:
        database = Database(cutter.url, World())
        assert isinstance(database.driver, Postgresql)
        assert database.driver.turn_limit == 30
        database.driver.turn_limit = TICK
        with pytest.raises(Unreachable, match="cannot be reached"), database.write(fenced=True):
            cutter.hold()
        database.close()


def test_a_limit_is_kept_once_at_its_time_and_never_after_the_end() -> None:
    broken: list[str] = []

    def act(word: str, *found: bool) -> Callable[[], bool]:
        answers = list(found)

        def break_off() -> bool:
            broken.append(word)
            return answers.pop(0)

        return break_off

    over = limits._Limit(TICK, act("over"))
    over.end()
    over.tick()
    late = limits._Limit(2 * TICK, act("late", False, True))
    for wanted in ([], ["late"], ["late", "late"], ["late", "late"]):
        late.tick()
        assert broken == wanted
