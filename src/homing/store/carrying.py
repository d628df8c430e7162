"""Carries a whole ledger from one database to another: a backup, a restore, the move from the embedded database to PostgreSQL.

One moment of the source is read while it goes on working; the target gets all of it in one transaction, or nothing. The copy
carries the mark of a restore, so whatever would send from it starts paused (L21): both could send otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select, text

from homing.model.errors import Conflict
from homing.model.ids import CampaignId
from homing.store.books import Books
from homing.store.database import Database, Transaction
from homing.store.restored import MARK

BATCH = 2_000
_REVISION = "alembic_version"


@dataclass(frozen=True, slots=True)
class Carried:
    """Rows by table, and the campaigns (by id) whose books do not close in the copy, with what does not agree."""

    rows: dict[str, int]
    faults: dict[str, tuple[str, ...]]


def is_unused(database: Database) -> bool:
    """Whether a migrated database holds nothing that anybody made."""
    tables = _tables(database)
    with database.read() as tx:
        return not any(
            tx.execute(select(func.count()).select_from(tables.tables[name])).scalar_one()
            for name in ("contact", "campaign", "sender", "token", "suppression", "person", "list")
        )


def carry(source: Database, target: Database, tell: Callable[[str, int], None] = lambda table, rows: None) -> Carried:
    """Copies every row. `target`: migrated to the same revision and unused. `tell`: after each table, how many rows.

    Raises Conflict when the target is in use, Unreachable when one of the two does not answer.
    """
    if not is_unused(target):
        raise Conflict(f"{target.place} is in use already; name an empty database")
    theirs, ours = _tables(target), _tables(source)
    tables = [table for table in theirs.sorted_tables if table.name != _REVISION]
    rows: dict[str, int] = {}
    with source.read() as old, target.write() as new:
        for table in reversed(tables):
            new.execute(delete(table))
        for table in tables:
            if table.name in ours.tables:
                rows[table.name] = _copy(old, new, ours.tables[table.name], table)
                tell(table.name, rows[table.name])
        meta = theirs.tables["meta"]
        new.execute(delete(meta).where(meta.c.name == MARK))
        new.execute(insert(meta).values(name=MARK, value=source.place))
        if target.dialect == "postgresql":
            for table in tables:
                _count_on(new, table)
    return Carried(rows, _audited(target))


def _copy(old: Transaction, new: Transaction, ours: Table, theirs: Table) -> int:
    """The rows of one table, a batch at a time. Raises Conflict when not as many are there as were read."""
    count = 0
    for batch in old.execute(select(ours).execution_options(yield_per=BATCH)).partitions(BATCH):
        new.execute(insert(theirs), [_fitted(theirs.name, row._asdict()) for row in batch])
        count += len(batch)
    found = new.execute(select(func.count()).select_from(theirs)).scalar_one()
    if found != count:
        raise Conflict(f"{count} rows of {theirs.name} were read and {found} are there; nothing was written")
    return count


def _tables(database: Database) -> MetaData:
    found = MetaData()
    with database.driver.migrating() as connection:
        _reflect(found, connection)
    return found


def _reflect(into: MetaData, connection: Connection) -> None:
    into.reflect(connection)
    for name in [name for name in into.tables if name.startswith("sqlite_")]:
        into.remove(into.tables[name])


def _fitted(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """What is true in one database only: transaction numbers, and who holds what by which clock."""
    if table == "event":
        return {**row, "xid": 0}
    if table == "lease":
        return {**row, "owner": None, "until": 0, "boot": ""}
    if table == "worker":
        return {**row, "left_at": row["left_at"] or row["seen_at"]}
    return row


def _count_on(tx: Transaction, table: Table) -> None:
    """PostgreSQL's own counters go on after the highest number that was copied."""
    for column in table.primary_key.columns:
        name = tx.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
        ).scalar_one()
        if name is not None:
            top = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            tx.execute(select(func.setval(name, top, False)))


def _audited(target: Database) -> dict[str, tuple[str, ...]]:
    books, found = Books(target), {}
    with target.read() as tx:
        ids = list(tx.execute(text("SELECT id FROM campaign WHERE planned_through > 0 ORDER BY id")).scalars())
    for id_ in ids:
        balance = books.audit(CampaignId(id_))
        if not balance.balanced:
            found[balance.campaign] = balance.faults
    return found
