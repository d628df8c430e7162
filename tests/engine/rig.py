"""A dispatcher on a real ledger with a scripted courier: a provider whose every answer the test decides."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from homing.content.dkim import Signer
from homing.engine.dispatcher import Dispatcher
from homing.engine.letters import load_letter
from homing.engine.line import Line, sending_hours, stop_rule
from homing.engine.pacer import Pacer
from homing.engine.scribe import Scribe
from homing.engine.way import Way
from homing.model.campaign import PauseReason
from homing.model.courier import Courier, Desk, Parcel
from homing.model.delivery import SHARDS
from homing.model.ids import CampaignId, Key
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble
from homing.model.sender import SenderOptions
from homing.store.control import ENGINE
from homing.store.lookout import Lookout
from tests.store.ledger import Hand, HandClock, Ledger

PATIENCE = 30.0
ROOM = 50  # of the scripted courier, unless the test says another


async def until(true: Callable[[], bool], every: float = 0.002) -> None:
    """Returns when `true()` is; looks again and again, and gives up late."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(every)


def everybody_accepts(parcel: Parcel) -> Outcome | None:
    return Accepted("ok")


class ScriptedCourier:
    """A Courier whose provider is a function: parcel -> outcome, or None: the test answers by `answer`.

    `left` is the truthful sink: every parcel whose deciding byte was written, in order. `announcing` False: nothing is
    announced, as with a provider that cannot be reached yet.
    """

    def __init__(self, desk: Desk, fate: Callable[[Parcel], Outcome | None], room: int = ROOM) -> None:
        self.failure: BaseException | None = None
        self.desk = desk
        self.fate = fate
        self.announcing = True
        self.unfit: Callable[[Parcel], bool] = lambda parcel: False  # refused in the very call that hands it over
        self.most = room
        self.here: dict[Key, Parcel] = {}
        self.announced: set[Key] = set()
        self.left: list[Parcel] = []
        self.refused: list[Key] = []
        self.aborted: list[Key] = []
        self.open: dict[Key, Parcel] = {}
        self.closed = False
        self.most_seen = 0

    def room(self) -> int:
        return max(0, self.most - len(self.here))

    def submit(self, parcel: Parcel) -> None:
        assert not self.closed, "a closed courier takes nothing"
        assert self.room() > 0, "more than there was room for"
        self.here[parcel.key] = parcel
        self.most_seen = max(self.most_seen, len(self.here))
        if self.unfit(parcel):
            self._finish(parcel, Refused("too_big"))
            return
        if self.announcing:
            asyncio.get_running_loop().call_soon(self.announce, parcel)

    def announce(self, parcel: Parcel) -> None:
        if self.here.get(parcel.key) is parcel:
            self.announced.add(parcel.key)
            self.desk.about_to(parcel)

    def announce_all(self) -> None:
        self.announcing = True
        for parcel in list(self.here.values()):
            if parcel.key not in self.announced:
                self.announce(parcel)

    def release(self, parcel: Parcel) -> None:
        assert parcel.key in self.announced
        if not self.desk.may_write(parcel):
            self.aborted.append(parcel.key)
            self._finish(parcel, NotSent("lane_lost", Blame.SENDER))
            return
        self.left.append(parcel)
        outcome = self.fate(parcel)
        if outcome is None:
            self.open[parcel.key] = parcel
        else:
            asyncio.get_running_loop().call_soon(self._finish, parcel, outcome)

    def answer(self, outcome: Outcome, *keys: Key) -> None:
        """The provider's late answer, to some or to all that wait."""
        for key in keys or tuple(self.open):
            self._finish(self.open.pop(key), outcome)

    def refuse(self, parcel: Parcel) -> None:
        self.refused.append(parcel.key)
        self._finish(parcel, NotSent("withdrawn", Blame.SENDER))

    def _finish(self, parcel: Parcel, outcome: Outcome) -> None:
        if self.here.pop(parcel.key, None) is not None:
            self.announced.discard(parcel.key)
            self.desk.finished(parcel, outcome)

    def resize(self, connections: int) -> None:
        self.most = connections

    def recall(self) -> Sequence[Parcel]:
        back = [parcel for key, parcel in self.here.items() if key not in self.announced]
        for parcel in back:
            del self.here[parcel.key]
        return back

    async def probe(self) -> NotSent | None:
        return None

    async def close(self, patience: float) -> None:
        self.closed = True
        for parcel in self.recall():
            self._finish(parcel, NotSent("closing", Blame.SENDER))
        try:
            async with asyncio.timeout(patience):
                while self.here:
                    await asyncio.sleep(0.002)
        except TimeoutError:
            for parcel in list(self.here.values()):
                self._finish(parcel, NotSent("closing", Blame.SENDER))

    def copies(self) -> Counter[tuple[int, int]]:
        """How often the deciding byte of each delivery was written: more than once is a duplicate."""
        return Counter((parcel.key.campaign, parcel.key.seq) for parcel in self.left)


