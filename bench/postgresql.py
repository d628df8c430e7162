"""`python -m bench postgresql`: the whole product on PostgreSQL with 1, 2 and 4 workers beside SQLite and smtp-source; and idle.

CPU of a message is that of all workers and of all processes of the database server together.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.campaign import FROM, content, sender_options
from bench.machine import disk_folder, load
from bench.postfix import Broken, anchor, cpu_seconds, peak_mb, sink
from bench.product import ROOT, SLOWEST
from bench.spine import CONNECTIONS, Tell, product
from homing.app import House, migrate, open_database
from homing.model.ids import CampaignId
from homing.settings import load as settings_of
from homing.store.campaigns import Campaigns, Draft
from homing.store.control import By, Control
from homing.world import World
from tests.postgres import Server

DURABLE = ("shared_buffers=256MB", "max_connections=100", "max_wal_size=2GB", "log_min_messages=fatal")
WORKERS = ((1, 1), (1, 2), (2, 2), (4, 4))
"""How many workers, and how many times 50 connections and 100 messages in flight they share."""
IN_FLIGHT = 100
IDLE_SECONDS = 20.0
_PEOPLE = """
INSERT INTO contact (uid, workspace_id, email, name, attributes, created_at, updated_at)
SELECT 'c' || n, %(w)s, 'reader' || n || '@d' || (n %% 997) || '.example', 'Reader ' || n,
       json_build_object('city', 'Town ' || (n %% 97), 'n', n)::text, 0, 0
  FROM generate_series(1, %(count)s) n
