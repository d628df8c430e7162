"""The parts of prove-pg beside the campaigns: one story each, with its own server, sink and workers.

takeover   a holder of lanes is killed, again and again: its lanes are held again within 5 s
shared     20,000 by three `homing worker`: one is killed, another frozen for 8 s, taken over and woken
storm      a holder is frozen for 3.8 s every 5 s, about as long as a lease
switches   five processes pause, resume and send the same campaign at once while three workers send
outage     the server is stopped twice for 5 s; `homing status` says why nothing moves
zombies    a worker wakes after its rows were claimed again, and its news of the older attempt comes in meanwhile (L3)
dark       the commits of intents fail, the worker dies before the database is back: no dot has left (L6)
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random
from typing import Any

from homing.app import House
from homing.model.errors import Conflict
from homing.settings import load
from homing.store.control import By, Control
from proofs.fleet import ROOT
from proofs.patience import until
from proofs.pg_stand import PATIENCE, WORKERS, Stand, stand, told

SWITCHERS = 5  # processes that switch at once
OUT = 5.0  # seconds of an outage of the database


@dataclass(frozen=True, slots=True)
class Size:
    short: bool
    seed: int

    def of(self, full: int, short: int) -> int:
        return short if self.short else full


@dataclass(frozen=True, slots=True)
class Part:
    """One story, timed."""

    tell: Callable[[Size], dict[str, Any]]

    def run(self, size: Size) -> dict[str, Any]:
        began = time.monotonic()
        found = self.tell(size)
        return {"part": self.tell.__name__, **found, "seconds": round(time.monotonic() - began, 1)}


def judged(rig: Stand, *, doubts: int, senders: int = 1) -> dict[str, Any]:
    """The verdict on a campaign that must end by itself; at most so many in doubt, at least so many workers that sent."""
    rig.ledger.finished(300)
    verdict, sent = rig.judge(), rig.ledger.senders()
    wrong = told(verdict)
    if verdict.uncertain > doubts:
        wrong.append(f"{verdict.uncertain} in doubt, at most {doubts} can be")
    if sent < senders:
        wrong.append(f"{sent} workers sent, not {senders}")
    if ended := rig.fleet.gone():
        wrong.append(f"workers ended by themselves: {ended}; {rig.fleet.said()}")
    return {"messages": rig.recipients, "senders": sent, **verdict.told(), "faults": wrong}


def takeover(size: Size) -> dict[str, Any]:
    found = []
    with stand(20_000, size.seed) as rig:
        rig.slow(0.5)
        for _ in range(size.of(5, 1)):
            while len(rig.fleet.alive) < 2:
                rig.fleet.spawn()
            pid = rig.a_holder()
            rig.fleet.kill(pid)
            found.append(rig.until_free_of(pid))
    return {"takeover_seconds": found, "faults": []}


def shared(size: Size) -> dict[str, Any]:
    messages = size.of(20_000, 2_000)
    with stand(messages, size.seed) as rig:
        rig.slow(0.1)
        for _ in range(WORKERS):
            rig.fleet.start()
        rig.fleet.until_ready(WORKERS)
        rig.until_decided(messages // 10)
        killed = rig.a_holder()
        rig.fleet.kill(killed)
        times = [rig.until_free_of(killed)]
        rig.slow(0.3)
        frozen = rig.a_holder()
        rig.fleet.freeze(frozen, 8.0)
        woken = time.monotonic() + 8.0
        times.append(rig.until_free_of(frozen))
        until(lambda: time.monotonic() >= woken, 20, "it is time to wake it")
        rig.fleet.thaw()
        rig.slow(0.0)
        found = judged(rig, doubts=2 * 20, senders=2)
    return {"kills": 1, "freezes": 1, "takeover_seconds": times, **found}


def storm(size: Size) -> dict[str, Any]:
    rounds = size.of(12, 3)
    with stand(rounds * 1_200, size.seed) as rig:
        rig.slow(0.2)
        for _ in range(WORKERS):
            rig.fleet.spawn()
        rig.fleet.until_ready(WORKERS)
        for _ in range(rounds):
            began = time.monotonic()
            rig.fleet.freeze(rig.a_holder(), 3.8)
            until(lambda: rig.fleet.thaw() or not rig.fleet.frozen, 20, "it is woken")
            until(lambda t=began: time.monotonic() >= t + 5.0, 20, "the next comes")
        under_way = rig.ledger.state() == "sending"
        rig.slow(0.0)
        found = judged(rig, doubts=0, senders=2)
    if not under_way:
        found["faults"].append("the campaign was over before the storm was")
    return {"freezes": rounds, **found}


def quarrel(url: str, folder: str, campaign: int, seed: int, acts: int) -> int:
    """One process that cannot make up its mind; how many of its acts were taken. It ends with `send`."""
    house = House(load({"data": folder, "database": url}, environment={}))
    switch, who, dice, taken = Control(house.database), By(f"proof:{seed}"), Random(seed), 0
    for _ in range(acts):
        act = dice.choice((switch.pause, switch.resume, switch.start, switch.start))
        with suppress(Conflict):
            act(campaign, who)  # type: ignore[arg-type]  # an id went through a pipe
            taken += 1
        time.sleep(dice.random() * 0.1)
    switch.start(campaign, who)  # type: ignore[arg-type]  # as above
    house.close()
    return taken


def switches(size: Size) -> dict[str, Any]:
    """Nobody dies here, so nothing may be in doubt."""
    with stand(size.of(20_000, 2_000), size.seed) as rig:
        rig.slow(0.05)
        for _ in range(WORKERS):
            rig.fleet.spawn()
        rig.until_decided(100)
        with ProcessPoolExecutor(SWITCHERS, mp_context=get_context("spawn")) as pool:
            jobs = [
                pool.submit(quarrel, rig.ledger.url, str(rig.ledger.folder), rig.ledger.campaign, n, size.of(200, 40))
                for n in range(SWITCHERS)
            ]
            acts = sum(job.result() for job in jobs)
        rig.slow(0.0)
        kinds = dict(rig.ledger.ask("SELECT kind, count(*) FROM event WHERE kind LIKE 'campaign.%%' GROUP BY kind"))
        found = judged(rig, doubts=0, senders=2)
    if not kinds.get("campaign.paused") or not kinds.get("campaign.resumed"):
        found["faults"].append(f"it was never switched: {kinds}")
    return {"acts": acts, "pauses": kinds.get("campaign.paused", 0), **found}


def status_of(rig: Stand) -> tuple[int, Any]:
    """What `homing status --json` says: exit code and document."""
    command = [sys.executable, "-m", "homing", "status", "--json", "--data", str(rig.ledger.folder)]
    done = subprocess.run(
        [*command, "--database", rig.ledger.url], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    with suppress(ValueError):
        return done.returncode, json.loads(done.stdout)
    return done.returncode, {"said": done.stdout + done.stderr}


def outage(size: Size) -> dict[str, Any]:
    """All workers live, so what they know is not in doubt, however long the database was away."""
    messages, times = size.of(20_000, 1_500), size.of(2, 1)
    wrong, reasons = [], []
    with stand(messages, size.seed) as rig:
        rig.slow(0.1)
        for _ in range(WORKERS):
            rig.fleet.spawn()
        rig.fleet.until_ready(WORKERS)
        for n in range(1, times + 1):
            rig.until_decided(messages * n // (times + 2))
            rig.crash()
            back = time.monotonic() + OUT
            code, said = status_of(rig)
            reasons.append(str((said.get("storage") or {}).get("detail")))
            if code != 4 or "database" not in reasons[-1]:
                wrong.append(f"status did not say why it waits: exit {code}, {said}")
            seen = rig.sink.look()
            until(lambda at=back: time.monotonic() >= at, PATIENCE, "the outage is over")
            if rig.sink.look() > seen:
                wrong.append("messages left while the database was down")
            rig.server.start()
            back = time.monotonic()
            before = rig.ledger.decided()
            until(lambda at=before: rig.ledger.decided() > at, 30, "it goes on by itself")
            reasons.append(f"on again after {time.monotonic() - back:.1f} s")
        rig.slow(0.0)
        code, said = status_of(rig)
        if code or said.get("storage") is not None:
            wrong.append(f"status does not say that the database is back: exit {code}, {said}")
        found = judged(rig, doubts=0, senders=2)
    found["faults"] = wrong + found["faults"]
    return {"restarts": times, "reasons": reasons, **found}


def half_sent(rig: Stand, latency: float) -> int:
    """One worker under way, half of its connections waiting for the server's invitation. Its process id."""
    pid = rig.fleet.spawn()
    rig.until_decided(60)
    rig.slow(latency)
    time.sleep(latency / 3)
    return pid


