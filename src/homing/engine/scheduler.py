"""Starts campaigns at their time, recurring ones at each of theirs; one that was missed for too long waits for a person."""

import logging

from homing.engine.scribe import Scribe
from homing.model.campaign import PauseReason
from homing.model.errors import HomingError
from homing.store.control import ENGINE, Control
from homing.store.database import Database
from homing.store.lookout import Lookout
from homing.store.recurrences import Recurrences

log = logging.getLogger(__name__)


class Scheduler:
    """`missed_after`: seconds; a start that is overdue by more was missed while the server was down."""

    def __init__(self, db: Database, scribe: Scribe, missed_after: float) -> None:
        self._world = db.world
        self._scribe = scribe
        self._lookout = Lookout(db)
        self._control = Control(db)
        self._recurrences = Recurrences(db)
        self._missed_after = missed_after

    async def look(self) -> None:
        now = self._world.clock.now()
        for each in await self._scribe.read(self._recurrences.due, now):
            try:
                await self._scribe.write(self._recurrences.run, each, self._missed_after)
            except HomingError as error:
                log.warning("a recurring campaign could not run", extra={"recurrence": each.id, "cause": error.detail})
        for campaign in await self._scribe.read(self._lookout.due, now):
            late = (now - (campaign.start_at or now)) / 1000
            try:
                if late > self._missed_after:
                    detail = (
                        f"Its start was missed by {late / 3600:.1f} h while Homing was down. Resume it to send now."
                    )
                    await self._scribe.write(self._control.pause, campaign.id, ENGINE, PauseReason.MISSED_START, detail)
                else:
                    await self._scribe.write(self._control.start, campaign.id, ENGINE)
            except HomingError as error:
                log.warning(
                    "a scheduled campaign could not start", extra={"campaign": campaign.id, "cause": error.detail}
                )
