"""What the proofs on PostgreSQL stand on: a server of their own, and workers that share nothing with each other but it."""

import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from homing.app import House, migrate, open_database
from homing.model.ids import new_uid
from homing.settings import load
from homing.world import World
from proofs.fleet import Fleet, Nursery
from proofs.patience import Stuck, until
from proofs.rig import Ledger, Rig, sink
from proofs.verdict import Verdict
from tests.postgres import Server

DURABLE = ("shared_buffers=128MB", "max_connections=100", "log_min_messages=fatal")
WORKERS = 3
IN_FLIGHT = 60
TAKEOVER = 5.0  # seconds within which the lanes of a dead worker must be held again
TOO_EARLY = (
    4  # the exit code of a worker that was started while the database was down; whoever watches it starts it again
)
PATIENCE = 60.0
ORPHANED = "SELECT count(*) FROM lease l JOIN worker w ON w.id = l.owner WHERE l.kind = 'lane' AND w.pid = ?"


class PgLedger(Ledger):
    """An installation on a PostgreSQL of its own; asks wait until it answers."""

    def __init__(self, folder: Path, server: Server) -> None:
        super().__init__(folder)
        self.server = server
        self.url = server.url()
        self._raw: psycopg.Connection[Any] | None = None
        folder.mkdir(exist_ok=True)
        db = open_database(self._settings(), World())
        migrate(db)
        db.close()

    def _settings(self) -> Any:
        return load({"data": str(self.folder), "database": self.url}, environment={}, folder=self.folder)

    def house(self) -> House:
        return House(self._settings())

    def _people(self, workspace_id: int, count: int) -> None:
        """Copied, and not from inside a transaction of the product: the server would end one that idles while we count."""
        now = int(time.time() * 1000)
        columns = "uid, workspace_id, email, name, attributes, created_at, updated_at"
        with (
            psycopg.connect(self.url) as raw,
            raw.cursor() as cursor,
            cursor.copy(f"COPY contact ({columns}) FROM STDIN") as copy,
        ):
            for n in range(1, count + 1):
                who = (new_uid(now), workspace_id, f"u{n}@d{n % 97}.test", f"Person {n}", f'{{"n": {n}}}', now, now)
                copy.write_row(who)

    def moment(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        for _ in range(600):
            try:
                if self._raw is None:
                    self._raw = psycopg.connect(self.url, connect_timeout=5)
                with self._raw.transaction():
                    self._raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    return [
                        self._raw.execute(query.replace("?", "%s"), values).fetchall() for query, *values in questions
                    ]
            except psycopg.OperationalError:
                self._raw = None
                time.sleep(0.05)
        raise Stuck("the database does not come back")

    def orphans(self, pid: int) -> int:
        """How many lanes the process of that id is written to hold."""
        return int(self.ask(ORPHANED, pid)[0][0])

    def senders(self) -> int:
        """How many workers brought a message out."""
        return int(self.ask("SELECT count(DISTINCT worker_id) FROM attempt WHERE state = 'accepted'")[0][0])

    def decided(self) -> int:
        """How many recipients have their end."""
        return int(self.ask("SELECT coalesce(sum(sent + failed + uncertain), 0) FROM campaign_count")[0][0])


class Machines(Fleet):
    """Each worker has a data folder of its own, as on a machine of its own: only the database tells of the others."""

    ledger: PgLedger

    def __init__(self, ledger: PgLedger) -> None:
        super().__init__(ledger)
        self._nursery: Nursery | None = None

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="machine-", dir=self.ledger.folder))

    def start(self, *extra: str, prefix: Sequence[str] = (), env: dict[str, str] | None = None) -> int:
        """The product's own command."""
        surroundings = {"HOMING_DATABASE": self.ledger.url, **(env or {})}
        return super().start("--data", str(self._folder()), *extra, prefix=prefix, env=surroundings)

    def spawn(self) -> int:
        """The same worker, forked by a nursery that has its modules loaded."""
        if self._nursery is None:
            self._nursery = Nursery(
                {"HOMING_DATABASE": self.ledger.url}, (self.ledger.folder / "workers.log").open("ab")
            )
        return self.bear(self._nursery, self._folder())

    def close(self) -> None:
        super().close()
        if self._nursery is not None:
            self._nursery.close()


@dataclass(slots=True)
class Stand(Rig):
    """A rig whose ledger is on a server that can be stopped."""

    ledger: PgLedger
    fleet: Machines
    server: Server

    def crash(self) -> None:
        """Ends the server at once, as a crash does."""
        self.server.stop(signal.SIGQUIT)

    def slow(self, seconds: float) -> None:
        """How long the sink waits before it looks at what came."""
        self.sink.order(set={"latency": seconds})

    def until_decided(self, count: int) -> None:
        until(lambda: self.ledger.decided() >= count, PATIENCE, f"{count} recipients have their end")

    def until_free_of(self, pid: int) -> float:
        """Waits until others hold every lane of that process; the seconds it took."""
        began = time.monotonic()
        until(lambda: not self.ledger.orphans(pid), 30, "its lanes are taken over")
        return round(time.monotonic() - began, 2)

    def a_holder(self) -> int:
        """One of the workers that hold lanes, while at least one other is up."""
        until(lambda: self.fleet.holders() and len(self.fleet.ready()) >= 2, PATIENCE, "workers hold lanes")
        return self.dice.choice(self.fleet.holders())


@contextmanager
def stand(messages: int, seed: int = 1, drop_share: float = 0.0) -> Iterator[Stand]:
    """A server, a sink, an installation and a fleet; everything that was started is ended on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="homing-pg-"))
    place = Path(tempfile.mkdtemp(prefix="hpg"))
    server = Server(place, DURABLE)
    try:
        server.start()
        with sink(folder, "--drop-share", str(drop_share), "--seed", str(seed)) as found:
            ledger = PgLedger(folder / "data", server)
            ledger.prepare(found.port, messages, {"in_flight": IN_FLIGHT})
            fleet = Machines(ledger)
            try:
                yield Stand(folder, found, ledger, fleet, random.Random(seed), messages, server)
            finally:
                fleet.close()
    finally:
        with suppress(Exception):
            server.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def told(verdict: Verdict) -> list[str]:
    """What of a verdict must not be, in words."""
    wrong = [f"{name}: {n}" for name in ("dup", "lost", "false", "unnamed", "open") if (n := getattr(verdict, name))]
    return wrong if verdict.books else [*wrong, "the books do not close"]
