"""Brings a database to this version of the ledger, and says whether it is there."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from homing.store.database import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("homing.store").joinpath("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision that this version of Homing needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None  # noqa: S101 - the package ships at least one revision
    return found


def current(database: Database) -> str | None:
    """The revision that the database is at; None when nothing was ever migrated."""
    with database.engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_empty(database: Database) -> bool:
    """Whether there is no table at all."""
    return not inspect(database.engine()).get_table_names()


def upgrade(database: Database) -> str:
    """Migrates to `head()` under the write lock; safe to repeat and to run twice at once. Returns the revision."""
    config = _config()
    with database.driver.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    database.close()  # statistics are read when a connection opens
    return head()
