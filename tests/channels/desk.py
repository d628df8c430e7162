"""A desk that remembers what the courier told it, and parcels to give it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from homing.channels.smtp.courier import SmtpCourier
from homing.channels.smtp.limits import Limits
from homing.model.courier import Courier, Parcel
from homing.model.ids import CampaignId, Key
from homing.model.outcome import NotSent, Outcome
from homing.model.sender import SenderOptions, SmtpAccess
from homing.world import World
from tests.faults.smtp_server import SmtpServer

PATIENCE = 20.0


def parcel(
    seq: int, *, recipient: str = "", body: bytes = b"Hello.\r\n", envelope_from: str = "b@sender.test"
) -> Parcel:
    head = b"X-Homing-Delivery: 7/%d\r\nMessage-ID: <m%d@sender.test>\r\n\r\n" % (seq, seq)
    return Parcel(Key(CampaignId(7), seq, 1), recipient or f"user{seq}@example.test", envelope_from, head + body)


class RecordingDesk:
    """Releases at once, unless `holding`."""

    def __init__(self, *, holding: bool = False) -> None:
        self.courier: Courier
        self.holding = holding
        self.lane_is_ours = True
        self.announced: list[Parcel] = []
        self.outcomes: dict[int, list[Outcome]] = {}
        self.troubles: list[NotSent] = []
        self.recall_on_trouble = False
        self.recalled: list[Parcel] = []
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def about_to(self, parcel: Parcel) -> None:
        self.announced.append(parcel)
        if not self.holding:
            asyncio.get_running_loop().call_soon(self.courier.release, parcel)
        self._look()

    def may_write(self, parcel: Parcel) -> bool:
        return self.lane_is_ours

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        self.outcomes.setdefault(parcel.key.seq, []).append(outcome)
        self._look()

    def trouble(self, news: NotSent) -> None:
        self.troubles.append(news)
        if self.recall_on_trouble:
            self.recalled.extend(self.courier.recall())
        self._look()

    def outcome(self, seq: int) -> Any:
        """The one outcome of this parcel; fails when there are none or several."""
        (outcome,) = self.outcomes[seq]
        return outcome

    async def until(self, true: Callable[[], bool]) -> None:
        """Returns when `true()` is; looked at whenever the courier said something."""
        if true():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((true, waiter))
        await asyncio.wait_for(waiter, PATIENCE)

    async def all_finished(self, count: int) -> None:
        await self.until(lambda: len(self.outcomes) >= count)

    def _look(self) -> None:
        for true, waiter in tuple(self._waiters):
            if true() and not waiter.done():
                self._waiters.remove((true, waiter))
                waiter.set_result(None)


@asynccontextmanager
async def sending(
    server: SmtpServer,
    *,
    mode: int = 1,
    connections: int = 1,
    limits: Limits | None = None,
    holding: bool = False,
    listen: bool = True,
    **access: Any,
) -> Any:
    """A server, a courier that speaks to it in this mode, and its desk. Gives (courier, desk)."""
    if listen:
        await server.start()
    server.behaviour.pipelining = mode > 0
    desk = RecordingDesk(holding=holding)
    way = SmtpAccess(access.pop("host", "127.0.0.1"), server.port, helo="client.test", high_volume=mode == 2, **access)
    quiet = limits or Limits(slow_trip=1e9)
    courier = SmtpCourier(way, SenderOptions(connections=connections), desk, World(), limits=quiet)
    desk.courier = courier
    try:
        yield courier, desk
    finally:
        await courier.close(0)
        await server.stop()


def run(story: Coroutine[Any, Any, None], *, loop: str = "asyncio") -> None:
    """Runs one story on asyncio's own loop or on uvloop."""
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(story)
