"""One worker process: takes lanes, runs a sendery for each sender, plans, schedules, and gives everything back at the end.

Loops look, act and record; nothing but the ledger survives a process, so killing one at any moment loses nothing.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace

from homing import __version__
from homing.engine.clerk import KEY, KIND, TAKE_EVERY, Clerk, Job
from homing.engine.connector import AWAY_EVERY, SETTLE_EVERY, Connector, Keeping
from homing.engine.parts import Parts
from homing.engine.planner import Planner
from homing.engine.scheduler import Scheduler
from homing.engine.scribe import Scribe
from homing.engine.sendery import Sendery, TellHealth
from homing.engine.way import OpenWay
from homing.model.delivery import SHARDS
from homing.model.device import RENEW_EVERY as RENEW_DEVICES_EVERY
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import SenderId, WorkerId
from homing.model.storage import Refusal
from homing.store.control import Control
from homing.store.database import Database
from homing.store.finishing import Finishing
from homing.store.leases import TRUST_MS, Leases
from homing.store.lookout import Glance, Lookout, Wanted
from homing.store.restored import Witness
from homing.store.workers import Workers

log = logging.getLogger(__name__)
RENEW_EVERY = 1.0
LOOK_EVERY = 0.5
LOOK_SELDOM = 2.0  # with nothing to do, where a hint tells when there is
GRACE = 30.0  # seconds that a leaving worker waits for answers (L24)


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker is given: the ledger, how to open a sender, where a sender's health is written."""

    db: Database
    open_way: OpenWay
    tell_health: TellHealth
    missed_after: float = 3600.0
    grace: float = GRACE
    look_seldom: float = LOOK_SELDOM
    synchronous: bool = False  # of a PostgreSQL: a standby has every commit when it is promoted
    # Called twice a second from the event loop: this process lives, and this is what its storage refuses.
    report: Callable[[Refusal | None], None] = lambda told: None
    # What one worker of all does beside sending, made from this worker's threads to the ledger.
    jobs: Callable[[Scribe], Sequence[Job]] = lambda scribe: ()
    keeping: Keeping | None = None  # of linked devices; None: none are run here