NO_WAY = NotSent("connection", Blame.SENDER, trouble=Trouble.CONNECT)


class Rig:
    def __init__(
        self, ledger: Ledger, hand: Hand, options: SenderOptions, fate: Callable[[Parcel], Outcome | None]
    ) -> None:
        self.ledger = ledger
        self.hand = hand
        self.couriers: list[ScriptedCourier] = []
        self.scribe = Scribe()
        self.stopped: list[tuple[CampaignId, str]] = []
        self.signers: tuple[Signer, ...] = ()  # of the letters that are compiled from now on

        def open_courier(desk: Desk) -> Courier:
            made = ScriptedCourier(desk, fate)
            self.couriers.append(made)
            return made

        self.dispatcher = Dispatcher(
            way=Way(hand.sender, "post", 1, options, open_courier, "b@sender.test"),
            turns=hand.turns,
            scribe=self.scribe,
            world=ledger.world,
            pacer=Pacer(options, ledger.world),
            stop_campaign=self._stop_campaign,
        )

    @property
    def courier(self) -> ScriptedCourier:
        return self.couriers[0]

    async def _stop_campaign(self, id_: CampaignId, why: str) -> None:
        self.stopped.append((id_, why))
        await self.scribe.write(self.ledger.control.pause, id_, ENGINE, PauseReason.TOO_MANY_FAILURES, why)

    def look(self) -> None:
        """What the sendery's watch does: the campaigns that send now."""
        old = self.dispatcher.lines
        lines = {}
        for live in Lookout(self.ledger.db).sending(self.hand.sender):
            line = old.get(live.id) or self.line(live.id)
            line.live = live
            lines[live.id] = line
        self.dispatcher.set_lines(lines)
        self.dispatcher.feed()

    def line(self, id_: CampaignId) -> Line:
        lookout = Lookout(self.ledger.db)
        (live,) = [live for live in lookout.sending(self.hand.sender) if live.id == id_]
        letter, envelope = load_letter(
            self.ledger.campaigns,
            lookout.whole(id_),
            default_from="b@sender.test",
            sender_name="post",
            signers=lambda workspace: {"sender.test": self.signers},
        )
        floors = lookout.floors(id_)
        return Line(live, letter, envelope, floors, stop_rule(live.options), sending_hours(live.options))

    def keep(self, seconds: float = 3.0) -> None:
        """What a renewal does."""
        self.dispatcher.keep(dict(self.hand.lanes), self.ledger.world.clock.uptime() + seconds)

    async def tick(self) -> None:
        """What a worker's loops do all the time: time goes by, leases are renewed, campaigns are looked at."""
        while True:
            clock = self.ledger.world.clock
            assert isinstance(clock, HandClock)
            clock.pass_(0.05)
            self.keep()
            self.look()
            await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Everything is written that is to be written."""
        await until(lambda: self.dispatcher.tray.idle and not self.hand.turns.held_now())


@asynccontextmanager
async def dispatching(
    ledger: Ledger,
    fate: Callable[[Parcel], Outcome | None] = everybody_accepts,
    *,
    options: SenderOptions | None = None,
    lanes: int = 16,
    ticking: bool = True,
) -> Any:
    """A dispatcher with its loop running. Gives the Rig; drains it at the end unless the test did.

    `ticking` False: time stands still, and nothing is renewed or looked at unless the test does it.
    """
    hand = ledger.hand(lanes=lanes)
    # As many connections as make this worker's part of them the courier's room, which is the test's to say (resize).
    given = replace(options or SenderOptions(), connections=ROOM * SHARDS // max(1, lanes))
    rig = Rig(ledger, hand, given, fate)
    running = asyncio.get_running_loop().create_task(rig.dispatcher.run())
    ticker: asyncio.Task[None] | None = None
    try:
        rig.keep()
        if ticking:
            ticker = asyncio.get_running_loop().create_task(rig.tick())
        yield rig
        assert not running.done() or running.exception() is None
        assert ticker is None or not ticker.done()
    finally:
        if ticker is not None:
            ticker.cancel()
        if running.done():
            await running
        else:
            async with asyncio.timeout(PATIENCE):
                rig.courier.open.clear()
                await rig.dispatcher.drain(0.0)
            await running
        rig.scribe.close()
