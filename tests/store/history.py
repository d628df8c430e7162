"""A random history of one small campaign on the real ledger: two workers, a provider, a person, and everything that breaks.

One number decides a history: its mood (what happens often in it) and each step. Only what is possible is drawn: a machine
whose steps do nothing when they are impossible found none of the seeded bugs. Histories without a mood seldom went far enough
down one road to find the bugs of late truth. After each step the laws are looked at: at most one copy by our own doing, books
that close, no lie in either direction.
"""

import contextlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homing.model.campaign import State as CampaignState
from homing.model.delivery import ACCEPTED, OPEN, State
from homing.model.errors import Unreachable
from homing.model.ids import Key
from homing.store.database import Database
from homing.store.decisions import Decisions
from homing.store.evidence import Evidence
from homing.store.leases import Leases
from homing.store.planning import Ahead, Planning
from homing.store.settlement import Settlement
from homing.world import World
from tests.store.ledger import (
    LEASE,
    PERSON,
    Hand,
    HandClock,
    LoadedDice,
    Saboteur,
    Snapshot,
    deferred,
    failed,
    make_ledger,
    outage,
    released,
    sent,
    unclear,
)

RECIPIENTS = 2
WEIGHTS = {
    "claim": 8, "intend": 8, "send": 10, "settle": 5, "take": 6, "plan": 6, "resume": 8, "resolve": 4, "retry": 3, "sweep": 3,
    "expire": 2, "die": 2, "unknown commit": 2, "evidence": 2, "take back": 2,
}  # fmt: skip
"""What moves a history on is drawn more often than what only gets in its way; all else has the weight 1."""
FATES = {"accepted": 1, "accepted, reply lost": 2, "lost before": 1, "refused": 2, "deferred": 1}
MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Mood:
    """What is drawn more often in one history. `ends`: a person may cancel or finish the campaign."""

    weights: Mapping[str, int] = field(default_factory=dict)
    fates: Mapping[str, int] = field(default_factory=lambda: FATES)
    send_again: int = 1  # how often a person sends again, for one time that they decide otherwise
    ends: bool = False


CALM = {"pause": 0, "die": 0, "unknown commit": 0}
MOODS = (
    Mood(),
    Mood(ends=True),
    Mood({"die": 6, "expire": 6, "unknown commit": 6, "renew": 3}),  # deadly
    Mood(  # doubtful: what may have been accepted is sent again, and refused
        CALM | {"resolve": 16, "evidence": 0, "expire": 0},
        fates={"accepted, reply lost": 4, "refused": 4, "lost before": 1},
        send_again=8,
    ),
    Mood(  # proven: it turns out to have been accepted while it is being sent again
        CALM | {"settle": 16, "resolve": 16, "claim": 20, "intend": 1, "evidence": 4, "expire": 0},
        fates={"accepted, reply lost": 1},
        send_again=8,
    ),
    Mood(  # frozen: a worker wakes up with a result when others have sent again
        CALM
        | {"take": 24, "resolve": 24, "expire": 4, "settle": 2}
        | dict.fromkeys(["renew", "evidence", "take back"], 0),
        fates={"accepted": 1, "refused": 1},
        send_again=8,
    ),
)
"""A history's mood goes by its seed, in turn."""


class PatchedDatabase(Database):
    """The real database with some of its statements changed: a seeded bug. `patches`: name -> (words, other words)."""

    def __init__(self, url: str, world: World, patches: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(url, world)
        self._patches = patches

    def statement(self, name: str) -> str:
        text = super().statement(name)
        if name in self._patches:
            words, others = self._patches[name]
            if words not in text:
                raise LookupError(f"{name}.sql does not say {words!r} any more")
            return text.replace(words, others)
        return text


@dataclass
class Worker:
    """What a process knows, and loses when it dies."""

    hand: Hand
    claims: set[tuple[int, int]] = field(default_factory=set)
    may_go: set[tuple[int, int]] = field(default_factory=set)
    results: list[Settlement] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.hand.db


class Ground:
    """What many histories stand on: one ledger, two contacts, and the databases of two processes, with a seeded bug if any."""

    def __init__(self, folder: Path, patches: Mapping[str, tuple[str, str]]) -> None:
        self.clock = HandClock()
        self.saboteur = Saboteur()
        self.world = World(self.clock, LoadedDice(), self.saboteur)
        self.ledger = make_ledger("sqlite", folder, self.world)
        self.contacts = self.ledger.contacts(RECIPIENTS)
        self.processes = [PatchedDatabase(self.ledger.url, self.world, patches) for _ in range(2)]

    def close(self) -> None:
        for db in self.processes:
            db.close()
        self.ledger.close()


@contextlib.contextmanager
def ground(patches: Mapping[str, tuple[str, str]]) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    made = Ground(folder, patches)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)


