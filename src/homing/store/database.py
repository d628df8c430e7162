"""One database, two dialects: opens connections, runs transactions, loads the hot statements."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, Table, make_url, text
from sqlalchemy.exc import ArgumentError

from homing.model.errors import Misconfigured, Unreachable
from homing.store.sqlite import Sqlite
from homing.store.turnstile import Turnstile
from homing.world import World

if TYPE_CHECKING:
    from homing.store.postgresql import Postgresql

_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
_SQLITE = b"SQLite format 3\0"  # how each such file begins


class Transaction:
    """What a store method works with. `execute` takes SQLAlchemy Core; `hot` runs one of our SQL files.

    `alone`: no other such transaction runs beside it, and rows that it loads to change them are held until its end.
    """

    __slots__ = ("_connection", "_database", "_last", "_raw", "alone", "told")

    def __init__(self, database: "Database", connection: Connection, *, alone: bool) -> None:
        self._database = database
        self._connection = connection
        self._raw = database.driver.raw(connection)
        self.alone = alone
        self.told = False  # whether it records facts
        self._last: list[Callable[[], None]] = []

    def at_end(self, act: Callable[[], None]) -> None:
        """Done last in this transaction: rows that a turn takes last are taken last by everybody, or two wait crosswise."""
        self._last.append(act)

    def run_last(self) -> None:
        """What was left for the end. Called before the commit."""
        for act in self._last:
            act()

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(statement, values)

    def hot(self, name: str, values: Mapping[str, Any]) -> list[Any]:
        """Runs sql/<dialect>/<name>.sql with named values; returns all rows as tuples."""
        found: list[Any] = self._raw.execute(self._database.statement(name), values).fetchall()
        return found

    def hot_count(self, name: str, values: Mapping[str, Any]) -> int:
        """As `hot`, and returns how many rows were changed."""
        changed: int = self._raw.execute(self._database.statement(name), values).rowcount
        return changed

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is asked `later` in this block is sent at once, and has its answers when the block ends."""
        with self._database.driver.together(self._connection):
            yield

    def later(self, name: str, values: Mapping[str, Any]) -> Any:
        """As `hot`; gives what is to be asked for `fetchall()` or `rowcount`. In a block of `together`: after its end."""
        return self._database.driver.later(self._connection, self._database.statement(name), values)

    def commit_along(self) -> None:
        """Within the last block of `together`, when nothing follows it: the COMMIT is sent with it, and is done as it ends."""
        assert not self._last  # noqa: S101 - what was left for the end would come too late
        told, self.told = self.told, False
        self._database.driver.commit_along(self._connection, told=told)

    def lock(self, name: str, values: Mapping[str, Any]) -> bool:
        """Holds the rows that sql/postgresql/<name>.sql selects; whether there are any.

        On SQLite a writer is alone already, so nothing is asked and the answer is yes.
        """
        return self._database.dialect == "sqlite" or bool(self.hot(name, values))

    def lease_now(self) -> int:
        """The lease clock in milliseconds (L20): this machine's on SQLite, the database's own on PostgreSQL."""
        now = self._database.lease_now()
        return int(self._connection.execute(_CLOCK).scalar_one()) if now is None else now

    def insert_new(self, table: Table, rows: Mapping[str, Any] | list[dict[str, Any]]) -> None:
        """Inserts the rows that are not there yet."""
        self._connection.execute(self._database.driver.insert(table), rows)

    def hot_many(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs sql/<dialect>/<name>.sql for each row of positional values, in bulk."""
        if rows:
            self._database.driver.many(self._raw, self._database.statement(name), rows)


class Database:
    """The ledger's door. Thread-safe; one writing connection per process on SQLite, a small pool on PostgreSQL.

    `place`: the folder for what this machine keeps beside a PostgreSQL (lock files of workers, the witness).
    """

    def __init__(self, url: str, world: World, place: Path | None = None) -> None:
        self.url = url
        self.world = world
        self.driver = _driver(url, place, world)
        self.dialect = self.driver.name
        # A lease clock that is shared has no boots of its own.
        self.boot = "" if self.driver.shared else _boot_id()
        self._statements: dict[str, str] = {}

    @property
    def path(self) -> Path:
        """The database's file; on PostgreSQL the name beside which this machine keeps its own files."""
        return self.driver.path

    @property
    def place(self) -> str:
        """Where it is, for people: no password in it."""
        return str(self.path) if self.dialect == "sqlite" else make_url(self.url).render_as_string(hide_password=True)

    @property
    def turnstile(self) -> Turnstile:
        """Who may write to the file. Of SQLite only."""
        assert isinstance(self.driver, Sqlite)  # noqa: S101 - PostgreSQL has no such file
        return self.driver.turnstile

    def lease_now(self) -> int | None:
        """The lease clock in milliseconds: on SQLite all workers are on one machine, so its uptime serves (L20).

        None: the statement asks the database's own clock.
        """
        return None if self.driver.shared else int(self.world.clock.uptime() * 1000)

    def seen_now(self) -> int | None:
        """Wall milliseconds for what several machines compare; None: the statement asks the database's own clock."""
        return None if self.driver.shared else self.world.clock.now()

    def statement(self, name: str) -> str:
        """The text of a hot statement as the driver takes it, read once."""
        found = self._statements.get(name)
        if found is None:
            file = resources.files("homing.store").joinpath("sql", self.dialect, f"{name}.sql")
            found = self._statements[name] = self.driver.translate(file.read_text(encoding="utf-8"))
        return found

    @contextlib.contextmanager
    def write(self, *, fenced: bool = False, along: bool = False, limit: float | None = None) -> Iterator[Transaction]:
        """One writing transaction: COMMIT with flush when the block ends, ROLLBACK when it raises.

        Such blocks run one at a time over all processes, so what one has read is true when it writes. `fenced`: every
        statement of the block carries its own guard, so on PostgreSQL it may run beside others (SQLite has one writer).
        `along`: such a block asks for something `together` before all else, and its BEGIN is sent with that.
        `limit`: seconds after which it is broken off, which raises Unreachable and rolls back.

        Raises Unreachable when the storage refuses. Whether a commit that raised took place is unknown (L6).
        """
        with self.driver.writing(fenced=fenced, along=along, limit=limit) as connection:
            tx = Transaction(self, connection, alone=not fenced)
            yield tx
            tx.run_last()
            if tx.told:
                self.driver.hint(connection)

    @contextlib.contextmanager
    def read(self, *, limit: float | None = None) -> Iterator[Transaction]:
        """One reading transaction: sees one moment of the ledger and blocks nobody. `limit`: as of `write`, on PostgreSQL."""
        with self.driver.reading(limit=limit) as connection:
            yield Transaction(self, connection, alone=False)

    @contextlib.contextmanager
    def in_bulk(self, *, several: bool = True) -> Iterator[Callable[[], None]]:
        """Around several large transactions; to be called between some of them is what they leave to be done outside of any."""
        with self.driver.in_bulk() if several else contextlib.nullcontext(lambda: None) as between:
            yield between

    def close(self) -> None:
        """Closes every connection; the next use opens them again."""
        self.driver.close()

    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self.driver.engine()


def _driver(url: str, place: Path | None, world: World) -> "Sqlite | Postgresql":
    advice = "write sqlite:///PATH, or postgresql://USER@HOST/NAME"
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise Misconfigured(f"--database is no address of a database; {advice}", code="setting") from error
    if name == "sqlite":
        return Sqlite(url)
    if name in ("postgresql", "postgres"):
        from homing.store.postgresql import Postgresql

        return Postgresql(url, place, world.clock.uptime)
    raise Misconfigured(f"'{name}' is no database that Homing knows; {advice}")


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
