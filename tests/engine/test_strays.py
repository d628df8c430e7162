"""After a commit of unknown fate: what the ledger holds for a worker that does not know of it (L6, L8)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from homing.engine.strays import strays
from homing.engine.worker import Worker, WorkerSetup
from homing.model.errors import Unreachable
from homing.model.ids import Key
from homing.store.database import Database, Transaction
from homing.store.turn import Turns
from homing.world import World
from proofs.patience import until as wait_until
from tests.engine.rig import PATIENCE
from tests.engine.test_worker import house, working
from tests.store.ledger import Hand, Ledger, Saboteur


def test_L06_an_intent_that_landed_unknown_is_taken_back_though_others_have_its_lane_by_now(ledger: Ledger) -> None:
    """The worker lives and knows that no byte left: its rows are in no doubt, whoever took its lanes meanwhile."""
    id_ = ledger.started(6)
    hand = ledger.hand()
    refused = [Key(id_, *key) for key in hand.going(id_, 4)]  # and the answer never came
    Hand(ledger, ledger.another_process(), ledger.sender).take_lanes(dead=[hand.me])
    assert ledger.tally(id_) == {"uncertain": 4, "queued": 2}
    never = Key(id_, 6, 1)
    rows = hand.turns.held_now([*refused, never])
    assert sorted(row.key for row in rows) == sorted(refused)
    hand.turns.take(strays(rows, set()))
    assert ledger.tally(id_) == {"queued": 6}
    assert set(ledger.attempts(id_).values()) == {"withdrawn"}
    ledger.check_books(id_)


def test_L06_what_landed_and_is_still_ours_is_named_once(ledger: Ledger) -> None:
    id_ = ledger.started(4)
    hand = ledger.hand()
    refused = [Key(id_, *key) for key in hand.going(id_)]
    rows = hand.turns.held_now(refused)
    assert sorted(row.key for row in rows) == sorted(refused)
    assert strays(rows, set(refused)) == [], "what a process knows is its own"


@pytest.mark.dialect("postgresql")
def test_L06_the_read_back_waits_for_a_commit_that_the_server_still_works_at(ledger: Ledger) -> None:
    """The connection is lost while the disk or the standby is slow: looked at too early, nothing would seem to have landed,
    and the rows would stand in `sending` for ever."""
    id_ = ledger.started(3)
    hand = ledger.hand()
    hand.claim(id_)
    back = Turns(ledger.another_process(), hand.me, ledger.sender)
    with psycopg.connect(ledger.url) as left_behind, ThreadPoolExecutor(1) as pool:
        left_behind.execute("SELECT 1 FROM lease WHERE owner = %s FOR SHARE", [hand.me])
        left_behind.execute("UPDATE delivery SET state = 'sending' WHERE campaign_id = %s", [id_])
        answer = pool.submit(back.held_now)
        with psycopg.connect(ledger.url, autocommit=True) as eye:
            waits = (
                "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            wait_until(lambda: answer.done() or eye.execute(waits).fetchone(), PATIENCE, "it waits, or it does not")
        assert not answer.done()
        left_behind.commit()
        assert Counter(row.state for row in answer.result()) == {"sending": 3}


class LostAnswer(Database):
    """Commits, and the answer to the commit is lost, once, when it is told so."""

    lost = False

    @contextmanager
    def write(self, *, fenced: bool = False, **more: Any) -> Iterator[Transaction]:
        with super().write(fenced=fenced, **more) as tx:
            yield tx
        if self.lost:
            self.lost = False
            raise Unreachable("the database died after COMMIT")


@pytest.mark.wire
def test_L06_lanes_whose_take_was_committed_unknown_do_not_lie_idle_for_ever(tmp_path: Path) -> None:
    """They are ours in the ledger and would be renewed without end, though nobody works them: they are let go and taken again."""

    async def story() -> None:
        saboteur = Saboteur()
        async with house(tmp_path) as home:
            id_ = home.ledger.started(30)
            db = LostAnswer(home.ledger.url, World(faults=saboteur))

            def lose() -> None:
                del saboteur.plants["lanes.taken"]
                db.lost = True

            saboteur.plants["lanes.taken"] = lose
            async with working(Worker(WorkerSetup(db, home.way(db.world), home.note_health, grace=PATIENCE))):
                await home.over(id_)
            assert saboteur.reached["lanes.taken"] >= 2
            assert home.copies(id_) == Counter(dict.fromkeys(range(1, 31), 1))
            home.ledger.check_books(id_)
            db.close()

    asyncio.run(story())
