"""Makes true what providers told: reads what came in, parses it by its kind, settles it; confirms subscriptions of SNS."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from homing.engine.scribe import Scribe
from homing.model.errors import Unreachable
from homing.model.receipt import Receipt
from homing.store.receipts import HookCall, Receipts

log = logging.getLogger(__name__)
Parse = Callable[[HookCall], Sequence[Receipt]]
"""The receipts in a body that was verified. Never raises."""
Confirm = Callable[[HookCall], Awaitable[bool]]
"""Does what a body asks of us beside keeping it; False: later again."""


class Receiver:
    def __init__(self, scribe: Scribe, receipts: Receipts, parse: Parse, confirm: Confirm) -> None:
        self._scribe = scribe
        self._receipts = receipts
        self._parse = parse
        self._confirm = confirm

    async def look(self) -> bool:
        """Works off a page of what came in; whether there may be more."""
        waiting = await self._scribe.read(self._receipts.waiting)
        done = 0
        for call in waiting:
            try:
                if not await self._confirm(call):
                    continue
                news = await self._scribe.write(self._receipts.settle, call, self._parse(call))
            except Unreachable:
                raise
            except Exception as error:  # whatever is in one body, those behind it are not kept waiting
                log.error("a body could not be worked off", extra={"hook": call.id}, exc_info=error)
                news = await self._scribe.write(self._receipts.settle, call, ())
            done += 1
            if news:
                log.info("receipts came in", extra={"hook": call.id, "news": news})
        return done > 0

    async def tidy(self) -> bool:
        """Removes raw bodies that are older than any event we accept."""
        return await self._scribe.write(self._receipts.tidy) > 0
