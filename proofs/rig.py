"""What every proof with real processes stands on: a ledger on disk, a truthful sink, a fleet of workers."""

import json
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homing.app import House
from homing.model.ids import CampaignId, new_uid
from homing.settings import load
from homing.store.campaigns import Campaigns, Draft
from homing.store.control import By, Control
from proofs.fleet import WORKER, Fleet
from proofs.patience import Stuck, until
from proofs.verdict import Verdict, judge
from tests.faults.smtp_server import Running, running

TEXT = "Hello {{ name }}, you are number {{ n }}.\n"


class Sink:
    """The truthful server and its record. `counted` grows by reading what was appended since the last look."""

    def __init__(self, server: Running, record: Path) -> None:
        self.server = server
        self.record = record
        self._file = record.open("rb")
        self.counted = 0

    @property
    def port(self) -> int:
        return self.server.port

    def look(self) -> int:
        """How many messages the sink has accepted so far."""
        self.counted += self._file.read().count(b"\n")
        return self.counted

    def keys(self) -> Counter[str]:
        """`CAMPAIGN/SEQ` of everything accepted, and how often."""
        return Counter(line.split(b"\t", 1)[0].decode() for line in self.record.read_bytes().splitlines())

    def order(self, **order: Any) -> dict[str, Any]:
        return self.server.order(**order)

    def forget(self) -> None:
        """Begins a new record: the file is emptied, and counting starts anew."""
        os.truncate(self.record, 0)
        self._file.seek(0)
        self.counted = 0

    def close(self) -> None:
        self._file.close()


@contextmanager
def sink(folder: Path, *options: str) -> Iterator[Sink]:
    """A sink in its own process, ended on leaving."""
    record = folder / "accepted"
    record.touch()
    with running(record, *options) as server:
        found = Sink(server, record)
        try:
            yield found
        finally:
            found.close()


class Ledger:
    """The SQLite file of an installation, and one campaign in it. Reading is done by plain SQL, beside the product."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "homing.db"
        self.campaign = CampaignId(0)
        self.uid = ""
        self.sender = 0

    def prepare(self, port: int, recipients: int, options: dict[str, Any] | None = None, *, start: bool = True) -> None:
        """An installation with one sender, `recipients` contacts and one campaign to all of them."""
        house = self.house()
        try:
            workspace = house.workspace
            sender = house.senders.add(workspace.id, "sink", "smtp", {**sender_options(port), **(options or {})}, {})
            self.sender = sender.id
            self._people(workspace.id, recipients)
            content = {"subject": "Number {{ n }}", "text": TEXT}
            made = Campaigns(house.database).create(
                workspace.id,
                Draft("proof", content, {"all": True}, {"stop_if_failed": 0}, senders=(sender.id,)),
            )
            self.campaign, self.uid = made.id, made.uid
            if start:
                Control(house.database).start(made.id, By("proof"))
        finally:
            house.close()

    def house(self) -> House:
        """The installation as the product opens it. To be closed."""
        return House(load({"data": str(self.folder)}, environment={}, folder=self.folder))

    def control(self, act: Callable[[Control, CampaignId], Any]) -> Any:
        """What a person does from another process."""
        house = self.house()
        try:
            return act(Control(house.database), self.campaign)
        finally:
            house.close()

    def _people(self, workspace_id: int, count: int) -> None:
        now = int(time.time() * 1000)
        rows = (
            (new_uid(now), workspace_id, f"u{n}@d{n % 97}.test", f"Person {n}", json.dumps({"n": n}), now, now)
            for n in range(1, count + 1)
        )
        with closing(sqlite3.connect(self.path, timeout=30)) as raw, raw:
            raw.executemany(
                "INSERT INTO contact (uid, workspace_id, email, name, attributes, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Plain SQL on the file, by a connection of its own."""
        return self.moment((query, *values))[0]

    def moment(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        """Several questions (SQL, values ...) answered by one and the same state of the ledger."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30, isolation_level=None)) as raw:
            raw.execute("BEGIN")
            return [raw.execute(query, values).fetchall() for query, *values in questions]

    def state(self) -> str:
        """Of the campaign: 'sending', 'paused:no_connection', 'completed' ..."""
        state, reason = self.ask("SELECT state, reason FROM campaign WHERE id = ?", self.campaign)[0]
        return f"{state}:{reason}" if reason else str(state)

    def states(self) -> Counter[str]:
        """How many deliveries stand in each state."""
        rows = self.ask("SELECT state, count(*) FROM delivery WHERE campaign_id = ? GROUP BY state", self.campaign)
        return Counter(dict(rows))

    def workers(self) -> set[int]:
        """Process ids of the workers that have entered and not left."""
        return {pid for (pid,) in self.ask("SELECT pid FROM worker WHERE left_at IS NULL")}

    def holders(self) -> set[int]:
        """Process ids of those that hold lanes."""
        owning = "SELECT pid FROM worker WHERE id IN (SELECT owner FROM lease WHERE kind = 'lane')"
        return {pid for (pid,) in self.ask(owning)}

    def finished(self, seconds: float) -> None:
        """Waits until the campaign is completed. Raises Stuck with the states otherwise."""
        try:
            until(lambda: self.state() == "completed", seconds, "the campaign completes", every=0.1)
        except Stuck as error:
            raise Stuck(f"{error}; campaign {self.state()}, rows {dict(self.states())}") from error


def sender_options(port: int) -> dict[str, Any]:
    """A sender that hurries: no pacing, 20 connections, at most 20 intents open. It probes a closed door on loopback."""
    return {
        "host": "127.0.0.1", "port": port, "tls": "none", "pacing": "off", "connections": 20, "in_flight": 20,
        "from": "Proof <proof@sender.test>", "probe": ["127.0.0.1:9"], "helo": "sender.test",
    }  # fmt: skip


@dataclass(slots=True)
class Rig:
    """One campaign that can be cut anywhere: its folder, sink, ledger, fleet and dice."""

    folder: Path
    sink: Sink
    ledger: Ledger
    fleet: Fleet
    dice: random.Random
    recipients: int

    def judge(self) -> Verdict:
        return judge(self.ledger, self.sink, self.recipients)


@contextmanager
def rig(
    recipients: int,
    *,
    seed: int = 1,
    options: dict[str, Any] | None = None,
    sink_options: Sequence[str] = (),
    command: Sequence[str] = WORKER,
    start: bool = True,
) -> Iterator[Rig]:
    """A prepared rig in a folder of its own; everything that it started is ended on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="homing-proof-"))
    try:
        with sink(folder, *sink_options) as found:
            ledger = Ledger(folder / "data")
            ledger.prepare(found.port, recipients, options, start=start)
            fleet = Fleet(ledger, command)
            try:
                yield Rig(folder, found, ledger, fleet, random.Random(seed), recipients)
            finally:
                fleet.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lacking(*tools: str) -> str | None:
    """The first tool that is missing here."""
    return next((tool for tool in tools if shutil.which(tool) is None), None)


def skipped(what: str) -> int:
    """Says that a part was left out; an exit code of 1 where nothing may be (HOMING_REQUIRE_ALL=1)."""
    print(f"skipped: {what}")
    return 1 if os.environ.get("HOMING_REQUIRE_ALL") == "1" else 0


def report(target: str, holds: bool, **facts: Any) -> int:
    """Prints the one JSON line of a proof. Returns its exit code."""
    print(json.dumps({"target": target, "holds": holds, **facts}), flush=True)
    return 0 if holds else 1
