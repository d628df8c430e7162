"""Whether a database is at this version's revision, asked without loading the migration tools (0.8 s)."""

from importlib import resources

from sqlalchemy import text

from homing.store.database import Database

_TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()",
}
_NAMED = {"sqlite": " AND name = 'alembic_version'", "postgresql": " AND table_name = 'alembic_version'"}
_CURRENT = text("SELECT version_num FROM alembic_version")


def needed() -> str:
    """The revision of this version: revisions are numbered, and their files begin with the number."""
    folder = resources.files("homing.store").joinpath("migrations", "versions")
    return max(file.name for file in folder.iterdir() if file.name.endswith(".py")).partition("_")[0]


def found(database: Database) -> str | None:
    """The revision of the database; None when nothing was ever migrated."""
    with database.read() as tx:
        if not tx.execute(text(_TABLES[database.dialect] + _NAMED[database.dialect])).scalar_one():
            return None
        return tx.execute(_CURRENT).scalar()


def is_empty(database: Database) -> bool:
    """Whether there is no table at all."""
    with database.read() as tx:
        return not tx.execute(text(_TABLES[database.dialect])).scalar_one()
