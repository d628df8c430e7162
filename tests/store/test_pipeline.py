"""Blocks of statements on a real PostgreSQL: one round trip, all or nothing, whatever is asked and whatever goes wrong."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from homing.model.errors import Unreachable
from homing.store.database import Database
from homing.store.pipeline import Pipeline
from homing.world import World
from tests.postgres import admin
from tests.store.ledger import Ledger

pytestmark = pytest.mark.dialect("postgresql")


@pytest.fixture
def line(ledger: Ledger) -> Any:
    raw = psycopg.connect(str(ledger.db.url).replace("+psycopg", ""), autocommit=True)
    raw.execute("CREATE TEMPORARY TABLE note (n bigint PRIMARY KEY, words text)")
    yield raw
    raw.close()


def _told(raw: Any) -> list[tuple[int, str | None]]:
    found: list[tuple[int, str | None]] = raw.execute("SELECT n, words FROM note ORDER BY n").fetchall()
    return found


ADD = "INSERT INTO note VALUES (%(n)s, %(words)s)"


def test_what_is_asked_in_a_block_is_answered_at_its_end_in_order(line: Any) -> None:
    pipeline = Pipeline(line)
    for _ in range(2):  # the second time everything is prepared
        with pipeline.block(["BEGIN"]):
            added = [pipeline.later(ADD, {"n": n, "words": f"note {n}"}) for n in (1, 2)]
            found = pipeline.later("SELECT n, words, n > 1, NULL, 1.5::float8 FROM note ORDER BY n", {})
            removed = pipeline.later("DELETE FROM note WHERE n >= %(n)s", {"n": 1})
            pipeline.later("COMMIT", {})
        assert [each.rowcount for each in added] == [1, 1]
        assert found.fetchall() == [(1, "note 1", False, None, 1.5), (2, "note 2", True, None, 1.5)]
        assert removed.rowcount == 2
        assert removed.fetchall() == []
    assert _told(line) == [], "the driver goes on with the line"


def test_outside_of_a_block_a_statement_is_sent_at_once(line: Any) -> None:
    assert Pipeline(line).later(ADD, {"n": 1, "words": None}).rowcount == 1
    assert _told(line) == [(1, None)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(-(2**63), 2**63 - 1), words=st.none() | st.text(), truth=st.none() | st.booleans())
def test_values_come_back_as_they_went_in(line: Any, n: int, words: str | None, truth: bool | None) -> None:
    asked = "SELECT %(n)s::bigint, %(words)s::text, %(truth)s::boolean, %(n)s - 0, '100 %%'"
    ((back, said, true, again, percent),) = (
        Pipeline(line).later(asked, {"n": n, "words": words, "truth": truth}).fetchall()
    )
    kept = None if words is None else words.replace("\0", "\ufffd")  # as every text that PostgreSQL is given
    assert (back, again, true, percent) == (n, n, truth, "100 %")
    assert said == kept


def test_a_statement_that_fails_takes_the_rest_of_the_block_with_it_and_the_line_goes_on(line: Any) -> None:
    pipeline = Pipeline(line)
    with pytest.raises(psycopg.errors.UniqueViolation, match="note_pkey"), pipeline.block(["BEGIN"]):
        for n in (1, 1, 2):
            pipeline.later(ADD, {"n": n, "words": ""})
        pipeline.later("COMMIT", {})
    assert line.info.transaction_status is psycopg.pq.TransactionStatus.INERROR, "the COMMIT behind it was not done"
    line.execute("ROLLBACK")
    assert _told(line) == []
    with pipeline.block(["BEGIN"]):  # what was refused before it was prepared is prepared now
        pipeline.later(ADD, {"n": 1, "words": ""})
        pipeline.later("SELECT words FROM note WHERE n = %(n)s", {"n": 1})
        pipeline.later("COMMIT", {})
    assert _told(line) == [(1, "")]


def test_nothing_of_a_block_that_raises_is_sent(line: Any) -> None:
    pipeline = Pipeline(line)
    with pytest.raises(ZeroDivisionError), pipeline.block(["BEGIN"]):
        pipeline.later(ADD, {"n": 1, "words": ""})
        _ = 1 // 0
    assert line.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    with pipeline.block():
        found = pipeline.later("SELECT count(*) FROM note", {})
    assert found.fetchall() == [(0,)], "and what it asked is forgotten"


def test_more_than_both_sides_can_hold_goes_through(line: Any) -> None:
    """A server that cannot get rid of its answers reads nothing more: who only sends would wait for ever."""
    pipeline, long = Pipeline(line), "x" * 1_000_000
    with pipeline.block():
        found = [pipeline.later("SELECT %(words)s::text || %(n)s", {"words": long, "n": n}) for n in range(40)]
    assert [len(each.fetchall()[0][0]) for each in found] == [1_000_000 + len(str(n)) for n in range(40)]


def test_where_the_session_is_not_ours_nothing_is_left_behind_in_it(line: Any) -> None:
    line.prepare_threshold = None
    pipeline = Pipeline(line)
    with pipeline.block(["BEGIN"]):
        pipeline.later(ADD, {"n": 1, "words": None})
        pipeline.later("COMMIT", {})
    assert line.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
    assert _told(line) == [(1, None)]


def _killed_before(raw: Any) -> None:
    admin().execute("SELECT pg_terminate_backend(%s, 10000)", [raw.info.backend_pid])


def _killed_within(raw: Any) -> None:
    """By the block's own first statement."""


