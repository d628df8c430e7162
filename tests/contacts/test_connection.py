"""The line to the database is cut: it is known as that, ridden out, and every row is there once. A bug is no lost line."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from homing.contacts.endurance import Care
from homing.model.errors import Unreachable
from homing.model.imports import State
from homing.store.database import Database
from homing.store.limits import TICK
from homing.store.trouble import Action, action_of, is_race
from homing.world import SystemClock, World
from proofs.cutting import Cutter
from tests import postgres
from tests.contacts.bench import Bench
from tests.store.ledger import LoadedDice, Saboteur


def _sqlite(name: str) -> Unreachable:
    root = sqlite3.OperationalError("words")
    root.sqlite_errorname = name
    try:
        raise Unreachable("the database does not take this") from root
    except Unreachable as error:
        return error


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("SQLITE_BUSY", Action.RETRY),
        ("SQLITE_BUSY_SNAPSHOT", Action.RETRY),
        ("SQLITE_LOCKED", Action.RETRY),
        ("SQLITE_PROTOCOL", Action.RETRY),
        ("SQLITE_INTERRUPT", Action.RETRY),
        ("SQLITE_IOERR_WRITE", Action.RECONNECT),
        ("SQLITE_CANTOPEN", Action.RECONNECT),
        ("SQLITE_READONLY_DBMOVED", Action.RECONNECT),
        ("SQLITE_FULL", Action.WAIT_FOR_SPACE),
        ("SQLITE_READONLY", Action.FAIL),
        ("SQLITE_PERM", Action.FAIL),
        ("SQLITE_CORRUPT", Action.FAIL),
        ("SQLITE_NOTADB", Action.FAIL),
    ],
)
def test_r30_what_sqlite_says_is_known_for_what_it_is(name: str, action: Action) -> None:
    """R30."""
    assert action_of(_sqlite(name)) is action


class _Psycopg(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("words")
        self.sqlstate = sqlstate


class OperationalError(_Psycopg):
    pass


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (None, Action.RECONNECT), ("08006", Action.RECONNECT), ("57P01", Action.RECONNECT), ("57P02", Action.RECONNECT),
        ("57P03", Action.RECONNECT), ("57P05", Action.RECONNECT), ("53300", Action.RECONNECT), ("25P03", Action.RECONNECT),
        ("25006", Action.RECONNECT), ("40001", Action.RETRY), ("40P01", Action.RETRY), ("55P03", Action.RETRY),
        ("57014", Action.RETRY),
        ("23505", Action.RETRY), ("53100", Action.WAIT_FOR_SPACE), ("53200", Action.WAIT_FOR_SPACE),
        ("22P02", Action.FAIL), ("23502", Action.FAIL), ("42P01", Action.FAIL), ("28P01", Action.FAIL),
    ],
)  # fmt: skip
def test_r30_what_postgresql_says_is_known_for_what_it_is(state: str | None, action: Action) -> None:
    """R30."""
    assert action_of(OperationalError(state)) is action


def test_r30_a_row_that_the_database_refuses_is_a_bug_and_no_lost_line(bench: Bench) -> None:
    """R30, provoked for real: a NOT NULL, and a key that somebody took."""
    errors = []
    for statement in (
        "INSERT INTO list (uid, workspace_id, name, created_at) VALUES ('u', 1, NULL, 1)",
        "INSERT INTO workspace (uid, name, created_at) SELECT uid, 'x', 1 FROM workspace",
    ):
        with pytest.raises(IntegrityError) as caught, bench.database.write() as tx:
            tx.execute(text(statement))
        errors.append(caught.value)
    assert action_of(errors[0]) is Action.FAIL
    assert [is_race(error) for error in errors] == [False, True]


def test_a_bug_while_writing_fails_the_import_and_says_so(bench: Bench, saboteur: Saboteur) -> None:
    saboteur.once("import.chunk.begin", ZeroDivisionError())
    of = bench.go_on(bench.begin("email\na@x.test\n"))
    assert (of.state, of.reason) == (State.FAILED, "internal")


@pytest.mark.parametrize("point", ["import.chunk.begin", "import.chunk.commit", "import.chunk.committed"])
def test_a_line_that_comes_back_within_patience_is_not_even_told(bench: Bench, saboteur: Saboteur, point: str) -> None:
    """Also when it is lost with the answer of a COMMIT: the journal says whether that took place."""
    of = bench.begin("phone\n" + "".join(f"+9477{n:07}\n" for n in range(40)), chunk=10)
    saboteur.once(point, Unreachable("the database went away"))
    after = bench.go_on(of)
    assert after.state is State.COMPLETED
    assert (after.report["created"], after.chunks, bench.contacts.count(bench.here)) == (40, 4, 40)


@pytest.mark.dialect("postgresql")
def test_r30_a_line_that_turns_silent_at_a_commit_is_given_up_and_the_import_is_exact(tmp_path: Path) -> None:
    """R25, R30: as of a proxy that stands still. What it held comes late, that COMMIT too: the chunk is there once."""
    url = postgres.fresh(postgres.migrated())
    with Cutter(url) as cutter:
        saboteur = Saboteur()
        database = Database(cutter.url, World(SystemClock(), LoadedDice(), saboteur))
        bench = Bench(database, tmp_path / "imports")
        of = bench.begin("phone\n" + "".join(f"+9477{n:07}\n" for n in range(40)), chunk=10)

        def fall_silent() -> None:
            if saboteur.reached["import.chunk.commit"] == 2:
                cutter.hold()

        def wait(_seconds: float) -> bool:
            cutter.go_on()
            return False

        saboteur.plants["import.chunk.commit"] = fall_silent
        after = bench.go_on(of, care=Care(patience=60, probe=0.2, longest_wait=0.2, chunk=TICK), wait=wait)
        assert after.state is State.COMPLETED
        assert (after.report["created"], bench.contacts.count(bench.here), after.chunks) == (40, 40, 4)
        database.close()
    postgres.drop(url)


@pytest.mark.slow
@pytest.mark.dialect("postgresql")
def test_r30_a_proxy_cuts_postgresql_twenty_times_and_the_import_is_exact(tmp_path: Path) -> None:
    """R30, R31: cut at random bytes, in the middle of chunks and of their commits; the figures add up to the rows of the file."""
    url = postgres.fresh(postgres.migrated())
    with Cutter(url) as cutter:
        database = Database(cutter.url, World())
        bench = Bench(database, tmp_path / "imports")
        of = bench.begin("phone,name\n" + "".join(f"+9477{n:07},P{n}\n" for n in range(60_000)), chunk=100)
        stop = threading.Event()
        cutting = threading.Thread(target=cutter.cut_often, args=(20, stop))
        cutting.start()
        after = bench.go_on(of, care=Care(patience=60, probe=0.2, longest_wait=0.2))
        stop.set()
        cutting.join()
        assert cutter.cuts >= 20
        assert after.state is State.COMPLETED
        body = bench.body(after)
        assert (body["created"], bench.contacts.count(bench.here), after.chunks) == (60_000, 60_000, 600)
        database.close()
    postgres.drop(url)