def play(seeds: Iterable[int], steps: int, patches: Mapping[str, tuple[str, str]] | None = None) -> None:
    """Plays one history for each seed. Raises what a law says when it is broken, with the seed and the steps that led to it."""
    with ground(patches or {}) as stage:
        for seed in seeds:
            history = History(stage, seed)
            try:
                history.play(steps)
            except Exception as error:
                error.add_note(f"seed {seed}: {', '.join(history.trail)}")
                raise


class History:
    def __init__(self, stage: Ground, seed: int) -> None:
        self.dice = random.Random(seed)
        self.trail: list[str] = []
        self.mood = MOODS[seed % len(MOODS)]
        self.clock, self.saboteur, self.ledger = stage.clock, stage.saboteur, stage.ledger
        self.copies: Counter[int] = Counter()
        self.licence: Counter[int] = Counter(dict.fromkeys(range(1, RECIPIENTS + 1), 1))
        self.accepted: set[tuple[int, int]] = set()
        self.called_sent: set[int] = set()
        self.called_failed: set[int] = set()
        self.fences: dict[int, int] = {}
        ledger = self.ledger
        self.sender = ledger.add_sender(f"post {seed}")
        self.id = ledger.draft(audience={"contacts": stage.contacts}, sender=self.sender)
        ledger.control.start(self.id, PERSON)
        self.planner = Planning(ledger.db, ledger.worker())
        self.sealed = self.dice.random() < 0.7
        if self.sealed:
            ledger.plan(self.id)
        self.workers = [Worker(Hand(ledger, db, self.sender)) for db in stage.processes]

    def play(self, steps: int) -> None:
        """Up to so many steps; the laws are looked at after each, and the books at the end."""
        self.look()
        for _ in range(steps):
            enabled = self.enabled()
            if not enabled:
                break  # it is over
            name = self.draw({name: self.weight(name) for name in enabled})
            self.trail.append(name)
            enabled[name]()
            self.look()
        self.ledger.check_books(self.id)
        self.ledger.farewell()

    def weight(self, act: str) -> int:
        name = act.rstrip(" 01")  # without the worker's number
        return self.mood.weights.get(name, WEIGHTS.get(name, 1))

    def draw(self, weights: Mapping[str, int]) -> str:
        """One of the names; those without weight only when there is nothing else."""
        names = sorted(name for name in weights if weights[name]) or sorted(weights)
        return self.dice.choices(names, [weights[name] or 1 for name in names])[0]

    # ---- what is possible now

    def enabled(self) -> dict[str, Callable[[], None]]:
        of = self.now
        states = of.tally
        acts: dict[str, Callable[[], None]] = {}
        if not self.sealed and of.state in (CampaignState.SENDING, CampaignState.PAUSED):
            acts["plan"] = self.plan
        for number, worker in enumerate(self.workers):
            acts |= {f"{name} {number}": self.bound(act, worker) for name, act in self.of_worker(worker, of)}
        if of.state is CampaignState.SENDING and of.tally["claimed"] + of.tally["sending"]:
            acts["pause"] = lambda: self.passing(self.ledger.control.pause(self.id, PERSON))
        if of.state is CampaignState.PAUSED:
            acts["resume"] = lambda: self.passing(self.ledger.control.resume(self.id, PERSON))
        if self.mood.ends and of.state in (CampaignState.SENDING, CampaignState.PAUSED):
            acts["cancel"] = self.cancel
            acts["finish"] = lambda: self.passing(self.ledger.control.finish(self.id, PERSON))
        if of.state is CampaignState.CANCELLED and states["queued"]:
            acts["sweep"] = lambda: self.passing(self.ledger.control.sweep_cancelled(self.id, 2))
        if states["uncertain"]:
            acts["resolve"] = self.resolve
        if states["failed"] and of.state is not CampaignState.CANCELLED:
            acts["retry"] = self.retry
        if any(key in self.accepted for key, state in of.attempts.items() if state != "accepted"):
            acts["evidence"] = self.evidence
        held = of.tally["claimed"] + of.tally["sending"]
        if held or (of.tally["queued"] and not acts) or any(worker.results for worker in self.workers):
            acts["expire"] = self.expire
        return acts

    def of_worker(self, worker: Worker, of: Snapshot) -> list[tuple[str, Callable[[Worker], None]]]:
        found: list[tuple[str, Callable[[Worker], None]]] = []
        free, held = self.ledger.lanes(worker.hand.me, self.sender)
        if free and sum(of.tally[state] for state in OPEN):
            found.append(("take", self.take))
        if worker.hand.lanes and (worker.claims or worker.may_go or worker.results):
            found += [("renew", self.renew), ("die", self.die)]
        if held and of.tally["queued"] and of.state is CampaignState.SENDING:
            found.append(("claim", self.claim))
        if worker.claims:
            found += [("intend", self.intend), ("release", self.release)]
        if worker.may_go:
            found += [("send", self.send), ("take back", self.take_back)]
        if worker.results:
            found.append(("settle", self.settle))
        if worker.claims or worker.results:
            found.append(("unknown commit", self.unknown_commit))
        return found

    def bound(self, act: Callable[[Worker], None], worker: Worker) -> Callable[[], None]:
        return lambda: act(worker)

    def passing(self, _: Any) -> None:
        self.clock.pass_(0.01)

    # ---- workers

    def plan(self) -> None:
        me = self.planner._me
        epoch = Leases(self.ledger.db, me).take("plan", str(self.id), [])
        assert epoch is not None
        try:
            self.sealed = self.planner.plan_page(self.id, epoch, page=self.dice.randint(1, 2)).sealed
        except Ahead as error:
            raise AssertionError("nobody else plans") from error

    def expire(self) -> None:
        self.clock.pass_(LEASE + 1)

    def take(self, worker: Worker) -> None:
        worker.hand.take_lanes()

    def renew(self, worker: Worker) -> None:
        worker.hand.renew()

    def die(self, worker: Worker) -> None:
        """What it knew is gone; another process comes in its place."""
        self.workers[self.workers.index(worker)] = Worker(Hand(self.ledger, worker.db, self.sender))

    def claim(self, worker: Worker) -> None:
        most = self.dice.randint(1, RECIPIENTS)
        self.clock.pass_(1.1)  # what was deferred is due
        claimed = {(row.seq, row.attempt) for row in worker.hand.claim(self.id, most)}
        held = {(row.seq, row.attempt) for row in worker.hand.turns.held_now()}
        assert claimed <= held, "L3: what a claim answers names the attempt that the row has"
        worker.claims |= claimed

    def intend(self, worker: Worker) -> None:
        keys = self.some(worker.claims)
        sending = self.now.state is CampaignState.SENDING
        answer = worker.hand.turn(self.id, intend=keys)
        assert sending or not answer.go, "L14: nothing leaves a campaign that is not sending"
        worker.may_go |= answer.go
        worker.claims -= set(keys)

    def release(self, worker: Worker) -> None:
        keys = self.some(worker.claims)
        worker.claims -= set(keys)
        worker.hand.settle(self.id, *(released(*key) for key in keys))

    def send(self, worker: Worker) -> None:
        """One message goes out, also from a worker that was frozen and knows no better."""
        key: tuple[int, int] = self.some(worker.may_go, most=1)[0]
        worker.may_go.discard(key)
        fate = self.draw(self.mood.fates)
        if fate.startswith("accepted"):
            self.copies[key[0]] += 1
            self.accepted.add(key)
        seq, attempt = key
        news = {
            "accepted": sent(seq, attempt),
            "accepted, reply lost": unclear(seq, attempt),
            "lost before": unclear(seq, attempt),
            "refused": failed(seq, attempt, reason="policy"),
            "deferred": deferred(seq, attempt, due_at=self.clock.now() + 1_000),
        }
        worker.results.append(news[fate])

    def take_back(self, worker: Worker) -> None:
        keys = self.some(worker.may_go)
        worker.may_go -= set(keys)
        worker.results += [outage(*key) for key in keys]

    def settle(self, worker: Worker) -> None:
        count = self.dice.randint(1, len(worker.results))
        news, worker.results = worker.results[:count], worker.results[count:]
        assert worker.hand.settle(self.id, *news).ghosts == 0

    def unknown_commit(self, worker: Worker) -> None:
        """L6: intents and results of one transaction whose fate nobody tells us."""
        point = self.dice.choice(["turn.commit", "turn.committed"])
        keys, news = sorted(worker.claims), list(worker.results)
        self.saboteur.once(point, Unreachable("gone"))
        with contextlib.suppress(Unreachable):
            worker.hand.turn(self.id, intend=keys, settle=news)
        known = worker.may_go | {(s.seq, s.attempt) for s in news}
        found = {(row[4], row[5]): row[6] for row in worker.hand.turns.held_now()}
        strays = [outage(*key, intended=state == "sending") for key, state in found.items() if key not in known]
        worker.claims.clear()
        worker.results = []
        worker.hand.settle(self.id, *news, *strays)

    # ---- people and providers

    def cancel(self) -> None:
        self.ledger.control.cancel(self.id, PERSON)

    def resolve(self) -> None:
        seqs = self.some({seq for seq, state in self.now.rows.items() if state == "uncertain"})
        choices = {"sent": 1, "failed": 1}
        if self.now.state is not CampaignState.CANCELLED:
            choices["send-again"] = 2 * self.mood.send_again
        as_ = self.draw(choices)
        Decisions(self.ledger.db).resolve(self.id, PERSON, seqs=seqs, as_=as_)
        for seq in seqs:
            if as_ == "send-again":
                self.licence[seq] += 1
            (self.called_sent if as_ == "sent" else self.called_failed if as_ == "failed" else set()).add(seq)

    def retry(self) -> None:
        Decisions(self.ledger.db).retry(self.id, PERSON)
        after = self.ledger.states(self.id)
        for seq, state in self.now.rows.items():
            if state == "failed" and after[seq] == "queued":
                # What was cleanly refused may be sent; what a person called failed is that person's risk.
                self.licence[seq] += seq in self.called_failed
                self.called_failed.discard(seq)

    def evidence(self) -> None:
        news = {key for key, state in self.now.attempts.items() if state != "accepted"} & self.accepted
        (key,) = self.some(news, most=1)
        Evidence(self.workers[0].db).accepted(Key(self.id, *key), source="dsn")
        after = self.ledger.states(self.id)[key[0]]
        assert State(after) in ACCEPTED | {State.SENDING}, f"L9: {key[0]} was proven and reads {after}"

    def some(self, items: set[Any], most: int | None = None) -> list[Any]:
        """A few of them, at least one; all of them as often as not."""
        ordered = sorted(items)
        count = len(ordered) if self.dice.random() < 0.5 else self.dice.randint(1, len(ordered))
        return sorted(self.dice.sample(ordered, min(count, most or count)))

    # ---- laws

    def look(self) -> None:
        before, self.now = self.fences, self.ledger.snapshot(self.id)
        found, self.fences = self.now, self.now.fences
        assert all(before.get(seq, 0) <= fence for seq, fence in self.fences.items()), "L3: a fence fell"
        for seq in range(1, RECIPIENTS + 1):
            assert self.copies[seq] <= self.licence[seq], f"{seq} was sent {self.copies[seq]} times by our own doing"
        had = {seq for seq, _ in self.accepted}
        for seq, state in found.rows.items():
            if State(state) in ACCEPTED:
                assert seq in had | self.called_sent, f"{seq} reads {state} and nobody accepted it"
            assert state != "failed" or seq in self.called_failed or seq not in had, (
                f"{seq} reads failed and was accepted"
            )
            assert state != "skipped", f"{seq} was skipped for no reason"
        found.check()
