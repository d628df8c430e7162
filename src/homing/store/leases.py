"""Leases: who moves what. Taken with a new epoch, renewed each second, and orphans turned by the one rule (L7)."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from homing.model.delivery import SHARDS, State
from homing.model.ids import CampaignId, SenderId, WorkerId
from homing.store import control
from homing.store.campaigns import topic
from homing.store.database import Database, Transaction
from homing.store.tables import lease

LEASE_MS = 4_000  # counted from before the renewal
TRUST_MS = 3_000  # what the holder itself believes: no new intent after it (section 5)


@dataclass(slots=True)
class Take:
    """What a look for lanes brought: shard -> epoch of the new ones, and what became of orphans."""

    lanes: dict[int, int] = field(default_factory=dict)
    left: int = 0  # lanes that nobody holds after it
    orphans: Counter[str] = field(default_factory=Counter)


class Leases:
    def __init__(self, db: Database, me: WorkerId) -> None:
        self._db = db
        self._me = me

    def take_lanes(self, sender_id: SenderId, *, whole: bool, share: int, held: int, dead: Sequence[WorkerId]) -> Take:
        """Takes free lanes of a sender up to `share`; orphans may exceed it. `whole`: all of them or none (a paced sender).

        In the same transaction rows that their dead owner held are turned: claimed -> queued, sending -> uncertain.
        """
        try:
            return self._take_lanes(sender_id, whole=whole, share=share, held=held, dead=dead)
        except _Split:
            return Take()

    def _take_lanes(self, sender_id: SenderId, *, whole: bool, share: int, held: int, dead: Sequence[WorkerId]) -> Take:
        taken = Take()
        with self._db.write(fenced=True) as tx:
            values = self._values("lane", str(sender_id), dead)
            free, orphans = tx.hot("lanes_free", values)[0]
            most = (free if free + held == SHARDS else 0) if whole else min(free, max(share - held, orphans, 0))
            if most:
                for key, epoch in tx.hot("lanes_take", {**values, "n": most}):
                    taken.lanes[int(key.partition("/")[2])] = epoch
                if whole and len(taken.lanes) < most:
                    raise _Split
            taken.left = free - len(taken.lanes)
            if most or held:
                taken.orphans = self._turn_orphans(tx, sender_id)
            self._db.world.faults.reach("lanes.taken")
        return taken

    def take(self, kind: str, key: str, dead: Sequence[WorkerId]) -> int | None:
        """Takes one lease by name (plan, schedule): its epoch, or None when somebody else holds it."""
        with self._db.write(fenced=True) as tx:
            values = self._values(kind, kind, dead)
            found = tx.hot("lease_take", {**values, "key": key})
            return int(found[0][0]) if found else None

    def is_free(self, kind: str, key: str, dead: Sequence[WorkerId]) -> bool:
        """Whether `take` would get this lease now: a look that writes nothing."""
        mine = (lease.c.kind == kind) & (lease.c.key == key)
        with self._db.read() as tx:
            over = (lease.c.until < tx.lease_now()) | (lease.c.boot != self._db.boot)
            gone = lease.c.owner.is_(None) | over | lease.c.owner.in_(list(dead))
            return tx.execute(select(lease.c.key).where(mine, gone)).one_or_none() is not None

    def renew(self) -> dict[tuple[str, str], int]:
        """Renews everything this worker holds; (kind, key) -> epoch. What is missing is lost: stop before the next send."""
        now = self._db.lease_now()
        with self._db.write(fenced=True) as tx:
            with tx.together():
                held = tx.later("leases_renew", {"me": self._me, "now": now, "ttl": LEASE_MS, "boot": self._db.boot})
                tx.later("worker_seen", {"me": self._me, "now": self._db.seen_now()})
            return {(kind, key): epoch for kind, key, epoch in held.fetchall()}

    def release(self, kind: str, keys: Sequence[str]) -> None:
        with self._db.write(fenced=True) as tx:
            tx.hot("leases_release", {"me": self._me, "kind": kind, "keys": json.dumps(list(keys))})

    def _values(self, kind: str, group: str, dead: Sequence[WorkerId]) -> dict[str, Any]:
        return {
            "kind": kind,
            "group": group,
            "me": self._me,
            "now": self._db.lease_now(),
            "ttl": LEASE_MS,
            "boot": self._db.boot,
            "dead": json.dumps(list(dead)),
        }

    def _turn_orphans(self, tx: Transaction, sender_id: SenderId) -> Counter[str]:
        """L7: nothing else ever moves the rows of a dead worker."""
        now = self._db.world.clock.now()
        whose = {"group": str(sender_id), "me": self._me}
        found = tx.hot("orphans_look", whose) if tx.lock("lock_orphans", whose) else ()
        if not found:
            return Counter()
        moves, lost = [], []
        deltas: dict[CampaignId, Counter[str]] = {}
        named: dict[CampaignId, tuple[str, int, list[int]]] = {}
        for c, seq, attempt, state, cancelled, doubts, uid, workspace_id, accepted in found:
            new = _orphaned(State(state), cancelled=bool(cancelled), doubts=doubts, accepted=bool(accepted))
            moves.append((c, seq, attempt, new, "worker_died" if new is State.UNCERTAIN else None))
            delta = deltas.setdefault(c, Counter())
            if new is not State.QUEUED:
                delta[new] += 1
            if state == "sending":
                lost.append((c, seq, attempt))
                delta["attempts"] += 1
                named.setdefault(c, (uid, workspace_id, []))[2].append(seq)
        tx.hot("orphans_move", {"rows": json.dumps(moves), "now": now})
        tx.hot("orphans_attempts", {"rows": json.dumps(lost), "now": now})
        for c, delta in deltas.items():
            tx.hot("add_counts", control.counts(c, **delta))
            control.complete_if_done(tx, c, now)
        for uid, workspace_id, seqs in named.values():
            body = json.dumps({"counts": {"uncertain": len(seqs)}, "uncertain": seqs, "reason": "worker_died"})
            tx.told = True
            tx.hot(
                "event_add",
                {"w": workspace_id, "at": now, "topic": topic(uid), "kind": "deliveries.orphaned", "body": body},
            )
        return Counter(move[3] for move in moves)


class _Split(Exception):
    """Rolls a take back: somebody else is taking lanes of a sender that nobody may share."""


def _orphaned(state: State, *, cancelled: bool, doubts: int, accepted: bool) -> State:
    """`accepted`: an older attempt is proven, so the recipient has the message whatever became of this one."""
    if accepted:
        return State.SENT
    if state is State.SENDING:
        return State.UNCERTAIN
    if cancelled:
        return State.UNCERTAIN if doubts else State.CANCELLED
    return State.QUEUED
