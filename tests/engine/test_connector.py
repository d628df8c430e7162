"""The connector on a real ledger, with the simulated driver: restore, orders, take-over, and what the stores prove."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from homing.channels.whatsapp_linked.device import LinkedDevice, Plan
from homing.channels.whatsapp_linked.link import command_of
from homing.engine.connector import Care, Connector, Keeping
from homing.engine.scribe import Scribe
from homing.model.device import Reason, Status
from homing.model.ids import Key, WorkerId
from homing.store.devices import Device, Devices
from homing.store.seal import Seal
from homing.store.senders import Senders
from homing.world import World
from tests.engine.rig import until
from tests.store.ledger import Ledger, make_ledger, unclear


def secret_of(key: Key) -> bytes:
    return hashlib.sha256(repr(key).encode()).digest()


class House:
    """Workers of one machine over one ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger: Ledger = make_ledger("sqlite", folder, World())
        self.devices = Devices(self.ledger.db, Seal("a key"))
        self.heard: list[dict[str, Any]] = []
        self.broken: set[str] = set()
        self.failing = 0

    def add(self, name: str) -> Device:
        options = {"driver": "sim", "wait_scale": "0.02"}
        made = Senders(self.ledger.db).add(self.ledger.workspace, name, "whatsapp_linked", options, {})
        return self.devices.get(made.id)

    def store(self, row: Device) -> Path:
        return self.folder / row.uid / "device.db"

    def keeping(self) -> Keeping:
        def open_device(row: Device, care: Care) -> LinkedDevice:
            plan = Plan(row.name, self.store(row), None, 0.02, command=command_of("sim"))
            return LinkedDevice(plan, care, World(), row.standing)

        def no_courier(*told: object) -> Any:
            raise AssertionError("nothing is sent here")

        return Keeping(self.devices, open_device, secret_of, no_courier, self.hear)

    def hear(self, row: Device, facts: dict[str, Any]) -> None:
        if facts["text"] in self.broken:
            raise ValueError("a bug")
        self.heard.append(dict(facts))

    async def fail(self) -> None:
        self.failing -= 1
        raise RuntimeError("a bug")

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[tuple[Connector, WorkerId]]:
        me = self.ledger.worker()
        scribe = Scribe()
        connector = Connector(self.ledger.db, scribe, me, self.keeping())
        running = asyncio.get_running_loop().create_task(self.look(connector))
        try:
            yield connector, me
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await connector.close()
            scribe.close()

    async def look(self, connector: Connector) -> None:
        while True:
            await connector.look((), ())
            await connector.renew()
            await connector.settle()
            await asyncio.sleep(0.02)

    async def pair(self, row: Device) -> None:
        self.devices.order(row, "pair")
        await until(lambda: self.devices.code(row.sender_id) is not None)
        with self.store(row).with_name("device.db.script").open("a", encoding="utf-8") as file:
            file.write('{"scan": "94700000001"}\n')
        await self.up(row)

    async def up(self, row: Device) -> None:
        await until(lambda: self.devices.get(row.sender_id).standing.up)


