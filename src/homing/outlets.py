"""The registry of channels: opens the way out of a sender, and the smallest desks that a courier can be given."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from homing.model.courier import Courier, Desk, Parcel
from homing.model.errors import Conflict, Misconfigured
from homing.model.ids import SenderId
from homing.model.outcome import NotSent, Outcome
from homing.model.pacing import parse_duration
from homing.model.sender import Kind
from homing.store.senders import OpenedSender
from homing.world import World

ReadFile = Callable[[int, Mapping[str, Any]], bytes]
"""The bytes of what a message carries: of which campaign, and what the rendered message says of it."""


Heard = Callable[[SenderId, str], int | None]
"""When somebody wrote to a sender's number last, wall milliseconds."""


def open_courier(
    opened: OpenedSender, desk: Desk, world: World, read: ReadFile | None = None, heard: Heard | None = None
) -> Courier:
    """The way out of a sender: the registry of channels. Removing a channel removes its case here."""
    match opened.sender.kind:
        case Kind.SMTP:
            from homing.channels.smtp.courier import SmtpCourier

            if opened.access is None:
                raise Misconfigured(f"the sender '{opened.sender.name}' has no server")
            return SmtpCourier(opened.access, opened.options, desk, world)
        case Kind.SENDGRID | Kind.SES | Kind.WHATSAPP_CLOUD:
            return _http_courier(opened, desk, world, read, heard)
        case Kind.WHATSAPP_LINKED:
            raise Conflict("a linked device sends through the worker that runs it", code="device_elsewhere")
        case Kind.SIMULATED:
            from homing.channels.simulated.courier import Fate, SimulatedCourier

            told = opened.simulation
            fate = Fate(
                refuse=told.get("refuse", 0.0),
                defer=told.get("defer", 0.0),
                unclear=told.get("unclear", 0.0),
                latency=parse_duration(told.get("latency", "0")),
            )
            record = Path(told["record"]) if told.get("record") else None
            return SimulatedCourier(opened.options, desk, world, fate=fate, seed=told.get("seed", 0), record=record)


def _http_courier(
    opened: OpenedSender, desk: Desk, world: World, read: ReadFile | None, heard: Heard | None
) -> Courier:
    from homing.transport.courier import HttpCourier, Provider

    provider: Provider
    before = None
    assert opened.http is not None  # noqa: S101 - the store gives these kinds their access
    if opened.sender.kind is Kind.WHATSAPP_CLOUD:
        from homing.channels.whatsapp_cloud.send import VERSION, CloudApi

        told = opened.sender.options
        version = told.get("api_version") or VERSION
        asks = None if heard is None else partial(heard, opened.sender.id)
        number = str(told["phone_number_id"])
        provider = CloudApi(opened.http, number, world.clock, version=version, read=read, heard=asks)
        before = provider.media
    elif opened.sender.kind is Kind.SES:
        from homing.channels.ses.send import Ses

        provider = Ses(opened.http, world.clock)
    else:
        from homing.channels.sendgrid.send import SendGrid

        provider = SendGrid(opened.http, world.clock)
    return HttpCourier(provider, opened.options, desk, world, before=before)


class OneParcel:
    """A Desk for one parcel: it may go at once."""

    courier: Courier

    def __init__(self) -> None:
        self.end: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def about_to(self, parcel: Parcel) -> None:
        self.courier.release(parcel)

    def may_write(self, parcel: Parcel) -> bool:
        return True

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        if not self.end.done():
            self.end.set_result(outcome)

    def trouble(self, news: NotSent) -> None:
        if not self.end.done():
            self.end.set_result(news)


class Nobody:
    """A Desk for a courier that carries nothing."""

    def about_to(self, parcel: object) -> None: ...

    def may_write(self, parcel: object) -> bool:
        return False

    def finished(self, parcel: object, outcome: object) -> None: ...

    def trouble(self, news: object) -> None: ...
