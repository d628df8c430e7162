"""The log of facts."""

from pathlib import Path

import pytest

from homing.store import migrate
from homing.store.database import Database
from homing.store.events import Events, record
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
    first = events.after(0, 1, limit=2)
    rest = events.after(first[-1].seq, 1)
    assert [e.kind for e in first + rest] == ["k0", "k1", "k2", "k3", "k4"]
    assert rest[-1].seq == events.latest(1) == events.latest()
    assert first[0].body == {"x": "ü"}


def test_a_fact_of_another_workspace_is_not_seen(database: Database) -> None:
    _tell(database, "campaign:a", "mine", workspace=1)
    _tell(database, "campaign:b", "theirs", workspace=2)
    assert [e.kind for e in Events(database).after(0, 1)] == ["mine"]


def test_topics_choose_one_thing_or_a_family(database: Database) -> None:
    _tell(database, "campaign:a", "a")
    _tell(database, "campaign:b", "b")
    _tell(database, "sender:s", "s")
    events = Events(database)
    assert [e.kind for e in events.after(0, 1, topics=["campaign:b"])] == ["b"]
    assert [e.kind for e in events.after(0, 1, topics=["campaign"])] == ["a", "b"]


def test_a_change_that_is_rolled_back_leaves_no_fact(database: Database) -> None:
    with pytest.raises(ValueError, match="no"), database.write() as tx:
        record(tx, workspace_id=1, at=1, topic="t", kind="k", body={})
        raise ValueError("no")
    assert Events(database).after(0, 1) == []