def test_at_a_start_one_is_restored_and_one_without_session_asks_for_a_scan(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """R39: connected and disconnected, no error; told in the log in the founding document's words."""

    async def go() -> None:
        house = House(tmp_path)
        good, missing = house.add("good"), house.add("missing")
        async with house.worker():
            await house.pair(good)
            await house.pair(missing)
        for file in house.store(missing).parent.iterdir():
            file.unlink()
        caplog.set_level("INFO")
        caplog.clear()
        async with house.worker():
            await house.up(good)
            await until(lambda: house.devices.get(missing.sender_id).standing.status is Status.DISCONNECTED)
            assert house.devices.get(missing.sender_id).standing.reason is Reason.LOGGED_OUT
        said = [record.getMessage() for record in caplog.records]
        for words in ("Found 2 existing connection(s)", "Restoring: good", "Connection restored successfully"):
            assert said.count(words) == 1, said
        assert said.index("Restoring WhatsApp connections...") < said.index("WhatsApp connections restored")
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
        house.ledger.close()

    asyncio.run(go())


def test_a_worker_that_froze_loses_its_device_and_its_process_is_ended(tmp_path: Path) -> None:
    """Never are both connected: the store's lock, and the process that was left behind is ended first."""

    async def go() -> None:
        house = House(tmp_path)
        phone = house.add("phone")
        async with house.worker() as (_, _frozen):
            await house.pair(phone)
            row = house.devices.get(phone.sender_id)
            assert row.pid is not None
            # What the next worker finds when this one has been silent for longer than its lease.
            from sqlalchemy import update

            from homing.store import device_tables

            with house.ledger.db.write() as tx:
                tx.execute(update(device_tables.device).values(owned_until=0, owner=row.owner, epoch=row.epoch + 1))
            async with house.worker():
                await until(lambda: house.devices.get(phone.sender_id).epoch > row.epoch + 1)
                await house.up(phone)
                await until(lambda: not alive(row.pid))
        house.ledger.close()

    asyncio.run(go())


def alive(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    return True


def test_L11_attempts_in_doubt_are_settled_by_the_store_of_their_device(tmp_path: Path) -> None:
    """One whose frame is in the store waits for its receipt; one that is not there never left, and is sent again."""

    async def go() -> None:
        house = House(tmp_path)
        phone, ledger = house.add("phone"), house.ledger
        async with house.worker() as (connector, _):
            await house.pair(phone)
            people = [ledger.contacts(1, phone=f"+9471100000{n}")[0] for n in range(2)]
            wish: dict[str, Any] = {"channel": "whatsapp", "sender": phone.sender_id, "content": {"text": "Hi"}}
            campaign = ledger.started(audience={"contacts": people}, **wish)
            ledger.want_lanes()
            hand = ledger.hand(sender=phone.sender_id)
            keys = [Key(campaign, seq, attempt) for seq, attempt in hand.going(campaign)]
            device = connector.find(phone.sender_id)
            assert device is not None
            await device.send("x", secret_of(keys[0]), "+94711000000", {"text": "Hi"})
            hand.settle(campaign, *(unclear(key.seq, key.attempt) for key in keys))
            await until(lambda: ledger.states(campaign) == {keys[0].seq: "read", keys[1].seq: "queued"})
            ledger.check_books(campaign)
        house.ledger.close()

    asyncio.run(go())


def test_what_comes_in_is_handed_on(tmp_path: Path) -> None:
    async def go() -> None:
        house = House(tmp_path)
        phone = house.add("phone")
        async with house.worker():
            await house.pair(phone)
            with house.store(phone).with_name("device.db.script").open("a", encoding="utf-8") as file:
                file.write('{"inbound": "94711111111", "text": "STOP"}\n')
            await until(lambda: house.heard)
            assert (house.heard[0]["phone"], house.heard[0]["text"]) == ("94711111111", "STOP")
        house.ledger.close()

    asyncio.run(go())


def test_news_that_cannot_be_written_keeps_none_behind_it(tmp_path: Path) -> None:
    """R45: whatever raises on one message, the STOP after it is heard, and how the device stands is still told."""

    async def go() -> None:
        house = House(tmp_path)
        phone = house.add("phone")
        house.broken = {"bad"}
        async with house.worker():
            await house.pair(phone)
            with house.store(phone).with_name("device.db.script").open("a", encoding="utf-8") as file:
                file.write('{"inbound": "94711111111", "text": "bad"}\n{"inbound": "94711111111", "text": "STOP"}\n')
            await until(lambda: house.heard)
            assert [each["text"] for each in house.heard] == ["STOP"]
        house.ledger.close()

    asyncio.run(go())


def test_a_device_whose_care_died_of_a_bug_is_taken_up_again(tmp_path: Path) -> None:
    """R39: not left to nobody until somebody restarts the worker."""

    async def go() -> None:
        house = House(tmp_path)
        phone = house.add("phone")
        async with house.worker() as (connector, _):
            await house.pair(phone)
            house.failing = 1
            care = connector._cares[phone.sender_id]
            care._tasks[1].cancel()
            care._tasks[1] = asyncio.get_running_loop().create_task(house.fail())
            await until(lambda: house.failing == 0)
            await house.up(phone)
            await until(lambda: connector.find(phone.sender_id) not in (None, care.device))
        house.ledger.close()

    asyncio.run(go())
