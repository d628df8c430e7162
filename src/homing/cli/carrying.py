"""`homing copy`, `backup`, `restore`: the whole ledger, from one database to another, while it goes on working."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, say

if TYPE_CHECKING:
    from homing.store.carrying import Carried
    from homing.store.database import Database

app = typer.Typer()


@app.callback()
def carrying() -> None:
    """The whole ledger."""


@app.command()
def copy(
    to: str = typer.Option(..., "--to", metavar="URL", help="An empty database: postgresql://USER@HOST/NAME."),
    as_json: Json = False,
) -> None:
    """Copy this installation to another database; campaigns that send start paused there."""
    from dataclasses import replace

    from homing import app as house_of

    house = open_house()
    target = house_of.open_database(replace(house.settings, database=to), house.world)
    _carry(house.database, target, as_json)
    if not as_json:
        say(
            "stop the old installation before you resume campaigns in the new one, and take secret.key along (or its text"
        )
        say("in HOMING_SECRET_KEY): without it the credentials of senders cannot be opened")


@app.command()
def backup(file: Path = typer.Argument(..., metavar="FILE"), as_json: Json = False) -> None:
    """Write the ledger into one file, as it is at one moment."""
    from homing.model.errors import Conflict
    from homing.store.database import Database

    house = open_house()
    if file.exists():
        raise Conflict(f"{file} exists already; name another file")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent) as folder:
        made = Path(folder) / "ledger.db"
        _carry(house.database, Database(f"sqlite:///{made}", house.world), as_json)
        made.rename(file)
    if not as_json:
        say(f"{file} holds the ledger, without secret.key: keep that one apart")


@app.command()
def restore(file: Path = typer.Argument(..., metavar="FILE"), as_json: Json = False) -> None:
    """Put a backup into this installation's database, which must be empty; its campaigns start paused."""
    import shutil

    from homing import app as house_of
    from homing.store import migrate
    from homing.store.database import Database, check_place

    house = open_house()
    check_place(file.absolute())
    if not file.exists():
        from homing.model.errors import NotFound

        raise NotFound(f"there is no file {file}")
    target = house_of.open_database(house.settings, house.world)
    with tempfile.TemporaryDirectory(prefix="homing-restore-") as folder:
        copied = Path(folder) / "ledger.db"
        shutil.copyfile(file, copied)
        source = Database(f"sqlite:///{copied}", house.world)
        migrate.upgrade(source)  # a backup of an older version
        _carry(source, target, as_json)
        source.close()


def _carry(source: "Database", target: "Database", as_json: bool) -> None:
    from homing.store import migrate
    from homing.store.carrying import carry

    migrate.upgrade(target)
    try:
        done = carry(source, target, (lambda table, rows: None) if as_json else _tell)
    finally:
        target.close()
    _report(done, as_json)


def _tell(table: str, rows: int) -> None:
    if rows:
        say(f"{table}: {rows:,} rows")


def _report(done: "Carried", as_json: bool) -> None:
    if as_json:
        faults = {uid: list(words) for uid, words in done.faults.items()}
        print_json({"rows": done.rows, "total": sum(done.rows.values()), "balanced": not faults, "faults": faults})
    else:
        say(f"{sum(done.rows.values()):,} rows copied" + ("; the books of every campaign close" * (not done.faults)))
        for uid, words in done.faults.items():
            say(f"campaign {uid}: {'; '.join(words)}")
    if done.faults:
        raise typer.Exit(NO)
