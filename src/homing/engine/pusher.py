"""Tells browsers while no page of ours is open: one POST to the push service of each, readable by that browser alone."""

import asyncio
import logging

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from homing.egress.door import Door, Unanswered
from homing.egress.judge import Forbidden
from homing.engine.scribe import Scribe
from homing.model.errors import HomingError, NotFound
from homing.store.pushes import DuePush, Pushes
from homing.transport.web_push import MOST_BYTES, authorization, encrypt, from_text
from homing.world import World

log = logging.getLogger(__name__)
TTL_S = 86_400  # so long a push service keeps it for a device that is off
_GONE = (404, 410)
_HOPELESS = (400, 401, 403, 413)


class Pusher:
    """`subject`: whom a push service may ask about us."""

    def __init__(self, scribe: Scribe, pushes: Pushes, door: Door, world: World, subject: str) -> None:
        self._scribe = scribe
        self._pushes = pushes
        self._door = door
        self._world = world
        self._subject = subject

    async def look(self) -> bool:
        due = await self._scribe.read(self._pushes.due)
        if not due:
            return False
        try:
            private = await self._scribe.read(self._pushes.private_key)
        except HomingError as error:
            log.warning("nothing can be pushed", extra={"cause": error.code})
            return False
        await asyncio.gather(*(self._push(each, private) for each in due))
        return True

    async def _push(self, each: DuePush, private: EllipticCurvePrivateKey) -> None:
        try:
            keys = await self._scribe.read(self._pushes.keys, each.subscription_id)
            body = encrypt(each.body.encode()[:MOST_BYTES], from_text(keys.p256dh), from_text(keys.auth))
            answer = await self._door.fetch(
                each.endpoint, method="POST", headers=self._headers(each, private), body=body
            )
        except NotFound:
            return  # it was forgotten meanwhile, and what is owed to it too
        except Forbidden as error:
            await self._scribe.write(self._pushes.failed, each, str(error), for_good=True)
        except Unanswered as error:
            await self._scribe.write(self._pushes.failed, each, str(error))
        else:
            await self._judge(each, answer.status)

    async def _judge(self, each: DuePush, status: int) -> None:
        if 200 <= status < 300:
            await self._scribe.write(self._pushes.sent, each)
        elif status in _GONE:  # RFC 8030 section 7.3: the person took the permission back
            await self._scribe.write(self._pushes.end, each.subscription_id)
        else:
            await self._scribe.write(self._pushes.failed, each, f"HTTP {status}", for_good=status in _HOPELESS)

    def _headers(self, each: DuePush, private: EllipticCurvePrivateKey) -> dict[str, str]:
        now_s = self._world.clock.now() // 1000
        return {
            "TTL": str(TTL_S),
            "Urgency": "normal",
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "Authorization": authorization(each.endpoint, private, self._subject, now_s),
        }
