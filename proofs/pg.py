"""Kills workers and the database server of campaigns on PostgreSQL: `python -m proofs.pg [--short] [--only PART]`.

The campaign, once for each of 10 seeds: 3 workers that share no file, 40,000 messages, a sink that drops some connections after
it has accepted. Meanwhile >= 30 kills (-9), some of them while the database is down, >= 10 immediate stops of the server, some
longer than a lease, >= 5 freezes for longer than a lease. Nobody twice, nobody lost, nobody falsely failed, the campaign
finishes by itself. Then the other parts (proofs/pg_parts.py). One JSON line for each seed and part, and one with the verdict.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from proofs.fleet import ROOT
from proofs.patience import Stuck, until
from proofs.pg_parts import PARTS, Size
from proofs.pg_stand import TAKEOVER, TOO_EARLY, WORKERS, Stand, stand, told
from proofs.rig import report

DOWN = (0.1, 0.2, 0.2, 1.0, 4.5)
"""Seconds between an immediate stop and the next start, in turn; the last is longer than a lease."""
ABREAST = (("campaign", "dark"), ("shared",), ("outage", "zombies"))
"""What the short form does side by side: most of it is waiting for leases to end."""
SUMMED = ("messages", "kills", "restarts", "freezes", "dup", "lost", "false", "uncertain")


@dataclass(slots=True)
class Done:
    kills: int = 0
    restarts: int = 0
    freezes: int = 0
    holders: set[int] = field(default_factory=set)
    ended: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class Plan:
    messages: int
    kills: int
    restarts: int
    freezes: int
    drop_share: float = 0.001
    limit: float = 1_800.0  # of a machine that is busy otherwise; a quiet one takes a tenth


class Trouble:
    """Spreads the cuts over the campaign, by what is decided; the sink slows down while they fall behind."""

    def __init__(self, rig: Stand, plan: Plan) -> None:
        self.rig, self.plan = rig, plan
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
            until(lambda n=made: self._up(n), end - time.monotonic(), "workers come up", every=0.05)
            getattr(self, f"_{cut}")()
        self.rig.slow(0.0)
        while self.rig.fleet.frozen:
            self._look()
            time.sleep(0.05)

    def _up(self, made: int) -> bool:
        self._share(made)
        return len(self.rig.fleet.ready()) >= 2

    def _share(self, made: int) -> float:
        self._look()
        share = self.rig.ledger.decided() / self.plan.messages
        latency = min(0.5, max(0.0, (share - made / len(self.cuts)) * 20))
        if abs(latency - self._latency) > 0.01:
            self._latency = latency
            self.rig.slow(latency)
        return share

    def _look(self) -> None:
        fleet = self.rig.fleet
        fleet.thaw()
        for code in fleet.gone().values():
            self.done.ended[code] += 1
        self.done.holders |= self.rig.ledger.holders()
        while len(fleet.alive) - len(fleet.frozen) < WORKERS:
            fleet.spawn()

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
        """Every second time a worker dies while the database is down: what it did last, nobody was told."""
        victim = self._one() if self.done.restarts % 2 else None
        self.rig.crash()
        time.sleep(DOWN[self.done.restarts % len(DOWN)])
        if victim is not None:
            self.rig.fleet.kill(victim)
            self.done.kills += 1
        self.rig.server.start()
        self.done.restarts += 1


def campaign(plan: Plan, seed: int) -> dict[str, Any]:
    """One campaign through all its cuts."""
    began = time.monotonic()
    wrong = []
    with stand(plan.messages, seed, plan.drop_share) as rig:
        trouble = Trouble(rig, plan)
        try:
            trouble.run(began + plan.limit)
            rig.ledger.finished(max(120.0, plan.limit - (time.monotonic() - began)))
        except Stuck as error:
            wrong.append(str(error))
        verdict = rig.judge()
        done, senders = trouble.done, rig.ledger.senders()
        done.ended.pop(TOO_EARLY, None)
        said = rig.fleet.said() if done.ended or wrong else ""
    wrong += told(verdict)
    for what in ("kills", "restarts", "freezes"):
        if getattr(done, what) < getattr(plan, what):
            wrong.append(f"only {getattr(done, what)} of {getattr(plan, what)} {what} met the campaign")
    if done.ended:
        wrong.append(f"workers ended by themselves: {dict(done.ended)}")
    if senders < 2:
        wrong.append("only one worker ever sent")
    return {
        "part": "campaign", "seed": seed, "messages": plan.messages, "kills": done.kills, "restarts": done.restarts,
        "freezes": done.freezes, "holders": len(done.holders), "senders": senders, **verdict.told(), "faults": wrong,
        "seconds": round(time.monotonic() - began, 1), **({"log": said} if said else {}),
    }  # fmt: skip


def say(found: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(found), flush=True)
    return found


def tried(name: str, seed: int, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A part that breaks is a fault, and the others go on."""
    began = time.monotonic()
    try:
        return say(act())
    except Exception as error:  # noqa: BLE001 - whatever it is: the next seed is worth its own verdict
        wrong = f"the proof broke: {type(error).__name__}: {error}"
        return say({"part": name, "seed": seed, "faults": [wrong], "seconds": round(time.monotonic() - began, 1)})


