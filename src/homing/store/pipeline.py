"""Several statements in one round trip (PostgreSQL manual, libpq, "Pipeline Mode").

The driver's own pipeline sends each statement as it is asked and looks for answers at once. Each look gives the interpreter's
lock away, and a thread that writes beside a busy event loop waits for it again each time. Here all is sent at once, and the
answers are waited for once (docs/decisions/0018-a-pipeline-of-our-own.md).
"""

import re
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from homing.store.postgresql_text import storable

_SERIALS = count()  # of names of statements: none is used twice by this process
_GOOD = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY})
_BIGINT = 20  # OIDs of pg_type: fixed for ever
_LOADERS: dict[int, Callable[[bytes], Any]] = {
    16: lambda text: text == b"t",
    20: int,
    21: int,
    23: int,
    700: float,
    701: float,
}


class Later:
    """A statement of a block, and what it answered once the block has ended."""

    __slots__ = ("_codec", "_result", "oids", "query", "values")

    def __init__(self, query: bytes, oids: tuple[int, ...], values: list[bytes | None], codec: str) -> None:
        self.query = query
        self.oids = oids
        self.values = values
        self._codec = codec
        self._result: PGresult | None = None

    def hear(self, result: PGresult) -> None:
        self._result = result

    @property
    def rowcount(self) -> int:
        """How many rows were changed, or found."""
        assert self._result is not None  # noqa: S101 - asked after the block's end
        return self._result.command_tuples or 0

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows: whole numbers, floats and truths as such, everything else as text. None without rows."""
        result, codec = self._result, self._codec
        assert result is not None  # noqa: S101 - asked after the block's end
        loaders = [_LOADERS.get(result.ftype(n)) for n in range(result.nfields)]

        def cell(row: int, n: int) -> Any:
            value, load = result.get_value(row, n), loaders[n]
            return None if value is None else load(value) if load is not None else value.decode(codec)

        return [tuple([cell(row, n) for n in range(len(loaders))]) for row in range(result.ntuples)]


class Pipeline:
    """One connection's blocks. Statements are prepared where the session is ours (`raw.prepare_threshold`), once for each."""

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self._raw = raw
        self._codec = raw.info.encoding
        self._prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._block: list[Later] = []
        self._open = False
        self.plans_until = 0.0  # uptime; whoever opens blocks has the server plan its statements anew then

    @contextmanager
    def block(self, first: Sequence[str] = ()) -> Iterator[None]:
        """What is asked within is sent as the block ends, behind `first`; nothing of it when the block raises."""
        self._block, self._open = [], True
        try:
            for statement in first:
                self.later(statement, {})
            yield
        finally:
            self._open = False
        self._send()

    def later(self, query: str, values: Mapping[str, Any]) -> Later:
        """`query`: as the driver takes it, with `%(name)s`. Outside of a block it is sent at once."""
        text, names = _numbered(query)
        asked, oids = [], []
        for name in names:
            value = values[name]
            oids.append(_BIGINT if type(value) is int else 0)
            asked.append(self._dumped(value))
        later = Later(text.encode(self._codec), tuple(oids), asked, self._codec)
        self._block.append(later)
        if not self._open:
            self._send()
        return later

    def _dumped(self, value: Any) -> bytes | None:
        if value is None:
            return None
        if value is True or value is False:
            return b"t" if value else b"f"
        return str(storable(value, json=True)).encode(self._codec)

    def _send(self) -> None:
        """One round trip. Raises the error of the first statement that failed (psycopg.Error); what follows it is not done.

        A line that breaks, or anything else that leaves answers unread, closes the connection.
        """
        block, self._block = self._block, []
        if not block:
            return
        try:
            failed = self._exchange(self._raw.pgconn, block)
        except BaseException:
            self._raw.close()
            raise
        if failed is not None:
            self._prepared.clear()  # it may have been that something prepared is there no more
            raise error_from_result(failed, self._codec)

    def _exchange(self, line: PGconn, block: list[Later]) -> PGresult | None:
        line.enter_pipeline_mode()
        told = [listener for later in block for listener in self._ask(line, later)]
        line.pipeline_sync()
        answers = _Answers(line)
        answers.flush()
        failed: PGresult | None = None
        for listener in told:
            result = answers.next()
            if result.status in _GOOD:
                listener(result)
            elif failed is None:
                failed = result
        answers.end()
        line.exit_pipeline_mode()
        return failed

    def _ask(self, line: PGconn, later: Later) -> list[Callable[[PGresult], None]]:
        """Puts a statement into the queue; who listens to its answers."""
        if self._raw.prepare_threshold is None:  # the next transaction has another session
            line.send_query_params(later.query, later.values, later.oids)
            return [later.hear]
        key = later.query, later.oids
        name = self._prepared.get(key)
        if name is not None:
            line.send_query_prepared(name, later.values)
            return [later.hear]
        name = b"homing_%d" % next(_SERIALS)

        def is_prepared(_: PGresult) -> None:
            self._prepared[key] = name

        line.send_prepare(name, later.query, later.oids)
        line.send_query_prepared(name, later.values)
        return [is_prepared, later.hear]


class _Answers:
    """Reads what the server says; waits as long as it takes (who limits that hangs up on the line, store/silence.py)."""

    def __init__(self, line: PGconn) -> None:
        self._line = line
        self._poll = select.poll()  # select() takes no number above 1,023
        self._socket = line.socket
        self._poll.register(self._socket, select.POLLIN)

    def flush(self) -> None:
        """Sends all, and reads meanwhile: a server that cannot get rid of its answers would read nothing more."""
        if not self._line.flush():
            return
        self._poll.modify(self._socket, select.POLLIN | select.POLLOUT)
        while self._line.flush():
            for _, what in self._poll.poll():
                if what & ~select.POLLOUT:
                    self._line.consume_input()
        self._poll.modify(self._socket, select.POLLIN)

    def _get(self) -> PGresult | None:
        while self._line.is_busy():
            self._poll.poll()
            self._line.consume_input()
        return self._line.get_result()

    def next(self) -> PGresult:
        """The answer of the next statement."""
        result = self._get()
        if result is None:
            raise psycopg.OperationalError("the server ended the block before it answered all of it")
        while self._get() is not None:  # each statement's answers end with none
            pass
        return result

    def end(self) -> None:
        """The answer of the block's end."""
        result = self._get()
        if result is None or result.status != ExecStatus.PIPELINE_SYNC:
            raise psycopg.OperationalError("the server's answers do not fit to what it was asked")


_NAMED = re.compile(r"%\((\w+)\)s|%%")


@lru_cache(maxsize=256)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """The statement with $1, $2 ... for its named values, and the names in that order."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return _NAMED.sub(number, query), tuple(names)
