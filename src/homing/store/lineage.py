"""Which copy of a ledger on PostgreSQL this is: the cluster, the database in it, and the timeline of its log.

A dump that was restored has another cluster or another database; a standby that was promoted has a new timeline. What the
old copy committed last may be missing in the new one, so nothing may leave before somebody has compared the two (L21).
"""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import delete, insert, select, text

from homing.store.database import Database, Transaction
from homing.store.tables import meta

# One text, in one look. A standby cannot say it, nor be written to.
LINEAGE = (
    "CASE WHEN NOT pg_is_in_recovery() THEN concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()), left(pg_walfile_name(pg_current_wal_lsn()), 8)) END"
)
_NAME = "lineage"
_STANDBYS = text(
    "SELECT current_setting('synchronous_standby_names'),"
    " count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')), count(*) FROM pg_stat_replication"
)
_LOOK = text(f"SELECT {LINEAGE}")


@dataclass(frozen=True, slots=True)
class Lineage:
    """The timeline as PostgreSQL writes it at the beginning of the names of its log files."""

    cluster: str
    database: str
    timeline: str

    @classmethod
    def of(cls, tx: Transaction) -> Self:
        """Of the database that this transaction works on."""
        found = cls.parse(str(tx.execute(_LOOK).scalar_one()))
        assert found is not None  # noqa: S101 - that is how the database was asked to write it
        return found

    @classmethod
    def parse(cls, written: str) -> Self | None:
        """What `str` made; None when it is something else."""
        parts = written.split("/")
        return cls(*parts) if len(parts) == 3 else None

    def __str__(self) -> str:
        return f"{self.cluster}/{self.database}/{self.timeline}"

    def broken(self, since: "Lineage", *, synchronous: bool) -> str | None:
        """Why what was committed before may be missing here; None when it cannot be.

        `synchronous`: a standby is promoted only when it has every commit, so a new timeline of the same cluster is as good.
        """
        if self.cluster != since.cluster:
            return "this ledger stands in another PostgreSQL than before"
        if self.database != since.database:
            return "this ledger was restored into a new database"
        if self.timeline != since.timeline and not synchronous:
            return (
                f"a standby was promoted, or the database was restored (timeline {int(self.timeline, 16)} after"
                f" {int(since.timeline, 16)}): its last commits before that may be missing"
            )
        return None


def remembered(tx: Transaction) -> Lineage | None:
    """The copy that was sent from last, as the ledger itself knows it."""
    found = tx.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar()
    return None if found is None else Lineage.parse(str(found))


def remember(tx: Transaction, found: Lineage) -> None:
    tx.execute(delete(meta).where(meta.c.name == _NAME))
    tx.execute(insert(meta).values(name=_NAME, value=str(found)))


def standbys(database: Database) -> tuple[str, int, int]:
    """What the server waits for before it says that a commit is safe, how many such standbys are connected, and how many in all.

    An account that may not see the others' sessions (pg_monitor) counts none of them as synchronous.
    """
    with database.read() as tx:
        names, synchronous, every = tx.execute(_STANDBYS).one()
    return str(names), int(synchronous), int(every)