"""


class Installation:
    """A ledger on a PostgreSQL of its own, flushed as in use, and the workers that were started on it."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.workers: list[subprocess.Popen[bytes]] = []
        db = open_database(self._settings(), World())
        migrate(db)
        db.close()
        self.raw = psycopg.connect(server.url(), autocommit=True)

    def _settings(self) -> Any:
        return settings_of(
            {"data": str(self.folder), "database": self.server.url()}, environment={}, folder=self.folder
        )

    def campaign(self, recipients: int, port: int, times: int) -> CampaignId:
        """A draft to so many contacts, planned by nobody yet."""
        house = House(self._settings())
        try:
            workspace = house.workspace
            self.raw.execute("DELETE FROM contact WHERE id NOT IN (SELECT contact_id FROM delivery)")
            self.raw.execute(_PEOPLE, {"w": workspace.id, "count": recipients})
            options = {**sender_options(port, CONNECTIONS * times), "in_flight": IN_FLIGHT * times}
            way = house.senders.add(workspace.id, "sink", "smtp", options, {})
            draft = Draft("bench", {**content(), "from": FROM}, {"all": True}, senders=(way.id,))
            return Campaigns(house.database).create(workspace.id, draft).id
        finally:
            house.close()

    def begin(self, campaign: CampaignId) -> None:
        house = House(self._settings())
        Control(house.database).start(campaign, By("bench"))
        house.close()

    def start(self, count: int) -> None:
        env = {**os.environ, "HOMING_LOG": "warning", "HOMING_DATABASE": self.server.url()}
        for n in range(count):
            data = self.folder / f"machine-{n}"
            data.mkdir(exist_ok=True)
            shutil.copy(self.folder / "secret.key", data) if (self.folder / "secret.key").exists() else None
            command = [sys.executable, "-m", "homing", "worker", "--data", str(data)]
            with (data / "log").open("wb") as log:
                self.workers.append(
                    subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
                )
        self.until(lambda: self.ask("SELECT count(*) FROM worker WHERE left_at IS NULL") >= count, 60, "workers are up")

    def ask(self, query: str, *values: Any) -> Any:
        found = self.raw.execute(query, values).fetchone()
        return None if found is None else found[0]

    def until(self, true: Any, seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not true():
            if any(worker.poll() is not None for worker in self.workers):
                raise Broken(f"a worker ended before {what}")
            if time.monotonic() > end:
                raise Broken(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.02)

    def cpu(self) -> tuple[float, float]:
        """Seconds of all workers, and of the server with its children; those of backends that ended are its own by then."""
        return sum(cpu_seconds(worker.pid) for worker in self.workers), _tree(self.server.pid or 0)

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(45)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait(30)
        self.workers.clear()


def _tree(pid: int) -> float:
    """Processor time of a process, its living children, and those children that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    own = sum(int(fields[n]) for n in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        try:
            own += cpu_seconds(int(child))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return own


@contextmanager
def installed() -> Iterator[Installation]:
    """A server and an installation, ended and removed on leaving."""
    place = Path(tempfile.mkdtemp(prefix="hpb", dir=disk_folder()))
    data = Path(tempfile.mkdtemp(prefix="homing-bench-", dir=disk_folder()))
    server = Server(place, DURABLE)
    made = None
    try:
        server.start()
        made = Installation(data, server)
        yield made
    finally:
        if made is not None:
            made.stop()
            made.raw.close()
        server.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def send(recipients: int, workers: int, times: int = 1) -> dict[str, float]:
    """One campaign by so many workers, which are up when it starts. Raises Broken when a count is another one."""
    with installed() as here, sink() as to:
        busy = load()
        campaign = here.campaign(recipients, to.port, times)
        here.start(workers)
        here.begin(campaign)
        here.until(lambda: here.ask("SELECT 1 FROM attempt LIMIT 1"), 60, "the first message is sent")
        begin, before = time.perf_counter(), here.cpu()
        state = "SELECT state FROM campaign WHERE id = %s"
        done = 60 + recipients / SLOWEST * 4
        here.until(lambda: here.ask(state, campaign) == "completed", done, "the campaign is completed")
        took, after = time.perf_counter() - begin, here.cpu()
        sent = here.ask("SELECT count(*) FROM delivery WHERE campaign_id = %s AND state = 'sent'", campaign)
        if (sent, to.count()) != (recipients, recipients):
            raise Broken(f"{sent} are sent and the sink took {to.count()} of {recipients}")
        holders = here.ask("SELECT count(DISTINCT worker_id) FROM attempt WHERE campaign_id = %s", campaign)
        each = 1e6 / recipients
        worker_us, database_us = ((b - a) * each for a, b in zip(before, after, strict=True))
        return {
            "workers": workers,
            "senders": holders,
            "rate": round(recipients / took, 1),
            "cpu_us": round(worker_us + database_us, 1),
            "worker_us": round(worker_us, 1),
            "database_us": round(database_us, 1),
            "peak_mb": round(max(peak_mb(worker.pid) for worker in here.workers), 1),
            "load": busy,
        }


def idle(seconds: float = IDLE_SECONDS) -> dict[str, float]:
    """One worker with nothing to do: its CPU in percent of a core, and transactions a second in its database."""
    with installed() as here:
        here.start(1)
        time.sleep(10)

        def look() -> tuple[float, float, float]:
            here.raw.execute("SELECT pg_stat_clear_snapshot()")
            query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            return time.monotonic(), cpu_seconds(here.workers[0].pid), float(here.ask(query))

        first = look()
        time.sleep(seconds)
        last = look()
        took = last[0] - first[0]
        return {
            "idle_cpu": round((last[1] - first[1]) / took * 100, 2),
            "idle_transactions": round((last[2] - first[2] - 2) / took, 1),
        }


def postgresql(sizes: Sequence[int], repeat: int, tell: Tell) -> list[dict[str, Any]]:
    """For each size: SQLite, then 1, 2 and 4 workers, each between two runs of smtp-source; the first row tells of idling."""
    rows: list[dict[str, Any]] = [{"case": "idle", **idle()}]
    tell(f"idle: {rows[0]['idle_cpu']} % CPU, {rows[0]['idle_transactions']} transactions/s")
    for recipients in sizes:
        rows += [_row(recipients, *each, repeat, tell) for each in ((0, 1), *WORKERS)]
    return rows


def _row(recipients: int, workers: int, times: int, repeat: int, tell: Tell) -> dict[str, Any]:
    found = [_once(recipients, workers, times) for _ in range(repeat)]
    middle = {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]}
    case = f"PostgreSQL, {workers} worker{'s'[: workers != 1]}" if workers else "SQLite, 1 worker"
    case += f", {CONNECTIONS * times} connections, {IN_FLIGHT * times} in flight" if workers else ""
    tell(f"{case}, {recipients:,}: {middle['rate']:,.0f}/s, CPU {middle['cpu_us']:.0f} us, load {middle['load']:.1f}")
    return {"case": case, "recipients": recipients, "repeat": repeat, **middle}


def _once(recipients: int, workers: int, times: int) -> dict[str, float]:
    before = anchor(recipients)
    if workers:
        found = send(recipients, workers, times)
    else:
        sent, beside = product(recipients)
        found = {"rate": sent.rate, "cpu_us": sent.cpu_us, "peak_mb": sent.peak_mb, "load": beside["load"]}
    after = anchor(recipients)
    rate, cpu = (before.rate + after.rate) / 2, (before.cpu_us + after.cpu_us) / 2
    return {
        **found,
        "ratio": round(found["rate"] / rate, 3),
        "anchor_rate": round(rate, 1),
        "cpu_ratio": round(found["cpu_us"] / cpu, 2),
        "anchor_cpu_us": round(cpu, 1),
    }
