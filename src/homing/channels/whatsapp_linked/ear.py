"""What is heard of a device: events of its process and orders of people, in the order in which they came."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from homing.channels.whatsapp_linked.evidence import phone_of
from homing.channels.whatsapp_linked.link import Link
from homing.channels.whatsapp_linked.protocol import NEWS, from_line
from homing.model.device import LOCKED, Reason, Standing, Status
from homing.world import World


class DeviceDesk(Protocol):
    """Who hears of a device. Calls come on the event loop and must not block."""

    def stands(self, standing: Standing) -> None: ...
    def code(self, code: str, number: int, seconds: float, *, typed: bool) -> None: ...
    def linked(self, jid: str, phone: str) -> None: ...
    def process(self, pid: int | None) -> None: ...
    def receipt(self, message_ids: list[str], kind: str, at: int) -> None: ...
    def inbound(self, facts: dict[str, Any]) -> None: ...
    def sent(self, key: str, message_id: str) -> None: ...
    def kept(self, notes: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants of a device: pair, reconnect, takeover, logout, stop; or `stay`: nothing yet."""

    name: str
    method: str = "qr"
    phone: str | None = None


class Ordered(Exception):
    """An order came: whatever is waited for is given up."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.name)
        self.order = order


class Ear:
    """`link`: the process that is listened to now; what an earlier one still says of its end is not news."""

    def __init__(self, desk: DeviceDesk, world: World) -> None:
        self.inbox: asyncio.Queue[dict[str, Any] | Order] = asyncio.Queue()
        self.link: Link | None = None
        self._desk = desk
        self._world = world

    async def next(self, seconds: float | None) -> dict[str, Any] | None:
        """The next event that matters; None when the time is up (None: for ever). Raises Ordered."""
        deadline = None if seconds is None else self._world.clock.uptime() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - self._world.clock.uptime())
            try:
                async with asyncio.timeout(left):
                    told = await self.inbox.get()
            except TimeoutError:
                return None
            if isinstance(told, Order):
                raise Ordered(told)
            if not self._passed_on(told):
                return told

    def _passed_on(self, told: dict[str, Any]) -> bool:
        """Whether the event is of no matter to the standing, and done with."""
        match told["event"]:
            case "receipt":
                self._desk.receipt(list(told["message_ids"]), str(told["kind"]), int(told["at"]))
            case "inbound":
                self._desk.inbound(told)
            case "gone":
                return self.link is not None and self.link.alive
            case _:
                return False
        return True

    def catch_up(self, store: Path) -> None:
        """Tells what earlier processes kept: some of it was heard before, which changes nothing. Then their notes may go."""
        for notes in sorted(store.parent.glob(f"{store.name}{NEWS}*")):
            for line in notes.read_bytes().splitlines():
                with contextlib.suppress(ValueError, KeyError):  # the last line of one that was killed may be torn
                    told = from_line(line)
                    if told["event"] == "inbound" and not told.get("phone"):  # it was killed before it could ask
                        told["phone"] = phone_of(store, str(told["sender"]))
                    if told["event"] == "sent":
                        self._desk.sent(str(told["key"]), str(told["message_id"]))
                    else:
                        self._passed_on(told)
            self._desk.kept(notes)

    async def until_linked(self, seconds: float, *, patient: bool) -> Standing | None:
        """Waits for the link. None: it is up; else how it stands: a final refusal, or still not there.

        `patient`: bad news on the way does not end the wait.
        """
        deadline = self._world.clock.uptime() + seconds
        while (left := deadline - self._world.clock.uptime()) > 0:
            event = await self.next(left)
            if event is None:
                break
            if event.get("state") == "connected":
                return None
            told = self.final(event)
            if told is not None:
                return told
            if event["event"] == "gone" and not patient:
                return Standing(Status.RECONNECTING, Reason.CHILD_CRASH, code=str(event.get("code") or ""))
            if event.get("code") == "no_network" and not patient:
                break
        return Standing(Status.RECONNECTING, Reason.NETWORK)

    def final(self, event: dict[str, Any]) -> Standing | None:
        """The standing after an event that no redial changes; None for the others."""
        code = str(event.get("code") or "")
        if event["event"] == "log" and "outdated" in str(event.get("text") or ""):
            return Standing(Status.DISCONNECTED, Reason.UPGRADE_REQUIRED, code="405")
        match event.get("state"):
            case "logged_out":
                more = LOCKED if code in ("403", "406") else ""
                return Standing(Status.DISCONNECTED, Reason.LOGGED_OUT, code=code, more=more)
            case "replaced":
                return Standing(Status.DISCONNECTED, Reason.REPLACED)
            case "temp_banned":
                until = self._world.clock.now() + int(event.get("seconds") or 0) * 1000
                return Standing(Status.DISCONNECTED, Reason.TEMP_BANNED, until=until, code=code)
            case "upgrade_required":
                return Standing(Status.DISCONNECTED, Reason.UPGRADE_REQUIRED, code=code)
            case "failed":
                detail = str(event.get("detail") or "")
                return Standing(Status.DISCONNECTED, Reason.FAILED, code=code, more=detail)
            case _:
                return None


def pairing_failed(words: str, *, shown: bool) -> Standing:
    """No code was scanned, or none came. `words`: the last line of the library's log, which is all that it tells."""
    if shown:
        return Standing(Status.QR_PENDING, Reason.QR_EXPIRED)
    return Standing(Status.DISCONNECTED, Reason.FAILED, code="pairing", more=words or "No code came from WhatsApp.")
