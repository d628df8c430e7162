"""Kills workers and the database server of one campaign on PostgreSQL: `python -m proofs.pg [--short]`; one JSON line.

3 workers that share no file, 40,000 messages, a sink that drops some connections after it has accepted. Meanwhile: >= 30 kills
(-9), >= 10 immediate stops of the server, >= 5 freezes for longer than a lease. Nobody twice, nobody lost, nobody falsely
failed, the campaign finishes by itself. Then the lanes of a killed worker must be held again within 5 s. For each of 10 seeds.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert

from homing.app import House, migrate, open_database
from homing.model.ids import new_uid
from homing.settings import load
from homing.store.tables import contact
from homing.world import World
from proofs.fleet import Fleet
from proofs.patience import Stuck, until
from proofs.rig import Ledger, Rig, report, sink
from proofs.verdict import judge
from tests.postgres import Server

DURABLE = ("shared_buffers=128MB", "max_connections=100", "log_min_messages=fatal")
WORKERS = 3
IN_FLIGHT = 60
TAKEOVER = 5.0  # seconds within which the lanes of a dead worker must be held again
TOO_EARLY = (
    4  # the exit code of a worker that was started while the database was down; whoever watches it starts it again
)
DOWN = 0.2  # seconds between an immediate stop and the next start


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
        now = int(time.time() * 1000)
        house = self.house()
        with house.database.write() as tx:
            tx.execute(
                insert(contact),
                [
                    {
                        "uid": new_uid(now), "workspace_id": workspace_id, "email": f"u{n}@d{n % 97}.test",
                        "name": f"Person {n}", "attributes": f'{{"n": {n}}}', "created_at": now, "updated_at": now,
                    }
                    for n in range(1, count + 1)
                ],
            )  # fmt: skip
        house.close()

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


class Machines(Fleet):
    """Each worker has a data folder of its own, as on a machine of its own: only the database tells of the others."""

    ledger: PgLedger

    def start(self, *extra: str, prefix: Sequence[str] = (), env: dict[str, str] | None = None) -> int:
        folder = Path(tempfile.mkdtemp(prefix="machine-", dir=self.ledger.folder))
        return super().start("--data", str(folder), *extra, prefix=prefix, env={"HOMING_DATABASE": self.ledger.url})


SUMMED = ("messages", "kills", "restarts", "freezes", "dup", "lost", "false", "uncertain")


@dataclass(slots=True)
class Done:
    kills: int = 0
    restarts: int = 0
    freezes: int = 0
    senders: set[int] = field(default_factory=set)
    takeovers: list[float] = field(default_factory=list)
    ended: Counter[int] = field(default_factory=Counter)


@contextmanager
def stand(messages: int, seed: int, drop_share: float) -> Iterator[tuple[Rig, Server]]:
    """A server, a sink, an installation and a fleet; everything that was started is ended on leaving."""
    import random

    folder = Path(tempfile.mkdtemp(prefix="homing-pg-"))
    place = Path(tempfile.mkdtemp(prefix="hpg"))
    server = Server(place, DURABLE)
    server.start()
    try:
        with sink(folder, "--drop-share", str(drop_share), "--seed", str(seed)) as found:
            ledger = PgLedger(folder / "data", server)
            ledger.prepare(found.port, messages, {"in_flight": IN_FLIGHT})
            fleet = Machines(ledger)
            try:
                yield Rig(folder, found, ledger, fleet, random.Random(seed), messages), server
            finally:
                fleet.close()
    finally:
        with suppress(Exception):
            server.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Plan:
    messages: int
    kills: int
    restarts: int
    freezes: int
    drop_share: float = 0.001
    limit: float = 420.0


class Trouble:
    """Spreads the cuts over the campaign, by what is decided; the sink slows down while they fall behind."""

    def __init__(self, rig: Rig, server: Server, plan: Plan) -> None:
        self.rig, self.server, self.plan = rig, server, plan
        self.done = Done()
        cuts = ["kill"] * plan.kills + ["restart"] * plan.restarts + ["freeze"] * plan.freezes
        rig.dice.shuffle(cuts)
        self.cuts = cuts
        self._latency = 0.0

    def run(self, end: float) -> None:
        for made, cut in enumerate(self.cuts):
            wanted = (made + self.rig.dice.random()) / len(self.cuts) * 0.95
            until(
                lambda at=wanted, n=made: self._share(n) >= at,
                end - time.monotonic(),
                "the campaign goes on",
                every=0.02,
            )
            if self.rig.ledger.state() == "completed":
                return
            until(lambda: len(self.rig.fleet.ready()) >= 2, end - time.monotonic(), "workers come up", every=0.05)
            getattr(self, f"_{cut}")()
        self.rig.sink.order(set={"latency": 0.0})
        while self.rig.fleet.frozen:
            self._look()
            time.sleep(0.05)

    def _share(self, made: int) -> float:
        self._look()
        decided = self.rig.ledger.ask("SELECT coalesce(sum(sent + uncertain), 0) FROM campaign_count")[0][0]
        share = float(decided) / self.plan.messages
        latency = min(0.5, max(0.0, (share - made / len(self.cuts)) * 20))
        if abs(latency - self._latency) > 0.01:
            self._latency = latency
            self.rig.sink.order(set={"latency": latency})
        return share

    def _look(self) -> None:
        fleet = self.rig.fleet
        fleet.thaw()
        for code in fleet.gone().values():
            self.done.ended[code] += 1
        self.done.senders |= self.rig.ledger.holders()
        while len(fleet.alive) - len(fleet.frozen) < WORKERS:
            fleet.start()

    def _one(self) -> int:
        fleet = self.rig.fleet
        anybody = [pid for pid in fleet.alive if pid not in fleet.frozen]
        return self.rig.dice.choice(fleet.holders() or anybody)

    def _kill(self) -> None:
        self.rig.fleet.kill(self._one())
        self.done.kills += 1

    def _freeze(self) -> None:
        self.rig.fleet.freeze(self._one(), self.rig.dice.uniform(5.0, 8.0))
        self.done.freezes += 1

    def _restart(self) -> None:
        self.server.stop(signal.SIGQUIT)
        time.sleep(DOWN)
        self.server.start()
        self.done.restarts += 1


def takeover(seed: int, times: int) -> list[float]:
    """Kills a holder of lanes while a campaign goes on; the seconds until every lane has a living owner that is not it."""
    found = []
    with stand(200_000, seed, 0.0) as (rig, _):
        rig.sink.order(set={"latency": 0.2})
        orphans = (
            "SELECT count(*) FROM lease l JOIN worker w ON w.id = l.owner"
            " WHERE l.kind = 'lane' AND w.pid = ?"
        )  # fmt: skip
        for _ in range(times):
            while len(rig.fleet.alive) < 2:
                rig.fleet.start()
            until(rig.fleet.holders, 60, "a worker holds lanes")
            until(lambda: len(rig.fleet.ready()) >= 2, 60, "two workers are up")
            pid = rig.dice.choice(rig.fleet.holders())
            rig.fleet.kill(pid)
            began = time.monotonic()
            until(lambda dead=pid: not rig.ledger.ask(orphans, dead)[0][0], 30, "its lanes are taken over")
            found.append(round(time.monotonic() - began, 2))
    return found


def prove(plan: Plan, seed: int) -> dict[str, Any]:
    began = time.monotonic()
    wrong = []
    with stand(plan.messages, seed, plan.drop_share) as (rig, server):
        trouble = Trouble(rig, server, plan)
        try:
            trouble.run(began + plan.limit)
            rig.ledger.finished(max(60.0, plan.limit - (time.monotonic() - began)))
        except Stuck as error:
            wrong.append(str(error))
        verdict = judge(rig.ledger, rig.sink, plan.messages)
        done, said = trouble.done, rig.fleet.said() if trouble.done.ended or wrong else ""
    wrong += [f"{name}: {n}" for name in ("dup", "lost", "false", "unnamed", "open") if (n := getattr(verdict, name))]
    if not verdict.books:
        wrong.append("the books do not close")
    for what in ("kills", "restarts", "freezes"):
        if getattr(done, what) < getattr(plan, what):
            wrong.append(f"only {getattr(done, what)} of {getattr(plan, what)} {what} met the campaign")
    done.ended.pop(TOO_EARLY, None)
    if done.ended:
        wrong.append(f"workers ended by themselves: {dict(done.ended)}")
    if len(done.senders) < 2:
        wrong.append("only one worker ever held lanes")
    return {
        "seed": seed, "messages": plan.messages, "kills": done.kills, "restarts": done.restarts, "freezes": done.freezes,
        "holders": len(done.senders), **verdict.told(), "faults": wrong, "seconds": round(time.monotonic() - began, 1),
        **({"log": said} if said else {}),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.pg", description=__doc__)
    parser.add_argument("--short", action="store_true", help="3,000 messages, 4 kills, 2 restarts, 1 freeze, one seed")
    parser.add_argument("--messages", type=int, default=40_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--freezes", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--takeovers", type=int, default=5)
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here is ended here
    plan = Plan(given.messages, given.kills, given.restarts, given.freezes)
    seeds = range(given.seed, given.seed + given.seeds)
    if given.short:
        plan, seeds, given.takeovers = Plan(3_000, 4, 2, 1, limit=150.0), range(given.seed, given.seed + 1), 1
    began = time.monotonic()
    runs = [prove(plan, seed) for seed in seeds]
    times = takeover(given.seed, given.takeovers) if given.takeovers else []
    wrong = [f"seed {run['seed']}: {fault}" for run in runs for fault in run["faults"]]
    wrong += [f"a take-over took {each} s" for each in times if each > TAKEOVER]
    return report(
        "prove-pg", not wrong, seeds=len(runs), faults=wrong, takeover_seconds=times,
        **{name: sum(run[name] for run in runs) for name in SUMMED}, runs=runs, seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
