"""The import from end to end: what gets in, what is refused, and what a death leaves behind."""

import io
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from homing.contacts.importing import Options, import_csv
from homing.contacts.report import ImportReport, Progress, Started
from homing.model.errors import Invalid, NotFound, Unreachable
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.contacts import ChunkResult, Contacts
from homing.store.database import Database
from homing.store.lists import ListId, Lists
from homing.store.matching import By, Row
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def here(database: Database) -> WorkspaceId:
    return Workspaces(database).ensure_default().id


def _import(database: Database, here: WorkspaceId, content: str | bytes | BinaryIO, **options: Any) -> ImportReport:
    source = (
        content if hasattr(content, "read") else io.BytesIO(content.encode() if isinstance(content, str) else content)
    )
    *_, report = import_csv(source, Contacts(database), here, Options(**options))  # type: ignore[arg-type] # it reads
    assert isinstance(report, ImportReport)
    assert report.total == report.created + report.updated + report.failed
    assert sum(report.errors_by_type.values()) == report.failed
    return report


def test_columns_become_addresses_names_and_variables(database: Database, here: WorkspaceId) -> None:
    report = _import(
        database, here,
        "E-Mail;First Name;Last Name;Mobile;Favourite Colour\nAnn@X.test;Ann;Lee;077 123 4567;blue\nbob@x.test;;;;\n",
        default_country="lk",
    )  # fmt: skip
    assert (report.total, report.created, report.failed) == (2, 2, 0)
    ann, bob = Contacts(database).export(here)
    assert (ann.email, ann.phone, ann.name) == ("ann@x.test", "+94771234567", "Ann Lee")
    assert ann.attributes == {"first_name": "Ann", "last_name": "Lee", "favourite_colour": "blue"}
    assert (bob.email, bob.phone, bob.name, bob.attributes) == ("bob@x.test", None, "", {})


def test_every_refused_row_is_reported_with_row_type_field_and_value(database: Database, here: WorkspaceId) -> None:
    report = _import(
        database, here,
        "email,phone,name\nann@x.test,,Ann\nnobody,,N\n,,Empty\nANN@x.test,,Again\nc@x.test,+9477,Cy\n,+9477,D\n\"e@x.test,,E\n",
    )  # fmt: skip
    assert (report.total, report.created, report.failed, report.duplicates, report.warnings) == (7, 2, 5, 1, 1)
    told = [(e.row, e.type, e.field, e.value, e.other_row) for e in report.errors]
    assert told == [
        (3, "email_no_at_sign", "email", "nobody", None),
        (4, "missing", "email", None, None),
        (5, "duplicate_in_file", "email", "ann@x.test", 2),
        (6, "phone_too_short", "phone", "+9477", None),
        (7, "phone_too_short", "phone", "+9477", None),
        (8, "unbalanced_quote", None, None, None),
    ]
    assert report.errors_by_field == {"email": 3, "phone": 1}
    assert report.warnings_by_type == {"phone_too_short": 1}
    assert Contacts(database).find(here, "c@x.test").phone is None


def test_the_same_file_again_updates_everybody_and_doubles_nobody(database: Database, here: WorkspaceId) -> None:
    content = "email,name,city\n" + "".join(f"p{n}@x.test,P{n},Bonn\n" for n in range(1200))
    first = _import(database, here, content)
    again = _import(database, here, content)
    assert (first.created, first.updated) == (1200, 0)
    assert (again.created, again.updated, again.unchanged) == (0, 1200, 1200)
    assert Contacts(database).count(here) == 1200


def test_a_repeat_is_found_across_chunks_by_either_address(database: Database, here: WorkspaceId) -> None:
    rows = [f"p{n}@x.test,+49170{n:07}\n" for n in range(30)]
    rows += ["p3@x.test,+491719999999\n", "new@x.test,+491700000004\n"]
    report = _import(database, here, "email,phone\n" + "".join(rows), chunk=7)
    assert [(e.row, e.field, e.other_row) for e in report.errors] == [(32, "email", 5), (33, "phone", 6)]
    assert Contacts(database).count(here) == 30


def test_everybody_lands_on_the_list_and_a_foreign_list_is_refused(database: Database, here: WorkspaceId) -> None:
    lists = Lists(database)
    news = lists.ensure(here, "News")
    _import(database, here, "email\na@x.test\nb@x.test\n", list_id=news.id)
    assert lists.find(here, "News").members == 2
    foreign = lists.ensure(Workspaces(database).add("Other").id, "Theirs")
    with pytest.raises(NotFound):
        _import(database, here, "email\nc@x.test\n", list_id=foreign.id)


def test_a_dry_run_reports_the_same_and_writes_nothing(database: Database, here: WorkspaceId) -> None:
    content = "email,name\na@x.test,A\nb@x.test,B\na@x.test,C\nbad,D\n"
    dry = _import(database, here, content, dry_run=True)
    assert Contacts(database).count(here) == 0
    wet = _import(database, here, content)
    assert (dry.created, dry.updated, dry.failed, dry.errors) == (wet.created, wet.updated, wet.failed, wet.errors)


def test_by_phone_a_wrong_email_is_left_out_and_a_wrong_phone_refuses_the_row(
    database: Database, here: WorkspaceId
) -> None:
    report = _import(database, here, "email,phone\nbad,+491701234567\na@x.test,+9477\nb@x.test,\n", by=By.PHONE)
    assert (report.created, report.failed, report.warnings) == (1, 2, 1)
    assert [(e.row, e.type) for e in report.errors] == [
        (2, "email_no_at_sign"), (3, "phone_too_short"), (4, "missing"),
    ]  # fmt: skip


