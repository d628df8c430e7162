"""The staging file of one import: what was read and judged, in a private SQLite file that a death leaves whole.

Rows and the place behind them are written together, so reading goes on exactly there; then a narrow sort gives the order in
which rows are written, and finds those that repeat an earlier one. Nothing here touches the store.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from homing.contacts.checking import Finding
from homing.store.matching import By, Candidate

_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -4000", "temp_store = FILE")
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row (n INTEGER PRIMARY KEY, email TEXT, phone TEXT, name TEXT NOT NULL, attributes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (n INTEGER PRIMARY KEY, type TEXT NOT NULL, field TEXT, value TEXT NOT NULL, other INTEGER,
                                    phone TEXT, email TEXT);
CREATE TABLE IF NOT EXISTS warned (n INTEGER NOT NULL, type TEXT NOT NULL, field TEXT, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ordered (pos INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS matched (id INTEGER PRIMARY KEY);
"""
_BATCH = 5_000


class Stage:
    """One import's staging file. Every method that writes is one transaction."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in _PRAGMAS:
            self._file.execute(f"PRAGMA {pragma}")
        self._file.executescript(_TABLES)

    def close(self) -> None:
        self._file.close()

    def get(self, name: str, default: Any = None) -> Any:
        """A value noted under a name."""
        found = self._file.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if found is None else json.loads(found[0])

    def put(self, **values: Any) -> None:
        """Notes values by name."""
        pairs = [(name, json.dumps(value)) for name, value in values.items()]
        self._file.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)

    def reset(self) -> None:
        """Forgets everything: the file is read anew, in another way."""
        with self._transaction():
            for table in ("meta", "row", "refused", "warned", "ordered", "matched"):
                self._file.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def add(
        self, rows: Sequence[Candidate], refused: Sequence[Finding], warned: Sequence[Finding], **place: Any
    ) -> None:
        """Rows that were judged, and the place behind them."""
        with self._transaction():
            self._file.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?)", rows)
            self._refuse(refused)
            self._file.executemany("INSERT INTO warned VALUES (?, ?, ?, ?)", [found[:4] for found in warned])
            self.put(**place)

    def sort(self, by: By) -> int:
        """Puts the rows into the order of their keys and refuses those that repeat an earlier one; how many are left.

        The first row of a key wins. Safe to repeat.
        """
        with self._transaction():
            self._file.execute("DELETE FROM ordered")
            self._file.execute("DELETE FROM refused WHERE type = 'duplicate_in_file'")
            if by is By.AUTO:
                self._refuse_repeats_of_either()
            count = self._order("coalesce(phone, email)" if by is By.AUTO else by.value, either=by is By.AUTO)
            self.put(sorted=True, valid=count)
        return count

    def _order(self, key: str, *, either: bool) -> int:
        """A narrow sort: only keys and numbers move (a million rows in 2 s; whole rows take four times as long)."""
        left = " WHERE n NOT IN (SELECT n FROM refused WHERE type = 'duplicate_in_file')" if either else ""
        query = f"SELECT {key}, n FROM row{left} ORDER BY 1, 2"  # noqa: S608 - our own names
        before, first, count = None, 0, 0
        fresh: list[tuple[int]] = []
        again: list[Finding] = []
        for value, n in self._file.cursor().execute(query):
            if value == before:
                again.append(Finding(n, "duplicate_in_file", "email" if "@" in value else "phone", value, first))
            else:
                before, first = value, n
                fresh.append((n,))
            if len(fresh) + len(again) >= _BATCH:
                count += self._flush(fresh, again)
        return count + self._flush(fresh, again)

    def _flush(self, fresh: list[tuple[int]], again: list[Finding]) -> int:
        self._file.executemany("INSERT INTO ordered (n) VALUES (?)", fresh)
        self._refuse(again)
        count = len(fresh)
        fresh.clear()
        again.clear()
        return count

    def _refuse_repeats_of_either(self) -> None:
        """Where either address names a row: a row repeats an earlier one that was kept, by whichever of its two addresses.

        Only rows that share an address with another are looked at one by one.
        """
        run = self._file.execute
        if not run("SELECT 1 FROM row WHERE phone IS NOT NULL AND email IS NOT NULL LIMIT 1").fetchone():
            return
        run("CREATE TEMP TABLE shared (n INTEGER, a TEXT)")
        run("CREATE TEMP TABLE owner (a TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID")
        both = "SELECT phone AS a, n FROM row WHERE phone IS NOT NULL UNION ALL SELECT email, n FROM row WHERE email IS NOT NULL"
        last: tuple[str, int] | None = None
        inside = False
        batch: list[tuple[int, str]] = []
        for a, n in self._file.cursor().execute(f"{both} ORDER BY 1, 2"):
            if last is not None and last[0] == a:
                if not inside:
                    batch.append((last[1], a))
                batch.append((n, a))
                inside = True
            else:
                inside = False
            last = (a, n)
            if len(batch) >= _BATCH:
                self._file.executemany("INSERT INTO shared VALUES (?, ?)", batch)
                batch.clear()
        self._file.executemany("INSERT INTO shared VALUES (?, ?)", batch)
        self._judge_shared()
        run("DROP TABLE shared")
        run("DROP TABLE owner")

    def _judge_shared(self) -> None:
        again: list[Finding] = []
        ask = "SELECT n FROM owner WHERE a = ?"
        for n, addresses in self._by_row():
            found = [(a, row[0]) for a in addresses if (row := self._file.execute(ask, (a,)).fetchone())]
            if found:
                value, first = min(found, key=lambda pair: pair[1])
                again.append(Finding(n, "duplicate_in_file", "email" if "@" in value else "phone", value, first))
            else:
                self._file.executemany("INSERT INTO owner VALUES (?, ?)", [(a, n) for a in addresses])
            if len(again) >= _BATCH:
                self._refuse(again)
                again.clear()
        self._refuse(again)

    def _by_row(self) -> Iterator[tuple[int, list[str]]]:
        """Rows that share an address, in order, each with the addresses that it shares."""
        number, addresses = 0, list[str]()
        for n, a in self._file.cursor().execute("SELECT n, a FROM shared ORDER BY n, a"):
            if n != number and addresses:
                yield number, addresses
                addresses = []
            number = n
            addresses.append(a)
        if addresses:
            yield number, addresses

    def take(self, after: int, most: int) -> list[Candidate]:
        """The next rows in the order of their keys behind place `after`."""
        query = (
            "SELECT r.n, r.email, r.phone, r.name, r.attributes FROM ordered o CROSS JOIN row r ON r.n = o.n "
            "WHERE o.pos > ? AND o.pos <= ? ORDER BY o.pos"
        )
        make = tuple.__new__  # what `_make` does besides costs more than the query
        return [make(Candidate, row) for row in self._file.execute(query, (after, after + most))]

    def protected(self, after: int, most: int) -> list[Finding]:
        """Refused rows whose address could be read, by number behind `after`: they keep their contact."""
        query = (
            "SELECT n, type, field, value, other, phone, email FROM refused "
            "WHERE n > ? AND (phone IS NOT NULL OR email IS NOT NULL) ORDER BY n LIMIT ?"
        )
        return [Finding._make(row) for row in self._file.execute(query, (after, most))]

    def match(self, ids: Sequence[int]) -> None:
        """Notes contacts that rows are, each once."""
        with self._transaction():
            self._file.executemany("INSERT OR IGNORE INTO matched VALUES (?)", [(id_,) for id_ in ids])

    def matches(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM matched").fetchone()[0])

    def summary(self) -> dict[str, Any]:
        """What was refused and warned of, counted, and the first 100 of each by number."""
        by = "SELECT {0}, count(*) FROM {1} WHERE {0} IS NOT NULL GROUP BY {0} ORDER BY {0}"
        first = "SELECT n, type, field, value, other FROM refused ORDER BY n LIMIT 100"
        warned = "SELECT n, type, field, value, NULL FROM warned ORDER BY n LIMIT 100"
        return {
            "types": dict(self._file.execute(by.format("type", "refused")).fetchall()),
            "fields": dict(self._file.execute(by.format("field", "refused")).fetchall()),
            "warnings": dict(self._file.execute(by.format("type", "warned")).fetchall()),
            "errors": [[*row[:3], row[3][:120], row[4]] for row in self._file.execute(first)],
            "warned": [[*row[:3], row[3][:120], row[4]] for row in self._file.execute(warned)],
        }

    def counts(self) -> tuple[int, int]:
        """Rows that were kept, and rows that were refused, so far."""
        kept = self._file.execute("SELECT count(*) FROM row").fetchone()[0]
        return int(kept), int(self._file.execute("SELECT count(*) FROM refused").fetchone()[0])

    def findings(self) -> Iterator[Finding]:
        """Every refused row by its number."""
        query = "SELECT n, type, field, value, other, phone, email FROM refused ORDER BY n"
        return (Finding._make(row) for row in self._file.cursor().execute(query))

    def _refuse(self, found: Sequence[Finding]) -> None:
        rows = [(*each[:3], each[3][:1000], *each[4:]) for each in found]
        self._file.executemany("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._file)


class _Transaction:
    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._file.execute("COMMIT")
        elif self._file.in_transaction:
            self._file.execute("ROLLBACK")
