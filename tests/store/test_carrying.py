"""The whole ledger goes from one database to another, and what comes out is the same ledger, paused."""

from pathlib import Path

import pytest

from homing.model.campaign import PauseReason, State
from homing.model.errors import Conflict
from homing.store.books import Books
from homing.store.carrying import carry
from homing.store.events import Events, record
from homing.store.restored import Witness
from homing.world import World
from tests import postgres
from tests.store.ledger import DIALECTS, Hand, Ledger, failed, make_ledger, sent, unclear


@pytest.mark.parametrize("to", DIALECTS)
def test_L21_a_copy_has_every_row_closes_its_books_and_starts_paused(
    ledger: Ledger, hand: Hand, tmp_path: Path, to: str
) -> None:
    id_ = ledger.started(40)
    keys = hand.going(id_, 20)
    hand.settle(id_, *(sent(*key) for key in keys[:10]), failed(*keys[10]), unclear(*keys[11]))
    (tmp_path / "other").mkdir()
    other = make_ledger(to, tmp_path / "other", World())
    try:
        with other.db.write() as tx:
            tx._connection.exec_driver_sql("DELETE FROM sender")
        done = carry(ledger.db, other.db)
        assert done.faults == {}
        assert done.rows["delivery"] == 40
        assert other.states(id_) == ledger.states(id_)
        assert other.attempts(id_) == ledger.attempts(id_)
        assert Books(other.db).audit(id_).sent == 10
        (paused,) = Witness(other.db).check()
        assert (paused.state, paused.reason) == (State.PAUSED, PauseReason.RESTORED)
        assert ledger.get(id_).state is State.SENDING, "the source goes on"
        before = Events(other.db).latest()
        with other.db.write() as tx:
            record(tx, workspace_id=other.workspace, at=1, topic="test", kind="noise", body={})
        if to == "sqlite":
            assert len(Events(other.db).after(before, None)) == 1
        with pytest.raises(Conflict, match="in use"):
            carry(ledger.db, other.db)
    finally:
        other.close()


def test_the_server_of_the_tests_is_real() -> None:
    assert postgres.admin().execute("SHOW synchronous_commit").fetchone() == ("on",)
