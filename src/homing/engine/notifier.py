"""Tells people and programs what happened: reads the log from its durable cursor, then does what that made due.

log --(cursor, one transaction)--> webhook_call --> POST, signed, over a day
                              \\--> notice -------> e-mail, over a day
                              \\--> whoever else reads (store/log_tail.py: Reader)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook as Signer

from homing.egress.door import Answer, Door, Unanswered
from homing.egress.judge import Forbidden
from homing.engine.scribe import Scribe
from homing.model.errors import NotFound
from homing.model.outcome import Accepted, Outcome, Refused, clean_words
from homing.store.log_tail import LogTail
from homing.store.notices import DueNotice, Notices
from homing.store.webhook_calls import Calls, DueCall, Try
from homing.store.webhooks import Webhooks
from homing.world import World

log = logging.getLogger(__name__)
GONE = 410
Post = Callable[[DueNotice], Awaitable[Outcome | None]]
"""Sends one notice; None: no sender can do it now."""


class Notifier:
    """Gives new facts to their readers."""

    def __init__(self, scribe: Scribe, tail: LogTail) -> None:
        self._scribe = scribe
        self._tail = tail

    async def look(self) -> bool:
        if not await self._scribe.read(self._tail.is_behind):
            return False
        return await self._scribe.write(self._tail.step) > 0


class Caller:
    """Posts what is owed to webhooks, a few at once, one after the other to each endpoint."""

    def __init__(self, scribe: Scribe, webhooks: Webhooks, calls: Calls, door: Door, world: World) -> None:
        self._scribe = scribe
        self._webhooks = webhooks
        self._calls = calls
        self._door = door
        self._world = world

    async def look(self) -> bool:
        due = await self._scribe.read(self._calls.due)
        endpoints: dict[int, list[DueCall]] = {}
        for call in due:
            endpoints.setdefault(call.webhook_id, []).append(call)
        await asyncio.gather(*(self._all(calls) for calls in endpoints.values()))
        return bool(due)

    async def _all(self, calls: list[DueCall]) -> None:
        for call in calls:
            if not (await self._call(call)).good:
                return  # it is in trouble: the others wait for the next look

    async def _call(self, call: DueCall) -> Try:
        started = self._world.clock.uptime()
        status, words = await self._post(call)
        took = int((self._world.clock.uptime() - started) * 1000)
        came = Try(self._world.clock.now(), took, status, words)
        await self._scribe.write(self._calls.tried, call, came)
        if status == GONE:
            await self._scribe.write(self._webhooks.disable, call.webhook_id, "gone")
        return came

    async def _post(self, call: DueCall) -> tuple[int | None, str | None]:
        try:
            endpoint, secrets = await self._scribe.read(self._webhooks.secrets, call.webhook_id)
            answer = await self._door.fetch(
                endpoint.url, method="POST", headers=self._headers(call, secrets), body=call.body.encode()
            )
        except NotFound:
            return None, "the webhook is removed"
        except Forbidden as error:
            return None, str(error)
        except Unanswered as error:
            return None, str(error)
        return answer.status, _words(answer)

    def _headers(self, call: DueCall, secrets: object) -> dict[str, str]:
        """Standard Webhooks: id, time and one signature for each secret, over the very bytes that are posted."""
        moment = datetime.fromtimestamp(self._world.clock.now() // 1000, UTC)
        listed = list(secrets) if isinstance(secrets, list | tuple) else []
        signatures = [Signer(secret).sign(call.event_id, moment, call.body) for secret in listed]
        return {
            "Content-Type": "application/json",
            "User-Agent": "Homing",
            "webhook-id": call.event_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _words(answer: Answer) -> str | None:
    """The beginning of what a refusal said, as data."""
    if 200 <= answer.status < 300:
        return None
    return clean_words(answer.body[:500].decode("utf-8", "replace")) or None


class NoticePost:
    """Sends the e-mails that are due."""

    def __init__(self, scribe: Scribe, notices: Notices, post: Post) -> None:
        self._scribe = scribe
        self._notices = notices
        self._post = post

    async def look(self) -> bool:
        due = await self._scribe.read(self._notices.due)
        for each in due:
            await self._send(each)
        return False

    async def _send(self, each: DueNotice) -> None:
        outcome = await self._post(each)
        match outcome:
            case Accepted():
                await self._scribe.write(self._notices.sent, each.id)
            case Refused():
                await self._scribe.write(self._notices.failed, each, str(outcome.words), for_good=True)
            case None:
                await self._scribe.write(self._notices.failed, each, "no sender can send it now")
            case _:  # perhaps accepted too: somebody who reads a notice twice is better off than one who never does
                await self._scribe.write(self._notices.failed, each, f"{outcome.reason} {outcome.words}".strip())
