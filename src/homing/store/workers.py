"""Worker processes as the ledger knows them, and which of this machine's are dead for sure."""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from homing.model.ids import WorkerId, new_uid
from homing.store.database import Database, machine_id
from homing.store.tables import worker


@dataclass(frozen=True, slots=True)
class WorkerRow:
    id: WorkerId
    uid: str
    host: str
    pid: int
    started_at: int
    seen_at: int
    silent_ms: int


SEEN_MS = 5_000  # PostgreSQL: a worker that was seen so recently lives
GONE_MS = 60_000  # one that was not seen for so long has left without a word


class Workers:
    """Registers this process and keeps it seen. On one machine a lock file tells a death at once: the kernel frees it.

    On PostgreSQL workers of other machines are believed to live while they were seen lately, by the database's clock.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._folder = db.path.with_name(db.path.name + "-workers")
        self._locks: dict[WorkerId, int] = {}

    def enter(self, *, host: str, version: str) -> WorkerId:
        """Makes this process a worker. Holds its lock file until `leave` or death; the process must exec, never fork."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = tx.execute(
                insert(worker).values(
                    uid=new_uid(now),
                    host=host,
                    machine=machine_id(),
                    boot=self._db.boot,
                    pid=os.getpid(),
                    version=version,
                    started_at=now,
                    seen_at=now,
                )
            ).inserted_primary_key
            assert key is not None  # noqa: S101 - an insert has a key
            me = WorkerId(key[0])
            tx.hot("worker_seen", {"me": me, "now": self._db.seen_now()})
            # Taken inside the transaction: nobody can see the row before the lock is held.
            file = os.open(self._path(me), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            self._locks[me] = file
            return me

    def beat(self, me: WorkerId) -> None:
        with self._db.write(fenced=True) as tx:
            tx.hot("worker_seen", {"me": me, "now": self._db.seen_now()})

    def leave(self, me: WorkerId) -> None:
        """An orderly end. Rows of workers that left long ago are forgotten."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(worker).where(worker.c.id == me).values(left_at=now))
        file = self._locks.pop(me, None)
        if file is not None:
            self._path(me).unlink(missing_ok=True)
            os.close(file)

    def dead(self) -> list[WorkerId]:
        """Workers that never said good-bye and whose lock is free, or that are of an earlier boot: dead for sure.

        On PostgreSQL only a lock that lies here and is free says so: of everything else the lease decides.
        """
        with self._db.read() as tx:
            known = tx.execute(select(worker.c.id, worker.c.boot).where(worker.c.left_at.is_(None))).all()
        return self.dead_of([(WorkerId(id_), boot) for id_, boot in known])

    def dead_of(self, known: Sequence[tuple[WorkerId, str]]) -> list[WorkerId]:
        """As `dead`, of those that somebody has just read (id, boot): asks the locks only."""
        others = [(id_, boot) for id_, boot in known if id_ not in self._locks]
        if self._db.driver.shared:
            return [id_ for id_, _ in others if self._path(id_).exists() and self._is_free(id_)]
        return [id_ for id_, boot in others if boot != self._db.boot or self._is_free(id_)]

    def bury(self, gone: list[WorkerId]) -> None:
        """Notes that dead workers are gone, so that nobody counts them as alive."""
        if not gone:
            return
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(worker).where(worker.c.id.in_(gone), worker.c.left_at.is_(None)).values(left_at=now))
            tx.execute(delete(worker).where(worker.c.left_at < now - 7 * 86_400_000))
        for id_ in gone:
            self._path(id_).unlink(missing_ok=True)

    def alive(self) -> list[WorkerRow]:
        """Workers that have not left and are not known to be dead."""
        dead = set(self.dead())
        with self._db.read() as tx:
            rows = tx.hot("workers_alive", {"now": self._db.seen_now(), "fresh": SEEN_MS})
            return [WorkerRow(*row) for row in rows if row[0] not in dead]

    def forget_silent(self) -> None:
        """PostgreSQL: whoever was not seen for a minute has left. A frozen one that wakes is seen again and is back."""
        if self._db.driver.shared:
            with self._db.write(fenced=True) as tx:
                tx.hot("workers_silent", {"now": self._db.seen_now(), "silent": GONE_MS})

    def _path(self, id_: WorkerId) -> Path:
        return self._folder / f"{id_}.lock"

    def _is_free(self, id_: WorkerId) -> bool:
        try:
            file = os.open(self._path(id_), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(file)