class Worker:
    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._db = setup.db
        self._scribe = Scribe(setup.db.world)
        self._workers = Workers(setup.db)
        self._lookout = Lookout(setup.db)
        self._control = Control(setup.db)
        self._parts = Parts(setup.db.world.clock)
        self._finishing = Finishing(setup.db)
        self._witness = Witness(setup.db, synchronous=setup.synchronous)
        self._senderies: dict[SenderId, Sendery] = {}
        self._lanes: dict[SenderId, dict[int, int]] = {}
        self._broken: dict[SenderId, int] = {}  # sender -> version that could not be opened
        self._dead: list[WorkerId] = []
        self._wanted: frozenset[SenderId] = frozenset()
        self._devices = asyncio.Event()  # there are linked devices, or some are still run here
        self._strange: frozenset[str] = frozenset()  # lanes that a renewal brought and that are not in _lanes
        self._stop = asyncio.Event()
        self._plan, self._due, self._done = asyncio.Event(), asyncio.Event(), asyncio.Event()  # what a look has seen
        self._me = WorkerId(0)
        self._leases: Leases
        self._clerk: Clerk
        self._connector: Connector | None = None
        self._trusted_until = 0.0

    def stop(self) -> None:
        """Asks for an orderly end; safe from a signal handler of the loop."""
        self._stop.set()

    async def run(self) -> None:
        """Until `stop` is called. Raises what a loop died of, if one did."""
        if not await self._enter():
            self._scribe.close()
            return
        self._leases = Leases(self._db, self._me)
        planner = Planner(self._db, self._scribe, self._me)
        scheduler = Scheduler(self._db, self._scribe, self._setup.missed_after)
        self._clerk = clerk = Clerk(self._db, self._scribe, self._me, self._setup.jobs(self._scribe))
        if self._setup.keeping is not None:
            self._connector = Connector(self._db, self._scribe, self._me, self._setup.keeping)
        log.info("ready to send", extra={"worker": self._me})
        try:
            async with asyncio.TaskGroup() as group:
                jobs = [
                    group.create_task(self._every(RENEW_EVERY, self._renew)),
                    group.create_task(self._watch()),
                    group.create_task(self._when(self._plan, lambda: planner.look(self._dead))),
                    group.create_task(self._when(self._due, scheduler.look)),
                    group.create_task(self._every(30.0, self._sweep)),
                    group.create_task(self._every(5.0, lambda: self._scribe.read(self._witness.note))),
                    group.create_task(self._every(TAKE_EVERY, lambda: clerk.look(self._dead, TRUST_MS / 1000))),
                    group.create_task(clerk.run()),
                    group.create_task(self._every(0.5, self._report)),
                    group.create_task(self._when(self._done, self._finish)),
                ]
                connecting = [group.create_task(job) for job in self._connecting()]
                await self._stop.wait()
                # The lanes are renewed until the last result is written.
                for job in (*jobs[1:8], jobs[9]):
                    job.cancel()
                await asyncio.gather(*(s.drain(self._setup.grace) for s in self._senderies.values()))
                for job in (*jobs, *connecting):
                    job.cancel()
        finally:
            await self._leave()

    async def _leave(self) -> None:
        try:
            if self._connector is not None:
                await self._connector.close()
            for sender_id, lanes in self._lanes.items():
                keys = [f"{sender_id}/{shard}" for shard in lanes]
                await self._scribe.write(self._leases.release, "lane", keys)
            await self._scribe.write(self._leases.release, KIND, [KEY])
            await self._scribe.write(self._workers.leave, self._me)
        except Unreachable as error:
            log.warning("left without a good-bye", extra={"cause": error.detail})
        self._scribe.close()

    def _connecting(self) -> list[Coroutine[None, None, None]]:
        """The loops of the connector, if this worker has one. They run until the last message is home."""
        connector = self._connector
        if connector is None:
            return []
        return [
            self._tend_devices(connector),
            self._every(RENEW_DEVICES_EVERY, connector.renew),
            self._every(SETTLE_EVERY, connector.settle),
            self._every(AWAY_EVERY, connector.note_away),
        ]

    async def _tend_devices(self, connector: Connector) -> None:
        while True:
            if self._devices.is_set() or connector.busy:
                await self._try(lambda: connector.look(self._wanted, self._dead))
            await asyncio.sleep(LOOK_EVERY)
            await self._devices.wait()

    async def _watch(self) -> None:
        """Looks twice a second; while there is nothing to do seldom, and at once when a hint says that there are facts."""
        loop, heard = asyncio.get_running_loop(), asyncio.Event()

        def hear() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(heard.set)

        ear = self._db.driver.listen(hear)
        try:
            while True:
                heard.clear()
                await self._try(self._look)
                await asyncio.sleep(LOOK_EVERY)
                if ear is not None and ear.hears and not (self._wanted or self._devices.is_set() or self._dead):
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._setup.look_seldom - LOOK_EVERY):
                            await heard.wait()
        finally:
            if ear is not None:
                ear.close()

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._try(act)
            await asyncio.sleep(seconds)

    async def _try(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except Unreachable as error:
            log.warning("the ledger is out of reach", extra={"cause": error.detail})

    async def _when(self, seen: asyncio.Event, act: Callable[[], Awaitable[None]]) -> None:
        """Acts on what a look has seen; twice a second at most, since that is how often it looks."""
        while True:
            await seen.wait()
            seen.clear()
            await self._try(act)

    async def _enter(self) -> bool:
        """Makes this process a worker as soon as the ledger answers; False when it was asked to stop before."""
        while not self._stop.is_set():
            try:
                await self._look_back()
                self._me = await self._scribe.write(self._workers.enter, host=socket.gethostname(), version=__version__)
            except Unreachable as error:
                log.warning("waiting for the ledger", extra={"cause": error.detail})
                await self._report()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._stop.wait()
            else:
                return True
        return False

    async def _look_back(self) -> None:
        """Compares the ledger with what was seen of it before anything is sent from it (L21)."""
        for campaign in await self._scribe.write(self._witness.check):
            log.error("a restored copy: this campaign waits for a person", extra={"campaign": campaign.id})

    async def _report(self) -> None:
        self._setup.report(self._scribe.refusals.now())

    # ---- leases

    async def _renew(self) -> None:
        """One statement for all leases; the trust is counted from before it (section 5)."""
        if self._db.driver.moved:
            await self._look_back()
        before = self._db.world.clock.uptime()
        held = await self._scribe.write(self._leases.renew)
        self._trusted_until = before + TRUST_MS / 1000
        self._clerk.keep(held=(KIND, KEY) in held, until=self._trusted_until)
        for sender_id, sendery in self._senderies.items():
            known = self._lanes.get(sender_id, {})
            kept = {s: e for s, e in known.items() if held.get(("lane", f"{sender_id}/{s}")) == e}
            self._lanes[sender_id] = kept
            sendery.dispatcher.keep(kept, self._trusted_until)
            if sendery.failure is not None:
                raise sendery.failure
        await self._let_go(held)

    async def _let_go(self, held: Mapping[tuple[str, str], int]) -> None:
        """Releases lanes that the ledger says are ours and that we know nothing of: the commit that took them, or the one that
        gave them back, was of unknown fate (L6). Renewed for ever, nobody would ever send what is in them."""
        known = {f"{sender_id}/{shard}" for sender_id, lanes in self._lanes.items() for shard in lanes}
        strange = frozenset(key for kind, key in held if kind == "lane" and key not in known)
        stray = strange & self._strange  # seen twice: a take that is just under way is none
        self._strange = strange - stray
        if stray:
            log.warning("lets go of lanes that it does not work", extra={"lanes": sorted(stray)})
            await self._scribe.write(self._leases.release, "lane", sorted(stray))

    async def _look(self) -> None:
        """Takes lanes of the senders that have something to do, and gives up those that have not."""
        glance = await self._scribe.read(self._lookout.glance, self._clerk.chores if self._clerk.on_duty else None)
        self._clerk.call(glance.chores)
        self._dead = self._workers.dead_of(glance.workers)
        self._call(glance)
        wanted = {w.sender_id: w for w in glance.wanted}
        self._wanted = frozenset(wanted)
        for sender_id in list(self._senderies):
            found = wanted.get(sender_id)
            way = self._senderies[sender_id].way
            if found is None or found.version != way.version or (way.device and not self._runs(sender_id)):
                await self._close(sender_id)
        if not wanted:
            return
        alive = await self._scribe.read(self._workers.alive)
        ids = [each.id for each in alive]
        for want in wanted.values():
            await self._tend(want, self._parts.most(self._me, ids, want.sender_id))
        if self._dead:
            await self._scribe.write(self._workers.bury, self._dead)

    def _call(self, glance: Glance) -> None:
        """Wakes the loops that have something to do."""
        for is_so, event in ((glance.unplanned, self._plan), (glance.due, self._due), (glance.unfinished, self._done)):
            if is_so:
                event.set()
        if glance.devices or (self._connector is not None and self._connector.busy):
            self._devices.set()
        else:
            self._devices.clear()

    async def _tend(self, want: Wanted, share: int) -> None:
        sendery = self._senderies.get(want.sender_id) or await self._open(want)
        if sendery is None:
            return
        held = self._lanes.setdefault(want.sender_id, {})
        whole = sendery.way.options.single_lane or want.attended
        if whole and 0 < len(held) < SHARDS:  # others hold the rest: who has the first lane gets it all
            if 0 not in held:
                await self._close(want.sender_id)
                return
            whole, share = False, SHARDS
        before = self._db.world.clock.uptime()
        take = await self._scribe.write(
            self._leases.take_lanes,
            want.sender_id,
            whole=whole,
            share=share,
            held=len(held),
            dead=self._dead,
        )
        if take.lanes:
            # A renewal may have come between: it has put a new dict in the place of `held`.
            held = self._lanes.setdefault(want.sender_id, {})
            # Older lanes are believed no longer than their own renewal allows.
            until = self._trusted_until if held else before + TRUST_MS / 1000
            held.update(take.lanes)
            sendery.dispatcher.keep(dict(held), until)
        if take.orphans:
            log.warning("took over from a dead worker", extra={"sender": want.sender_id, **take.orphans})
        if not whole:
            self._parts.saw_free(want.sender_id, take.left)
            await self._hand_over(want.sender_id, share)

    async def _hand_over(self, sender_id: SenderId, share: int) -> None:
        """Gives the lanes above its part to the others, as soon as nothing of them is on its way."""
        held, dispatcher = self._lanes[sender_id], self._senderies[sender_id].dispatcher
        over = self._parts.over(held, share)
        if not dispatcher.hand_over(over) or not over:
            return
        await self._scribe.write(self._leases.release, "lane", [f"{sender_id}/{shard}" for shard in over])
        log.info("handed lanes over", extra={"sender": sender_id, "lanes": len(over)})
        kept = {shard: epoch for shard, epoch in self._lanes.get(sender_id, {}).items() if shard not in over}
        self._lanes[sender_id] = kept
        dispatcher.keep(dict(kept), self._trusted_until)

    async def _open(self, want: Wanted) -> Sendery | None:
        if self._broken.get(want.sender_id) == want.version:
            return None
        try:
            way = await self._scribe.read(self._setup.open_way, want.sender_id)
        except Unreachable:
            raise
        except HomingError as error:
            self._broken[want.sender_id] = want.version
            log.error("a sender cannot be opened", extra={"sender": want.sender_id, "cause": error.detail})
            return None
        if way.device:
            connector, keeping = self._connector, self._setup.keeping
            if connector is None or keeping is None or not self._runs(want.sender_id):
                return None
            trouble = lambda: connector.trouble(want.sender_id)  # noqa: E731 - what the way asks while it sends
            way = replace(way, open=lambda desk: keeping.open_courier(want.sender_id, desk, connector), trouble=trouble)
        sendery = Sendery(self._db, self._scribe, self._me, way, self._setup.tell_health)
        await sendery.open()
        self._senderies[want.sender_id] = sendery
        return sendery

    def _runs(self, sender_id: SenderId) -> bool:
        """Whether this worker has that linked device."""
        return self._connector is not None and self._connector.find(sender_id) is not None

    async def _close(self, sender_id: SenderId) -> None:
        sendery = self._senderies.pop(sender_id)
        await sendery.drain(self._setup.grace)
        keys = [f"{sender_id}/{shard}" for shard in self._lanes.pop(sender_id, {})]
        await self._scribe.write(self._leases.release, "lane", keys)

    async def _finish(self) -> None:
        """What only several workers leave behind: campaigns with nothing open."""
        await self._scribe.write(self._finishing.look)

    async def _sweep(self) -> None:
        """Writes `cancelled` on what a killed `cancel` left behind; forgets workers that left without a word."""
        await self._scribe.write(self._workers.forget_silent)
        for id_ in await self._scribe.read(self._lookout.unswept):
            while await self._scribe.write(self._control.sweep_cancelled, id_):  # noqa: ASYNC110 - lets others have a turn
                await asyncio.sleep(0)
