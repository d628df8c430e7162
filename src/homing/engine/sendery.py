"""One sender in one worker: its dispatcher, its monitor and its campaigns, kept together and kept up to date."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from homing.engine.dispatcher import Dispatcher
from homing.engine.letters import load_letter
from homing.engine.line import Line, sending_hours, stop_rule
from homing.engine.monitor import Monitor
from homing.engine.pacer import Pacer
from homing.engine.scribe import Scribe
from homing.engine.singles import Singles, keep_signing
from homing.engine.succession import Succession
from homing.engine.wary import Wary
from homing.engine.way import Way
from homing.model.campaign import Activity, Mode, PauseReason
from homing.model.channel import FAILOVER_AFTER
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import CampaignId, SenderId, WorkerId
from homing.model.newcomers import cap_of
from homing.model.outcome import FROM_NOT_VERIFIED, NotSent
from homing.model.sender import Health
from homing.store.attendance import Attendances
from homing.store.campaigns import Campaigns
from homing.store.control import ENGINE, Control
from homing.store.database import Database
from homing.store.failover import Failover
from homing.store.lookout import Activities, Live, Lookout
from homing.store.portfolio import Portfolio
from homing.store.turn import Turns
from homing.store.wariness import Wariness

log = logging.getLogger(__name__)
LOOK_EVERY = 0.25
SEEN_MS = 1_000  # a change of the next look that a person sees
ACROSS_EVERY = 1.0  # seconds between two looks at the other channel of a campaign over both
REST_SHOWN = 5.0  # waits shorter than this are not worth a line in the ledger

TellHealth = Callable[[SenderId, Health, str | None], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger says a campaign is doing; `next_at` in wall milliseconds."""

    activity: Activity
    detail: str | None
    next_at: int | None

    def differs(self, before: "Told", now: int) -> bool:
        """Whether a person would see it: a moment that only drifts (no two clocks are alike), or is past, is the same."""
        if (self.activity, self.detail) != (before.activity, before.detail):
            return True
        if self.next_at is None or before.next_at is None:
            return self.next_at != before.next_at
        return abs(max(self.next_at, now) - max(before.next_at, now)) >= SEEN_MS


