"""What one worker of all does beside sending: tails the log, calls webhooks, sends notices, reads receipts, tidies up.

A lease says who. Losing it in the middle of a job harms nothing: what jobs write is compared and set, or unique.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from homing.engine.scribe import Scribe
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import WorkerId
from homing.store.chores import Chores, Waits
from homing.store.database import Database
from homing.store.leases import Leases

log = logging.getLogger(__name__)
KIND, KEY = "loop", "clerk"
TAKE_EVERY = 2.0
BUG_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """`look` does what is due and returns whether there may be more of it now; `every`: seconds between looks otherwise.

    `waits`: whether it has something to do. The worker asks that of all its jobs at once, with what else it looks for, and
    such a job looks only then.
    """

    name: str
    look: Callable[[], Awaitable[bool]]
    every: float = 0.5
    waits: Waits | None = None


class Clerk:
    def __init__(self, db: Database, scribe: Scribe, me: WorkerId, jobs: Sequence[Job]) -> None:
        self._clock = db.world.clock
        self._scribe = scribe
        self._leases = Leases(db, me)
        self._jobs = tuple(jobs)
        self._calls = {job.name: asyncio.Event() for job in jobs if job.waits is not None}
        self.chores = Chores({job.name: job.waits for job in jobs if job.waits is not None})
        self._until = 0.0

    @property
    def on_duty(self) -> bool:
        """Whether the lease is ours now."""
        return self._clock.uptime() < self._until

    def keep(self, *, held: bool, until: float) -> None:
        """What a renewal said of the lease. `until`: uptime seconds as far as it may be believed."""
        self._until = until if held else 0.0

    def call(self, names: Iterable[str]) -> None:
        """These jobs have something to do."""
        for name in names:
            self._calls[name].set()

    async def look(self, dead: Sequence[WorkerId], trust: float) -> None:
        """Takes the lease when nobody has it. `trust`: seconds that a taken one may be believed."""
        if self.on_duty or not self._jobs or not await self._scribe.read(self._leases.is_free, KIND, KEY, dead):
            return
        before = self._clock.uptime()
        if await self._scribe.write(self._leases.take, KIND, KEY, dead) is not None:
            self._until = before + trust
            log.info("on duty as clerk")

    async def run(self) -> None:
        """All jobs, each at its own pace, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._repeat(job))

    async def _repeat(self, job: Job) -> None:
        call, more = self._calls.get(job.name), False
        while True:
            if call is not None and not more:
                await call.wait()
                call.clear()
            wait = await self._once(job) if self.on_duty else job.every
            more = not wait
            await asyncio.sleep(wait)

    async def _once(self, job: Job) -> float:
        """Seconds until the next look. A bug in one job stops neither the others nor the sending."""
        try:
            return 0.0 if await job.look() else job.every
        except Unreachable as error:
            log.warning("a job waits for the ledger", extra={"job": job.name, "cause": error.detail})
        except HomingError as error:
            log.warning("a job could not be done", extra={"job": job.name, "cause": error.detail})
        except Exception as error:  # whatever it is, it must not end the worker
            log.error("a job failed", extra={"job": job.name, "cause": type(error).__name__}, exc_info=error)
            return BUG_PAUSE
        return max(job.every, TAKE_EVERY)
