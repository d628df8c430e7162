"""PostgreSQL: many writers at a time, on any number of machines, directly or through a pooler in transaction mode.

No state of a session is relied on: what a transaction needs is set by its own BEGIN, in the same round trip.
"""

import contextlib
import hashlib
import json
import os
import re
import select
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from homing.model.errors import Misconfigured, Unreachable
from homing.store.hints import NOTIFY, Crier, Ear
from homing.store.lineage import LINEAGE
from homing.store.pipeline import Later, Pipeline
from homing.store.postgresql_text import HotCursor, Number, TextCursor, copied
from homing.store.silence import GRACE, cancelled, given_up

LEAST = 140_000  # pg_current_xact_id() of 13, and multiranges aside what is tested begins here
_ALONE = 0x484F4D494E47  # "HOMING": the advisory lock of writers that are alone
_CONNECT: dict[str, Any] = {
    "connect_timeout": "5",
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "fallback_application_name": "homing",
}

# A frozen process must not freeze the others: the server ends its transaction, and nobody waits for a lock for long.
_SETTINGS = "SET LOCAL lock_timeout = {ms}; SET LOCAL idle_in_transaction_session_timeout = {ms}"
# A plan is kept for as long as its session, or until statistics are gathered anew: one that was made while a table was
# empty would walk through all of it for each row that is asked for (docs/decisions/0013-plans-on-postgresql.md).
_BY_INDEX = "SET LOCAL enable_seqscan = off; "
_FENCED = "BEGIN; SET LOCAL synchronous_commit = on; " + _BY_INDEX + _SETTINGS.format(ms=2_000)
# The same for a transaction that begins in the round trip of its first block, where a text is one statement. Its plans are made
# for all values and kept, but not for long: what is best while a table is small reads all of it when it has grown.
_SET = (
    "SELECT set_config('synchronous_commit', 'on', true), set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true),"
    " set_config('lock_timeout', '2000', true), set_config('idle_in_transaction_session_timeout', '2000', true)"
)
PLANS_FOR = 2.0  # seconds; a line that works makes its plans anew then, which takes some 2.5 ms
_ALONG = ("BEGIN", _SET)
_WRITE = (
    "BEGIN; SET LOCAL synchronous_commit = on; "
    + _BY_INDEX
    + _SETTINGS.format(ms=10_000)
    + f"; SELECT pg_advisory_xact_lock({_ALONE})"
)
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + _SETTINGS.format(ms=60_000)

_HINT = "BEGIN; SET LOCAL synchronous_commit = off; " + _SETTINGS.format(ms=2_000)
# Where a line to the server keeps the statements of a BEGIN that waits for the first block, and what sends blocks.
_WAITING, _PIPELINE = "homing.waiting", "homing.pipeline"
_WHO = f"SELECT pg_backend_pid(), {LINEAGE}"

_MIGRATE = f"BEGIN; SET LOCAL lock_timeout = 30000; SELECT pg_advisory_xact_lock({_ALONE})"

# Texts are ordered by their bytes, as on SQLite: ids are found by their beginning, and a rule of a language would be slower.
_UNORDERED = text(
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.atttypid = 'text'::regtype"
    " AND a.attnum > 0 AND NOT a.attisdropped AND a.attcollation <> 'pg_catalog.\"C\"'::regcollation"
    " ORDER BY c.relname, a.attnum"
)

# Of what a statement may be refused for, by SQLSTATE: the connection is gone or of no use ...
_GONE = ("08", "57P", "53300", "25P03", "25P04", "25006")
# ... it was busy, try again ...
_BUSY = ("40", "55P03", "57014", "26000")  # the last: what was prepared is gone, and is prepared anew
# ... or its disk, memory or machine fails.
_FAILING = ("53", "58")
# What libpq says without a SQLSTATE when it reached a server that does not want us.
_UNWELCOME = re.compile(
    r"authentication failed|no pg_hba\.conf entry|does not exist|no password supplied|SSL.*required"
)


