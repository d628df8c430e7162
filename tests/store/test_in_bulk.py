"""Many large transactions in a row on SQLite: their log is written back between them, while others write."""

import pytest
from sqlalchemy import text

from homing.store.sqlite import Sqlite
from tests.store.ledger import Ledger

GROW = "CREATE TABLE IF NOT EXISTS bulk (n INTEGER PRIMARY KEY, x TEXT)"
FILL = (
    "INSERT INTO bulk (x) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
    "SELECT hex(randomblob(2000)) FROM n"
)
MEGABYTES = 10 << 20  # what one FILL writes, and a little less

pytestmark = pytest.mark.dialect("sqlite")


def _limit(ledger: Ledger) -> int:
    with ledger.db.write() as tx:
        return int(tx.execute(text("PRAGMA wal_autocheckpoint")).scalar_one())


def _fill(ledger: Ledger) -> int:
    """Writes more pages than a log may have otherwise; how large the database's own file is then."""
    with ledger.db.write() as tx:
        tx.execute(text(GROW))
        tx.execute(text(FILL))
    return ledger.db.path.stat().st_size


def test_the_log_is_written_back_between_large_transactions_and_nobody_waits_for_it(ledger: Ledger) -> None:
    usual = _fill(ledger)
    assert usual > MEGABYTES, "a commit writes its log back otherwise"
    with ledger.db.in_bulk() as write_back:
        assert _fill(ledger) == usual
        with ledger.db.write() as tx:  # another writer is at work
            write_back()
            assert ledger.db.path.stat().st_size > usual + MEGABYTES
            tx.execute(text("DELETE FROM bulk WHERE n = 1"))
        usual = _fill(ledger)
    assert ledger.db.path.stat().st_size > usual + MEGABYTES, "nothing is left to the next commit"
    assert _limit(ledger) == 1000


def test_bulk_holds_until_its_last_user_is_done_and_over_a_reopened_connection(ledger: Ledger) -> None:
    assert isinstance(ledger.db.driver, Sqlite)
    with ledger.db.in_bulk():
        with ledger.db.in_bulk():
            assert _limit(ledger) == 0
        ledger.db.close()
        assert _limit(ledger) == 0
    assert _limit(ledger) == 1000
