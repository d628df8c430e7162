"""A PostgreSQL that is another copy than before: campaigns wait for a person, unless nothing can be missing (L21)."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homing.model.campaign import PauseReason, State
from homing.model.errors import Unreachable
from homing.store import migrate
from homing.store.database import Database
from homing.store.lineage import Lineage
from homing.store.restored import Witness
from homing.world import World
from tests import postgres
from tests.store.ledger import PERSON, Hand, Ledger, make_ledger, sent

OLD = Lineage("7301", "16384", "00000001")


@pytest.mark.parametrize(
    ("new", "synchronous", "words"),
    [
        (OLD, False, None),
        (Lineage("7301", "16384", "00000002"), False, "timeline 2 after 1"),
        (Lineage("7301", "16384", "00000002"), True, None),
        (Lineage("7301", "16999", "00000001"), True, "restored into a new database"),
        (Lineage("9999", "16384", "00000001"), True, "another PostgreSQL"),
    ],
)
def test_L21_what_may_be_missing_in_another_copy(new: Lineage, synchronous: bool, words: str | None) -> None:
    why = new.broken(OLD, synchronous=synchronous)
    assert why is None if words is None else words in (why or "")
    assert Lineage.parse(str(new)) == new


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """One that may be copied and promoted."""
    place = Path(tempfile.mkdtemp(prefix="hpg"))
    made = postgres.Server(place, (*postgres.QUICK, "wal_level=replica", "max_wal_senders=4", "hot_standby=on"))
    try:
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def alone(server: postgres.Server) -> Iterator[Ledger]:
    """A ledger on that server."""
    db = Database(server.url(), World())
    migrate.upgrade(db)
    db.close()
    made = Ledger(server.url(), World())
    yield made
    made.farewell()
    for opened in made._opened:
        opened.close()


def send_some(hand: Hand, id_: int, count: int) -> None:
    keys = [(row.seq, row.attempt) for row in hand.claim(id_, count)]
    assert len(hand.turn(id_, intend=keys).go) == count
    hand.settle(id_, *(sent(*key) for key in keys))


@pytest.mark.slow
def test_L21_after_a_failover_to_an_asynchronous_standby_nothing_is_sent_until_a_person_has_looked(
    server: postgres.Server, alone: Ledger
) -> None:
    """The worker lives on, and its connections come back by themselves: what it lost would be sent twice."""
    id_ = alone.started(30)
    witness = Witness(alone.db)
    assert witness.check() == []
    hand = alone.hand()
    send_some(hand, id_, 10)
    server.copy("standby")
    send_some(hand, id_, 10)  # the standby never hears of these
    witness.note()
    server.take("standby")
    hand.renew()
    assert alone.tally(id_) == {"sent": 10, "queued": 20}, "ten that have left are waiting again"
    with pytest.raises(Unreachable, match="another copy"):
        hand.claim(id_, 5)
    assert alone.db.driver.moved
    paused = witness.check()
    assert [(c.id, c.state, c.reason) for c in paused] == [(id_, State.PAUSED, PauseReason.RESTORED)]
    assert "timeline 2 after 1" in (paused[0].detail or "")
    assert not alone.db.driver.moved
    assert hand.claim(id_, 5) == []
    alone.control.resume(id_, PERSON)
    assert witness.check() == []
    assert Witness(alone.another_process()).check() == [], "who comes later to it pauses nothing again"
    send_some(hand, id_, 5)


@pytest.mark.slow
def test_L21_a_standby_that_has_every_commit_takes_over_and_sending_goes_on(
    server: postgres.Server, alone: Ledger
) -> None:
    id_ = alone.started(20)
    witness = Witness(alone.db, synchronous=True)
    assert witness.check() == []
    hand = alone.hand()
    send_some(hand, id_, 10)
    witness.note()
    server.copy("standby")
    server.take("standby")
    hand.renew()
    with pytest.raises(Unreachable, match="another copy"):
        hand.claim(id_, 5)
    assert witness.check() == []
    send_some(hand, id_, 10)
    assert alone.get(id_).state is State.COMPLETED


@pytest.mark.slow
def test_L21_a_standby_that_was_called_synchronous_and_was_not_is_found_out_by_what_is_missing(
    server: postgres.Server, alone: Ledger
) -> None:
    id_ = alone.started(20)
    witness = Witness(alone.db, synchronous=True)
    witness.check()
    hand = alone.hand()
    server.copy("standby")
    send_some(hand, id_, 10)
    witness.note()
    server.take("standby")
    alone.db.close()
    (paused,) = witness.check()
    assert "was seen here" in (paused.detail or "")


def test_L21_a_database_that_was_made_from_a_dump_starts_paused(tmp_path: Path) -> None:
    made = make_ledger("postgresql", tmp_path, World())
    id_ = made.started(5)
    assert Witness(made.db).check() == []
    made.db.close()
    name = made.url.partition("?")[0].rpartition("/")[2]
    url = postgres.fresh(name)  # rows and all, as pg_dump and pg_restore leave them
    copy = Database(url, World())
    (paused,) = Witness(copy, synchronous=True).check()
    assert (paused.id, paused.detail) == (id_, "this ledger was restored into a new database")
    assert Witness(copy).check() == []
    assert Witness(made.db).check() == [], "the old one goes on"
    copy.close()
    postgres.drop(url)
    made.close()
