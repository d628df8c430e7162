"""The frame: options, exit codes, start-up."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import homing as package
from homing.store import migrate, revision
from tests.cli.conftest import Run


def _homing(*args: object, **env: str) -> "subprocess.CompletedProcess[str]":
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(package.__file__).parent.parent), **env}
    return subprocess.run(
        [sys.executable, "-m", "homing", *map(str, args)], capture_output=True, text=True, env=surroundings, check=False
    )


def test_the_version_is_told_without_loading_a_room(tmp_path: Path) -> None:
    done = _homing("--version", HOME=str(tmp_path))
    assert done.stdout == f"homing {package.__version__}\n"
    code = "import sys; sys.argv = ['homing', '--version']; from homing.cli import main; main(); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("sqlalchemy", "typer", "fastapi", "pydantic"):
        assert f"'{heavy}'" not in loaded


def test_shared_options_stand_before_or_after_the_command(tmp_path: Path) -> None:
    for args in (("--data", tmp_path / "a", "config", "show"), ("config", "show", "--data", tmp_path / "a")):
        done = _homing(*args, "--json", HOME=str(tmp_path))
        assert json.loads(done.stdout)["HOMING_DATA"]["value"] == str(tmp_path / "a")


def test_the_environment_says_where_the_data_is(tmp_path: Path) -> None:
    done = _homing("config", "show", "--origins", "--json", HOME=str(tmp_path), HOMING_DATA=str(tmp_path / "b"))
    assert json.loads(done.stdout)["HOMING_DATA"] == {
        "value": str(tmp_path / "b"), "origin": "environment HOMING_DATA",
    }  # fmt: skip


def test_an_empty_embedded_database_is_migrated_by_the_first_command(tmp_path: Path) -> None:
    done = _homing("sender", "list", "--json", "--data", tmp_path / "new", HOME=str(tmp_path))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"senders": []})
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "homing.db").stat().st_mode & 0o777 == 0o600


def test_an_unmigrated_database_is_refused_with_the_advice(homing: Run, data: Path) -> None:
    with sqlite3.connect(data / "homing.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0000'")
    assert "homing migrate" in homing("sender", "list", code=3).err


def test_a_newer_database_is_refused(homing: Run, data: Path) -> None:
    with sqlite3.connect(data / "homing.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer" in homing("sender", "list", code=3).err


def test_migrate_may_be_repeated(homing: Run) -> None:
    assert homing("migrate", "--json").json == {"before": migrate.head(), "after": migrate.head(), "changed": False}


def test_the_quick_look_at_the_revision_agrees_with_the_tools() -> None:
    assert revision.needed() == migrate.head()


def test_exit_codes_say_what_kind_of_no_it_was(homing: Run, tmp_path: Path) -> None:
    homing("sender", "add", code=2)
    homing("sender", "add", "smtp", "--name", "x", code=2)
    homing("sender", "remove", "nobody", code=3)
    homing("sender", "list", "--workspace", "nowhere", code=3)
    homing("nonsense", code=2)
    (tmp_path / "file").write_text("")
    assert _homing("sender", "list", "--data", tmp_path / "file" / "below", HOME=str(tmp_path)).returncode == 4


def test_a_wrong_setting_is_wrong_use(tmp_path: Path) -> None:
    done = _homing("config", "show", HOME=str(tmp_path), HOMING_WORKERS="many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "HOMING_WORKERS" in done.stderr


@pytest.mark.parametrize(
    ("place", "code", "says"),
    [
        ("nonsense", 2, "sqlite:///PATH"),
        ("sqlite:///{tmp}/none/x.db", 4, "there is no folder"),
        ("sqlite:///{tmp}", 4, "is a folder"),
        ("sqlite:///{tmp}/garbage.db", 4, "is no SQLite database"),
    ],
)
def test_a_database_that_is_none_is_named_with_the_cure(
    homing: Run, tmp_path: Path, place: str, code: int, says: str
) -> None:
    (tmp_path / "garbage.db").write_bytes(b"no database at all")
    ran = homing("status", "--database", place.format(tmp=tmp_path), code=code)
    assert says in ran.err
    assert "--database" in ran.err


def test_L19_status_says_in_its_document_that_the_database_is_out_of_reach(tmp_path: Path) -> None:
    done = _homing(
        "status", "--json", "--data", tmp_path, "--database", "postgresql://x@127.0.0.1:1/x", HOME=str(tmp_path)
    )
    assert done.returncode == 4
    said = json.loads(done.stdout)
    assert said["campaigns"] == []
    assert "the database cannot be reached" in said["storage"]["detail"]
    assert said["storage"]["next_at"] > said["storage"]["since"]
    assert "the database cannot be reached" in done.stderr