class Sendery:
    """Made when a worker takes lanes of a sender, drained when it gives them up."""

    def __init__(self, db: Database, scribe: Scribe, worker: WorkerId, way: Way, tell_health: TellHealth) -> None:
        self.way = way
        self._db = db
        self._scribe = scribe
        self._world = db.world
        self._lookout = Lookout(db)
        self._portfolio = Portfolio(db)
        self._campaigns = Campaigns(db)
        self._control = Control(db)
        self._attendances = Attendances(db)
        self._failover = Failover(db)
        self._across: dict[CampaignId, float] = {}  # when the other channel is looked at next (uptime)
        self._activities = Activities(db)
        self._tell_health = tell_health
        self._pacer = Pacer(way.options, db.world)
        self._broken: dict[CampaignId, str] = {}
        self._nudged: dict[CampaignId, int] = {}
        self._told: dict[CampaignId, Told] = {}
        self._owed: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}  # what the storage has refused
        self.dispatcher = Dispatcher(
            way=way,
            turns=Turns(db, worker, way.sender_id, way.options),
            scribe=scribe,
            world=db.world,
            pacer=self._pacer,
            stop_campaign=self._stop_campaign,
        )
        self.monitor = Monitor(
            options=way.options,
            world=db.world,
            probe=self._probe,
            changed=self._way_changed,
            tell_health=self._health,
            pause=self._pause_all,
            resume=self._resume_all,
            server=way.server,
        )
        self.dispatcher.monitor = self.monitor
        self._succession = Succession(db, scribe, way, self.dispatcher, self.monitor, self._pacer)
        self._wary = Wary(scribe, Wariness(db), way.sender_id, db.world.clock)
        self._looking = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Reads what the sender did before, then starts its loops."""
        minute = self._world.clock.now() // 60_000
        sent_since = self._lookout.sent_since
        self._pacer.sent_before = await self._scribe.read(sent_since, self.way.sender_id, 0)
        self._pacer.begin()
        health = await self._scribe.read(self._lookout.health, self.way.sender_id)
        waiting = await self._scribe.read(self._lookout.waiting_for_line, self.way.sender_id)
        if waiting or health[0] not in (Health.UP, Health.SLOW):
            self.monitor.suspect(*health)
        await self._count_usage(minute, self._scribe.read)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(job) for job in (self.dispatcher.run(), self.monitor.run(), self._watch())]

    @property
    def failure(self) -> BaseException | None:
        """The error that ended one of its loops or cost its courier a verdict: a bug, and the worker must not go on."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return self.dispatcher.courier.failure

    async def drain(self, patience: float) -> None:
        for task in self._tasks[1:]:
            task.cancel()
        self._succession.close()
        await self.dispatcher.drain(patience)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- looking

    async def _watch(self) -> None:
        ticks = 0
        while True:
            try:
                await self._look()
                await self._look_around(ticks)
            except Unreachable as error:
                log.warning("cannot read the ledger", extra={"cause": error.detail})
            self.dispatcher.feed()
            ticks += 1
            await asyncio.sleep(LOOK_EVERY)

    async def _look_around(self, ticks: int) -> None:
        """What is looked at less often than the campaigns."""
        if ticks % 4 == 0:
            if await self._succession.look():
                await self._look()
            await self._tell_activities()
        if ticks % 8 == 0:
            await self._wary.look(self.dispatcher.slow_down)
        if ticks % 20 == 0:
            await self._pay()
            await keep_signing(self._scribe, self.way, *self.dispatcher.lines.values())
        if ticks % 120 == 0 or self._pacer.share > self._pacer.counted_share or self._pacer.due():
            await self._count_usage(self._world.clock.now() // 60_000, self._scribe.write)

    async def _look(self) -> None:
        """Brings the lines up to date: a pause, a new campaign, more planned, an approval."""
        async with self._looking:
            await self._refresh()

    async def _refresh(self) -> None:
        lines: dict[CampaignId, Line] = {}
        old = self.dispatcher.lines
        before = self._world.clock.uptime()
        for live in map(self._ours, await self._scribe.read(self._lookout.sending, self.way.sender_id)):
            if live.mode == Mode.ATTENDED and live.watched_ms <= 0:
                await self._scribe.write(self._attendances.pause_unwatched, live.id)
                continue
            line = old.get(live.id) or await self._open_line(live)
            if line is None:
                continue
            if live.shards - line.live.shards:  # somebody else has worked them meanwhile
                line.floors = await self._scribe.read(self._lookout.floors, live.id)
                line.late_from = 0
            line.live = live
            line.watched_until = before + live.watched_ms / 1000
            line.stop = stop_rule(live.options)
            if not line.urgent:  # somebody waits for a single message: it is not kept for the morning
                line.window = sending_hours(live.options) or self.way.options.hours
            await self._look_across(line)
            lines[live.id] = line
            if live.nudged_at > self._nudged.setdefault(live.id, live.nudged_at):
                self._nudged[live.id] = live.nudged_at
                line.late_from = 0
                self._told.pop(live.id, None)  # a resume clears what the ledger says of it
                self.monitor.look_now()
            if live.canary_through is not None and not line.candidates(self.dispatcher.lanes, 1):
                await self._close_canary(live)
        self.dispatcher.set_lines(lines)

    def _ours(self, live: Live) -> Live:
        """A campaign over both channels is for this sender one of its own."""
        return replace(live, channel=self.way.channel) if live.mixed else live

    async def _look_across(self, line: Line) -> None:
        """Whether the other channel of a campaign over both has been down for so long that this one steps in."""
        after, now = float(line.live.options.get("failover_after", FAILOVER_AFTER)), self._world.clock.uptime()
        if not line.live.mixed or after <= 0 or now < self._across.get(line.live.id, 0.0):
            return
        self._across[line.live.id] = now + ACROSS_EVERY
        line.adopts = await self._scribe.read(self._failover.abandoned, line.live.id, self.way.channel, after)

    async def _open_line(self, live: Live) -> Line | None:
        """Compiles the letter; a campaign whose content does not compile is paused with the reason."""
        if live.kind == "messages":
            bounces = self.way.bounces(live.id, live.uid)
            singles = Singles(live.uid, self.way.default_from, self.way.name, live.channel, bounces)
            floors = await self._scribe.read(self._lookout.floors, live.id)
            line = Line(live, singles, "", floors, stop_rule(live.options), None)
            return line if await keep_signing(self._scribe, self.way, line) else None
        try:
            campaign = await self._scribe.read(self._lookout.whole, live.id)
            letter, envelope = await self._scribe.read(
                lambda: load_letter(
                    self._campaigns,
                    campaign,
                    default_from=self.way.default_from,
                    sender_name=self.way.name,
                    links=self.way.links() if self.way.links else None,
                    bounce_domain=self.way.bounce_domain,
                    signers=self.way.signers,
                    channel=live.channel,
                )
            )
        except Unreachable:
            raise
        except HomingError as error:
            told = (PauseReason.TOO_MANY_FAILURES, f"the message cannot be made: {error.detail}")
            await self._scribe.write(self._control.pause, live.id, ENGINE, *told)
            return None
        floors = await self._scribe.read(self._lookout.floors, live.id)
        hours = sending_hours(live.options) or self.way.options.hours
        return Line(live, letter, envelope, floors, stop_rule(live.options), hours)

    async def _close_canary(self, live: Live) -> None:
        through = live.canary_through or 0
        if live.planned_through < through and not live.sealed:
            return
        if await self._scribe.read(self._lookout.canary_is_done, live.id, through):
            detail = f"The first {through} are out. Look at the results, then approve or cancel."
            await self._scribe.write(self._control.pause, live.id, ENGINE, PauseReason.CANARY, detail)

    async def _count_usage(self, minute: int, ask: Callable[..., Awaitable[Any]]) -> None:
        """What the caps are held against. `ask`: behind the turns while there are any,
        so that it has all they wrote; what waits for a later one is added."""
        unwritten, before = self.dispatcher.tray.accepted_unwritten, self._pacer.sent_before
        hour, day = await ask(self._lookout.used, self.way.sender_id, minute)
        unwritten += self._pacer.sent_before - before
        self._pacer.counted(hour + unwritten, day + unwritten)
        if self.way.options.reach is not None:
            peers = await ask(self._portfolio.peers, self.way.sender_id, minute - 1439, [*self.dispatcher.lanes])
            self._pacer.among(peers.used, peers.numbers)
        plan = self.way.options.warm_up
        if plan is None or plan.people:
            return
        self._pacer.first_at = await self._scribe.read(self._lookout.first_use, self.way.sender_id)
        for id_ in list(self.dispatcher.lines):
            why = plan.harm(*await self._scribe.read(self._lookout.harm, self.way.sender_id, id_))
            if why is not None:
                await self._stop_campaign(id_, why)

    # ---- telling

    async def _tell_activities(self) -> None:
        for line in self.dispatcher.lines.values():
            if line.live.mixed and not (line.waiting or line.fresh_left or self.dispatcher.tray.in_flight):
                continue  # of this channel nothing is left: what the other one tells stands
            activity, detail, next_at = await self._activity(line)
            told = Told(activity, detail, next_at if activity is not Activity.PACING else None)
            before = self._told.get(line.live.id)
            if before is None or told.differs(before, self._world.clock.now()):
                await self._scribe.write(self._activities.tell, line.live.id, activity, detail, next_at)
                self._told[line.live.id] = told

    def _why_later(self, count: int, first: int, now: int) -> str:
        cap = cap_of(self.way.options, now)
        strangers = cap is not None and first == cap.until
        return (
            f"{count} wait: at most {cap.most} new contacts a day"
            if cap and strangers
            else f"{count} are due for a later try"
        )

    async def _activity(self, line: Line) -> tuple[Activity, str | None, int | None]:
        """What this campaign is doing now, in one word and, where it waits, in a sentence."""
        now = self._world.clock.now()
        waiting = self.monitor.activity() or self.way.closed()
        if waiting is not None:
            return waiting
        opens = line.opens_at(now)
        if opens is not None:
            return Activity.WAITING_FOR_WINDOW, "outside its sending hours", opens
        capped = self._pacer.capped() or (self._pacer.reached() if line.writes_first else None)
        if capped is not None:
            return Activity.WAITING_FOR_SENDER, capped, None
        if line.waiting or self.dispatcher.tray.in_flight or line.fresh_left:
            rest = self._pacer.wait()
            if REST_SHOWN < rest < 3600:
                return Activity.PACING, "resting between messages", now + int(rest * 1000)
            return Activity.PACING if not self.way.options.pacing.off else Activity.SENDING, None, None
        if not line.live.sealed:
            return Activity.PLANNING, None, None
        count, first = await self._scribe.read(self._lookout.deferred, line.live.id)
        if count and first is not None and first > now:
            return Activity.WAITING_FOR_RETRY, self._why_later(count, first, now), first
        return Activity.SENDING, None, None

    # ---- what the monitor does

    async def _probe(self) -> NotSent | None:
        return await self.dispatcher.courier.probe()

    def _way_changed(self) -> None:
        self.dispatcher.way_changed()

    async def _health(self, health: Health, detail: str | None) -> None:
        await self._quietly("health", self._tell_health, self.way.sender_id, health, detail)
        try:
            if await self._succession.look():  # before anything is paused: another sender may go on
                await self._look()
        except Unreachable as error:
            log.warning("a hand-over waits for the ledger", extra={"cause": error.detail})

    async def _pause_all(self, reason: PauseReason, detail: str, after: float) -> None:
        await self._quietly("line", self._pause_sending, reason, detail, after)

    def _pause_sending(self, reason: PauseReason, detail: str, after: float) -> None:
        """Pauses the campaigns that have been sending for at least `after` seconds: each has its own limit (R19)."""
        latest = self._world.clock.now() - int(after * 1000)
        self._each(
            lambda id_: self._control.pause(id_, ENGINE, reason, detail),
            [
                live.id
                for live in self._lookout.sending(self.way.sender_id)
                if live.sending_since <= latest
                and not (live.mixed and not self._failover.alone(live.id, self.way.sender_id))
            ],
        )

    async def _resume_all(self) -> None:
        await self._quietly("line", self._resume_waiting)

    def _resume_waiting(self) -> None:
        self._each(lambda id_: self._control.resume(id_, ENGINE), self._lookout.waiting_for_line(self.way.sender_id))

    def _each(self, act: Callable[[CampaignId], Any], campaigns: Iterable[CampaignId]) -> None:
        """One that changed meanwhile does not keep the others from it."""
        for id_ in campaigns:
            try:
                act(id_)
            except Unreachable:
                raise
            except HomingError as error:
                log.warning("a campaign is left as it is", extra={"campaign": id_, "cause": error.detail})

    async def _stop_campaign(self, id_: CampaignId, why: str) -> None:
        line = self.dispatcher.lines.get(id_)
        if line is not None and line.alike[0] == FROM_NOT_VERIFIED and await self._hand_on(id_):
            return
        await self._quietly(f"stop {id_}", self._control.pause, id_, ENGINE, PauseReason.TOO_MANY_FAILURES, why)

    async def _hand_on(self, id_: CampaignId) -> bool:
        """Gives a campaign whose From this sender may not use to its other senders; whether there was one."""
        try:
            dropped = await self._scribe.write(self._failover.drop, id_, self.way.sender_id, FROM_NOT_VERIFIED)
            if dropped:
                log.warning(
                    "a campaign goes on through another sender", extra={"campaign": id_, "cause": FROM_NOT_VERIFIED}
                )
                await self._look()
        except Unreachable as error:
            log.warning("a hand-over waits for the ledger", extra={"cause": error.detail})
            return True  # what was refused is queued again, and says so once more
        return dropped

    async def _quietly(self, what: str, act: Callable[..., Any], *args: Any) -> None:
        """Telling must not stop the sending: what the storage refuses is owed, until newer news of `what` takes its place."""
        try:
            await self._scribe.write(act, *args)
        except Unreachable as error:
            log.warning("cannot be written yet", extra={"cause": error.detail})
            self._owed[what] = (act, args)
            return
        except HomingError as error:
            log.warning("could not be written", extra={"cause": error.detail})
        self._owed.pop(what, None)

    async def _pay(self) -> None:
        for what, owed in tuple(self._owed.items()):
            if self._owed.get(what) is owed:
                await self._quietly(what, owed[0], *owed[1])
