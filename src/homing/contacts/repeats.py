"""Which rows of one file repeat an earlier one: exact, and with flat memory, in a private file that dies with the process."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -8000", "locking_mode = EXCLUSIVE")


class Repeats:
    """Remembers under which row each address came first. Use as a context."""

    def __init__(self) -> None:
        # An empty name is SQLite's private temporary database: unlinked from the start, so nothing of a list stays behind.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE seen (address TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")

    def first_seen(self, addresses: Sequence[str]) -> dict[str, int]:
        """Of these addresses, those that earlier rows brought, each with its row's number."""
        query = "SELECT s.address, s.number FROM json_each(?) AS a CROSS JOIN seen AS s ON s.address = a.value"
        return dict(self._file.execute(query, (json.dumps(addresses, ensure_ascii=False),)))

    def remember(self, numbers: Mapping[str, int]) -> None:
        """Notes addresses that are not known yet. In the order of the alphabet: a B-tree likes neighbours."""
        with self._transaction():
            self._file.executemany("INSERT INTO seen VALUES (?, ?)", sorted(numbers.items()))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN")
        yield
        self._file.execute("COMMIT")

    def __enter__(self) -> "Repeats":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
