"""A transaction that takes too long is broken off, and one that is over is left alone."""

import pytest
from sqlalchemy import text

from homing.model.errors import Unreachable
from homing.store import limits
from homing.store.limits import TICK, limited
from tests.store.ledger import Ledger

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


def test_a_transaction_over_its_limit_is_broken_off_and_the_next_one_works(ledger: Ledger) -> None:
    for _ in range(2):
        with pytest.raises(Unreachable), ledger.db.write() as tx, limited(tx, TICK):
            tx.execute(text(SLOW[ledger.db.dialect]))
        with ledger.db.write() as tx:
            assert tx.execute(text("SELECT 1")).scalar_one() == 1


def test_a_limit_is_kept_once_at_its_time_and_never_after_the_end() -> None:
    broken: list[str] = []
    over = limits._Limit(TICK, lambda: broken.append("over"))
    over.end()
    over.tick()
    late = limits._Limit(2 * TICK, lambda: broken.append("late"))
    for wanted in ([], ["late"], ["late"]):
        late.tick()
        assert broken == wanted
