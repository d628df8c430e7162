"""Works all lanes that this worker holds of one sender: claim, render, intend, send, settle, in group commits.

look (4 x a second) --> lines        the campaigns that send now
turn  ------------------> ledger      settles news, intends what is about to leave, claims what comes next
feed  ------------------> courier     renders and hands over as the courier has room, the pace allows and the way is open
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from homing.content.failure import RenderError
from homing.engine.alarm import Alarm
from homing.engine.destinations import Destinations
from homing.engine.line import Line
from homing.engine.monitor import Monitor
from homing.engine.pacer import Pacer
from homing.engine.rota import Rota
from homing.engine.scribe import Scribe
from homing.engine.shares import Round, Shares
from homing.engine.signing import Signing
from homing.engine.strays import bring_back
from homing.engine.tray import Held, Stage, Taken, Tray, held_by, put_back
from homing.engine.verdicts import settlement, unmade
from homing.engine.way import Way
from homing.model.courier import Courier, Parcel
from homing.model.delivery import SHARDS, State
from homing.model.errors import Unreachable
from homing.model.ids import CampaignId
from homing.model.outcome import Accepted, NotSent, Outcome, fault_of_campaign
from homing.store.share import Answer, ClaimWish
from homing.store.turn import INTENTS_LIMIT, TurnAnswer, Turns
from homing.world import World

StopCampaign = Callable[[CampaignId, str], Coroutine[Any, Any, None]]
log = logging.getLogger(__name__)
CLAIMS = 200  # rows a turn claims at most
FLOW = 10  # intents asked for while a turn was under way that make the next begin at once
AHEAD = 100  # rows claimed and waiting for the courier below which more are claimed
BYTES_AHEAD = 64 * 1024 * 1024  # most bytes of rendered messages in memory (L18)


class Dispatcher:
    """One per sender in a worker; implements `homing.model.courier.Desk`."""

    def __init__(
        self, *, way: Way, turns: Turns, scribe: Scribe, world: World, pacer: Pacer, stop_campaign: StopCampaign
    ) -> None:
        self.way = way
        self.world = world
        self.pacer = pacer
        self.lines: dict[CampaignId, Line] = {}
        self.lanes: dict[int, int] = {}
        self.monitor: Monitor | None = None
        self.storage_down: str | None = None
        self._turns = turns
        self._scribe = scribe
        self._stop_campaign = stop_campaign
        self.courier: Courier = way.open(self)
        self._wake = asyncio.Event()
        self.tray = Tray(self._wake.set)
        self._trusted_until = 0.0
        self._least = 1 if way.options.single_lane else AHEAD
        self._most = 0  # parcels in flight: this worker's part of what the sender allows
        self._draining = self._feeding = self._closed = False
        self._rota = Rota(world)
        self._stopping: set[CampaignId] = set()
        self._leaving: frozenset[int] = frozenset()  # lanes that are being handed over
        self._stops: list[tuple[CampaignId, str]] = []  # campaigns that met the stop rule by news not written yet
        self._feed_is_due = False
        self._troubles = 0  # results that may say something about the way or the campaign
        self._feeder = Alarm(self.feed)
        self._ended = asyncio.Event()
        self._destinations = Destinations(world, self.tray, way.options.per_domain, lambda: pacer.share, self.feed)
        self.slow_down = self._destinations.slow_down
        self._signing = Signing(world.clock, self.feed)

    # ---- what the courier tells (model.courier.Desk)

    def about_to(self, parcel: Parcel) -> None:
        self.tray.announce(held_by(parcel))

    def may_write(self, parcel: Parcel) -> bool:
        self.world.faults.reach("send.write")
        return held_by(parcel).stage is Stage.GOING and self._trusted()

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        self.world.faults.reach("send.finished")
        held = held_by(parcel)
        self.tray.back(held)
        self._destinations.learn(held, outcome)
        if held.stage is Stage.WITHDRAWN:
            self.pacer.ended(sent=False)
        elif type(outcome) is Accepted:  # nine in ten: there is nothing to judge, and the sender's way works
            self.tray.accepted(held, outcome.provider_id)
            held.line.went_out()
            self.pacer.ended(sent=True)
            if self.monitor is not None:
                self.monitor.succeeded()
        else:
            news = settlement(held, outcome, self.world, self.way.options.patience)
            self.tray.tell(held.line, news)
            self._learn(held.line, outcome, news.verdict)
        if not self.tray.ready:  # whatever leaves next wants to be followed by another in the same write
            self.feed()
        elif not self._feed_is_due:  # once for all that come back in the same breath
            self._feed_is_due = True
            asyncio.get_running_loop().call_soon(self._feed_now)

    def trouble(self, news: NotSent) -> None:
        self._pull_back()
        if self.tray.in_flight:
            return  # other connections still carry messages: the courier's own back-off is enough
        if self.monitor is not None:
            self.monitor.failed(news)
        self.tray.release()

    def _learn(self, line: Line, outcome: Outcome, state: State) -> None:
        """What an outcome that is no acceptance says about the sender and the campaign."""
        self._troubles += 1
        self.pacer.ended(sent=False)
        if self.monitor is not None and self.monitor.learn(outcome):
            self._take_back()  # what came back is next: it must not queue up behind what waits here (R19)
        fault = fault_of_campaign(outcome)
        if fault or state is State.FAILED:
            why = line.failed(fault)
            if why is not None and line.live.id not in self._stopping:
                self._stopping.add(line.live.id)
                self._stops.append((line.live.id, why))
                self._wake.set()

    # ---- what the worker tells

    def keep(self, lanes: dict[int, int], trusted_until: float) -> None:
        """The lanes that are held after a renewal, and until when they may be believed (uptime seconds)."""
        self._trusted_until = trusted_until
        if lanes == self.lanes:
            return
        gone = {shard for shard, epoch in self.lanes.items() if lanes.get(shard) != epoch}
        self._leaving &= lanes.keys()
        self.lanes = dict(lanes)
        self.pacer.hold(len(lanes) / SHARDS, self.courier.resize)
        self._most = max(1, int(self.way.options.in_flight * self.pacer.share)) if lanes else 0
        if gone:  # only what has its intent still brings its result; the rest is for whoever holds the lane now
            self._pull_back()
            self.tray.lose(gone)
        self._wake.set()

    def hand_over(self, shards: frozenset[int]) -> bool:
        """Claims no more of these lanes and puts back what has not left; whether nothing of them is on its way any more."""
        if shards != self._leaving:
            self._leaving = shards
            self._pull_back()
            self.tray.release_lanes(shards)
        return self.tray.is_clear_of(shards)

    def set_lines(self, lines: dict[CampaignId, Line]) -> None:
        """The campaigns that send now. What is claimed for others goes back to the queue."""
        stopped = self.lines.keys() - lines.keys()
        self.lines = lines
        self._stopping -= stopped
        if stopped:
            self._take_back(stopped)
        self._wake.set()

    def _pull_back(self) -> None:
        if self.tray.pull_back(self.courier):
            self.pacer.ended(sent=False)

    def _take_back(self, campaigns: set[CampaignId] | None = None) -> None:
        """Releases what has not left: all of it, or that of some campaigns (pause, outage, good-bye)."""
        self._pull_back()
        self.tray.release(campaigns)

    # ---- feeding the courier

    def way_changed(self) -> None:
        """The monitor closed or opened the way: what has not left goes back to the queue, or sending goes on."""
        if self._shut():
            self._take_back()
        self.feed()

    def feed(self) -> None:
        """Renders and submits while room, pace and way allow. A call from inside `submit` leaves that to the one at it (L5)."""
        if self._feeding:
            return
        self._feeding = True
        try:
            self._destinations.bring_back()
            while self._may_send() and (room := self._room()) > 0 and self._signing.ready(self.tray):
                self._hand_over(room if self.pacer.free else 1)
        finally:
            self._feeding = False
        if len(self.tray.waiting) < self._least:
            self._wake.set()
        if not self._feeder.is_set and self._room() > 0:
            self._feed_later()

    def _hand_over(self, room: int) -> None:
        """As many as there was room for. One that comes back in the call that submits it may say something about the way."""
        tray, troubles, ready = self.tray, self._troubles, self._signing.ready
        while room and troubles == self._troubles and tray.bytes_in_flight <= BYTES_AHEAD and ready(tray):
            held = tray.next_waiting()
            if self._destinations.admits(held) and self._render(held):
                room -= 1
                tray.submitted(held)
                if not self.pacer.free:
                    self.pacer.spend()
                self.courier.submit(held)

    def _feed_now(self) -> None:
        self._feed_is_due = False
        self.feed()

    def _trusted(self) -> bool:
        return self.world.clock.uptime() < self._trusted_until

    def _shut(self) -> bool:
        return self.monitor is not None and self.monitor.wait() is None

    def _room(self) -> int:
        return min(self.courier.room(), self._most - self.tray.in_flight)

    def _feed_later(self) -> None:
        """Something waits only for the pace, the rate or a short hold: comes back exactly then."""
        wait = max(self.pacer.wait(), (self.monitor.wait() or 0.0) if self.monitor is not None else 0.0)
        if 0.0 < wait < 3600.0:
            self._feeder.set(wait + 0.001)

    def _may_send(self) -> bool:
        if self._draining or self.storage_down or not self._trusted():
            return False
        if self.tray.bytes_in_flight > BYTES_AHEAD:
            return False
        if self.monitor is not None and self.monitor.troubled and self.monitor.wait() != 0.0:
            return False
        return self.pacer.free or (self.pacer.wait() <= 0.0 and self.pacer.capped(self.tray.in_flight) is None)

    def _render(self, held: Held) -> bool:
        """False when this recipient's message cannot be made."""
        try:
            held.body, held.clean = self._signing.written(held)
        except RenderError as error:
            self.tray.forget(held)
            self.tray.tell(held.line, unmade(held, error.reason, error.variable))
            return False
        return True

    # ---- turns

    async def run(self) -> None:
        """Takes turns until `drain` has brought everything home."""
        while not (self._draining and self._closed and self.tray.idle):
            await self._wake.wait()
            self._wake.clear()
            await self.turn()
        self._ended.set()

    async def turn(self) -> None:
        """Group commits, as long as there is something to commit."""
        round_ = self._begin()
        while round_ is not None:
            round_ = await self._end(round_)

    def _begin(self) -> Round | None:
        taken = self.tray.take_all(INTENTS_LIMIT)
        shares, claiming = self._share_out(taken)
        if not shares:
            return None
        stops, self._stops = self._stops, []
        for held in taken.wants:
            held.stage = Stage.INTENDING
        return Round(taken, claiming, stops, self._scribe.start(self._turns.take, list(shares.values())))

    async def _end(self, round_: Round) -> Round | None:
        """Waits for the answer and acts on it. In full flow the next round is begun first, and returned: the ledger need not
        wait until everything that may leave has left."""
        try:
            answer = await round_.answer
        except Unreachable as error:
            self._stops[:0] = round_.stops
            await self._ride_storage_out(round_.taken, error)
            return None
        flows = self.tray.asked >= FLOW and round_.is_plain(answer) and not self._draining
        following = self._begin() if flows else None
        self._apply(round_, answer)
        for id_, why in round_.stops:  # after the results it speaks of: what they completed has nothing left to stop
            if not answer.shares[id_].completed:
                await self._stop_campaign(id_, why)
        self.feed()
        if following is None and self.tray.unwritten:
            self._wake.set()
        return following

    def _share_out(self, taken: Taken) -> tuple[Shares, tuple[Line, ClaimWish] | None]:
        """What the turn asks of the ledger, by campaign, and who claims."""
        shares, claiming = Shares(), None
        self._hold_back(taken)
        shares.add(taken)
        line = self._next_hungry()
        if line is not None:
            share, most = shares.of(line), 2 if self.way.options.single_lane else CLAIMS
            most = most if (left := self._reach_left(line)) is None else min(most, left)
            share.claim, share.leaving = self._rota.wish(line, self.lanes, most), self._leaving
            claiming = line, share.claim
        self._rota.add_floors(shares, self.lines)
        return shares, claiming

    def _hold_back(self, taken: Taken) -> None:
        """Nothing leaves: nobody watches (R2), or the lanes are not to be believed: who has them turns the rows (L7, L8)."""
        uptime = self.world.clock.uptime()
        stay = [held for held in taken.wants if uptime >= self._trusted_until or not held.line.watched(uptime)]
        for held in stay:
            self._stop(held)
            taken.wants.remove(held)
            taken.news.append((held.line, put_back(held.row)))

    def _next_hungry(self) -> Line | None:
        """Who claims with this turn; nobody while enough is in hand or nothing may be sent."""
        full = len(self.tray.waiting) >= self._least and not self._rota.urgent(self.lines.values(), self.lanes)
        shut = self._draining or self.storage_down or (self.monitor is not None and self.monitor.wait() != 0.0)
        if full or shut or not self.lanes or not self._trusted():
            return None
        lines = [line for line in self.lines.values() if self._reach_left(line) != 0]
        return self._rota.next_hungry(lines, self.lanes, self.tray.holds)

    def _reach_left(self, line: Line) -> int | None:
        """Of the people whom WhatsApp lets a number write to first; what is in hand counts. None: this line is not limited."""
        return self.pacer.reach_left(self.tray.in_hand) if line.writes_first else None

    def _apply(self, round_: Round, answer: TurnAnswer) -> None:
        self._release(round_.taken.wants, answer)
        for id_, got in answer.shares.items():
            if got.ghosts:
                log.error("results without an intent", extra={"campaign": id_, "ghosts": got.ghosts})
            if not got.sending and id_ in self.lines:
                self.set_lines({key: line for key, line in self.lines.items() if key != id_})
        if round_.claiming is not None:
            line, wish = round_.claiming
            self._received(line, wish, answer.shares[line.live.id])

    def _received(self, line: Line, wish: ClaimWish, got: Answer) -> None:
        """Rows that are ours now; when campaign or way stopped meanwhile they go straight back. `lanes`: held at that turn."""
        line.heard(wish, got, self.world.clock.now())
        stays = self.lines.get(line.live.id) is line and not self._draining and not self._shut()
        for row in got.claimed:
            if stays and row.shard not in self._leaving:
                self.tray.claim(line, row)
            else:
                self.tray.tell(line, put_back(row))

    def _release(self, wants: list[Held], answer: TurnAnswer) -> None:
        self.world.faults.reach("intend.returned")
        if self._feed_is_due:
            self.feed()
        for held in wants:
            if held not in self.tray:
                continue  # its line died meanwhile and it is settled already
            if (held.row.seq, held.row.attempt) in answer.shares[held.line.live.id].go:
                held.stage = Stage.GOING
                self.courier.release(held)
            else:
                self._stop(held)

    def _stop(self, held: Held) -> None:
        """This parcel may not leave, and the ledger says (or will say) what became of its row."""
        held.stage = Stage.WITHDRAWN
        self.tray.forget(held)
        self.courier.refuse(held)

    # ---- storage

    async def _ride_storage_out(self, taken: Taken, error: Unreachable) -> None:
        """The fate of a commit is unknown (L6): no dot; results are repeated; rows that stand as ours are released."""
        self.storage_down = error.detail
        log.error("the storage refuses; sending waits", extra={"cause": error.detail})
        for held in taken.wants:
            if held in self.tray:
                self._stop(held)
        self.tray.tell_again(taken)
        await bring_back(self._scribe, self._turns, self.tray.known, [held.key for held in taken.wants])
        self.storage_down = None
        log.info("the storage takes writes again")
        self._wake.set()

    async def drain(self, patience: float) -> None:
        """Stops claiming, takes back what has not left, waits for replies, settles (L24). `run` ends by it."""
        self._draining = True
        self._take_back()
        await self.courier.close(patience)
        self._closed = True
        self._wake.set()
        await self._ended.wait()
        self.tray.close()
        self._signing.close()
        self._destinations.close()
        self._feeder.cancel()
