"""What one sender does about campaigns that it shares with others: hands over, takes back, and says when it is at a limit."""

import asyncio
import logging

from homing.engine.dispatcher import Dispatcher
from homing.engine.monitor import Monitor
from homing.engine.pacer import Pacer
from homing.engine.scribe import Scribe
from homing.engine.way import Way
from homing.store.database import Database
from homing.store.failover import BACK, Failover

log = logging.getLogger(__name__)
EASE_SECONDS = 300.0  # who takes a campaign back begins at half its speed
LIMIT_AFTER = 10.0  # a wait that is shorter is no limit that others must step in for
CAPPED_MS = 60_000  # a cap is looked at again after so long
DRIFT_MS = 5_000


class Succession:
    """One per sendery; `look` once a second and whenever the sender's health changed. Raises Unreachable."""

    def __init__(
        self, db: Database, scribe: Scribe, way: Way, dispatcher: Dispatcher, monitor: Monitor, pacer: Pacer
    ) -> None:
        self._failover = Failover(db)
        self._world = db.world
        self._scribe = scribe
        self._way = way
        self._dispatcher = dispatcher
        self._monitor = monitor
        self._pacer = pacer
        self._limited: int | None = None
        self._noticed = 0  # of its last come-back (wall milliseconds)
        self._ease: asyncio.TimerHandle | None = None

    async def look(self) -> bool:
        """Whether a campaign changed hands."""
        await self._tell_limit()
        me = self._way.sender_id
        self._notice()
        if not await self._scribe.read(self._failover.needed, me):
            return False
        moved = await self._scribe.write(self._failover.route, me)
        for each in moved:
            told = {"campaign": each.campaign_id, "sender": me, "gained": dict(each.gained)}
            log.warning("a campaign goes on through another sender", extra=told)
        return bool(moved)

    def _notice(self) -> None:
        """What this sender came back to lately, it begins gently with."""
        for line in self._dispatcher.lines.values():
            told = line.live.options.get(BACK)
            if told is None or self._way.sender_id not in told["senders"] or told["at"] <= self._noticed:
                continue
            self._noticed = told["at"]
            left = EASE_SECONDS - (self._world.clock.now() - told["at"]) / 1000
            if left > 0:
                self._begin_gently(left)

    async def _tell_limit(self) -> None:
        until, before = self.limited_until(), self._limited
        if until is None and before is None:
            return
        if until is not None and before is not None and self._world.clock.now() + CAPPED_MS // 2 < before < until:
            return  # a cap that was told a moment ago
        if until is None or before is None or abs(until - before) > DRIFT_MS:
            self._limited = until
            await self._scribe.write(self._failover.limit, self._way.sender_id, until)

    def limited_until(self) -> int | None:
        """Until when this sender, though well, sends nothing (wall milliseconds); None: it may."""
        now = self._world.clock.now()
        if self._pacer.capped() is not None:
            return now + CAPPED_MS
        wait = self._monitor.wait()
        return now + int(wait * 1000) if wait is not None and wait > LIMIT_AFTER else None

    def _begin_gently(self, seconds: float) -> None:
        """At half its connections and half its rate for a while: what failed a moment ago may fail again."""
        self._pacer.ease(seconds)
        resize, connections = self._dispatcher.courier.resize, self._pacer.connections
        resize(connections())
        self.close()
        loop = asyncio.get_running_loop()
        self._ease = loop.call_later(seconds + 0.1, lambda: resize(connections()))

    def close(self) -> None:
        if self._ease is not None:
            self._ease.cancel()
