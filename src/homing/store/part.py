"""One campaign's part of a turn, in the steps that all parts of the turn take side by side (store/turn.py).

settle_news   what is more than plain; it comes first, since it may suppress what was about to leave
ask           the plain news, the last gate before what is about to leave, the rows that come next    one round trip
hear          what became of it; what needs a closer look
write         history, marks, counters and the fact                                                   one round trip
complete      the campaign, when nothing of it is under way any more
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from homing.model.delivery import SHARDS, State
from homing.model.ids import SenderId, WorkerId
from homing.model.newcomers import cap_of
from homing.model.sender import SenderOptions
from homing.store import control, newcomers
from homing.store.database import Transaction
from homing.store.failover import shards_of
from homing.store.settlement import Place, Plain, Settled, Settlement, accepted, apply, settle_each, tell
from homing.store.share import Answer, Claimed, ClaimWish, Share

_ENDING = frozenset({"sending", "paused"})  # states from which a campaign completes


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose turn it is. `device`: options of a linked device, which remembers whom it wrote to; `lanes`: shard -> epoch."""

    worker: WorkerId
    sender: SenderId
    device: SenderOptions | None
    lanes: Mapping[int, int]


class Part:
    """`state`: the campaign's state, its sender, and who holds its shards, as this transaction sees them."""

    def __init__(
        self, tx: Transaction, share: Share, holder: Holder, state: tuple[str, SenderId | None, str | None], now: int
    ) -> None:
        self.share = share
        self.answer = answer = Answer()
        self._tx = tx
        self._holder = holder
        self._now = now
        name, sender_id, holders = state
        answer.sending = name == "sending"
        mine = shards_of(holder.sender, sender_id, holders) - share.leaving
        lanes = holder.lanes
        answer.lanes = lanes if len(mine) == SHARDS else {s: epoch for s, epoch in lanes.items() if s in mine}
        ids = (share.campaign_id, share.workspace_id, share.topic, share.channel)
        self._place = Place(*ids, name, min(lanes, default=0), holder.sender, holder.worker)
        self._plain: Plain | None = None
        self._told = Settled()  # what is written with the fact, at the end
        self._gates: list[tuple[_Alike, Any]] = []
        self._left: list[tuple[_Alike, str]] = []  # what passed the gate; its positions as JSON
        self._fresh: Any = None

    def settle_news(self) -> None:
        share = self.share
        if share.settle:
            self._record(apply(self._tx, self._place, share.settle, self._now, share.sent))

    def ask(self) -> None:
        share, tx, answer = self.share, self._tx, self.answer
        if share.sent and not share.settle:
            self._plain = Plain(tx, self._place, share.sent, self._now)
        if answer.sending:
            for alike in _alike(share.intend, self._holder.lanes):
                gate = {"w": share.workspace_id, "channel": share.channel, "seqs": json.dumps(alike.seqs)}
                self._gates.append((alike, tx.later("intend", {**self._fence(alike), **gate})))
        wish = self._wish()
        if wish is not None and wish.fresh and not wish.late:
            seqs = json.dumps(list(wish.fresh[: wish.most]))
            self._fresh = tx.later(*self._fresh_of(seqs, plain=0))

    def hear(self) -> None:
        share, answer = self.share, self.answer
        if self._plain is not None and not self._plain.look(self._told):
            # Some were not plain: what was written of the others stays right, and changes nothing a second time.
            news = [accepted(*each) for each in share.sent]
            settle_each(self._tx, self._place, news, self._now, self._told)
        if share.sent and self._holder.device is not None:
            seqs = [seq for seq, *_ in share.sent]
            newcomers.remember(self._tx, self._holder.sender, share.campaign_id, seqs, self._now)
        for alike, gate in self._gates:
            self._pass(alike, gate.rowcount)
        if len(answer.go) < len(share.intend):
            self._explain([key for key in share.intend if key not in answer.go])
        wish = self._wish()
        if wish is not None:
            self._claim(wish)

    def write(self) -> None:
        share, tx, told = self.share, self._tx, self._told
        if self._plain is not None:
            self._plain.count()
            tell(tx, self._place, told, self._now)
            self._record(told)
        by = {"now": self._now, "worker": self._holder.worker}
        for alike, seqs in self._left:
            tx.later("intend_attempts", {**self._fence(alike), **by, "seqs": seqs})
        rows, lanes = self.answer.claimed, self.answer.lanes
        for epoch in {lanes[row.shard] for row in rows}:
            marked = json.dumps([row.seq for row in rows if lanes[row.shard] == epoch])
            mark = {"c": share.campaign_id, "sender": self._holder.sender, "epoch": epoch, "seqs": marked}
            tx.later("claim_mark", mark)
        # Of lanes that are held here only: the counters of another worker stand in the same rows, and waiting for them crosswise
        # is a deadlock.
        floors = [(shard, floor) for shard, floor in sorted(share.floors.items()) if shard in self._holder.lanes]
        if floors:
            tx.later("floors_raise", {"c": share.campaign_id, "floors": json.dumps(floors)})

    def may_complete(self) -> bool:
        """Whether what it settled can have been the last of the campaign: nothing was let go or claimed with it."""
        answer = self.answer
        return bool(answer.settled and not answer.go and not answer.claimed) and self._place.state in _ENDING

    def complete(self) -> None:
        self.answer.completed = control.complete_if_done(self._tx, self.share.campaign_id, self._now)

    # ---- inside

    def _record(self, settled: Settled) -> None:
        self.answer.settled.update(settled.states)
        self.answer.ghosts += settled.ghosts

    def _fence(self, alike: "_Alike") -> dict[str, Any]:
        whose = {"c": self.share.campaign_id, "sender": self._holder.sender}
        return {**whose, "attempt": alike.attempt, "epoch": alike.epoch}

    def _pass(self, alike: "_Alike", moved: int) -> None:
        """Claims of one attempt number under one epoch, so many of which are intents now."""
        seqs, listed = alike.seqs, json.dumps(alike.seqs)
        if not moved:
            return
        if moved < len(seqs):
            seqs = [seq for (seq,) in self._tx.hot("intended", {**self._fence(alike), "seqs": listed})]
            listed = json.dumps(seqs)
        self._left.append((alike, listed))
        self.answer.go.update([(seq, alike.attempt) for seq in seqs])

    def _explain(self, left: list[tuple[int, int]]) -> None:
        """Says of each key that may not leave why; skips the suppressed and releases what a pause stopped (L14)."""
        share, answer = self.share, self.answer
        values = {"c": share.campaign_id, "w": share.workspace_id, "channel": share.channel, "keys": json.dumps(left)}
        values["sender"] = self._holder.sender
        why = {(seq, attempt): (ours, reason) for seq, attempt, ours, reason in self._tx.hot("intend_explain", values)}
        news: list[Settlement] = []
        for seq, attempt in left:
            ours, reason = why.get((seq, attempt), (0, None))
            if not ours:
                answer.stopped[seq, attempt] = "fenced"
                continue
            answer.stopped[seq, attempt] = reason or ("not_sending" if not answer.sending else "fenced")
            news.append(Settlement(seq, attempt, State.SKIPPED if reason else State.QUEUED, None, reason=reason or ""))
        answer.settled.update(apply(self._tx, self._place, news, self._now).states)

    def _wish(self) -> ClaimWish | None:
        return self.share.claim if self.answer.sending and self.answer.lanes else None

    def _claim(self, wish: ClaimWish) -> None:
        """Only from shards that are this sender's in this transaction: two senders never claim the same row."""
        share, answer, lanes = self.share, self.answer, self.answer.lanes
        rows: list[Claimed] = []
        if wish.late:
            by = self._now if wish.due_by is None else wish.due_by
            name = "claim_late_mixed" if share.mixed else "claim_late"
            only = {"channel": share.channel} if share.mixed else {}
            values = {"c": share.campaign_id, "now": by, "k": wish.most, "shards": json.dumps(list(lanes)), **only}
            rows = [Claimed._make((*row[:-1], _fields(row[-1]))) for row in self._tx.hot(name, values)]
        if len(rows) < wish.most and wish.fresh:
            seqs = list(wish.fresh[: wish.most - len(rows)])
            rows += self._fresh_rows(json.dumps(seqs))
            answer.looked_through = seqs[-1]
        if wish.adopt and not rows:
            rows = self._adopt(wish.most)
        mine = [row for row in rows if row.shard in lanes]
        if share.single and mine:
            values = {"c": share.campaign_id, "seqs": json.dumps([row.seq for row in mine])}
            said = dict(self._tx.hot("messages_of", values))
            mine = [row._replace(attributes=_fields(said.get(row.seq))) for row in mine]
        if mine and self._holder.device is not None:
            mine = self._without_strangers(self._holder.device, mine)
        answer.claimed = mine

    def _without_strangers(self, device: SenderOptions, rows: list[Claimed]) -> list[Claimed]:
        """Those that the device may write to today; people it never wrote to, beyond its cap, wait for the next day."""
        cap = cap_of(device, self._now)
        if cap is None:
            return rows
        share = self.share
        who = [(row.seq, row.address) for row in rows]
        over = newcomers.strangers_over(self._tx, self._holder.sender, share.workspace_id, cap, who)
        if over:
            newcomers.put_off(self._tx, share.campaign_id, over, cap.until)
        return [row for row in rows if row.seq not in over]

    def _adopt(self, most: int) -> list[Claimed]:
        """Rows that wait for the other channel of a mixed campaign become this one's, and are claimed with that."""
        share = self.share
        values = {"c": share.campaign_id, "w": share.workspace_id, "channel": share.channel, "k": most}
        values |= {"require_consent": share.require_consent, "shards": json.dumps(list(self.answer.lanes))}
        return [Claimed._make((*row[:-1], _fields(row[-1]))) for row in self._tx.hot("adopt", values)]

    def _fresh_of(self, seqs: str, *, plain: int) -> tuple[str, dict[str, Any]]:
        values = {"c": self.share.campaign_id, "seqs": seqs, "plain": plain}
        if self.share.mixed:
            return "claim_fresh_mixed", {**values, "channel": self.share.channel}
        return "claim_fresh", values

    def _fresh_rows(self, seqs: str) -> list[Claimed]:
        """What one contact's attributes hold must not keep the others: what cannot be read as one piece is read row by row."""
        found = self._fresh.fetchall() if self._fresh is not None else self._tx.hot(*self._fresh_of(seqs, plain=0))
        try:
            rows = json.loads(found[0][0])
        except (ValueError, RecursionError):
            rows = json.loads(self._tx.hot(*self._fresh_of(seqs, plain=1))[0][0])
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
