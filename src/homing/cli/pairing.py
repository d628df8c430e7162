"""`homing sender pair`: the QR code in the terminal, new ones as they come, until the phone has scanned one.

A worker that runs does the pairing; where none does, this command runs the device itself until it is linked.
"""

import asyncio
import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Any

from homing.cli.output import print_json, say
from homing.model.device import NEEDS_SCAN, UNTOLD, Reason, Status
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.devices import Device, Devices

LOOK_EVERY = 0.2
UNLINKED_WITHIN = 45.0  # seconds: of which it may take 20 to be connected for it
RISK = (
    "Linked devices are an unofficial way to send: Meta may restrict or ban this number. "
    "Homing paces it carefully; use a number that you can do without."
)


def pair_here(house: "House", reference: str, *, phone: str | None, as_json: bool) -> bool:
    """Whether the device is connected in the end."""
    from homing.contacts.normalise import Flaw
    from homing.contacts.normalise import phone as normal
    from homing.store.devices import Devices

    devices = Devices(house.database, house.seal)
    found = devices.find(house.workspace.id, reference)
    number: str | None = None
    if phone is not None:
        try:
            number, _ = normal(phone, None)
        except Flaw as error:
            raise Invalid(f"--code: '{phone}' is no phone number; write it as +94711234567") from error
    say(RISK)
    devices.order(found, "pair", method="code" if number else "qr", phone=number, actor=house.actor)
    try:
        found = asyncio.run(_wait(house, devices, found, as_json=as_json))
    except KeyboardInterrupt:
        devices.order(found, "stop", actor=house.actor)
        raise
    _tell(found, as_json=as_json)
    return found.standing.up


async def _wait(house: "House", devices: "Devices", found: "Device", *, as_json: bool) -> "Device":
    """Shows each code, with a worker of another process or of our own."""
    from homing.store.workers import Workers

    own = None
    if not await asyncio.to_thread(Workers(house.database).alive):
        own = asyncio.create_task(_run_here(house))
    try:
        return await _watch(devices, found, as_json=as_json)
    finally:
        if own is not None:
            own.cancel()
            await asyncio.gather(own, return_exceptions=True)


def unlink_here(house: "House", found: "Device") -> bool:
    """Unlinks a device at WhatsApp, by the worker that runs it or by this process. Whether WhatsApp heard of it in time."""
    from homing.store.devices import Devices

    devices = Devices(house.database, house.seal)
    devices.order(found, "logout", actor=house.actor)
    return asyncio.run(_until_unlinked(house, devices, found))


async def _until_unlinked(house: "House", devices: "Devices", found: "Device") -> bool:
    from homing.store.workers import Workers

    own = None
    if not await asyncio.to_thread(Workers(house.database).alive):
        own = asyncio.create_task(_run_here(house))
    try:
        async with asyncio.timeout(UNLINKED_WITHIN):
            while True:
                now = await asyncio.to_thread(devices.get, found.sender_id)
                if now.unlinked:
                    return UNTOLD not in now.standing.words
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        return False
    finally:
        if own is not None:
            own.cancel()
            await asyncio.gather(own, return_exceptions=True)


async def _run_here(house: "House") -> None:
    """A worker of this process, only for its devices: it plans and sends nothing that was not under way."""
    from homing.app import make_worker

    working = make_worker(house)
    running = asyncio.create_task(working.run())
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        working.stop()
        await running
        raise


async def _watch(devices: "Devices", found: "Device", *, as_json: bool) -> "Device":
    shown = 0
    while True:
        now = await asyncio.to_thread(devices.get, found.sender_id)
        code = await asyncio.to_thread(devices.code, found.sender_id)
        if code is not None and now.code_number != shown:
            shown = now.code_number or 0
            _show(code, now, as_json=as_json)
        if now.standing.up:
            return now
        done = not now.ordered and now.standing.status is not Status.RECONNECTING
        if done and now.standing.reason not in (Reason.WAITING_SCAN, Reason.PAIRING):
            return now
        await asyncio.sleep(LOOK_EVERY)


def _show(code: str, of: "Device", *, as_json: bool) -> None:
    """On standard error under --json: standard output holds one document only."""
    import segno

    out = sys.stderr if as_json else sys.stdout
    if of.code_typed:
        out.write(f"Type this code on the phone (Linked devices > Link with phone number): {code}\n")
    else:
        segno.make_qr(code).terminal(out=out, border=2, compact=True)
        out.write(f"Code {of.code_number}. On the phone: WhatsApp > Linked devices > Link a device.\n")
    with contextlib.suppress(OSError):
        out.flush()


def _tell(of: "Device", *, as_json: bool) -> None:
    if as_json:
        print_json(told(of))
    elif of.standing.up:
        say(f"'{of.name}' is linked to {of.phone} and connected")
    else:
        say(f"'{of.name}' is not linked: {of.standing.words}")
        if of.standing.reason in NEEDS_SCAN:
            say(f"try again with `homing sender pair {shlex.quote(of.name)}`")


def told(of: "Device") -> dict[str, Any]:
    """A device as CONTRACT has it."""
    from homing.cli.output import rfc3339
    from homing.model.device import ATTEMPTS

    return {
        "id": of.uid,
        "name": of.name,
        "phoneNumber": of.phone,
        "status": of.standing.status,
        "reason": of.standing.reason,
        "words": of.standing.words,
        "attempt": of.standing.attempt,
        "of": ATTEMPTS,
        "nextAt": rfc3339(of.next_at),
    }
