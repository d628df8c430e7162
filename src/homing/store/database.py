"""One database, two dialects: opens connections, runs transactions, loads the hot statements."""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from homing.model.errors import Misconfigured, Unreachable
from homing.store.turnstile import Turnstile
from homing.world import World

log = logging.getLogger(__name__)
LEAST_SQLITE = (3, 35, 0)  # RETURNING
_SQLITE = b"SQLite format 3\0"  # how each such file begins
_DAMAGING = ("disk I/O error", "database or disk is full", "readonly", "unable to open", "malformed")


class Transaction:
    """What a store method works with. `execute` takes SQLAlchemy Core; `hot` runs one of our SQL files."""

    __slots__ = ("_connection", "_database", "_raw")

    def __init__(self, database: "Database", connection: Connection) -> None:
        self._database = database
        self._connection = connection
        raw: Any = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - the second dialect brings its own cursor here
        self._raw: sqlite3.Connection = raw

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(statement, values)

    def hot(self, name: str, values: Mapping[str, Any]) -> list[Any]:
        """Runs sql/<dialect>/<name>.sql with named values; returns all rows as tuples."""
        return self._raw.execute(self._database.statement(name), values).fetchall()

    def hot_count(self, name: str, values: Mapping[str, Any]) -> int:
        """As `hot`, and returns how many rows were changed."""
        return self._raw.execute(self._database.statement(name), values).rowcount


class Database:
    """The ledger's door. Thread-safe; one writing connection per process, readers as many as threads ask."""

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world
        try:
            self.dialect = make_url(url).get_backend_name()
        except ArgumentError as error:
            raise Misconfigured(
                "--database is no address of a database; write sqlite:///PATH", code="setting"
            ) from error
        if self.dialect != "sqlite":
            raise Misconfigured(f"'{self.dialect}' is not supported yet; use sqlite:///PATH")
        if sqlite3.sqlite_version_info < LEAST_SQLITE:
            raise Misconfigured(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed")
        self.path = Path(make_url(url).database or "")
        self.boot = _boot_id()
        self.turnstile = Turnstile(self.path)
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._lock = threading.Lock()
        self._statements: dict[str, str] = {}

    def lease_now(self) -> int:
        """The lease clock in milliseconds: on SQLite all workers are on one machine, so its uptime serves (L20)."""
        return int(self.world.clock.uptime() * 1000)

    def statement(self, name: str) -> str:
        """The text of a hot statement, read once."""
        found = self._statements.get(name)
        if found is None:
            file = resources.files("homing.store").joinpath("sql", self.dialect, f"{name}.sql")
            found = self._statements[name] = file.read_text(encoding="utf-8")
        return found

    @contextlib.contextmanager
    def write(self) -> Iterator[Transaction]:
        """One writing transaction: BEGIN IMMEDIATE, then COMMIT with fsync when the block ends, ROLLBACK when it raises.

        Raises Unreachable when the storage refuses. Whether a commit that raised took place is unknown (L6).
        """
        try:
            with self.turnstile.turn(), self._open_writer().begin() as connection:
                yield Transaction(self, connection)
        except (DBAPIError, sqlite3.OperationalError, OSError) as error:
            raise self._refused(error) from error

    @contextlib.contextmanager
    def read(self) -> Iterator[Transaction]:
        """One reading transaction: sees one moment of the ledger and blocks nobody."""
        try:
            with self._open_reader().begin() as connection:
                yield Transaction(self, connection)
        except (OperationalError, sqlite3.OperationalError) as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Closes every connection; the next use opens them again."""
        with self._lock:
            for engine in (self._writer, self._reader):
                if engine is not None:
                    engine.dispose()
            self._writer = self._reader = None

    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._open_writer()

    def _refused(self, error: Exception) -> Exception:
        """What to raise for a storage error. A handle that saw a failed flush is never used again (L19)."""
        words = (
            error.strerror
            if isinstance(error, OSError) and error.strerror
            else str(getattr(error, "orig", None) or error)
        )
        if not isinstance(error, OperationalError | sqlite3.OperationalError | OSError):
            return error
        if any(sign in words for sign in _DAMAGING) or isinstance(error, OSError):
            with contextlib.suppress(Exception):
                self.close()
        elif "locked" not in words and "busy" not in words and "interrupted" not in words:
            return error
        return Unreachable(f"the database does not take this: {words}")

    def _open_writer(self) -> Engine:
        with self._lock:
            if self._writer is None:
                self._writer = self._make(StaticPool, "BEGIN IMMEDIATE", writing=True)
            return self._writer

    def _open_reader(self) -> Engine:
        with self._lock:
            if self._reader is None:
                self._reader = self._make(QueuePool, "BEGIN", writing=False)
            return self._reader

    def _make(self, pool: type[StaticPool] | type[QueuePool], begin: str, *, writing: bool) -> Engine:
        def connect() -> sqlite3.Connection:
            raw = sqlite3.connect(
                self.path, timeout=10, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA cache_size = -16000")
            raw.execute("PRAGMA temp_store = MEMORY")
            if not writing:
                raw.execute("PRAGMA query_only = ON")
            return raw

        made = create_engine("sqlite://", creator=connect, poolclass=pool)
        event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
        return made


def check_place(path: Path) -> None:
    """Raises Unreachable with path and cure where SQLite would only say 'unable to open', or 'not a database'."""
    if not path.parent.is_dir():
        raise Unreachable(
            f"there is no folder {path.parent} for the database; make it, or choose another with --database"
        )
    if path.is_dir():
        raise Unreachable(f"{path} is a folder, not a database; name a file in it with --database")
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE))
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unreachable(f"the database {path} cannot be read: {error.strerror}; run as its owner") from error
    if head and head != _SQLITE:
        raise Unreachable(f"{path} is no SQLite database; choose another with --database, or restore it from a backup")


def _boot_id() -> str:
    """Names this boot of this machine, so that a lease clock of an earlier boot is not believed."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"boot-{os.getppid()}" if os.name == "nt" else "boot"


def machine_id() -> str:
    """Names this machine; empty when it has no name for itself."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            return Path(path).read_text(encoding="ascii").strip()
    return ""
