"""A homing command that runs in this process, on a data folder of its own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from homing.app import migrate
from homing.cli.frame import app
from homing.store.database import Database
from homing.world import World


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty ledger to copy: migrating takes a second."""
    path = tmp_path_factory.mktemp("blank") / "homing.db"
    database = Database(f"sqlite:///{path}", World())
    migrate(database)
    database.close()
    return path


@pytest.fixture
def data(tmp_path: Path, blank: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(blank, folder / "homing.db")
    return folder


@pytest.fixture
def homing(data: Path) -> Run:
    """Runs `homing ARGS --data DATA`; fails when the code is not `code`."""

    def run(*args: object, code: int = 0, text: str | None = None) -> Ran:
        done = CliRunner().invoke(app, [*map(str, args), "--data", str(data)], input=text)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, f"{done.exit_code}: {done.stdout}\n{done.stderr}"
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def database(data: Path) -> Database:
    return Database(f"sqlite:///{data / 'homing.db'}", World())
