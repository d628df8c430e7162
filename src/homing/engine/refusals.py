"""What a worker knows of a storage that refuses, and the line in which it tells its watcher: no disk is needed for it."""

import json
from dataclasses import asdict, dataclass, field

from homing.model.storage import TRY_EVERY, Refusal
from homing.world import World

LAPSE = 1.5 * TRY_EVERY  # a kind of act that was refused once and never tried again says nothing any more
LONGEST = 400  # characters of the storage's own words; a line must go through a pipe at once (PIPE_BUF)


@dataclass(slots=True)
class Refusals:
    """Which acts the ledger refused last time. One that goes through says nothing about the others: a disk that has no room
    for a page of recipients may still have some for a lease."""

    world: World
    _acts: dict[str, float] = field(default_factory=dict)  # act -> when it was refused (uptime)
    _told: Refusal | None = None

    def refused(self, act: str, detail: str) -> None:
        """This act was refused just now."""
        now = self.world.clock.now()
        old = self.now()
        since = now if old is None else old.since
        ahead = now + int(TRY_EVERY * 1000)
        next_at = old.next_at if old is not None and now < old.next_at <= ahead else ahead
        self._acts[act] = self.world.clock.uptime()
        self._told = Refusal(detail[:LONGEST], since, next_at)

    def taken(self, act: str) -> None:
        """This act went through."""
        if self._acts:
            self._acts.pop(act, None)

    def now(self) -> Refusal | None:
        """What is to be told; None while everything that is tried goes through."""
        if not self._acts:
            return None
        least = self.world.clock.uptime() - LAPSE
        self._acts = {act: at for act, at in self._acts.items() if at >= least}
        return self._told if self._acts else None


def report_line(told: Refusal | None) -> bytes:
    """A sign of life: an empty line, or one with what the storage says."""
    return b"\n" if told is None else json.dumps(asdict(told)).encode("ascii") + b"\n"


def read_report(line: bytes) -> Refusal | None:
    """The other way round. What is no such line says nothing."""
    try:
        found = json.loads(line)
        return Refusal(str(found["detail"]), int(found["since"]), int(found["next_at"]))
    except (ValueError, KeyError, TypeError):
        return None