def zombies(size: Size) -> dict[str, Any]:
    with stand(400, size.seed) as rig:
        pid = half_sent(rig, 1.5)
        rig.fleet.freeze(pid, 0.0)
        claimed = rig.ledger.states()["claimed"]
        time.sleep(1.5)  # the sink has answered what had come
        rig.sink.order(set={"latency": 0.0}, faults=["dot=accept-stall"])
        rig.fleet.spawn()
        rig.until_free_of(pid)
        until(lambda: rig.ledger.states()["sending"] >= 3, PATIENCE, "the rows are claimed again and under way")
        rig.fleet.thaw()
        time.sleep(4.0)  # what the woken one has to say is said, and no clock may move what is under way (L7)
        rig.sink.order(faults=[], down=True)
        rig.sink.order(down=False)
        found = judged(rig, doubts=40)  # what was stalled, of both; the rest the frozen one says itself (L9)
    if not claimed:
        found["faults"].append("the frozen worker had claimed nothing")
    return {"freezes": 1, **found}


def dark(size: Size) -> dict[str, Any]:
    with stand(400, size.seed) as rig:
        pid = half_sent(rig, 0.5)
        asked = rig.sink.order(stats=True)["arrivals"]["data"]
        rig.crash()
        time.sleep(2.0)
        invited = rig.sink.order(stats=True)["arrivals"]["data"] - asked
        rig.fleet.kill(pid)
        rig.server.start()
        rig.slow(0.0)
        rig.fleet.spawn()
        found = judged(rig, doubts=60)
    if not invited:
        found["faults"].append("nobody was invited to send while the database was down")
    return {"kills": 1, "restarts": 1, "invited": invited, **found}


PARTS = {
    "takeover": Part(takeover),
    "shared": Part(shared),
    "storm": Part(storm),
    "switches": Part(switches),
    "outage": Part(outage),
    "zombies": Part(zombies),
    "dark": Part(dark),
}
