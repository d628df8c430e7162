"""A provider that exists only in this process: settable latency, and the same fate for the same delivery every time.

Its outcomes depend on the campaign and the position alone (and on the attempt for `defer`, so that a deferred delivery is
accepted later), so a rehearsal that is repeated, or killed and taken over by another worker, comes to the same end.
"""

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from homing.model.courier import Desk, Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.sender import SenderOptions
from homing.world import World


@dataclass(frozen=True, slots=True)
class Fate:
    """Shares of all deliveries, 0 to 1; what is left is accepted. `latency`: seconds from release to answer."""

    refuse: float = 0.0
    defer: float = 0.0  # only their first attempt
    unclear: float = 0.0  # accepted (recorded), but the answer is lost
    latency: float = 0.0


@dataclass(slots=True, eq=False)
class _Errand:
    parcel: Parcel
    announced: bool = False
    released: bool = False


class SimulatedCourier:
    """A Courier (homing.model.courier) that leads nowhere.

    `record`: a file to which each accepted key is appended, one `CAMPAIGN/SEQ<TAB>recipient<TAB>ATTEMPT` a line, before the
    desk hears of it: the truthful sink of rehearsals. `connections` of the options is how many are answered at once.
    """

    def __init__(
        self,
        options: SenderOptions,
        desk: Desk,
        world: World,
        *,
        fate: Fate | None = None,
        seed: int = 0,
        record: Path | None = None,
    ) -> None:
        self.failure: BaseException | None = None
        self._desk = desk
        self._world = world
        self._fate = fate or Fate()
        self._seed = seed
        self._paced = not options.pacing.off
        self._slots = 1 if self._paced else max(1, options.connections)
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if record else None
        self._waiting: deque[_Errand] = deque()
        self._errands: dict[Parcel, _Errand] = {}
        self._flying: dict[Parcel, asyncio.Handle] = {}
        self._announced = 0
        self._down: NotSent | None = None
        self._closing = False
        self._changed = asyncio.Event()

    # ---- what a rehearsal may change while it runs

    def go_down(self, reason: str = "refused") -> None:
        """No way out from now on: what has no answer yet gets NotSent(SENDER, connect)."""
        self._down = _news(reason, Trouble.CONNECT)
        for parcel, handle in tuple(self._flying.items()):
            handle.cancel()
            del self._flying[parcel]
        self._desk.trouble(self._down)
        for errand in tuple(self._errands.values()):
            self._finish(errand, self._down)

    def come_back(self) -> None:
        """The way is open again."""
        self._down = None

    # ---- the seam

    def room(self) -> int:
        if self._closing or self._down is not None:
            return 0
        return max(0, 2 * self._slots - len(self._errands))

    def submit(self, parcel: Parcel) -> None:
        errand = self._errands[parcel] = _Errand(parcel)
        news = self._down or (_news("closing", Trouble.PROVIDER) if self._closing else None)
        if news is not None:
            asyncio.get_running_loop().call_soon(self._finish, errand, news)
            return
        self._waiting.append(errand)
        self._announce()

    def release(self, parcel: Parcel) -> None:
        errand = self._errands.get(parcel)
        if errand is None or errand.released or not errand.announced:
            return
        if not self._desk.may_write(parcel):
            self._finish(errand, _news("lane_lost", Trouble.PROVIDER))
            return
        errand.released = True
        self._world.faults.reach("simulated.released")
        loop = asyncio.get_running_loop()
        self._flying[parcel] = loop.call_later(self._fate.latency, self._answer, errand)

    def refuse(self, parcel: Parcel) -> None:
        errand = self._errands.get(parcel)
        if errand is not None and not errand.released:
            self._finish(errand, _news("withdrawn", Trouble.PROVIDER))

    def resize(self, connections: int) -> None:
        self._slots = 1 if self._paced else max(1, connections)
        self._announce()

    def recall(self) -> Sequence[Parcel]:
        given = [errand.parcel for errand in self._waiting]
        self._waiting.clear()
        for parcel in given:
            del self._errands[parcel]
        self._changed.set()
        return given

    async def probe(self) -> NotSent | None:
        return self._down

    async def close(self, patience: float) -> None:
        self._closing = True
        for errand in tuple(self._waiting):
            self._finish(errand, _news("closing", Trouble.PROVIDER))
        try:
            async with asyncio.timeout(patience):
                while self._errands:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self._abandon()
        if self._record is not None:
            os.close(self._record)
            self._record = None

    # ---- inside

    def _announce(self) -> None:
        while self._waiting and self._announced < 2 * self._slots:
            errand = self._waiting.popleft()
            errand.announced = True
            self._announced += 1
            self._desk.about_to(errand.parcel)

    def _answer(self, errand: _Errand) -> None:
        self._flying.pop(errand.parcel, None)
        outcome = self.outcome_of(errand.parcel)
        if isinstance(outcome, Accepted | Unclear):
            self._write_down(errand.parcel)
        self._world.faults.reach("simulated.accepted")
        self._finish(errand, outcome)

    def outcome_of(self, parcel: Parcel) -> Outcome:
        """What becomes of this parcel: a pure function of seed, campaign, position and attempt."""
        campaign, seq, attempt = parcel.key
        digest = hashlib.blake2b(f"{self._seed}/{campaign}/{seq}".encode(), digest_size=8).digest()
        dice = int.from_bytes(digest, "big") / 2**64
        fate = self._fate
        if dice < fate.refuse:
            return Refused("bad_address", Words("rcpt", "550 5.1.1", "no such user here (simulated)"), suppress=True)
        if dice < fate.refuse + fate.defer and attempt == 1:
            return NotSent("deferred", Blame.RECIPIENT, Words("rcpt", "451 4.7.1", "come again later (simulated)"))
        if 1.0 - dice <= fate.unclear:
            return Unclear("connection_lost", Words("dot", "", "the answer was lost (simulated)"))
        return Accepted(digest.hex(), Words("dot", "250 2.0.0", "accepted (simulated)"))

    def _write_down(self, parcel: Parcel) -> None:
        if self._record is not None:
            campaign, seq, attempt = parcel.key
            os.write(self._record, f"{campaign}/{seq}\t{parcel.recipient}\t{attempt}\n".encode())

    def _finish(self, errand: _Errand, outcome: Outcome) -> None:
        if self._errands.pop(errand.parcel, None) is None:
            return
        if errand.announced:
            self._announced -= 1
        elif errand in self._waiting:
            self._waiting.remove(errand)
        self._changed.set()
        try:
            self._desk.finished(errand.parcel, outcome)
        except Exception as error:
            self.failure = error
            raise
        self._announce()

    def _abandon(self) -> None:
        """Patience is over: what was released may have been accepted for all we know, as with a real provider."""
        for handle in self._flying.values():
            handle.cancel()
        self._flying.clear()
        for errand in tuple(self._errands.values()):
            late = Unclear("closed", Words("dot"))
            self._finish(errand, late if errand.released else _news("closing", Trouble.PROVIDER))


def _news(reason: str, trouble: Trouble) -> NotSent:
    return NotSent(reason, Blame.SENDER, Words("connect", "", f"{reason} (simulated)"), trouble)
