"""The log of facts."""

from pathlib import Path

import pytest

from homing.model.errors import Invalid
from homing.store import migrate
from homing.store.database import Database
from homing.store.events import BEGINNING, Cursor, Events, begin_epoch, record
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


def _tell(database: Database, topic: str, kind: str, workspace: int = 1) -> None:
    with database.write() as tx:
        record(tx, workspace_id=workspace, at=1, topic=topic, kind=kind, body={"x": "ü"})


def test_facts_come_back_in_order_from_a_cursor(database: Database) -> None:
    for n in range(5):
        _tell(database, "campaign:a", f"k{n}")
    events = Events(database)
    first = events.after(BEGINNING, 1, limit=2)
    rest = events.after(first[-1].cursor, 1)
    assert [e.kind for e in first + rest] == ["k0", "k1", "k2", "k3", "k4"]
    assert rest[-1].cursor == events.latest(1) == events.latest()
    assert first[0].body == {"x": "ü"}


def test_a_fact_of_another_workspace_is_not_seen(database: Database) -> None:
    _tell(database, "campaign:a", "mine", workspace=1)
    _tell(database, "campaign:b", "theirs", workspace=2)
    assert [e.kind for e in Events(database).after(BEGINNING, 1)] == ["mine"]


def test_topics_choose_one_thing_or_a_family(database: Database) -> None:
    _tell(database, "campaign:a", "a")
    _tell(database, "campaign:b", "b")
    _tell(database, "sender:s", "s")
    events = Events(database)
    assert [e.kind for e in events.after(BEGINNING, 1, topics=["campaign:b"])] == ["b"]
    assert [e.kind for e in events.after(BEGINNING, 1, topics=["campaign"])] == ["a", "b"]


def test_a_change_that_is_rolled_back_leaves_no_fact(database: Database) -> None:
    with pytest.raises(ValueError, match="no"), database.write() as tx:
        record(tx, workspace_id=1, at=1, topic="t", kind="k", body={})
        raise ValueError("no")
    assert Events(database).after(BEGINNING, 1) == []


def test_a_cursor_is_one_word_outside_and_an_order_inside() -> None:
    assert [str(Cursor.parse(word)) for word in ("0", "17", "8812.17")] == ["0", "17", "8812.17"]
    assert Cursor.parse("9.1") > Cursor.parse("8.999") > Cursor.parse("8.17") > Cursor.parse("17")
    for word in ("", "x", "-1", "1.", ".1", "1.2.x", "9" * 19, "١"):
        with pytest.raises(Invalid):
            Cursor.parse(word)


def test_what_is_pruned_is_said_and_the_newest_fact_stays(database: Database) -> None:
    for n in range(4):
        _tell(database, "campaign:a", f"k{n}")
    events = Events(database)
    second = events.after(BEGINNING, 1)[1].cursor
    assert events.retained_from() == BEGINNING
    assert events.prune(before=2, most=2) == 2
    assert events.retained_from() == second
    assert events.prune(before=1) == 0
    assert events.prune(before=2) == 1
    assert [e.kind for e in events.after(BEGINNING, 1)] == ["k3"]


def test_an_epoch_stays_until_the_history_is_another_one(database: Database) -> None:
    events = Events(database)
    first = events.epoch()
    assert events.epoch() == first
    with database.write() as tx:
        begin_epoch(tx)
    assert events.epoch() != first
