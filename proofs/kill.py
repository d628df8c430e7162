"""Kills workers at random moments of one campaign: `python -m proofs.kill [--short]`; one JSON line, exit 1 on a fault.

100,000 messages, 1,000 cuts, SQLite, 20 connections: nobody twice, nobody lost, nobody falsely failed, at most 20 uncertain a
kill, each named, and the campaign finishes. Some cuts freeze a worker (SIGSTOP) for longer than its lease and let it wake as
a zombie (SIGCONT). The sink answers slower while the killing falls behind, so that every cut meets a campaign under way.
"""

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from proofs.fleet import Nursery
from proofs.patience import Stuck, until
from proofs.rig import Rig, report, rig
from proofs.verdict import Verdict

FLEET = 3  # workers at a time: two that are warm make a kill cheap
IN_FLIGHT = 20  # most intents open at once, over all workers: what one kill can leave in doubt
FREEZES = 0.08  # the share of cuts that freeze instead of killing
LONG = 0.2  # of those, how many outlast the lease
EVERY = 5  # of the workers of the long form every fifth is started by the command itself, the others are forked
LIMIT = 1_800.0  # seconds that the whole may take on a machine that is busy otherwise; a quiet one takes a quarter


@dataclass(slots=True)
class Cuts:
    """What was done to the workers, and what the ledger looked like meanwhile."""

    kills: int = 0
    freezes: int = 0
    outlasted: int = 0
    most_sending: int = 0
    ended: Counter[int] = field(default_factory=Counter)  # exit codes of workers that ended by themselves


@dataclass(slots=True)
class Killing:
    """Spreads `cuts` over the campaign, by what the sink has accepted."""

    rig: Rig
    cuts: int
    nursery: Nursery | None = None
    done: Cuts = field(default_factory=Cuts)
    _started: int = 0
    _progress: float = 0.0
    _latency: float = 0.0

    def run(self, limit: float) -> None:
        """Until every cut is made or the campaign is over. Raises Stuck."""
        end = time.monotonic() + limit
        fleet, dice = self.rig.fleet, self.rig.dice
        while self.done.kills + self.done.freezes < self.cuts:
            self._refill()
            made = self.done.kills + self.done.freezes
            wanted = (made + dice.random()) / self.cuts * 0.97
            self._reach(wanted, end)
            until(self._warm, end - time.monotonic(), "workers come up", every=0.02)
            if self._over():
                return
            self._cut()
        fleet.thaw(everybody=True)

    def _reach(self, wanted: float, end: float) -> None:
        """Waits until so much of the campaign is decided, or all of it."""
        until(
            lambda: self._look() >= wanted or self._over(),
            end - time.monotonic(),
            "the campaign goes on",
            every=0.005,
        )

    def _look(self) -> float:
        """The share that is decided; thaws, refills, and slows the sink down when the campaign runs ahead of the cuts."""
        self.rig.fleet.thaw()
        self._refill()
        decided = "SELECT sum(sent) + sum(uncertain) FROM campaign_count"
        self._progress = (self.rig.ledger.ask(decided)[0][0] or 0) / self.rig.recipients
        ahead = self._progress - (self.done.kills + self.done.freezes) / self.cuts
        latency = min(0.5, max(0.0, ahead * 20))
        if abs(latency - self._latency) > 0.01:
            self._latency = latency
            self.rig.sink.order(set={"latency": latency})
        return self._progress

    def _over(self) -> bool:
        """Whether the campaign is completed."""
        return self._progress >= 1.0 and self.rig.ledger.state() == "completed"

    def _warm(self) -> bool:
        self._look()
        return len(self.rig.fleet.ready()) >= 2

    def _refill(self) -> None:
        for code in self.rig.fleet.gone().values():
            self.done.ended[code] += 1
        while len(self.rig.fleet.alive) - len(self.rig.fleet.frozen) < FLEET:
            self._started += 1
            if self.nursery is not None and self._started % EVERY:
                self.rig.fleet.bear(self.nursery)
            else:
                self.rig.fleet.start()

    def _cut(self) -> None:
        fleet, dice = self.rig.fleet, self.rig.dice
        anybody = [pid for pid in fleet.alive if pid not in fleet.frozen]
        pid = dice.choice((dice.random() < 0.9 and fleet.holders()) or anybody)
        held = (
            "SELECT state FROM delivery INDEXED BY ix_delivery_held WHERE epoch > 0 AND state IN ('claimed', 'sending')"
        )
        sending = sum(state == "sending" for (state,) in self.rig.ledger.ask(held))
        self.done.most_sending = max(self.done.most_sending, sending)
        if dice.random() < FREEZES and len(fleet.frozen) < 2:
            long = dice.random() < LONG
            fleet.freeze(pid, dice.uniform(4.2, 5.5) if long else dice.uniform(0.05, 1.5))
            self.done.freezes += 1
            self.done.outlasted += long
        else:
            fleet.kill(pid)
            self.done.kills += 1


def faults(verdict: Verdict, done: Cuts, cuts: int) -> list[str]:
    """What does not hold, in words; empty when the proof holds."""
    found = [f"{name}: {n}" for name in ("dup", "lost", "false", "unnamed", "open") if (n := getattr(verdict, name))]
    if not verdict.books:
        found.append("the books do not close")
    if verdict.uncertain > IN_FLIGHT * (done.kills + done.outlasted):
        found.append(f"{verdict.uncertain} uncertain after {done.kills} kills and {done.outlasted} long freezes")
    if done.kills + done.freezes < cuts:
        found.append(f"only {done.kills + done.freezes} of {cuts} cuts met the campaign")
    if sum(done.ended.values()):
        found.append(f"workers ended by themselves: {dict(done.ended)}")
    return found


def prove(messages: int, cuts: int, seed: int, limit: float = LIMIT) -> int:
    began = time.monotonic()
    stuck = ""
    with rig(messages, seed=seed, options={"in_flight": IN_FLIGHT}) as stand:
        nursery = Nursery() if cuts > 100 else None
        killing = Killing(stand, cuts, nursery)
        try:
            killing.run(limit)
            stand.sink.order(set={"latency": 0.0})
            stand.fleet.thaw(everybody=True)
            if not stand.fleet.alive:
                stand.fleet.start()
            stand.ledger.finished(max(30.0, limit - (time.monotonic() - began)))
        except Stuck as error:
            stuck = str(error)
        verdict = stand.judge()
        if nursery is not None:
            nursery.close()
        log = stand.fleet.said() if killing.done.ended else ""
    done = killing.done
    wrong = faults(verdict, done, cuts) + ([stuck] if stuck else [])
    return report(
        "prove-kill", not wrong, seed=seed, messages=messages, kills=done.kills, freezes=done.freezes,
        outlasted=done.outlasted, **verdict.told(), most_sending=done.most_sending,
        uncertain_a_kill=round(verdict.uncertain / max(1, done.kills + done.outlasted), 2), faults=wrong,
        seconds=round(time.monotonic() - began, 1), **({"log": log} if log else {}),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.kill", description=__doc__)
    parser.add_argument("--short", action="store_true", help="3,000 messages, 20 cuts")
    parser.add_argument("--messages", type=int)
    parser.add_argument("--cuts", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started here is ended here
    messages = options.messages or (3_000 if options.short else 100_000)
    cuts = options.cuts or (20 if options.short else 1_000)
    return prove(
        messages, cuts, options.seed, LIMIT if cuts > 100 else 300.0
    )  # the short one takes 10 s; 121 s were seen beside sixteen other processes


if __name__ == "__main__":
    sys.exit(main())
