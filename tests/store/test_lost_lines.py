"""A line to PostgreSQL that dies is no fault: it is told by what raises, and the journal has no traceback of the pool."""

import logging

import pytest
from sqlalchemy import text

from homing.model.errors import Unreachable
from homing.store.database import Database
from homing.store.limits import TICK
from homing.store.postgresql import Postgresql
from homing.world import World
from proofs.cutting import Cutter
from tests.store.ledger import Ledger

pytestmark = pytest.mark.dialect("postgresql")
END_OURS = "SELECT pg_terminate_backend(pg_backend_pid())"


def _once(database: Database) -> None:
    with database.write() as tx:
        assert tx.execute(text("SELECT 1")).scalar_one() == 1


def test_a_line_that_dies_in_a_statement_leaves_no_traceback(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    for hot in (False, True):
        with pytest.raises(Unreachable), ledger.db.driver.writing(fenced=True) as connection:
            if hot:
                ledger.db.driver.raw(connection).execute(END_OURS)
            else:
                connection.execute(text(END_OURS))
        _once(ledger.db)
    assert _told(caplog) == []


def test_a_line_that_dies_before_its_first_word_leaves_no_traceback(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    with Cutter(ledger.db.url) as cutter:
        database = Database(cutter.url, World())
        _once(database)
        assert isinstance(database.driver, Postgresql)
        database.driver.turn_limit = TICK
        cutter.hold()
        with pytest.raises(Unreachable), database.write(fenced=True):
            pass
        cutter.go_on()
        _once(database)
        database.close()
    assert _told(caplog) == []


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