@pytest.mark.parametrize("kill", [_killed_before, _killed_within])
def test_a_line_that_breaks_raises_and_is_closed(line: Any, kill: Callable[[Any], None]) -> None:
    pipeline = Pipeline(line)
    kill(line)
    with pytest.raises(psycopg.OperationalError), pipeline.block(["BEGIN"]):
        pipeline.later("SELECT pg_terminate_backend(pg_backend_pid())", {})
        pipeline.later(ADD, {"n": 1, "words": ""})
        pipeline.later("COMMIT", {})
    assert line.closed


def test_a_transaction_that_commits_along_is_done_as_its_block_ends_or_not_at_all(ledger: Ledger) -> None:
    add = "usage_add"
    values = {"sender": ledger.sender, "minute": 1, "n": 1}

    def used() -> int:
        with ledger.db.read() as tx:
            return int(tx.execute(text("SELECT coalesce(sum(sent), 0) FROM sender_usage")).scalar_one())

    with ledger.db.write(fenced=True, along=True) as tx:
        with tx.together():
            tx.later(add, values)
            tx.commit_along()
        assert used() == 1
    with pytest.raises(Unreachable), ledger.db.write(fenced=True, along=True) as tx, tx.together():
        tx.later(add, values)
        raise Unreachable("before it was sent")
    with pytest.raises(ZeroDivisionError), ledger.db.write(fenced=True, along=True) as tx:
        with tx.together():
            tx.later(add, values)
        _ = 1 // 0
    assert used() == 1
    with ledger.db.write(fenced=True, along=True) as tx, tx.together():
        tx.later(add, values)
    assert used() == 2, "without it, the COMMIT comes at the end"


def test_the_transaction_has_the_settings_of_a_fenced_one(ledger: Ledger) -> None:
    names = ("synchronous_commit", "enable_seqscan", "lock_timeout", "idle_in_transaction_session_timeout")

    def said(*, along: bool) -> list[Any]:
        with ledger.db.write(fenced=True, along=along) as tx:
            with tx.together():
                pass
            return [tx.execute(text(f"SELECT current_setting('{name}')")).scalar_one() for name in names]

    assert said(along=True) == said(along=False) == ["on", "off", "2s", "2s"]


def test_a_new_line_to_the_server_prepares_anew(ledger: Ledger) -> None:
    database = Database(ledger.db.url, World())
    for _ in range(2):
        with database.write(fenced=True, along=True) as tx, tx.together():
            state = tx.later("campaign_state", {"c": 1})
        assert state.fetchall() == []
        database.close()


def _asked(database: Database) -> None:
    with database.write(fenced=True, along=True) as tx, tx.together():
        state = tx.later("campaign_state", {"c": 1})
    assert state.fetchall() == []


def test_what_the_driver_takes_away_with_a_rollback_is_prepared_anew(ledger: Ledger) -> None:
    """It sends DEALLOCATE ALL behind each ROLLBACK once it has prepared something itself."""
    for _ in range(8):
        with ledger.db.write(fenced=True) as tx:
            tx.hot("campaign_state", {"c": 1})
    _asked(ledger.db)
    with pytest.raises(ZeroDivisionError), ledger.db.write(fenced=True, along=True) as tx:
        with tx.together():
            tx.later("campaign_state", {"c": 1})
        _ = 1 // 0
    _asked(ledger.db)


def test_what_somebody_else_takes_away_is_an_outage_of_a_moment(ledger: Ledger) -> None:
    _asked(ledger.db)
    with ledger.db.write(fenced=True) as tx:
        tx.execute(text("DEALLOCATE ALL"))
    with pytest.raises(Unreachable):
        _asked(ledger.db)
    _asked(ledger.db)
