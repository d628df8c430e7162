"""The hot transaction of a lane: settle what came back, intend what is about to leave, claim what comes next.

One turn is one group commit. Nothing leaves the machine before the turn that holds its intent has returned (L1), and
only what the turn returned in `go` may leave (L2). Every write is fenced by (campaign, seq, attempt) (L3).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from homing.model.ids import CampaignId, Key, SenderId, WorkerId, WorkspaceId
from homing.model.sender import SenderOptions
from homing.store.database import Database, Transaction
from homing.store.part import Holder, Part
from homing.store.share import Answer, Share

INTENTS_LIMIT = 100  # most intents in one transaction (L5)


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
        """One transaction. Raises Unreachable; then no intent of it may be acted on (L6).

        What does not wait for an answer goes together: a turn of plain news takes three round trips to the database.
        """
        reach = self._db.world.faults.reach
        now = self._db.world.clock.now()
        reach("turn.begin")
        shares = sorted(shares, key=lambda share: share.campaign_id)  # everybody takes locks in one order
        with self._db.write(fenced=True, along=True) as tx:
            with tx.together():
                held = tx.later("lanes_held", {"group": str(self._sender), "worker": self._worker})
                states = [tx.later("campaign_state", {"c": share.campaign_id}) for share in shares]
            lanes_held, *timeline = held.fetchall()[0]
            self._db.driver.recognise(*timeline)
            lanes = {int(shard): epoch for shard, epoch in json.loads(lanes_held).items()}
            holder = Holder(self._worker, self._sender, self._device, lanes)
            parts = [
                Part(tx, share, holder, state.fetchall()[0], now) for share, state in zip(shares, states, strict=True)
            ]
            for part in parts:
                part.settle_news()
            with tx.together():
                for part in parts:
                    part.ask()
            for part in parts:
                part.hear()
            self._finish(tx, parts, now)
        reach("turn.committed")
        return TurnAnswer(lanes, {part.share.campaign_id: part.answer for part in parts})

    def _finish(self, tx: Transaction, parts: Sequence[Part], now: int) -> None:
        """Writes the rest, and commits with it unless a campaign may be complete by that."""
        with tx.together():
            for part in parts:
                part.write()
            sent = sum(part.answer.settled["sent"] for part in parts)
            if sent:
                tx.later("usage_add", {"sender": self._sender, "minute": now // 60_000, "n": sent})
            completing = [part for part in parts if part.may_complete()]
            if not completing:
                self._db.world.faults.reach("turn.commit")
                tx.commit_along()
        if completing:
            for part in completing:
                part.complete()
            self._db.world.faults.reach("turn.commit")
