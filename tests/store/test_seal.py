"""Secrets at rest."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homing.model.errors import Misconfigured
from homing.store import migrate
from homing.store.database import Database
from homing.store.seal import FILE, Seal, key_id_of, open_seal
from homing.store.senders import Senders
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


def _with_a_secret(database: Database, seal: Seal) -> None:
    workspace = Workspaces(database).ensure_default()
    Senders(database, seal).add(workspace.id, "s", "smtp", {"host": "127.0.0.1", "user": "u"}, {"password": "p"})


def test_a_secret_opens_only_in_its_own_cell() -> None:
    seal = Seal("k" * 40)
    sealed = seal.seal(b"word", table="sender", column="sealed", row=1)
    assert b"word" not in sealed
    assert seal.open(sealed, table="sender", column="sealed", row=1) == b"word"
    for cell in ({"row": 2}, {"column": "x"}, {"table": "x"}):
        with pytest.raises(Misconfigured, match="moved"):
            seal.open(sealed, **{"table": "sender", "column": "sealed", "row": 1, **cell})  # type: ignore[arg-type]


def test_a_changed_byte_does_not_open() -> None:
    seal = Seal("k" * 40)
    sealed = bytearray(seal.seal(b"word", table="t", column="c", row=1))
    sealed[-1] ^= 1
    with pytest.raises(Misconfigured):
        seal.open(bytes(sealed), table="t", column="c", row=1)


def test_another_key_is_named() -> None:
    sealed = Seal("a" * 40).seal(b"word", table="t", column="c", row=1)
    with pytest.raises(Misconfigured, match=key_id_of(sealed)):
        Seal("b" * 40).open(sealed, table="t", column="c", row=1)


def test_a_key_file_is_made_once_and_only_for_its_owner(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = open_seal(database, folder, None)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert open_seal(database, folder, None).key_id == first.key_id
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_processes_that_make_the_key_at_once_agree_on_one(database: Database, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: open_seal(database, tmp_path / "data", None).key_id, range(16)))
    assert len(ids) == 1


def test_no_key_is_made_while_something_is_sealed(database: Database, tmp_path: Path) -> None:
    seal = open_seal(database, tmp_path, None)
    _with_a_secret(database, seal)
    (tmp_path / FILE).unlink()
    with pytest.raises(Misconfigured, match=seal.key_id):
        open_seal(database, tmp_path, None)
    assert not (tmp_path / FILE).exists()


def test_a_wrong_key_is_refused_at_the_start(database: Database, tmp_path: Path) -> None:
    seal = open_seal(database, tmp_path, None)
    _with_a_secret(database, seal)
    with pytest.raises(Misconfigured, match=seal.key_id):
        open_seal(database, tmp_path, "another key, long enough to be one")
