"""The linked devices that this worker owns: taken by lease, restored, told what people order; how they stand is written.

look (2 x a second) --> takes devices that should be up, have an order, or have something to send; hands orders on
renew (each 5 s)    --> one that does not come back, or that could not be renewed in time, is ended before somebody else takes it
settle (each 2 s)   --> attempts in doubt: the device's store says which frames may have left, and proves which did not
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from homing.channels.whatsapp_linked.device import LinkedDevice
from homing.channels.whatsapp_linked.ear import Order
from homing.channels.whatsapp_linked.evidence import Absence, resolve
from homing.channels.whatsapp_linked.link import end_process, process_start
from homing.engine.scribe import Scribe
from homing.model.courier import Courier, Desk
from homing.model.device import LEASE_MS, Reason, Standing, Status
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import CampaignId, Key, SenderId, WorkerId
from homing.store.database import Database
from homing.store.device_messages import DeviceMessages
from homing.store.devices import Device, Devices, this_machine
from homing.store.evidence import Evidence

log = logging.getLogger(__name__)
SPREAD = 1.0  # seconds between two starts
TRUST = LEASE_MS / 1000 - 3.0  # seconds since the start of a renewal, then a device is ended
SETTLE_EVERY = 2.0
AWAY_EVERY = 10.0

OpenDevice = Callable[[Device, "Care"], LinkedDevice]
Inbound = Callable[[Device, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a connector is given: the store of devices with the key to show codes, how to open one, what an attempt is found by,
    and where messages that come in are written."""

    devices: Devices
    open_device: OpenDevice
    secret_of: Callable[[Key], bytes]
    open_courier: "Callable[[SenderId, Desk, Connector], Courier]"
    inbound: Inbound = lambda device, facts: None