class Postgresql:
    """A small pool for a whole process; a transaction is one of three: alone, fenced, reading."""

    name = "postgresql"
    shared = True  # any number of machines and writers; its clock is theirs
    turn_limit = 30.0  # seconds until the line of a fenced transaction is given up

    def __init__(self, url: str, place: Path | None, uptime: Callable[[], float]) -> None:
        self._url = make_url(url)
        self._conninfo = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        digest = hashlib.sha256(self._url.set(password=None).render_as_string().encode()).hexdigest()[:16]
        self.path = (place or Path(tempfile.gettempdir()) / f"homing-{os.getuid()}") / f"postgresql-{digest}"
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self.lineage: str | None = None  # the copy that may be sent from; None: nobody has looked yet
        self.moved = False  # another copy was met since
        self._uptime = uptime
        self._crier = Crier(uptime, self._hint)

    def trust(self, lineage: str) -> None:
        """This copy was looked at: it may be sent from."""
        self.lineage, self.moved = lineage, False

    def recognise(self, timeline: str | None = None) -> None:
        """Raises Unreachable when the database is another copy than the one that was looked at, or was promoted since.

        `timeline`: as this very transaction sees it; a pooler may have gone over to a promoted standby without a word.
        """
        if self.lineage is not None and timeline is not None and timeline != self.lineage.rpartition("/")[2]:
            self.moved = True
        if self.moved:
            raise Unreachable("the database is another copy than before: nothing is sent until it was looked at")

    def hint(self, connection: Connection) -> None:
        """This transaction, which is about to commit, tells facts: whoever listens looks at once."""
        if self._crier.told():
            _raw(connection).execute(NOTIFY, prepare=False)

    def _hint(self) -> None:
        with self._transaction(_HINT) as connection:
            _raw(connection).execute(NOTIFY, prepare=False)

    def listen(self, wake: Callable[[], object]) -> Ear:
        """Calls `wake`, from a thread, when there may be new facts; to be closed. `hears` says whether any come at all."""

        def connect() -> "psycopg.Connection[Any] | None":
            raw = self._connect()
            if raw.prepare_threshold is not None:
                return raw
            raw.close()
            return None

        return Ear(connect, wake)

    @contextlib.contextmanager
    def writing(self, *, fenced: bool, along: bool = False, limit: float | None = None) -> Iterator[Connection]:
        """`limit`: seconds after which the server is asked to cancel. A fenced one is short: its line is given up by itself.

        `along`: it is fenced, and begins with its first block of `together`.
        """
        silence = self.turn_limit if fenced and limit is None else None
        begin = _ALONG if along else _FENCED if fenced else _WRITE
        with self._transaction(begin, limit, silence) as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self, *, limit: float | None = None) -> Iterator[Connection]:
        with self._transaction(_READ, limit) as connection:
            yield connection

    @contextlib.contextmanager
    def _transaction(
        self, begin: str | tuple[str, ...], limit: float | None = None, silence: float | None = None
    ) -> Iterator[Connection]:
        """`limit`: seconds until what runs is cancelled. `silence`: until the line is given up; without it soon after that."""
        silence = limit + GRACE if silence is None and limit is not None else silence
        try:
            with (
                self.engine().connect().execution_options(begin=begin) as connection,
                given_up(_raw(connection), silence),
                connection.begin(),
                cancelled(_raw(connection), limit),
            ):
                yield connection
        except (DBAPIError, psycopg.Error, PoolTimeoutError) as error:
            raise self._refused(error) from error
        except InvalidRequestError as error:
            if "connection is closed" not in str(error):
                raise
            # The pool took one connection after the other, and each was cut before it was of use.
            raise self._lost("the database cannot be reached: every connection is cut at once") from error

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction for changes of the tables; waits for others, and whoever it waits for does not wait for it."""
        with self._transaction(_MIGRATE) as connection:
            yield connection
            for table, column in connection.execute(_UNORDERED).all():
                connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE text COLLATE "C"')

    def raw(self, connection: Connection) -> Any:
        """What runs a hot statement: a cursor of the driver."""
        return HotCursor(_raw(connection))

    @contextlib.contextmanager
    def together(self, connection: Connection) -> Iterator[None]:
        """One round trip for all statements that are asked `later` in the block, and for the BEGIN that waits for them."""
        pipeline, first = _pipeline(connection), connection.info.pop(_WAITING, ())
        if first and (now := self._uptime()) >= pipeline.plans_until:
            first, pipeline.plans_until = (*first, "DISCARD PLANS"), now + PLANS_FOR
        with pipeline.block(first):
            yield

    def later(self, connection: Connection, statement: str, values: Mapping[str, Any]) -> Later:
        """Asks with the block of `together`; outside of one at once."""
        return _pipeline(connection).later(statement, values)

    def commit_along(self, connection: Connection, *, told: bool) -> None:
        """Within the last block of `together`: COMMIT is sent with it. It is not done when a statement before it fails."""
        if told and self._crier.told():
            self.later(connection, NOTIFY, {})
        self.later(connection, "COMMIT", {})

    def translate(self, statement: str) -> str:
        """Named values as psycopg wants them, comments left out."""
        bare = re.sub(r"--[^\n]*", "", statement).replace("%", "%%")
        return " ".join(re.sub(r"(?<![:\w]):(\w+)", r"%(\1)s", bare).split())

    def many(self, raw: Any, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Copies rows where the statement is a COPY; else the statement takes all of them as one JSON array, :rows."""
        if not statement.startswith("COPY "):
            raw.execute(statement, {"rows": json.dumps(rows, ensure_ascii=False)})
            return
        with raw.copy(statement) as copy:
            copy.write(copied(rows))

    @contextlib.contextmanager
    def in_bulk(self) -> Iterator[Callable[[], None]]:
        """Of SQLite only: the server has processes of its own that write its log back."""
        yield lambda: None

    def insert(self, table: Table) -> Insert:
        """An INSERT that leaves alone what is there."""
        return insert(table).on_conflict_do_nothing()

    def version(self) -> str:
        with self.reading() as connection:
            return f"PostgreSQL {_raw(connection).info.parameter_status('server_version')}"

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def _make(self) -> Engine:
        made = create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=16,
            pool_timeout=10,
            pool_reset_on_return=None,
            use_native_hstore=False,
        )
        event.listen(made, "begin", _begin)
        event.listen(made, "rollback", _forget)
        event.listen(made, "reset", _reset)
        event.listen(made, "checkout", _look_at)
        return made

    def _connect(self) -> "psycopg.Connection[Any]":
        raw: psycopg.Connection[Any] = psycopg.connect(
            self._conninfo, autocommit=True, cursor_factory=TextCursor, **_CONNECT
        )
        try:
            if raw.info.server_version < LEAST:
                raise Misconfigured(
                    f"PostgreSQL {raw.info.server_version // 10_000} is too old; {LEAST // 10_000} or newer is needed"
                )
            raw.adapters.register_dumper(int, Int8Dumper)  # one type for all numbers: one plan, whatever their size
            raw.adapters.register_loader("numeric", Number)
            pid, lineage = raw.execute(_WHO, prepare=False).fetchone() or (None, None)
            if pid != raw.info.backend_pid:
                raw.prepare_threshold = None  # a pooler stands between: the next transaction has another session
            if self.lineage is not None and lineage is not None and lineage != self.lineage:
                self.moved = True
        except BaseException:
            raw.close()
            raise
        return raw

    def _refused(self, error: Exception) -> Exception:
        """What to raise for an error of the driver, whichever of our two ways it came."""
        orig = getattr(error, "orig", None) or error
        if isinstance(orig, PoolTimeoutError):
            return Unreachable("the database is busy: every connection of this process is in use; try again")
        state = str(getattr(orig, "sqlstate", None) or "")
        words = str(orig).strip().splitlines()[0] if str(orig).strip() else type(orig).__name__
        if not state and isinstance(orig, psycopg.OperationalError) and _UNWELCOME.search(words):
            return Misconfigured(f"the database refuses this account: {words}; look at --database")
        if isinstance(orig, psycopg.InterfaceError) or (not state and isinstance(orig, psycopg.OperationalError)):
            return self._lost(f"the database cannot be reached: {words}")
        if state.startswith(_GONE):
            return self._lost(f"the database went away: {words}")
        if state.startswith(_BUSY):
            return Unreachable(f"the database is busy: {words}")
        if state.startswith(_FAILING):
            return self._lost(f"the database does not take this: {words}")
        if isinstance(error, psycopg.IntegrityError):
            return IntegrityError(None, None, error)
        return error

    def _lost(self, words: str) -> Unreachable:
        """None of the pool's connections is believed any more."""
        with contextlib.suppress(Exception):
            self.close()
        return Unreachable(words)