def test_it_tells_how_it_began_and_how_far_it_is(database: Database, here: WorkspaceId) -> None:
    content = b"Mail;City\n" + b"".join(b"p%d@x.test;Bonn\n" % n for n in range(10))
    started, *steps, report = import_csv(io.BytesIO(content), Contacts(database), here, Options(chunk=4))
    assert isinstance(started, Started)
    assert (started.encoding, started.delimiter, started.size) == ("utf-8", ";", len(content))
    assert started.columns == {"email": "Mail", "city": "City"}
    assert [step.rows for step in steps if isinstance(step, Progress)] == [4, 8, 10]
    assert isinstance(report, ImportReport)
    assert started.to_json()["id"] == report.to_json()["id"] == report.id


def test_a_pipe_is_read_as_well_as_a_file(database: Database, here: WorkspaceId, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"email\na@x.test\n")
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert _import(database, here, pipe).created == 1
    path = tmp_path / "more.csv"
    path.write_bytes(b"email\nb@x.test\n")
    *_, report = import_csv(path, Contacts(database), here)
    assert isinstance(report, ImportReport)
    assert report.created == 1


@pytest.mark.parametrize("options", [{"chunk": 0}, {"chunk": 20_001}, {"default_country": "XX"}, {"by": By.PHONE}])
def test_wrong_use_is_refused_before_anything_is_written(
    database: Database, here: WorkspaceId, options: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        _import(database, here, "email\na@x.test\n", **options)
    assert Contacts(database).count(here) == 0


class _GoesAway(Contacts):
    """A ledger whose storage refuses from the third chunk on."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.chunks = 0

    def upsert_chunk(
        self, workspace_id: WorkspaceId, rows: Any, *, by: By = By.AUTO, list_id: ListId | None = None
    ) -> ChunkResult:
        self.chunks += 1
        if self.chunks > 2:
            raise Unreachable("the database does not take this: disk I/O error")
        return super().upsert_chunk(workspace_id, rows, by=by, list_id=list_id)


def test_a_database_that_goes_away_leaves_whole_chunks_and_counts_the_rest(
    database: Database, here: WorkspaceId
) -> None:
    content = b"email\n" + b"".join(b"p%d@x.test\n" % n for n in range(3200))
    *_, report = import_csv(io.BytesIO(content), _GoesAway(database), here, Options(chunk=500))
    assert isinstance(report, ImportReport)
    assert (report.total, report.created, report.failed, report.not_processed) == (3200, 1000, 2200, 2200)
    assert report.errors_by_type == {"connection_error": 2200}
    assert (report.errors[0].row, report.errors[0].type, report.connection_lost) == (-1, "connection_error", True)
    again = _import(database, here, content)
    assert (again.updated, again.created) == (1000, 2200)


_KILLED = """
import os, signal, sys
from pathlib import Path
from homing.contacts.importing import Options, import_csv
from homing.contacts.report import Progress
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.world import World

class Kills:
    arrivals = 0
database = Database(f"sqlite:///{sys.argv[1]}", World())
for told in import_csv(Path(sys.argv[2]), Contacts(database), int(sys.argv[3]), Options(chunk=100)):
    if isinstance(told, Progress) and told.rows >= int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("after", [100, 500, 1000])
def test_an_import_killed_with_kill_9_has_whole_chunks_in_and_is_run_again(
    database: Database, here: WorkspaceId, tmp_path: Path, after: int
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,name\n" + "".join(f"p{n}@x.test,P{n}\n" for n in range(1000)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(database.path), str(path), str(here), str(after)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert Contacts(database).count(here) == after
    again = _import(database, here, path.read_bytes())
    assert (again.created, again.updated) == (1000 - after, after)
    assert Contacts(database).count(here) == 1000


def _endless(rows: int) -> BinaryIO:
    return io.BytesIO(
        b"email,name,city\n" + b"".join(b"person.%d@host%d.test,Person,City\n" % (n, n % 50) for n in range(rows))
    )


class _Swallows(Contacts):
    """Takes every chunk and keeps nothing: what is measured is the import's own memory."""

    def upsert_chunk(
        self, workspace_id: WorkspaceId, rows: Any, *, by: By = By.AUTO, list_id: ListId | None = None
    ) -> ChunkResult:
        return ChunkResult(len(rows), 0, 0, (), ())


def test_memory_does_not_grow_with_the_file(database: Database, here: WorkspaceId) -> None:
    def peak(rows: int) -> int:
        source = _endless(rows)
        tracemalloc.start()
        for _ in import_csv(source, _Swallows(database), here, Options(chunk=500)):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)
    small, large = peak(6_000), peak(24_000)
    assert large < small * 1.1 + 200_000, (small, large)


def test_r46_an_import_touches_its_own_workspace_only(database: Database, here: WorkspaceId) -> None:
    """R46: the same person may be a contact of two business profiles."""
    there = Workspaces(database).add("Other").id
    Contacts(database).upsert_chunk(there, [Row("a@x.test", None, "Theirs")])
    assert _import(database, here, "email,name\na@x.test,Ours\n").created == 1
    assert Contacts(database).find(there, "a@x.test").name == "Theirs"
