"""Linked devices in the composition root: where their sessions lie, what an attempt is found by, and who hears of replies."""

import ctypes.util
import functools
import hashlib
import hmac
import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homing.app import House
    from homing.channels.whatsapp_linked.device import LinkedDevice
    from homing.engine.connector import Care, Connector, Keeping
    from homing.model.courier import Courier, Desk
    from homing.model.ids import Key, SenderId
    from homing.model.sender import SenderOptions
    from homing.store.database import Database
    from homing.store.devices import Device
    from homing.store.senders import OpenedSender, Sender

FOLDER = "whatsapp"
CLOUD = "cloud"


@functools.cache
def linked_needs() -> str | None:
    """What to install on this machine before it can run linked devices; None: nothing is missing. Asked once: a process that
    runs does not see what is installed later."""
    try:
        library = importlib.util.find_spec("neonize")
    except ImportError:
        library = None
    missing = [] if library else ["pip install 'homing[whatsapp]'"]
    if os.name == "posix" and ctypes.util.find_library("magic") is None:
        missing.append("apt install libmagic1 (Debian) or brew install libmagic (macOS)")
    return " and ".join(missing) or None


def keeping(house: "House") -> "Keeping":
    """What a worker's connector is given."""
    from homing.engine.connector import Keeping
    from homing.store.devices import Devices

    secret_of = secrets_of(house)
    files = files_of(house)

    def open_courier(sender_id: "SenderId", desk: "Desk", connector: "Connector") -> "Courier":
        from homing.channels.whatsapp_linked.courier import LinkedCourier

        def identified(key: "Key", message_id: str) -> None:
            connector.identified(sender_id, key, message_id)

        return LinkedCourier(desk, lambda: connector.find(sender_id), secret_of, identified, files)

    devices = Devices(house.database, house.seal)
    return Keeping(devices, _opener(house), secret_of, open_courier, _receiver(house))


def limits_of(database: "Database", opened: "OpenedSender") -> "SenderOptions":
    """The limits of a sender, which warms up from its first message; a linked device does so from the day it was linked, and
    keeps the hours of its country. A number of the Cloud API writes first to as many people as WhatsApp lets it."""
    from homing.model.campaign import Window
    from homing.model.intent import parse_window
    from homing.model.pacing import Pace
    from homing.model.sender import Kind
    from homing.store.cloud_accounts import CloudAccounts
    from homing.store.devices import Devices
    from homing.store.lookout import Lookout

    options, told = opened.options, opened.sender.options
    if options.warm_up is not None and opened.sender.kind is not Kind.WHATSAPP_LINKED:
        options = replace(options, warm_from=Lookout(database).first_use(opened.sender.id))
    if opened.sender.kind is Kind.WHATSAPP_CLOUD:
        account = CloudAccounts(database).get(opened.sender.id)
        return replace(options, reach=account.reach if account else None)
    if opened.sender.kind is not Kind.WHATSAPP_LINKED:
        return options
    device = Devices(database).get(opened.sender.id)
    careful = options.pacing.pace is Pace.CAREFUL
    zone, hours = _zone(device.phone), told.get("hours")
    if hours is None and careful:
        hours = "08:00-20:00"
    window = None if hours in (None, "off") else Window(**parse_window(str(hours), zone))
    warming = device.linked_at or database.world.clock.now()
    return replace(options, daily_new=told.get("daily_new"), warm_from=warming, hours=window, home=zone)


def look_ahead(house: "House", sender: "Sender", count: int) -> dict[str, Any]:
    """How long `count` messages take at a sender's limits, and the limits; no `words` where nothing of ours holds it back."""
    from homing.model.moment import rfc3339
    from homing.model.outlook import daily_cap, outlook

    limits, now = limits_of(house.database, house.senders.open(sender.id)), house.world.clock.now()
    used = reach_used(house, sender.id, limits)
    found, hours, pacing = outlook(count, limits, now, used=used), limits.hours, limits.pacing
    return {
        "reach": limits.reach,
        "reach_used": used,
        "days": found.days if found else None,
        "count": count,
        "seconds": found.seconds if found else None,
        "ends_at": rfc3339(found.ends_at) if found else None,
        "words": found.words if found else None,
        "daily_cap": daily_cap(limits, now),
        "grows": limits.warm_up is not None and limits.daily_new is None,
        "hours": None if hours is None else {"opens": hours.opens, "closes": hours.closes, "zone": hours.zone},
        "delay_seconds": None if pacing.off else [pacing.delay.least, pacing.delay.most],
    }