def _raw(connection: Connection) -> "psycopg.Connection[Any]":
    found: Any = connection.connection.dbapi_connection
    assert isinstance(found, psycopg.Connection)  # noqa: S101 - made by _connect
    return found


def _pipeline(connection: Connection) -> Pipeline:
    """That of this line to the server, kept for as long as the line."""
    found: Pipeline | None = connection.info.get(_PIPELINE)
    if found is None:
        found = connection.info[_PIPELINE] = Pipeline(_raw(connection))
    return found


def _begin(connection: Connection) -> None:
    """Several statements are only sent with those that follow: the first block of `together` takes them along."""
    begin = connection.get_execution_options().get("begin", "BEGIN")
    connection.info[_WAITING] = () if isinstance(begin, str) else begin
    if isinstance(begin, str):
        _raw(connection).execute(begin, prepare=False)


def _forget(connection: Connection) -> None:
    """With a ROLLBACK the driver takes away all that is prepared on the line, also what is ours."""
    if not connection.invalidated:  # else the line is gone, and its pipeline with it
        connection.info.pop(_PIPELINE, None)


def _reset(raw: Any, record: Any, state: object) -> None:
    """Nothing is left open. What is gone is no fault that the journal must show: whoever takes it next finds it so."""
    if raw.info.transaction_status is not TransactionStatus.IDLE:
        record.info.pop(_PIPELINE, None)
    with contextlib.suppress(psycopg.Error):
        raw.rollback()


def _look_at(raw: Any, record: object, proxy: object) -> None:
    """A connection on which the server said something while nobody asked is ending: the pool takes another."""
    if raw.closed:
        raise DisconnectionError
    said = select.poll()  # select() takes no number above 1,023, and a server with many watchers has those
    said.register(raw.fileno(), select.POLLIN)
    if said.poll(0):
        raise DisconnectionError
    if raw.info.transaction_status is not TransactionStatus.IDLE:
        raise DisconnectionError
