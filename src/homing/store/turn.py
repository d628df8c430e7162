"""The hot transaction of a lane: settle what came back, intend what is about to leave, claim what comes next.

One turn is one group commit. Nothing leaves the machine before the turn that holds its intent has returned (L1), and
only what the turn returned in `go` may leave (L2). Every write is fenced by (campaign, seq, attempt) (L3).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from homing.model.delivery import SHARDS, State
from homing.model.ids import CampaignId, Key, SenderId, WorkerId, WorkspaceId
from homing.model.newcomers import cap_of
from homing.model.sender import SenderOptions
from homing.store import control, newcomers
from homing.store.database import Database, Transaction
from homing.store.failover import shards_of
from homing.store.settlement import Place, Sent, Settlement, apply

INTENTS_LIMIT = 100  # most intents in one transaction (L5)


class Claimed(NamedTuple):
    """A row that is ours now, with what rendering needs."""

    seq: int
    attempt: int
    shard: int
    contact_id: int
    address: str
    tries: int
    first_tried_at: int | None
    name: str
    attributes: dict[str, Any]


class HeldRow(NamedTuple):
    """A row that the ledger says is claimed or sending here."""

    campaign_id: CampaignId
    workspace_id: WorkspaceId
    uid: str
    channel: str
    seq: int
    attempt: int
    state: str

    @property
    def key(self) -> Key:
        return Key(self.campaign_id, self.seq, self.attempt)


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """How many rows to claim: released and due ones first, then fresh ones at these positions, in order."""

    most: int
    fresh: Sequence[int]
    late: bool = True
    due_by: int | None = None  # rows that come late are due up to then (wall milliseconds); None: now
    adopt: bool = False  # of a mixed campaign: what waits for the other channel, too


@dataclass(slots=True)
class Share:
    """One campaign's part of a turn."""

    campaign_id: CampaignId
    workspace_id: WorkspaceId
    topic: str
    channel: str = "email"
    single: bool = False  # each row has a content of its own (store/messages.py)
    mixed: bool = False  # over both channels: only rows of `channel` are claimed
    require_consent: bool = False  # of what is adopted
    sent: list[Sent] = field(default_factory=list)
    settle: list[Settlement] = field(default_factory=list)  # what is more than plain
    intend: list[tuple[int, int]] = field(default_factory=list)
    claim: ClaimWish | None = None
    leaving: frozenset[int] = frozenset()  # shards that are being handed over: nothing of them is claimed
    floors: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What became of a share. `go`: keys that may leave. `stopped`: keys that may not, and why."""

    go: set[tuple[int, int]] = field(default_factory=set)
    stopped: dict[tuple[int, int], str] = field(default_factory=dict)
    claimed: list[Claimed] = field(default_factory=list)
    looked_through: int = 0  # the highest fresh position that the claim has considered
    settled: Counter[str] = field(default_factory=Counter)
    ghosts: int = 0  # results whose intent is not in the ledger: a bug, or pruned history
    completed: bool = False
    sending: bool = True  # the campaign still is
    lanes: Mapping[int, int] = field(
        default_factory=dict
    )  # shards of this campaign that were this sender's to claim from


@dataclass(frozen=True, slots=True)
class TurnAnswer:
    lanes: dict[int, int]  # shard -> epoch that this worker holds now
    shares: dict[CampaignId, Answer]


class Turns:
    """Takes turns for one sender of one worker."""

    def __init__(
        self, db: Database, worker_id: WorkerId, sender_id: SenderId, options: SenderOptions | None = None
    ) -> None:
        """`options`: of a linked device, which remembers whom it wrote to."""
        self._db = db
        self._device = options if options is not None and options.home is not None else None
        self._worker = worker_id
        self._sender = sender_id

    def held_now(self, refused: Sequence[Key] = ()) -> list[HeldRow]:
        """Rows that stand as held under this worker's own epochs, and of `refused` those whose intent landed after all.

        A connection can be lost while the server still works at the COMMIT (a slow disk, a standby that does not answer):
        that transaction holds our lanes, so this one takes them first and sees what the other left.
        """
        mine = {"worker": self._worker, "group": str(self._sender)}
        with self._db.write(fenced=True) as tx:
            tx.lock("lock_own_lanes", mine)
            rows = [HeldRow._make(row) for row in tx.hot("held_by", mine)]
            if refused:
                there = {row.key for row in rows}
                landed = map(HeldRow._make, tx.hot("refused_landed", {"keys": json.dumps(list(refused))}))
                rows += [row for row in landed if row.key not in there]
            return rows

    def take(self, shares: Sequence[Share]) -> TurnAnswer:
        """One transaction. Raises Unreachable; then no intent of it may be acted on (L6)."""
        reach = self._db.world.faults.reach
        now = self._db.world.clock.now()
        reach("turn.begin")
        shares = sorted(shares, key=lambda share: share.campaign_id)  # everybody takes locks in one order
        with self._db.write(fenced=True) as tx:
            held, *timeline = tx.hot("lanes_held", {"group": str(self._sender), "worker": self._worker})[0]
            self._db.driver.recognise(*timeline)
            lanes = {int(shard): epoch for shard, epoch in json.loads(held).items()}
            answers = {share.campaign_id: self._one(tx, share, lanes, now) for share in shares}
            sent = sum(a.settled["sent"] for a in answers.values())
            if sent:
                tx.hot("usage_add", {"sender": self._sender, "minute": now // 60_000, "n": sent})
            reach("turn.commit")
        reach("turn.committed")
        return TurnAnswer(lanes, answers)

    def _one(self, tx: Transaction, share: Share, lanes: dict[int, int], now: int) -> Answer:
        answer = Answer()
        state, sender_id, holders = tx.hot("campaign_state", {"c": share.campaign_id})[0]
        answer.sending = state == "sending"
        bucket = min(lanes, default=0)
        place = Place(
            share.campaign_id, share.workspace_id, share.topic, share.channel, state, bucket, self._sender, self._worker
        )
        if share.settle or share.sent:
            settled = apply(tx, place, share.settle, now, share.sent)
            answer.settled.update(settled.states)
            answer.ghosts = settled.ghosts
        if share.sent and self._device is not None:
            newcomers.remember(tx, self._sender, share.campaign_id, [seq for seq, *_ in share.sent], now)
        if share.intend:
            self._intend(tx, share, answer, place, lanes, now)
        mine = shards_of(self._sender, sender_id, holders) - share.leaving
        answer.lanes = (
            lanes if len(mine) == SHARDS else {shard: epoch for shard, epoch in lanes.items() if shard in mine}
        )
        if share.claim is not None and answer.sending and answer.lanes:
            self._claim(tx, share, share.claim, answer, answer.lanes, now)
        # Of lanes that are held here only: the counters of another worker stand in the same rows, and waiting for them crosswise
        # is a deadlock.
        floors = [(shard, floor) for shard, floor in sorted(share.floors.items()) if shard in lanes]
        if floors:
            tx.hot("floors_raise", {"c": share.campaign_id, "floors": json.dumps(floors)})
        if answer.settled and state in ("sending", "paused"):
            answer.completed = control.complete_if_done(tx, share.campaign_id, now)
        return answer

    def _intend(
        self, tx: Transaction, share: Share, answer: Answer, place: Place, lanes: dict[int, int], now: int
    ) -> None:
        if answer.sending:
            for alike in _alike(share.intend, lanes):
                self._intend_alike(tx, share, alike, answer, now)
        if len(answer.go) < len(share.intend):
            left = [key for key in share.intend if key not in answer.go]
            self._explain(tx, share, left, answer, place, now)

    def _intend_alike(self, tx: Transaction, share: Share, alike: "_Alike", answer: Answer, now: int) -> None:
        """Claims of one attempt number under one epoch, in two statements."""
        fence = {"c": share.campaign_id, "attempt": alike.attempt, "epoch": alike.epoch, "sender": self._sender}
        seqs, listed = alike.seqs, json.dumps(alike.seqs)
        gate = {**fence, "seqs": listed, "w": share.workspace_id, "channel": share.channel}
        moved = tx.hot_count("intend", gate)
        if moved < len(seqs):
            if not moved:
                return
            seqs = [seq for (seq,) in tx.hot("intended", {**fence, "seqs": listed})]
            listed = json.dumps(seqs)
        tx.hot("intend_attempts", {**fence, "seqs": listed, "now": now, "worker": self._worker})
        answer.go.update([(seq, alike.attempt) for seq in seqs])

    def _explain(
        self, tx: Transaction, share: Share, left: list[tuple[int, int]], answer: Answer, place: Place, now: int
    ) -> None:
        """Says of each key that may not leave why; skips the suppressed and releases what a pause stopped (L14)."""
        values = {"c": share.campaign_id, "w": share.workspace_id, "channel": share.channel, "keys": json.dumps(left)}
        values["sender"] = self._sender
        why = {(seq, attempt): (ours, reason) for seq, attempt, ours, reason in tx.hot("intend_explain", values)}
        news: list[Settlement] = []
        for seq, attempt in left:
            ours, reason = why.get((seq, attempt), (0, None))
            if not ours:
                answer.stopped[seq, attempt] = "fenced"
                continue
            answer.stopped[seq, attempt] = reason or ("not_sending" if not answer.sending else "fenced")
            news.append(Settlement(seq, attempt, State.SKIPPED if reason else State.QUEUED, None, reason=reason or ""))
        answer.settled.update(apply(tx, place, news, now).states)

    def _claim(
        self, tx: Transaction, share: Share, wish: ClaimWish, answer: Answer, lanes: Mapping[int, int], now: int
    ) -> None:
        """Only from shards that are this sender's in this transaction: two senders never claim the same row."""
        values = {"c": share.campaign_id, "now": now, "k": wish.most}
        rows: list[Claimed] = []
        if wish.late:
            by = now if wish.due_by is None else wish.due_by
            name = "claim_late_mixed" if share.mixed else "claim_late"
            only = {"channel": share.channel} if share.mixed else {}
            late = tx.hot(name, {**values, **only, "now": by, "shards": json.dumps(list(lanes))})
            rows = [Claimed._make((*row[:-1], _fields(row[-1]))) for row in late]
        if len(rows) < wish.most and wish.fresh:
            seqs = list(wish.fresh[: wish.most - len(rows)])
            rows += self._fresh(tx, share, json.dumps(seqs))
            answer.looked_through = seqs[-1]
        if wish.adopt and not rows:
            rows = self._adopt(tx, share, wish.most, lanes)
        mine = [row for row in rows if row.shard in lanes]
        if share.single and mine:
            said = dict(tx.hot("messages_of", {"c": share.campaign_id, "seqs": json.dumps([row.seq for row in mine])}))
            mine = [row._replace(attributes=_fields(said.get(row.seq))) for row in mine]
        if mine and self._device is not None:
            mine = self._without_strangers(tx, share, mine, now)
        for epoch in {lanes[row.shard] for row in mine}:
            marked = json.dumps([row.seq for row in mine if lanes[row.shard] == epoch])
            tx.hot("claim_mark", {"c": share.campaign_id, "sender": self._sender, "epoch": epoch, "seqs": marked})
        answer.claimed = mine

    def _without_strangers(self, tx: Transaction, share: Share, rows: list[Claimed], now: int) -> list[Claimed]:
        """Those that the device may write to today; people it never wrote to, beyond its cap, wait for the next day."""
        cap = cap_of(self._device, now) if self._device is not None else None
        if cap is None:
            return rows
        who = [(row.seq, row.address) for row in rows]
        over = newcomers.strangers_over(tx, self._sender, share.workspace_id, cap, who)
        if over:
            newcomers.put_off(tx, share.campaign_id, over, cap.until)
        return [row for row in rows if row.seq not in over]

    def _adopt(self, tx: Transaction, share: Share, most: int, lanes: Mapping[int, int]) -> list[Claimed]:
        """Rows that wait for the other channel of a mixed campaign become this one's, and are claimed with that."""
        values = {"c": share.campaign_id, "w": share.workspace_id, "channel": share.channel, "k": most}
        found = tx.hot("adopt", {**values, "require_consent": share.require_consent, "shards": json.dumps(list(lanes))})
        return [Claimed._make((*row[:-1], _fields(row[-1]))) for row in found]

    def _fresh(self, tx: Transaction, share: Share, seqs: str) -> list[Claimed]:
        """What one contact's attributes hold must not keep the others: what cannot be read as one piece is read row by row."""
        values = {"c": share.campaign_id, "seqs": seqs}
        name = "claim_fresh"
        if share.mixed:
            name, values["channel"] = "claim_fresh_mixed", share.channel
        try:
            rows = json.loads(tx.hot(name, {**values, "plain": 0})[0][0])
        except (ValueError, RecursionError):
            rows = json.loads(tx.hot(name, {**values, "plain": 1})[0][0])
        for row in rows:
            if type(row[-1]) is not dict:
                row[-1] = _fields(row[-1])
        return [Claimed._make(row) for row in rows]


def _fields(text: object) -> dict[str, Any]:
    """A contact's attributes from the text of their column; none of them when it is no JSON object: a foreign hand wrote it,
    and what a letter needs of it is missing for this recipient only."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


class _Alike(NamedTuple):
    """Positions whose claims bear the same attempt number and the same epoch."""

    attempt: int
    epoch: int
    seqs: list[int]


def _alike(keys: Sequence[tuple[int, int]], lanes: Mapping[int, int]) -> list[_Alike]:
    """Sorts keys by their fence, nearly always into one group; those of lanes that are not held are left out."""
    found: dict[tuple[int, int], list[int]] = {}
    for seq, attempt in keys:
        epoch = lanes.get(seq % SHARDS)
        if epoch is not None:
            found.setdefault((attempt, epoch), []).append(seq)
    return [_Alike(attempt, epoch, seqs) for (attempt, epoch), seqs in found.items()]