def reach_used(house: "House", sender_id: "SenderId", limits: "SenderOptions") -> int:
    """What counts against WhatsApp's limit now: all that the numbers of the business sent in 24 hours."""
    from homing.store.lookout import Lookout
    from homing.store.portfolio import Portfolio

    if limits.reach is None:
        return 0
    since, db = house.world.clock.now() // 60_000 - 1439, house.database
    return Lookout(db).sent_since(sender_id, since) + Portfolio(db).peers(sender_id, since).used


def _zone(phone: str | None) -> str:
    """The time zone of a number's country: the one that its contacts most likely live in."""
    import phonenumbers
    from phonenumbers import timezone

    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(phone or "", None))
    except phonenumbers.NumberParseException:
        return "UTC"
    return str(found[0]) if found and "/" in str(found[0]) else "UTC"


def store_of(house: "House", uid: str) -> Path:
    """The session of a device: a credential, in a folder that nobody else reads and no backup takes along."""
    return house.settings.data / FOLDER / uid / "device.db"


def secrets_of(house: "House") -> "Callable[[Key], bytes]":
    """What an attempt is found by in the device's store: known before its intent, and to whoever has the installation's key,
    so nothing has to be written for it, and a restored copy can still ask what was sent."""
    key = house.seal.derive("whatsapp attempts")

    def secret_of(of: "Key") -> bytes:
        text = f"{of.campaign}/{of.seq}/{of.attempt}"
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    return secret_of


def files_of(house: "House") -> "Callable[[int, Mapping[str, Any]], Path]":
    """What a message carries, as a file; that of a campaign is written once."""
    from homing.store.media import Media

    content_of = Media(house.database).content

    def file_of(campaign_id: int, media: "Mapping[str, Any]") -> Path:
        folder = house.settings.data / FOLDER / "media"
        path = folder / (f"{campaign_id}-m{media['seq']}" if "seq" in media else f"{campaign_id}-{media['position']}")
        if not path.exists():
            content = content_of(campaign_id, media)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(path)
        return path

    return file_of


def _receiver(house: "House") -> "Callable[[Device, dict[str, Any]], None]":
    """Where what comes in over a linked device is written."""
    from homing.store.conversations import Conversations, Heard

    conversations = Conversations(house.database)

    def receive(row: "Device", facts: dict[str, Any]) -> None:
        if not facts.get("phone"):
            return  # somebody whose number WhatsApp does not tell
        heard = Heard(
            address=f"+{facts['phone']}",
            text=str(facts.get("text") or ""),
            provider_id=str(facts["message_id"]),
            at=int(facts.get("at") or 0),
            name=str(facts.get("name") or ""),
            media=facts.get("media"),
        )
        words = {"stop": str(row.options.get("stop_words") or ""), "start": str(row.options.get("start_words") or "")}
        conversations.receive(row.workspace_id, row.sender_id, heard, **words)

    return receive


def _opener(house: "House") -> "Callable[[Device, Care], LinkedDevice]":
    from homing.channels.whatsapp_linked.device import LinkedDevice, Plan

    def open_device(row: "Device", care: "Care") -> LinkedDevice:
        options: dict[str, Any] = dict(row.options)
        plan = Plan(
            name=f"{row.name} ({row.phone or 'not linked'})",
            store=store_of(house, row.uid),
            proxy=options.get("proxy"),
            scale=float(options.get("wait_scale") or 1.0),
            driver=options.get("driver") or "neonize",
            jid=row.jid,
        )
        return LinkedDevice(plan, care, house.world, row.standing)

    return open_device
