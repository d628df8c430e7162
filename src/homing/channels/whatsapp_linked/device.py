"""One linked device under care: its process, its link, and what is done when either breaks (homing.model.device draws it).

It is told nothing of campaigns. Orders come from people (pair, reconnect, takeover, logout, stop), news goes to a desk.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homing.channels.whatsapp_linked import lasting, protocol
from homing.channels.whatsapp_linked.ear import DeviceDesk, Ear, Order, Ordered, pairing_failed
from homing.channels.whatsapp_linked.evidence import Absence, linked_jid, put_aside, resolve
from homing.channels.whatsapp_linked.link import Died, Link, Refusal, command_of
from homing.channels.whatsapp_linked.table import outcome_of, restriction
from homing.channels.whatsapp_linked.witness import appoint, draw_line
from homing.model.device import ATTEMPTS, PROBE_EVERY, STEADY, UNTOLD, WAITS, Reason, Standing, Status
from homing.model.outcome import Blame, NotSent, Outcome, Trouble, Unclear, Words
from homing.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a device is made of. `scale`: of every wait between attempts (tests shorten them); `driver`: neonize or sim."""

    name: str
    store: Path
    proxy: str | None = None
    scale: float = 1.0
    driver: str = "neonize"
    jid: str | None = None  # as the ledger knows it
    command: tuple[str, ...] | None = None


State = Coroutine[Any, Any, "State | None"]


