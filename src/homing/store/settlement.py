"""Writes news about attempts: their history, their deliveries, the counters and the fact, all in the caller's transaction."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from homing.model.delivery import State
from homing.model.ids import CampaignId, SenderId, WorkerId, WorkspaceId
from homing.model.settling import Move, Standing, settle
from homing.store import control
from homing.store.campaigns import load
from homing.store.database import Transaction


class Settlement(NamedTuple):
    """News about one attempt. `told`: the attempt row's new state, None when nothing of it was ever handed over."""

    seq: int
    attempt: int
    verdict: State
    told: str | None
    reason: str = ""
    code: str = ""
    words: str = ""
    provider_id: str | None = None
    due_at: int = 0  # wall milliseconds
    charged: int = 0
    tried: bool = False  # the recipient's patience starts now if it has not
    counted: bool = True  # shows in `attempts`
    suppress: str | None = None  # the channel on which the address is suppressed by this


Sent = tuple[int, int, str | None]
"""The plain news: position, attempt, and the provider's own name for the message that it accepted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the news belongs. `state`: the campaign's now; `bucket`: the shard whose counters move."""

    campaign_id: CampaignId
    workspace_id: WorkspaceId
    topic: str
    channel: str
    state: str
    bucket: int
    sender_id: SenderId
    worker_id: WorkerId


@dataclass(slots=True)
class Settled:
    """How many deliveries moved to which state. `ghosts`: results whose intent is not in the ledger."""

    states: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[int]] = field(default_factory=dict)  # positions of those that did not simply go out
    ghosts: int = 0


def apply(tx: Transaction, place: Place, news: Sequence[Settlement], now: int, sent: Sequence[Sent] = ()) -> Settled:
    """Settles what is news by the rules of model.settling; the rest changes nothing. Safe to repeat (L6)."""
    settled = Settled()
    if sent:
        with tx.together():
            plain = Plain(tx, place, sent, now)
        if not plain.look(settled):
            news = [*(accepted(*each) for each in sent), *news]
        plain.count()
    settle_each(tx, place, news, now, settled)
    tell(tx, place, settled, now)
    if place.state == "completed" and settled.states["queued"]:
        control.reopen(tx, load(tx, place.campaign_id), now, control.ENGINE)
    return settled


def settle_each(tx: Transaction, place: Place, news: Sequence[Settlement], now: int, settled: Settled) -> None:
    """As `apply`, without the fact; adds to `settled`."""
    for batch in _one_per_delivery(news) if news else ():
        _apply(tx, place, batch, now, settled)


def accepted(seq: int, attempt: int, provider_id: str | None = None) -> Settlement:
    """The plain news in full."""
    return Settlement(seq, attempt, State.SENT, "accepted", provider_id=provider_id, charged=1)


class Plain:
    """The plain case, two statements for all of one attempt number: the living attempt was accepted.

    Made within a block of `together`, asked after its end. What it has written stays right when some were not plain: looking
    at all of them again finds nothing left to do for the others.
    """

    def __init__(self, tx: Transaction, place: Place, sent: Sequence[Sent], now: int) -> None:
        self._tx = tx
        self._place = place
        self._now = now
        self._wanted = len(sent)
        self.moved = self.proven = 0
        self._deliveries: list[Any] = []
        self._attempts: list[Any] = []
        for attempt in {attempt for _, attempt, _ in sent}:
            named = {seq: name for seq, tried, name in sent if tried == attempt}
            fence = {"c": place.campaign_id, "attempt": attempt, "seqs": json.dumps(list(named)), "now": now}
            # Deliveries before their attempts, as everybody: locks are never taken crosswise.
            self._deliveries.append(tx.later("sent_deliveries", fence))
            self._attempts.append(tx.later("sent_attempts", {**fence, "ids": json.dumps(named)}))

    def look(self, settled: Settled) -> bool:
        """Adds what moved to `settled`; whether all were plain."""
        self.moved = sum(cursor.rowcount for cursor in self._deliveries)
        self.proven = sum(cursor.rowcount for cursor in self._attempts)
        if self.moved or self.proven:
            settled.states["sent"] += self.moved
        return self.proven == self.moved == self._wanted

    def count(self) -> None:
        """Moves the counters by what was looked at."""
        if self.moved or self.proven:
            by = {"sent": self.moved, "attempts": self.proven}
            counts = control.counts(self._place.campaign_id, self._place.bucket, self._now, **by)
            self._tx.later("add_counts", counts)


