"""How far campaigns are, as absolute figures: computed when they are sent, never stored, never "+1"."""

import threading
from collections.abc import Collection
from typing import Any

from homing.model.campaign import State
from homing.model.moment import rfc3339
from homing.store.status import CampaignStatus, StatusBoard
from homing.world import World


class Progress:
    """Reads snapshots. `v` of each only climbs: an older snapshot never takes the place of a newer one."""

    def __init__(self, board: StatusBoard, world: World) -> None:
        self._board = board
        self._world = world
        self._version = 0
        self._lock = threading.Lock()

    def look(
        self, workspace_id: int, states: Collection[State], also: Collection[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """Campaigns of a workspace in these states, and those with the ids `also`, by id."""
        now = self._world.clock.now()
        with self._lock:
            self._version = version = max(now, self._version + 1)
        found = self._board.alive(workspace_id, states, also)
        return {each.id: {"v": version, **figures(each, now)} for each in found}


def figures(of: CampaignStatus, now: int) -> dict[str, Any]:
    """One campaign. `rate`: messages a second over the last 20 s; null, like `ends_at`, while nobody knows."""
    moving = of.state == State.SENDING and of.rate > 0
    ends = now + of.eta_seconds * 1000 if moving and of.eta_seconds is not None else None
    return {
        "name": of.name,
        "mode": of.mode,
        "state": of.state,
        "reason": of.pause_reason,
        "activity": of.activity,
        "detail": of.reason,
        "sent": of.sent,
        "failed": of.failed,
        "skipped": of.skipped,
        "cancelled": of.cancelled,
        "uncertain": of.uncertain,
        "open": of.open,
        "total": of.audience,
        "planned": of.planned,
        "rate": of.rate if moving else None,
        "ends_at": None if ends is None else f"{(rfc3339(ends) or '')[:19]}Z",
        "next_at": rfc3339(of.next_at) if of.state == State.SENDING else None,
        "next_seq": of.next_seq,
        "stuck": of.stuck,
        "control": of.control,
        "attendant": of.attendant,
    }


def same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    """Whether two snapshots of a campaign show the same to a person."""
    return one is not None and {**one, "v": 0} == {**other, "v": 0}
