"""Freezes audiences into deliveries, a page at a time, so that sending begins with the first page."""

import asyncio
import logging

from homing.engine.scribe import Scribe
from homing.model.errors import NotFound
from homing.model.ids import CampaignId, WorkerId
from homing.store.database import Database
from homing.store.leases import Leases
from homing.store.lookout import Lookout
from homing.store.planning import Ahead, Planning

log = logging.getLogger(__name__)


class Planner:
    """Plans whatever campaign it can lease; several planners never plan the same page."""

    def __init__(self, db: Database, scribe: Scribe, worker: WorkerId) -> None:
        self._scribe = scribe
        self._lookout = Lookout(db)
        self._leases = Leases(db, worker)
        self._planning = Planning(db, worker)

    async def look(self, dead: list[WorkerId]) -> None:
        """Plans one page of each campaign that needs it; returns when nothing is left to plan."""
        busy = True
        while busy:
            busy = False
            for id_ in await self._scribe.read(self._lookout.unplanned):
                busy |= await self._page(id_, dead)
                await asyncio.sleep(0)

    async def _page(self, id_: CampaignId, dead: list[WorkerId]) -> bool:
        epoch = await self._scribe.write(self._leases.take, "plan", str(id_), dead)
        if epoch is None:
            return False
        try:
            page = await self._scribe.write(self._planning.plan_page, id_, epoch)
        except (Ahead, NotFound):
            log.info("another planner is ahead", extra={"campaign": id_})
            return False
        if page.sealed or page.ahead:
            await self._scribe.write(self._leases.release, "plan", [str(id_)])
        return not (page.sealed or page.ahead)
