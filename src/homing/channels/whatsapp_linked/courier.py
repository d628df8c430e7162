"""The courier of a linked device: one message at a time, and none while the device is not up.

submit --> about_to --> release --> the device sends --> finished
   |                       |
   +-- the device is not up: NotSent, charged to nobody; `probe` waits for it to come back
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from homing.channels.whatsapp_linked.device import LinkedDevice
from homing.model.courier import Desk, Parcel
from homing.model.device import NO_CONNECTION, Status
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import Key
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words

LOOK_FOR = 10.0
"""Seconds that a probe waits for the device to come up: so that sending goes on the moment it does."""


class LinkedCourier:
    """`find`: the device while this worker runs it; `secret_of`: what an attempt is found by in the device's store;
    `identified`: told of each message id that is known to be an attempt's; `file_of`: what a message carries, as a file."""

    def __init__(
        self,
        desk: Desk,
        find: Callable[[], LinkedDevice | None],
        secret_of: Callable[[Key], bytes],
        identified: Callable[[Key, str], None],
        file_of: Callable[[int, Mapping[str, Any]], Path],
    ) -> None:
        self.failure: BaseException | None = None
        self._desk = desk
        self._find = find
        self._secret_of = secret_of
        self._identified = identified
        self._file_of = file_of
        self._parcel: Parcel | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._free = asyncio.Event()
        self._free.set()

    def room(self) -> int:
        return 0 if self._closing or self._parcel is not None or not self._is_up() else 1

    def submit(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._free.clear()
        if self._closing or not self._is_up():
            asyncio.get_running_loop().call_soon(self._finish, parcel, self._down())
        else:
            self._desk.about_to(parcel)

    def release(self, parcel: Parcel) -> None:
        if parcel is not self._parcel or self._task is not None:
            return
        if not self._desk.may_write(parcel):
            self._finish(parcel, _news("lane_lost"))
            return
        self._task = asyncio.get_running_loop().create_task(self._send(parcel))

    def refuse(self, parcel: Parcel) -> None:
        if parcel is self._parcel and self._task is None:
            self._finish(parcel, _news("withdrawn"))

    def resize(self, connections: int) -> None:
        """One message at a time, whatever is wished."""

    def recall(self) -> Sequence[Parcel]:
        return ()

    async def probe(self) -> NotSent | None:
        """Waits a while for the device; asks nobody anything."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_FOR):
                while not self._is_up():  # noqa: ASYNC110 - the device itself may come and go meanwhile
                    await asyncio.sleep(0.05)
        return None if self._is_up() else self._down()

    async def close(self, patience: float) -> None:
        self._closing = True
        if self._parcel is not None and self._task is None:
            self._finish(self._parcel, _news("closing"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._free.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # ---- inside

    async def _send(self, parcel: Parcel) -> None:
        outcome: Outcome = Unclear("closed", Words("frame"))
        try:
            outcome = await self._try(parcel)
        finally:
            self._task = None
            self._finish(parcel, outcome)

    async def _try(self, parcel: Parcel) -> Outcome:
        try:
            payload = await self._payload(parcel)
        except Unreachable:
            return _news("held_back")  # the ledger is away: so is its file
        except (OSError, ValueError, HomingError) as error:
            return Refused("content", Words("frame", "", str(error)[:200]), campaign_fault=True)
        device = self._find()
        if device is None:
            return self._down()
        campaign, seq, attempt = parcel.key
        key = f"{campaign}/{seq}/{attempt}"
        outcome = await device.send(key, self._secret_of(parcel.key), parcel.recipient, payload)
        if "seq" in payload.get("media", ()):  # nobody else carries it; another try writes it again
            await asyncio.to_thread(Path(payload["media"]["path"]).unlink, missing_ok=True)
        if isinstance(outcome, Accepted) and outcome.provider_id:
            self._identified(parcel.key, outcome.provider_id)
        elif isinstance(outcome, Unclear) and outcome.words.code:
            self._identified(parcel.key, outcome.words.code)
        return outcome

    async def _payload(self, parcel: Parcel) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(parcel.body)
        if "template" in payload:
            raise ValueError("approved templates are for the Cloud API; a linked device sends texts and files")
        if media := payload.get("media"):
            path = await asyncio.to_thread(self._file_of, parcel.key.campaign, media)
            payload["media"] = {**media, "path": str(path)}
        return payload

    def _is_up(self) -> bool:
        device = self._find()
        return device is not None and device.standing.up

    def _down(self) -> NotSent:
        """What keeps it, in the device's own words."""
        device = self._find()
        if device is None:
            return NotSent("no_device", Blame.SENDER, Words("frame", "", NO_CONNECTION), Trouble.PROVIDER)
        standing = device.standing
        trouble = Trouble.CONNECT if standing.status is Status.RECONNECTING else Trouble.PROVIDER
        return NotSent(standing.reason, Blame.SENDER, Words("frame", standing.code, standing.words), trouble)

    def _finish(self, parcel: Parcel, outcome: Outcome) -> None:
        if self._parcel is not parcel:
            return
        self._parcel = None
        self._free.set()
        try:
            self._desk.finished(parcel, outcome)
        except Exception as error:
            self.failure = error
            raise


def _news(reason: str) -> NotSent:
    return NotSent(reason, Blame.SENDER, Words("frame", "", reason))