def _one_per_delivery(news: Sequence[Settlement]) -> Iterator[Sequence[Settlement]]:
    """Two attempts of one delivery may speak at once; the second must see what the first wrote."""
    if len({s.seq for s in news}) == len(news):
        yield news
        return
    seen: set[int] = set()
    batch: list[Settlement] = []
    for s in news:
        if s.seq in seen:
            yield batch
            seen, batch = set(), []
        seen.add(s.seq)
        batch.append(s)
    yield batch


def _apply(tx: Transaction, place: Place, news: Sequence[Settlement], now: int, settled: Settled) -> None:
    campaign_id = place.campaign_id
    keys = json.dumps([(s.seq, s.attempt) for s in news])
    tx.lock("lock_news", {"c": campaign_id, "keys": keys})
    found = {(seq, attempt): rest for seq, attempt, *rest in tx.hot("settle_look", {"c": campaign_id, "keys": keys})}
    book = _Book(settled.named)
    for s in news:
        rest = found.get((s.seq, s.attempt))
        if rest is not None:
            book.enter(s, rest, cancelled=place.state == "cancelled")
    settled.states.update(book.states)
    settled.ghosts += book.ghosts
    if book.attempts:
        rows = {"rows": json.dumps(book.attempts), "sender": place.sender_id, "worker": place.worker_id}
        tx.hot("settle_attempts", {"c": campaign_id, "now": now, **rows})
    if book.moves:
        tx.hot("settle_deliveries", {"c": campaign_id, "rows": json.dumps(book.moves), "now": now})
    bad = [s.seq for s in news if s.suppress]
    if bad:
        where = {"c": campaign_id, "w": place.workspace_id, "channel": place.channel}
        tx.hot("suppress_bad", {**where, "seqs": json.dumps(bad), "now": now})
    if book.moves or book.attempts:
        tx.hot("add_counts", control.counts(campaign_id, place.bucket, now, **book.delta))


@dataclass(slots=True)
class _Book:
    """What one batch will write. `named`: the positions that the fact names, by state."""

    named: dict[str, list[int]]
    attempts: list[Any] = field(default_factory=list)
    moves: list[Any] = field(default_factory=list)
    delta: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    ghosts: int = 0

    def enter(self, s: Settlement, standing: Sequence[Any], *, cancelled: bool) -> None:
        """Decides one piece of news against the row as it stands: (fence, state, doubts, attempt's word, accepted before)."""
        fence, was, doubts, told, accepted_before = standing
        if s.told is not None and told in (None, "sending", "uncertain"):
            self.attempts.append((s.seq, s.attempt, s.told, s.reason, s.code, s.words, s.provider_id))
            self.delta["attempts"] += s.counted - (told == "uncertain")
            self.ghosts += told is None and was not in ("claimed", "queued")
        row = Standing(fence, State(was), doubts, bool(accepted_before), told, cancelled=cancelled)
        move = settle(row, s.attempt, s.verdict)
        if move is not None:
            self.moves.append(_written(s, move, fence))
            _count(self.delta, was, move.state)
            self.states[move.state] += 1
            if move.state in _NAMED:
                self.named.setdefault(move.state, []).append(s.seq)


def _written(s: Settlement, move: Move, fence: int) -> tuple[Any, ...]:
    """One row of settle_deliveries: seq, fence expected, fence written, doubts, state, then what the news says."""
    if not move.own:
        return (s.seq, fence, move.fence, move.doubts, move.state, None, None, None, s.provider_id, 0, 0, 0, 0)
    return (
        s.seq, fence, move.fence, move.doubts, move.state, s.reason or None, s.code or None, s.words or None,
        s.provider_id, s.due_at, s.charged, int(s.tried), 1,
    )  # fmt: skip


_NAMED = frozenset({"failed", "uncertain", "skipped"})
_COUNTED = frozenset({"sent", "failed", "skipped", "cancelled", "uncertain"})


def _count(delta: Counter[str], was: str, state: str) -> None:
    if was in _COUNTED:
        delta[was] -= 1
    if state in _COUNTED:
        delta[state] += 1


def tell(tx: Transaction, place: Place, settled: Settled, now: int) -> None:
    """One fact for a committed group: counts, and the position of each row that did not simply go out."""
    counts = {state: count for state, count in settled.states.items() if count}
    if not counts.keys() - {"queued"}:
        return
    fact = {"w": place.workspace_id, "at": now, "topic": place.topic, "kind": "deliveries.settled"}
    tx.told = True
    tx.later("event_add", {**fact, "body": json.dumps({"counts": counts, **settled.named})})
