"""The chain of who did what."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from homing.store import audit_log, migrate
from homing.store.database import Database
from homing.store.tables import audit_log as table
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    for n in range(4):
        with made.write() as tx:
            audit_log.append(tx, workspace_id=1, at=n, actor="cli:a", act="x.done", subject=f"x:{n}", body={"n": n})
    return made


def test_a_chain_that_nobody_touched_is_whole(database: Database) -> None:
    assert audit_log.verify(database) is None


def test_a_changed_row_is_found(database: Database) -> None:
    with database.write() as tx:
        tx.execute(update(table).where(table.c.id == 2).values(actor="cli:b"))
    assert audit_log.verify(database) == 2


def test_a_removed_row_is_found(database: Database) -> None:
    with database.write() as tx:
        tx.execute(delete(table).where(table.c.id == 2))
    assert audit_log.verify(database) == 3
