"""What the trials of proofs/faults.py share: their sizes, their verdict, and how an outage of the way out ends."""

import time
from dataclasses import dataclass, field
from typing import Any

from homing.model.delivery import SHARDS
from proofs.patience import until
from proofs.rig import Rig

SOON = 10.0  # seconds within which an outage is told, and within which sending goes on after it


@dataclass(frozen=True, slots=True)
class Scale:
    messages: int
    outage: float  # seconds
    flaps: int
    hurry: dict[str, Any]  # options of the sender


SHORT = Scale(400, 3.0, 2, {"check_every": "1s", "backoff": "1s"})
FULL = Scale(5_000, 300.0, 6, {})


@dataclass(slots=True)
class Trial:
    """One fault, what was measured, and what does not hold."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def want(self, true: bool, otherwise: str) -> None:
        if not true:
            self.wrong.append(otherwise)

    def close(self, stand: Rig, *, uncertain: int = 0, finished: bool = True) -> None:
        """The verdict at the end of it."""
        verdict = stand.judge()
        self.want(verdict.clean, f"verdict {verdict.told()}")
        self.want(verdict.uncertain <= uncertain, f"{verdict.uncertain} uncertain, at most {uncertain} may be")
        self.want(not finished or verdict.open == 0, f"{verdict.open} rows are open")
        self.want(verdict.states.get("failed", 0) == 0, f"{verdict.states.get('failed')} failed")
        self.facts |= {"uncertain": verdict.uncertain, "accepted": verdict.accepted}
        self.want(not stand.fleet.gone(), f"a worker ended by itself: {stand.fleet.said()[-500:]}")


def doing(stand: Rig) -> str:
    """What the campaign says it is doing, or why it pauses."""
    state, reason, activity = stand.ledger.ask("SELECT state, reason, activity FROM campaign")[0]
    return f"{state}:{reason or activity}"


def waits(stand: Rig) -> bool:
    return doing(stand) in ("sending:waiting_for_connection", "paused:no_connection")


def costs_nobody(stand: Rig, trial: Trial) -> None:
    """Law L22, while the way out is gone."""
    tries, failed = stand.ledger.ask(
        "SELECT coalesce(max(tries) FILTER (WHERE state IN ('queued', 'claimed')), 0),"
        " count(*) FILTER (WHERE state = 'failed') FROM delivery"
    )[0]
    trial.want(tries == 0, f"the outage cost a recipient {tries} tries")
    trial.want(failed == 0, f"the outage failed {failed} recipients")


def back(stand: Rig, trial: Trial) -> None:
    """The way is open again: sending goes on soon, at the next row. Each worker looks for itself, so the others' rows may come
    first: the row is held against those of its own shard, of which a few leave together."""
    rows = stand.ledger.ask("SELECT min(seq) FROM delivery WHERE state IN ('queued', 'claimed')")
    following = f"{stand.ledger.uid}/{rows[0][0]}"
    before = set(stand.sink.keys())
    count = stand.sink.look()
    began = time.monotonic()
    stand.sink.order(down=False)
    until(lambda: stand.sink.look() > count, 4 * SOON, "sending goes on", every=0.01)
    took = time.monotonic() - began
    trial.facts["resumed_after"] = max(round(took, 2), trial.facts.get("resumed_after", 0.0))
    trial.want(took <= SOON + 1.0, f"sending went on only after {took:.1f} s")
    until(lambda: stand.sink.keys()[following] > 0, 2 * SOON, "the next row is sent", every=0.1)
    sent = [line.split(b"\t", 1)[0].decode() for line in stand.sink.record.read_bytes().splitlines()]
    shard = rows[0][0] % SHARDS
    first = [key for key in sent if key not in before and int(key.rpartition("/")[2]) % SHARDS == shard][:5]
    trial.want(following in first, f"the next row {following} was not among the first of its shard: {first}")