def abreast(options: Sequence[str]) -> list[dict[str, Any]]:
    """The short form: a process for each row of ABREAST. What they found."""
    commands = [[f"--only={name}" for name in row] for row in ABREAST]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "proofs.pg", "--short", *options, *only], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for only in commands
    ]
    try:
        spoken = [process.communicate()[0] for process in started]
    finally:
        for process in started:
            if process.poll() is None:
                process.terminate()
                process.wait()
    runs = [say(json.loads(line)) for words in spoken for line in words.splitlines()[:-1]]
    silent = {name for row in ABREAST for name in row} - {run["part"] for run in runs}
    return runs + [say({"part": name, "faults": ["it gave no verdict"]}) for name in sorted(silent)]


def one_by_one(given: argparse.Namespace, plan: Plan, began: float) -> list[dict[str, Any]]:
    """Seed after seed, part after part. What they found."""
    runs = []
    if not given.only or "campaign" in given.only:
        for seed in range(given.seed, given.seed + (given.seeds or (1 if given.short else 10))):
            if given.minutes and time.monotonic() - began > given.minutes * 60:
                break
            runs.append(tried("campaign", seed, lambda seed=seed: campaign(plan, seed)))  # type: ignore[misc]  # called at once
    size = Size(short=given.short, seed=given.seed)
    wanted = [name for name in PARTS if not given.only or name in given.only]
    return runs + [tried(name, given.seed, lambda name=name: PARTS[name].run(size)) for name in wanted]  # type: ignore[misc]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.pg", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="a small campaign, one seed, the quickest of the parts, side by side"
    )
    parser.add_argument("--only", action="append", default=[], choices=["campaign", *PARTS])
    parser.add_argument("--messages", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--restarts", type=int)
    parser.add_argument("--freezes", type=int)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.0, help="begin no further seed after so long; 0: no limit")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here is ended here
    plan = Plan(2_000, 3, 2, 1, limit=300.0) if given.short else Plan(40_000, 30, 10, 5)
    for name in ("messages", "kills", "restarts", "freezes"):
        if getattr(given, name) is not None:
            setattr(plan, name, getattr(given, name))
    began = time.monotonic()
    options = [each for each in (arguments or sys.argv[1:]) if each != "--short"]
    runs = abreast(options) if given.short and not given.only else one_by_one(given, plan, began)
    wrong = [f"{run['part']}, seed {run.get('seed', given.seed)}: {fault}" for run in runs for fault in run["faults"]]
    times = [each for run in runs for each in run.get("takeover_seconds", ())]
    most = TAKEOVER * (2 if given.short else 1)  # the short form runs beside other tests
    wrong += [f"a take-over took {each} s" for each in times if each > most]
    return report(
        "prove-pg", not wrong, seeds=sum(run["part"] == "campaign" for run in runs), faults=wrong,
        takeover_seconds=times, **{name: sum(run.get(name, 0) for run in runs) for name in SUMMED},
        parts=[run["part"] for run in runs if run["part"] != "campaign"], seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
