"""Lists of addresses that must not be sent to."""

import io
from pathlib import Path

import pytest

from homing.contacts.leaving_out import LeftOut, import_suppressions
from homing.store import migrate
from homing.store.database import Database
from homing.store.suppressions import Suppressions
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


def _take(database: Database, content: str) -> tuple[LeftOut, list[tuple[str, str]]]:
    here = Workspaces(database).ensure_default().id
    done = import_suppressions(io.BytesIO(content.encode()), Suppressions(database), here)
    assert done.total == done.added + done.known + done.failed
    return done, [(s.channel, s.address) for s in Suppressions(database).export(here)]


@pytest.mark.parametrize(
    "content",
    [
        "A@X.test\n@Spam.test\n+94771234567\n",
        "email,phone\na@x.test,\n@spam.test,\n,+94771234567\n",
        "channel,address,reason\nemail,a@x.test,x\nemail,@spam.test,x\nwhatsapp,+94771234567,x\n",
        "who\na@x.test\n@spam.test\n+94771234567\n",
    ],
)
def test_plain_lines_and_tables_are_taken_alike(database: Database, content: str) -> None:
    done, found = _take(database, content)
    assert (done.total, done.added, done.failed) == (3, 3, 0)
    assert found == [("email", "@spam.test"), ("email", "a@x.test"), ("whatsapp", "+94771234567")]
    again, _ = _take(database, content)
    assert (again.added, again.known) == (0, 3)


def test_what_is_no_address_is_told_and_the_rest_is_taken(database: Database) -> None:
    content = "a@x.test\nb@@x.test\n" + "".join(f"p{n}@x.test\n" for n in range(2100))
    done, found = _take(database, content)
    assert (done.added, done.failed, len(found)) == (2101, 1, 2101)
    assert [(e.row, e.type) for e in done.errors] == [(2, "email_invalid")]