class Connector:
    def __init__(self, db: Database, scribe: Scribe, me: WorkerId, keeping: Keeping) -> None:
        self._world = db.world
        self._scribe = scribe
        self._me = me
        self._keeping = keeping
        self._devices = keeping.devices
        self._messages = DeviceMessages(db)
        self._evidence = Evidence(db)
        self._cares: dict[SenderId, Care] = {}
        self._renewed = db.world.clock.uptime()
        self._started = -SPREAD
        self._told = False
        self._restoring: set[SenderId] = set()  # those that this start has not heard of yet

    def find(self, sender_id: SenderId) -> LinkedDevice | None:
        """The device, while this worker runs it."""
        care = self._cares.get(sender_id)
        return care.device if care is not None else None

    def trouble(self, sender_id: SenderId) -> str | None:
        """Why a device that this worker runs cannot send now, in words."""
        device = self.find(sender_id)
        return None if device is None or device.standing.up else device.standing.words

    def restored(self, sender_id: SenderId, standing: Standing) -> None:
        """Says how the restoration at a start goes on, in the founding document's words."""
        if sender_id not in self._restoring or standing.status is Status.RECONNECTING:
            return
        self._restoring.discard(sender_id)
        if standing.up:
            log.info("Connection restored successfully", extra={"sender": sender_id})
        if not self._restoring:
            log.info("WhatsApp connections restored")

    def identified(self, sender_id: SenderId, key: Key, message_id: str) -> None:
        """Writes whose message an id is."""
        care = self._cares.get(sender_id)
        if care is not None:
            care.put(lambda: self._scribe.write(self._messages.identified, sender_id, message_id, key))

    async def look(self, wanted: Collection[SenderId], dead: Sequence[WorkerId]) -> None:
        """`wanted`: senders that have something to send."""
        rows = {row.sender_id: row for row in await self._scribe.read(self._devices.list)}
        due = [row for row in rows.values() if row.desired == "connected"]
        if not self._told:
            self._told = True
            log.info("Restoring WhatsApp connections...")
            log.info("Found %s existing connection(s)", len(due))
            here = (row for row in due if row.machine in ("", this_machine()) and row.standing.until is None)
            self._restoring = {r.sender_id for r in here if r.jid and r.standing.reason is not Reason.REPLACED}
        for sender_id, care in list(self._cares.items()):
            if (failure := care.failure) is not None:
                log.error("care of a device failed; it begins anew", extra={"sender": sender_id}, exc_info=failure)
                await self._end(sender_id)
        for row in rows.values():
            found = self._cares.get(row.sender_id)
            if found is not None:
                await self._obey(found, row)
            elif row.machine in ("", this_machine()) and (
                row.desired == "connected" or row.ordered or row.sender_id in wanted
            ):
                await self._take(row, dead)
        for gone in self._cares.keys() - rows.keys():
            await self._end(gone)

    async def _obey(self, care: "Care", row: Device) -> None:
        """Hands on what a person ordered since."""
        if row.order_id > care.order_id and row.order_name is not None:
            care.order_id = row.order_id
            care.device.order(Order(row.order_name, row.order_method or "qr", row.order_phone))
            await self._scribe.write(self._devices.done, row.sender_id, care.epoch, row.order_id)

    async def _take(self, row: Device, dead: Sequence[WorkerId]) -> None:
        now = self._world.clock.uptime()
        if now - self._started < SPREAD and row.order_id == row.order_done:
            return
        own = await self._scribe.write(self._devices.own, row.sender_id, self._me, dead)
        if own is None:
            return
        self._started = now
        if own.pid is not None and own.pid_started is not None and end_process(own.pid, own.pid_started):
            log.warning("ended a device's process that its worker left behind", extra={"pid": own.pid})
        care = Care(self, own)
        self._cares[own.sender_id] = care
        first = None
        if own.ordered and own.order_name is not None:
            first = Order(own.order_name, own.order_method or "qr", own.order_phone)
            await self._scribe.write(self._devices.done, own.sender_id, own.epoch, own.order_id)
        elif own.desired != "connected":
            first = Order("stay")
        care.begin(first)

    @property
    def busy(self) -> bool:
        """Whether it runs a device, or has not looked for one yet."""
        return bool(self._cares) or not self._told

    async def renew(self) -> None:
        before = self._world.clock.uptime()
        if not self._cares:
            self._renewed = before
            return
        try:
            held = await self._scribe.write(self._devices.renew, self._me)
        except Unreachable:
            if before - self._renewed > TRUST:
                await self._end_all()
            raise
        if before - self._renewed > TRUST:
            # This process slept past its lease: somebody else may have had them meanwhile.
            await self._end_all()
        self._renewed = before
        for sender_id, care in list(self._cares.items()):
            if held.get(sender_id) != care.epoch:
                log.warning("a device was taken over", extra={"sender": sender_id})
                await self._end(sender_id)

    async def note_away(self) -> None:
        """Tells of devices whose process is gone."""
        await self._scribe.write(self._devices.note_away)

    async def settle(self) -> None:
        """What the stores of our devices know of attempts in doubt (L11)."""
        for sender_id, care in list(self._cares.items()):
            if care.jid is None or care.linked_at is None or not care.device.standing.up:
                continue  # up: its process is ours and holds the lock of the store, so nobody else writes there
            after: Key | None = None
            while page := await self._scribe.read(self._messages.doubts, sender_id, after):
                after = page[-1].key
                asked = {f"{d.key.campaign}/{d.key.seq}/{d.key.attempt}": d for d in page if not care.settled(d.key)}
                asked = {name: doubt for name, doubt in asked.items() if name not in care.device.under_way}
                secrets = {name: self._keeping.secret_of(doubt.key) for name, doubt in asked.items()}
                store = care.device.plan.store
                found = await asyncio.to_thread(resolve, store, care.jid, secrets)
                for name, doubt in asked.items():
                    await self._settle_one(
                        care, doubt.key, found[name].message_id, found[name].absence, doubt.intended_at
                    )

    async def _settle_one(
        self, care: "Care", key: Key, message_id: str | None, absence: Absence, intended_at: int
    ) -> None:
        if message_id is not None:
            await self._scribe.write(self._messages.identified, care.row.sender_id, message_id, key)
        elif absence is Absence.PROVED and intended_at >= (care.linked_at or 0):
            # It began with this very device, and whoever ran it then is dead: we hold the device, and its lock.
            if await self._scribe.write(lambda: self._evidence.never_left(key, source="never_left")):
                log.info("the store proves that a message never left", extra={"campaign": key.campaign, "seq": key.seq})
            care.note(key)
        else:
            care.note(key)

    async def close(self) -> None:
        """An orderly end: links down, stores closed, devices free for the next worker."""
        await self._end_all()
        with contextlib.suppress(HomingError):
            await self._scribe.write(self._devices.release, self._me)

    async def _end_all(self) -> None:
        await asyncio.gather(*(self._end(sender_id) for sender_id in list(self._cares)))

    async def _end(self, sender_id: SenderId) -> None:
        care = self._cares.pop(sender_id, None)
        if care is not None:
            await care.end()

    # ---- for Care

    def write(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
        return self._scribe.write(act, *args, **kwargs)

    def now(self) -> int:
        return self._world.clock.now()

    @property
    def keeping(self) -> Keeping:
        return self._keeping

    @property
    def messages(self) -> DeviceMessages:
        return self._messages


class Care:
    """One device that is ours, and the ledger's ear for it: news is written in the order in which it came."""

    def __init__(self, connector: Connector, row: Device) -> None:
        self.row = row
        self.epoch = row.epoch
        self.order_id = row.order_id
        self.linked_at = row.linked_at
        self._connector = connector
        self._news: asyncio.Queue[Callable[[], Awaitable[Any]]] = asyncio.Queue()
        self._known: set[Key] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.device = connector.keeping.open_device(row, self)

    @property
    def jid(self) -> str | None:
        return self.device.jid

    def begin(self, first: Order | None) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._write()), loop.create_task(self.device.run(first))]

    async def end(self) -> None:
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def failure(self) -> BaseException | None:
        """What one of its tasks died of: a bug, which must not leave the device to nobody."""
        died = (task.exception() for task in self._tasks if task.done() and not task.cancelled())
        return next((error for error in died if error is not None), None)

    def put(self, act: Callable[[], Awaitable[Any]]) -> None:
        self._news.put_nowait(act)

    def settled(self, key: Key) -> bool:
        """Whether the store was asked about this attempt already: what it does not know now it will not know later."""
        return key in self._known

    def note(self, key: Key) -> None:
        self._known.add(key)

    async def _write(self) -> None:
        while True:
            act = await self._news.get()
            while True:
                try:
                    await act()
                    break
                except Unreachable as error:
                    log.warning("news of a device cannot be written yet", extra={"cause": error.detail})
                    await asyncio.sleep(1.0)
                except HomingError as error:
                    log.warning("news of a device could not be written", extra={"cause": error.detail})
                    break
                except Exception as error:  # whatever is in one piece of news, what comes after it is written
                    log.error("news of a device could not be written", exc_info=error)
                    break

    # ---- what the device tells (channels.whatsapp_linked.device.DeviceDesk)

    def stands(self, standing: Standing) -> None:
        devices = self._connector.keeping.devices
        self._connector.restored(self.row.sender_id, standing)
        self.put(lambda: self._connector.write(devices.stands, self.row.sender_id, self.epoch, standing))

    def code(self, code: str, number: int, seconds: float, *, typed: bool) -> None:
        show = self._connector.keeping.devices.show_code
        self.put(
            lambda: self._connector.write(show, self.row.sender_id, self.epoch, code, number, seconds, typed=typed)
        )

    def linked(self, jid: str, phone: str) -> None:
        devices = self._connector.keeping.devices
        self.linked_at = self._connector.now()
        self.put(lambda: self._connector.write(devices.linked, self.row.sender_id, self.epoch, jid, phone))

    def process(self, pid: int | None) -> None:
        devices = self._connector.keeping.devices
        started = process_start(pid) if pid is not None else None
        self.put(lambda: self._connector.write(devices.process, self.row.sender_id, self.epoch, pid, started))

    def receipt(self, message_ids: list[str], kind: str, at: int) -> None:
        if kind not in ("delivered", "read", "played"):
            return
        heard = self._connector.messages.heard
        for each in message_ids:
            self.put(partial(self._connector.write, heard, self.row.sender_id, each, kind))

    def sent(self, key: str, message_id: str) -> None:
        """An earlier process had the server's acknowledgement, and nobody heard of it."""
        campaign, seq, attempt = (int(part) for part in key.split("/"))
        of = Key(CampaignId(campaign), seq, attempt)
        proved = self._connector.messages.proved
        self.put(lambda: self._connector.write(proved, self.row.sender_id, message_id, of))

    def kept(self, notes: Path) -> None:
        """All that was told before is in the ledger by now."""

        async def remove() -> None:
            await asyncio.to_thread(notes.unlink, missing_ok=True)

        self.put(remove)

    def inbound(self, facts: dict[str, Any]) -> None:
        inbound = self._connector.keeping.inbound
        self.put(lambda: self._connector.write(inbound, self.row, facts))