class LinkedDevice:
    def __init__(self, plan: Plan, desk: DeviceDesk, world: World, standing: Standing | None = None) -> None:
        self.plan = plan
        self.standing = standing or Standing(Status.DISCONNECTED, Reason.NEW)
        self.jid = linked_jid(plan.store, plan.jid)
        self._desk = desk
        self._world = world
        self._ear = Ear(desk, world)
        self._link: Link | None = None
        self._dialled = False
        self._attempt = 0
        self._restricted = lasting.restricted_until(self.standing)
        self._changed: list[Callable[[], None]] = []
        self._sending = asyncio.Lock()
        self.under_way: set[str] = set()  # attempts that our process may be about: its store proves nothing of them yet

    # ---- what others may do

    def order(self, order: Order) -> None:
        self._ear.inbox.put_nowait(order)

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` follows each change of the standing."""
        self._changed.append(call)

    async def run(self, first: Order | None = None) -> None:
        """Until cancelled. Without a first order a device that is linked is restored."""
        state: State | None = self._obey(first) if first else self._start()
        try:
            while True:
                try:
                    state = await (state if state is not None else self._idle(self.standing))
                except Ordered as told:
                    state = self._obey(told.order)
                except (Died, Refusal) as error:
                    state = self._after_fault(error)
        finally:
            await asyncio.shield(self._end())

    async def send(self, key: str, secret: bytes, number: str, payload: dict[str, Any]) -> Outcome:
        """One message, tried once; whatever dies meanwhile, what the store knows of it decides the outcome.

        `key` names the attempt; `secret` is what it is found by. Accepted and Unclear carry the message id where it is known.
        """
        async with self._sending:
            link, jid = self._link, self.jid
            if link is None or jid is None or not self.standing.up:
                return NotSent("not_connected", Blame.SENDER, Words("frame", "", self.standing.words), Trouble.CONNECT)
            if (left := (self._restricted or 0) - self._world.clock.now()) > 0:
                return restriction(left / 1000, Words("frame", "", self.standing.words))
            fields = {"key": key, "secret": secret.hex(), "jid": f"{number.lstrip('+')}@s.whatsapp.net"}
            self.under_way.add(key)
            try:
                outcome = outcome_of(await link.ask("send", protocol.SENT_WITHIN, **fields, payload=payload))
            except Refusal as error:
                outcome = NotSent(error.error, Blame.SENDER, Words("frame", "", error.detail))
            except Died as error:
                outcome = Unclear("process_died", Words("frame", "", str(error)))
            if isinstance(outcome, Unclear):
                link.kill()
                await link.gone.wait()
                outcome = await self._look_up(key, jid, secret, outcome)
            self.under_way.discard(key)
            if isinstance(outcome, NotSent) and outcome.reason == "restricted":
                self._restricted = self._world.clock.now() + int((outcome.retry_after or 0) * 1000)
                self._tell(self.standing)
            return outcome

    async def _look_up(self, key: str, jid: str, secret: bytes, outcome: Unclear) -> Outcome:
        found = (await asyncio.to_thread(resolve, self.plan.store, jid, {key: secret}))[key]
        if found.message_id is not None:
            return replace(outcome, words=replace(outcome.words, code=found.message_id))
        if found.absence is Absence.PROVED:
            return NotSent("never_left", Blame.SENDER, outcome.words, Trouble.CONNECT)
        return outcome

    # ---- states

    async def _start(self) -> State:
        if lasting.is_kept(self.standing, self._world.clock.now()):
            return self._stand_still(self.standing)
        if self.jid is None:
            return self._idle(self._without_session())
        log.info("Restoring: %s", self.plan.name)
        self._tell(Standing(Status.RECONNECTING, Reason.RESTART, 0, 0.0))
        return self._dial(Reason.RESTART)

    async def _obey(self, order: Order) -> State:
        log.info("a device is told to %s", order.name)
        match order.name:
            case "pair":
                return self._pair(order)
            case "logout":
                more = "" if await self._unlinked() else UNTOLD
                self.jid = None
                return self._idle(replace(lasting.gone(lasting.HERE), more=more))
            case "stay":
                down = self.standing.status is Status.DISCONNECTED
                return self._idle(self.standing if down else lasting.gone(lasting.MISSING))
            case "stop":
                return self._idle(Standing(Status.DISCONNECTED, Reason.STOPPED))
            case _:
                self._attempt = 0
                if self.jid is None:
                    return self._idle(self._without_session())
                if self.standing.status is Status.CONNECTED and self._link is not None:
                    return self._hold()
                self._tell(Standing(Status.RECONNECTING, Reason.CONNECTING, 0, 0.0))
                return self._dial(Reason.CONNECTING)

    def _without_session(self) -> Standing:
        return lasting.without_session(self.standing, was_linked=self.plan.jid is not None)

    async def _unlinked(self) -> bool:
        """Tells WhatsApp that this device is none any more; one that is not connected is connected for it. Whether it heard."""
        if self.jid is None:
            return True
        try:
            if (
                self._link is None or self.standing.status is not Status.CONNECTED
            ):  # an earlier process may have left that word
                self._tell(Standing(Status.RECONNECTING, Reason.CONNECTING, 0, 0.0))
                await self._call()
                if await self._linked(protocol.CONNECTED_WITHIN) is not None:
                    return False
            link = await self._open()
            await link.ask("logout", 15.0)
        except (Died, Refusal):
            return False
        return True

    async def _idle(self, standing: Standing, again_in: float | None = None) -> State | None:
        """Nothing is done but what a person orders, or what `again_in` seconds bring."""
        await self._end()
        self._tell(standing)
        if standing.status is Status.DISCONNECTED:
            self._attempt = 0
        while True:
            if await self._ear.next(again_in) is None:
                return self._dial(Reason.CONNECTING, quiet=True)

    async def _dial(self, why: Reason, *, quiet: bool = False) -> State:
        """One attempt. `quiet`: one more after the last, which changes the standing only when it succeeds."""
        await self._call()
        told = await self._linked(protocol.CONNECTED_WITHIN)
        if told is None:
            return self._hold()
        if told.status is Status.DISCONNECTED:
            return self._stand_still(told)
        if quiet:
            return self._idle(self.standing, PROBE_EVERY * self.plan.scale)
        return self._again(told.reason if why is Reason.RESTART else why)

    async def _again(self, why: Reason, code: str = "") -> State:
        """The line is lost: 5, 10, 20, 40, 80 s, and the library may dial by itself meanwhile."""
        if self._attempt >= ATTEMPTS:
            away = Standing(Status.DISCONNECTED, Reason.UNREACHABLE, self._attempt, code=code)
            return self._idle(away, PROBE_EVERY * self.plan.scale)
        wait = WAITS[self._attempt] * self.plan.scale
        self._attempt += 1
        log.info("Attempting reconnection %s/%s", self._attempt, ATTEMPTS)
        self._tell(Standing(Status.RECONNECTING, why, self._attempt, wait, code=code))
        told = await self._linked(wait, patient=True)
        if told is None:
            return self._hold()
        if told.status is Status.DISCONNECTED:
            return self._stand_still(told)
        await self._call()
        told = await self._linked(protocol.CONNECTED_WITHIN)
        if told is None:
            return self._hold()
        return self._stand_still(told) if told.status is Status.DISCONNECTED else self._again(why, told.code)

    async def _hold(self) -> State:
        """Connected, until it is not."""
        assert self._link is not None  # noqa: S101 - who is connected has a link
        await asyncio.to_thread(appoint, self.plan.store)
        log.info("WhatsApp connected successfully")
        self._tell(Standing(Status.CONNECTED, Reason.STEADY, self._attempt))
        since, pinged = self._world.clock.uptime(), self._world.clock.uptime()
        while True:
            event = await self._ear.next(min(protocol.PING_EVERY, STEADY * self.plan.scale))
            now = self._world.clock.uptime()
            if self.standing.reason is Reason.RESTRICTED:
                self._tell(replace(self.standing, reason=Reason.STEADY, until=None))  # still, if it lasts
            if self._attempt and now - since >= STEADY * self.plan.scale:
                self._attempt = 0
                self._tell(replace(self.standing, attempt=0))
            if now - pinged >= protocol.PING_EVERY:
                pinged = now
                if await self._outgrown():
                    return self._dial(Reason.CONNECTING)
            leads_to = self._while_up(event) if event is not None else None
            if leads_to is not None:
                return leads_to

    def _while_up(self, event: dict[str, Any]) -> State | None:
        """What an event on a link that is up leads to; None: it stays up."""
        if event["event"] == "gone":
            return self._after_death(event)
        if event["event"] != "state":
            return None
        match event["state"]:
            case "connected":
                self._tell(Standing(Status.CONNECTED, Reason.STEADY, self._attempt))
            case "degraded" if int(event.get("code") or 1) >= 2:
                return self._again_now(Reason.HALF_OPEN)
            case "degraded":
                self._tell(replace(self.standing, reason=Reason.DEGRADED))
            case "lost":
                return self._again(Reason.NETWORK, str(event.get("code") or ""))
            case _:
                told = self._ear.final(event)
                return self._stand_still(told) if told is not None else None
        return None

    async def _again_now(self, why: Reason) -> State:
        """A line that went dead is dialled anew at once; if that is in vain, the waits begin."""
        self._tell(Standing(Status.RECONNECTING, why, self._attempt, 0.0))
        await self._call()
        told = await self._linked(protocol.CONNECTED_WITHIN)
        if told is None:
            return self._hold()
        return self._stand_still(told) if told.status is Status.DISCONNECTED else self._again(why)

    async def _stand_still(self, told: Standing) -> State | None:
        """Disconnected, and what is done about it without a person: a ban's end, one more try of a refusal."""
        if told.reason is Reason.LOGGED_OUT:
            self.jid = None
        return self._idle(told, lasting.dialled_in(told, self._world.clock.now(), self.plan.scale))

    async def _pair(self, order: Order) -> State:
        """A new process for every pairing: a client whose pairing failed is half dead."""
        await self._end()
        if self.jid is not None:
            return self._dial(Reason.CONNECTING)
        self._tell(Standing(Status.QR_PENDING, Reason.WAITING_SCAN))
        await asyncio.to_thread(put_aside, self.plan.store)
        link = await self._open()
        self._dialled = True
        await link.ask("pair", method=order.method, phone=order.phone)
        within, words = protocol.FIRST_CODE_WITHIN, ""
        while True:
            event = await self._ear.next(within)
            if event is None or event["event"] == "gone":
                return self._idle(pairing_failed(words, shown=within == protocol.CODES_WITHIN))
            if event["event"] == "qr":
                within = protocol.CODES_WITHIN if within == protocol.FIRST_CODE_WITHIN else within
                facts = (event["code"], int(event["number"]), float(event["ttl_s"]))
                self._desk.code(*facts, typed=bool(event.get("typed")))
            elif event["event"] == "paired":
                self._tell(Standing(Status.QR_PENDING, Reason.PAIRING))
                return self._finish_pairing(event)
            elif event["event"] == "log":
                words = str(event.get("text") or "")
            told = self._ear.final(event)
            if told is not None:
                return self._stand_still(told)

    async def _finish_pairing(self, paired: dict[str, Any]) -> State:
        """The server breaks the stream and the client logs in anew; when that fails it would wait for ever: dialled by us."""
        told = await self._linked(protocol.LINKED_WITHIN)
        if told is not None and told.status is not Status.DISCONNECTED:
            await self._call()
            told = await self._linked(protocol.CONNECTED_WITHIN)
        self.jid = await asyncio.to_thread(linked_jid, self.plan.store, self.jid)
        if self.jid is not None:
            self._restricted = None  # it may be another number
            self._desk.linked(self.jid, str(paired["phone"]))
        if told is None:
            return self._hold()
        return self._stand_still(told) if told.status is Status.DISCONNECTED else self._again(told.reason)

    # ---- the process

    async def _open(self) -> Link:
        if self._link is not None and self._link.alive:
            return self._link
        log.info("Socket not found, restoring connection...")
        self.plan.store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ear.catch_up(self.plan.store)
        command = self.plan.command or command_of(self.plan.driver)
        self._link = link = self._ear.link = Link(command, self._ear.inbox.put_nowait)
        self._dialled = False
        self._desk.process(link.pid)
        await link.ask(
            "start", protocol.READY_WITHIN, store=str(self.plan.store), proxy=self.plan.proxy, log_level="warning"
        )
        # It holds the lock of the store now, so whoever wrote there before is dead; and it has not dialled yet.
        self.under_way.clear()
        await asyncio.to_thread(draw_line, self.plan.store)
        return link

    async def _call(self) -> None:
        """Dials: the first time of a process, or anew at once."""
        link = await self._open()
        dialled, self._dialled = self._dialled, True
        await link.ask("recycle" if dialled else "connect")

    async def _end(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
            self._desk.process(None)

    async def _linked(self, seconds: float, *, patient: bool = False) -> Standing | None:
        """Waits for the link. None: it is up, and the device is known."""
        told = await self._ear.until_linked(seconds, patient=patient)
        if told is None:
            self.jid = self.jid or await asyncio.to_thread(linked_jid, self.plan.store, self.jid)
        elif told.reason is Reason.CHILD_CRASH:
            self._link = None
        return told

    async def _outgrown(self) -> bool:
        """Looks how the process is; ends one that has grown too big, between messages."""
        assert self._link is not None  # noqa: S101 - asked while the link is up
        told = await self._link.ask("ping")
        if int(told.get("rss") or 0) <= protocol.RECYCLE_BYTES:
            return False
        async with self._sending:
            log.warning("a device's process has grown and is started anew", extra={"bytes": told["rss"]})
            self._tell(Standing(Status.RECONNECTING, Reason.CONNECTING, self._attempt, 0.0))
            await self._end()
        return True

    async def _after_death(self, event: dict[str, Any]) -> State:
        log.warning("a device's process ended", extra={"code": event.get("code")})
        self._link = None
        self._desk.process(None)
        return self._again(Reason.CHILD_CRASH, str(event.get("code") or ""))

    async def _after_fault(self, error: Died | Refusal) -> State:
        """A command did not come through."""
        if isinstance(error, Died):
            self._link = None
            return self._again(Reason.CHILD_CRASH)
        match error.error:
            case "not_installed":
                return self._idle(Standing(Status.DISCONNECTED, Reason.NOT_INSTALLED, more=error.detail))
            case "device_gone":
                self.jid = None
                return self._idle(lasting.gone(lasting.MISSING))
            case "store_locked":
                await self._end()
                return self._again(Reason.CHILD_CRASH, "store_locked")
            case _:
                await self._end()
                return self._again(Reason.NETWORK, error.error)

    def _tell(self, standing: Standing) -> None:
        standing = lasting.with_restriction(standing, self._restricted, self._world.clock.now())
        if standing == self.standing:
            return
        self.standing = standing
        self._desk.stands(standing)
        for call in self._changed:
            call()
