"""The composition root: settings in, an assembled house out. The only module that knows every concrete class."""

import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homing.model.errors import Misconfigured, Unreachable
from homing.settings import Settings
from homing.store import revision
from homing.store.database import Database
from homing.world import World

if TYPE_CHECKING:
    from homing.store.seal import Seal
    from homing.store.senders import Senders
    from homing.store.workspaces import Workspace


class House:
    """One installation, opened. Parts are made when first asked for, so that a command loads only what it needs."""

    def __init__(self, settings: Settings, world: World | None = None) -> None:
        self.settings = settings
        self.world = world or World()

    @cached_property
    def database(self) -> Database:
        """The ledger, migrated. Raises Unreachable, or Misconfigured (unmigrated) with the advice."""
        opened = open_database(self.settings, self.world)
        check_revision(opened)
        return opened

    @cached_property
    def workspace(self) -> "Workspace":
        """The business profile that --workspace or HOMING_WORKSPACE names. Raises NotFound."""
        from homing.store.workspaces import DEFAULT, Workspaces

        workspaces = Workspaces(self.database)
        if self.settings.workspace == DEFAULT:
            return workspaces.ensure_default()
        return workspaces.find(self.settings.workspace)

    @cached_property
    def seal(self) -> "Seal":
        """The key of this installation. Raises Misconfigured naming the key that is wanted."""
        from homing.store.seal import open_seal

        return open_seal(self.database, self.settings.data, self.settings.secret_key)

    @cached_property
    def senders(self) -> "Senders":
        """Senders, with the key to open them."""
        from homing.store.senders import Senders

        return Senders(self.database, self.seal)

    @cached_property
    def actor(self) -> str:
        """Who acts at this terminal, for the audit log: 'cli:alice'."""
        return f"cli:{_user()}"

    def close(self) -> None:
        """Closes the database if it was opened."""
        if "database" in self.__dict__:
            self.database.close()


def open_database(settings: Settings, world: World) -> Database:
    """The database that the settings name; an embedded one gets its folder, readable by nobody else. Raises Unreachable."""
    os.umask(0o077)
    database = Database(settings.database, world)
    for folder in {settings.data, database.path.parent} if settings.embedded else set():
        _make_folder(folder)
    return database


def _make_folder(folder: Path) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unreachable(
            f"the data folder {folder} cannot be made: {error.strerror}; choose another with --data"
        ) from error


def check_revision(database: Database) -> None:
    """Migrates an embedded database that is empty; raises Misconfigured for one that is at another revision."""
    at, wanted = revision.found(database), revision.needed()
    if at == wanted:
        return
    if at is None and database.dialect == "sqlite" and revision.is_empty(database):
        migrate(database)
    elif at is not None and at > wanted:
        raise Misconfigured(
            f"the database is at revision {at}, which a newer Homing made; this one knows up to {wanted}: use the newer one",
            code="too_new",
        )
    else:
        raise Misconfigured(
            f"the database is not at revision {wanted} yet: run `homing migrate` once", code="unmigrated"
        )


def migrate(database: Database) -> str:
    """Brings the database to this version and makes the first workspace; safe to repeat. Returns the revision."""
    from homing.store import migrate as migrations
    from homing.store.workspaces import Workspaces

    at = migrations.upgrade(database)
    Workspaces(database).ensure_default()
    return at


def _user() -> str:
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    return "somebody"
