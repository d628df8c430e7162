"""The embedded database: one file, one writer at a time, in fair turns."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from homing.model.errors import Misconfigured, Unreachable
from homing.store.limits import Act, limited
from homing.store.turnstile import Turnstile

LEAST = (3, 35, 0)  # RETURNING
_LOG_PAGES = 1000  # of the write-ahead log: as many are written back by the commit that reaches them
_DAMAGING = ("disk I/O error", "database or disk is full", "readonly", "unable to open", "malformed")


class Sqlite:
    """Write transactions are `BEGIN IMMEDIATE` behind the turnstile; readers are as many as threads ask."""

    name = "sqlite"
    shared = False  # one machine, one writer at a time
    lineage: str | None = None
    moved = False

    def __init__(self, url: str) -> None:
        if sqlite3.sqlite_version_info < LEAST:
            raise Misconfigured(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed")
        self.path = Path(make_url(url).database or "")
        self.turnstile = Turnstile(self.path)
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._lock = threading.Lock()
        self._raw: sqlite3.Connection | None = None  # the writer's
        self._in_bulk = 0

    def trust(self, lineage: str) -> None:
        """Of PostgreSQL only: here the witness's file says it all."""

    def hint(self, connection: Connection) -> None:
        """Of PostgreSQL only: whoever watches the file looks often, which costs nothing."""

    def listen(self, wake: Callable[[], object]) -> None:
        """Of PostgreSQL only."""

    def recognise(self, timeline: str | None = None) -> None:
        """Of PostgreSQL only: a file does not become another while it is open."""

    @contextlib.contextmanager
    def writing(self, *, fenced: bool, along: bool = False, limit: float | None = None) -> Iterator[Connection]:
        """Every writer is alone, fenced or not, and nothing travels. `limit`: seconds for what is done in its turn."""
        try:
            with self.turnstile.turn(), self.engine().begin() as connection:
                if limit is None:
                    yield connection
                else:
                    with limited(limit, self._interrupt(connection)):
                        yield connection
        except (DBAPIError, sqlite3.OperationalError, OSError) as error:
            raise self._refused(error) from error

    @contextlib.contextmanager
    def reading(self, *, limit: float | None = None) -> Iterator[Connection]:
        """`limit`: of PostgreSQL only: a file is never silent."""
        try:
            with self._open_reader().begin() as connection:
                yield connection
        except (OperationalError, sqlite3.OperationalError) as error:
            raise self._refused(error) from error

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction for changes of the tables."""
        with self.turnstile.turn(), self.engine().begin() as connection:
            yield connection

    def raw(self, connection: Connection) -> Any:
        """What runs a hot statement: the driver's own connection, whose `execute` gives a cursor."""
        raw: Any = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - made by _make
        return raw

    @contextlib.contextmanager
    def together(self, connection: Connection) -> Iterator[None]:
        """Nothing travels here: each statement is done as it is asked."""
        yield

    def later(self, connection: Connection, statement: str, values: Mapping[str, Any]) -> Any:
        """Done as it is asked."""
        return self.raw(connection).execute(statement, values)

    def commit_along(self, connection: Connection, *, told: bool) -> None:
        """Nothing travels here: the COMMIT is done at the end."""

    def translate(self, statement: str) -> str:
        return statement

    def many(self, raw: Any, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each row of positional values."""
        raw.executemany(statement, rows)

    @contextlib.contextmanager
    def in_bulk(self) -> Iterator[Callable[[], None]]:
        """For many transactions that each change thousands of pages: gives what writes their log back, to be called now and then.

        A commit would do it each time, inside its turn, and the same pages of an index again and again. Here nobody waits
        for it (SQLite's manual, "Write-Ahead Logging", section 3.2: a passive checkpoint takes no lock of the writer's).
        """
        self._bulk(1)
        try:
            yield self._write_back
        finally:
            self._write_back()
            self._bulk(-1)

    def _bulk(self, step: int) -> None:
        """Tells the writer's connection, without a transaction: nobody is waited for, and it may be out of reach."""
        with self._lock:
            self._in_bulk += step
        with contextlib.suppress(sqlite3.Error):  # it was closed: the next one is opened with what holds by then
            if self._raw is not None:
                self._raw.execute(self._log_limit())

    def _log_limit(self) -> str:
        return f"PRAGMA wal_autocheckpoint = {0 if self._in_bulk else _LOG_PAGES}"

    def _write_back(self) -> None:
        """What cannot be written back now stays in the log, and is read from there."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._connect(there=True, timeout=1)) as raw:
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _connect(self, *, there: bool = False, **more: Any) -> sqlite3.Connection:
        """A handle of the file. `there`: makes none where there is none."""
        where = f"{self.path.absolute().as_uri()}?mode=rw" if there else self.path
        raw: sqlite3.Connection = sqlite3.connect(where, uri=there, **more)
        return raw

    def _interrupt(self, connection: Connection) -> Act:
        """Breaks off what runs on this connection; from another thread."""
        raw: sqlite3.Connection = self.raw(connection)

        def interrupt() -> bool:
            raw.interrupt()
            return True

        return interrupt

    def insert(self, table: Table) -> Insert:
        """An INSERT that leaves alone what is there."""
        return insert(table).on_conflict_do_nothing()

    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def close(self) -> None:
        with self._lock:
            for engine in (self._writer, self._reader):
                if engine is not None:
                    engine.dispose()
            self._writer = self._reader = None
        self.turnstile.close()

    def engine(self) -> Engine:
        with self._lock:
            if self._writer is None:
                self._writer = self._make(StaticPool, "BEGIN IMMEDIATE", writing=True)
            return self._writer

    def _open_reader(self) -> Engine:
        with self._lock:
            if self._reader is None:
                self._reader = self._make(QueuePool, "BEGIN", writing=False)
            return self._reader

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
            self._give_up()
        elif "locked" not in words and "busy" not in words and "interrupted" not in words:
            return error
        return Unreachable(f"the database does not take this: {words}")

    def _give_up(self) -> None:
        """Closes every handle, none of them as the file's last: SQLite writes the log back as that one closes, and would flush
        the log on a handle that has seen a flush fail."""
        last = None
        with contextlib.suppress(sqlite3.Error):
            last = self._connect(there=True, timeout=1)
            last.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with contextlib.suppress(Exception):
            self.close()
        with contextlib.suppress(sqlite3.Error):
            if last is not None:
                last.close()

    def _make(self, pool: type[StaticPool] | type[QueuePool], begin: str, *, writing: bool) -> Engine:
        def connect() -> sqlite3.Connection:
            raw = self._connect(timeout=10, isolation_level=None, check_same_thread=False, cached_statements=256)
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA cache_size = -16000")
            raw.execute("PRAGMA temp_store = MEMORY")
            if writing:
                self._raw = raw
                raw.execute(self._log_limit())
            else:
                raw.execute("PRAGMA query_only = ON")
            return raw

        made = create_engine("sqlite://", creator=connect, poolclass=pool)
        event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
        return made
