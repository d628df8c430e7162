"""A device's process that is killed between what WhatsApp told it and its own note of that: nothing is lost.

WhatsApp tells a receipt or a message until it is confirmed, and the library confirms by itself. The note is slowed here, so that
the moment is long enough to be hit; what the server still keeps is counted at the server.
"""

import asyncio
import base64
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from homing.channels.whatsapp_linked.ear import Ear
from homing.channels.whatsapp_linked.news import UNREADABLE, unread_facts
from homing.channels.whatsapp_linked.protocol import NEWS, to_line
from homing.channels.whatsapp_linked.relay import Relay
from homing.model.outcome import Accepted
from homing.world import World
from tests.channels.test_linked_device import SOMEBODY, Heard, Stage
from tests.whatsapp.rig import PHONE, Loopback, linked_real, loopback, until

SLOW = 0.6
SOON = 0.3  # a confirmation that does not wait for the note has come by then


@asynccontextmanager
async def slow_stage(folder: Path) -> AsyncIterator[tuple[Stage, Loopback]]:
    """A device that is linked, and whose process takes its time to note what it is told."""
    async with loopback(folder / "server") as server:
        server.slow_notes = SLOW
        it = Stage(folder, server, 0.02)
        try:
            await it.pair()
            yield it, server
        finally:
            await it.end()


async def strike_before_the_note(it: Stage, server: Loopback) -> None:
    """kill -9 when the server has the confirmation, or as soon as it would have it."""
    with contextlib.suppress(TimeoutError):
        await until(lambda: not any(server.server.boxes.values()), SOON)
    confirmed = not any(server.server.boxes.values())
    assert it.heard.pid is not None
    os.kill(it.heard.pid, signal.SIGKILL)
    assert not it.heard.receipts, "the test was too slow: the note was there already"
    assert not it.heard.letters
    assert not confirmed, "confirmed before it was noted"


@linked_real
@pytest.mark.slow
def test_a_receipt_is_confirmed_only_when_it_is_noted(tmp_path: Path) -> None:
    async def go() -> None:
        async with slow_stage(tmp_path) as (it, server):
            server.server.mode["receipts"] = False
            sent = await it.send()
            assert isinstance(sent, Accepted)
            ((device, connection),) = server.server.live.items()
            await connection.send(
                server.server.receipt(device, f"{SOMEBODY[1:]}@s.whatsapp.net", str(sent.provider_id), "read")[1]
            )
            await strike_before_the_note(it, server)
            await until(lambda: (sent.provider_id, "read") in it.heard.receipts, 20)
            await until(lambda: not any(server.server.boxes.values()), 20)

    asyncio.run(go())


@linked_real
@pytest.mark.slow
def test_a_message_is_confirmed_only_when_it_is_noted(tmp_path: Path) -> None:
    """Its key is used up by then and its text is gone with the process; that somebody wrote is not."""

    async def go() -> None:
        async with slow_stage(tmp_path) as (it, server):
            await server.order("say", **{"from": SOMEBODY[1:], "to": PHONE, "text": "STOP"})
            await strike_before_the_note(it, server)
            await until(lambda: it.heard.letters and it.heard.letters[-1]["phone"], 20)
            assert (it.heard.letters[-1]["phone"], it.heard.letters[-1]["media"]) == (SOMEBODY[1:], UNREADABLE)
            await until(lambda: not any(server.server.boxes.values()), 20)

    asyncio.run(go())


@linked_real
@pytest.mark.slow
def test_a_message_that_is_noted_is_heard_whatever_dies_then(tmp_path: Path) -> None:
    async def go() -> None:
        async with slow_stage(tmp_path) as (it, server):
            await server.order("say", **{"from": SOMEBODY[1:], "to": PHONE, "text": "STOP"})
            noted = it.plan.store.parent.glob(f"{it.plan.store.name}{NEWS}*")
            (notes,) = noted
            await until(lambda: b"STOP" in notes.read_bytes())
            assert it.heard.pid is not None
            os.kill(it.heard.pid, signal.SIGKILL)
            await until(lambda: any(each["phone"] for each in it.heard.letters), 20)
            told = [(each["phone"], each["text"]) for each in it.heard.letters if each["phone"]]
            assert told[0] == (SOMEBODY[1:], "STOP")

    asyncio.run(go())


def test_a_note_without_a_number_gets_it_from_the_store_when_the_device_runs_again(tmp_path: Path) -> None:
    """Its process was killed between noting a STOP and asking its library for the number behind the address."""
    store, heard = tmp_path / "device.db", Heard()
    with contextlib.closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("CREATE TABLE whatsmeow_lid_map (lid TEXT PRIMARY KEY, pn TEXT)")
        raw.execute("INSERT INTO whatsmeow_lid_map VALUES ('9001', '94711111111')")
    for sender in ("9001@lid", "9002@lid"):
        letter = {"event": "inbound", "message_id": "3A", "sender": sender, "phone": None, "text": "STOP"}
        store.with_name(f"{store.name}{NEWS}{sender[:4]}").write_bytes(to_line(letter))
    Ear(heard, World()).catch_up(store)
    assert [each["phone"] for each in heard.letters] == ["94711111111", None]


@pytest.mark.parametrize(
    ("line", "phone"),
    [
        ("Ignoring message 3A0E from 9001@lid: failed to decrypt: received message with old counter (index: 1)", None),
        ("Ignoring message 3A0E from 94711111111@s.whatsapp.net: received message with old counter", "94711111111"),
    ],
)
def test_a_message_whose_key_is_used_up_is_told_by_the_log_alone(line: str, phone: str | None) -> None:
    facts = unread_facts(line)
    assert facts is not None
    assert (facts["message_id"], facts["phone"], facts["media"]) == ("3A0E", phone, UNREADABLE)
    assert unread_facts(line.replace("from ", "from 9001@lid in 1203@g.us, not ")) is None, "of a group"
    assert unread_facts("Ignoring message 3A0E from 9001@lid: event was already processed") is None


class Way:
    """A relay whose library speaks to it here, and the HTTP proxy behind it, which hears everything."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.may_leave = asyncio.Event()
        self._far: asyncio.StreamWriter | None = None

    async def begin(self) -> None:
        proxy = await asyncio.start_server(self._proxy, "127.0.0.1", 0)
        port = proxy.sockets[0].getsockname()[1]
        told = urlsplit(await Relay(self._settled, f"http://us:secret@127.0.0.1:{port}").open())
        assert told.hostname == "127.0.0.1"
        assert told.port
        self.port, self.password = told.port, str(told.password)

    async def _settled(self) -> None:
        await self.may_leave.wait()

    async def _proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._far = writer
        self.heard += await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Established\r\n\r\n")
        while data := await reader.read(100):
            self.heard += data

    def says(self, text: bytes) -> None:
        assert self._far is not None
        self._far.write(text)

    async def ask(self, first: str, password: str) -> tuple[str, asyncio.StreamReader, asyncio.StreamWriter]:
        """What the relay answers to somebody."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        basic = base64.b64encode(f"homing:{password}".encode()).decode()
        writer.write(f"{first} HTTP/1.1\r\nProxy-Authorization: Basic {basic}\r\n\r\n".encode())
        return (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1], reader, writer


def test_what_goes_out_waits_and_is_lost_with_the_process_and_what_comes_in_does_not_wait() -> None:
    async def go() -> None:
        way = Way()
        await way.begin()
        answer, reader, writer = await way.ask("CONNECT web.whatsapp.com:443", way.password)
        assert answer == "200"
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"us:secret") in way.heard
        before = len(way.heard)
        writer.write(b"confirmed")
        way.says(b"more")
        assert await reader.readexactly(4) == b"more"
        await asyncio.sleep(0.05)
        assert len(way.heard) == before, "nothing left"
        way.may_leave.set()
        await until(lambda: way.heard.endswith(b"confirmed"), 5)
        way.may_leave.clear()
        writer.write(b"too late")
        await asyncio.sleep(0.05)
        way.says(b"bye")
        assert way._far is not None
        way._far.close()
        assert await reader.read() == b"bye"
        assert way.heard.endswith(b"confirmed")

    asyncio.run(go())


def test_the_relay_is_for_the_library_alone_and_leads_to_whatsapp_alone() -> None:
    async def go() -> None:
        way = Way()
        await way.begin()
        for first, password, expected in (
            ("CONNECT web.whatsapp.com:443", "guessed", "407"),
            ("CONNECT web.whatsapp.com:443", "", "407"),
            ("CONNECT example.com:443", way.password, "403"),
            ("CONNECT web.whatsapp.com:25", way.password, "403"),
            ("CONNECT whatsapp.com.example.com:443", way.password, "403"),
            ("CONNECT notwhatsapp.com:443", way.password, "403"),
            ("GET http://web.whatsapp.com/", way.password, "403"),
            ("CONNECT media.fra1-1.whatsapp.net:443", way.password, "200"),
        ):
            answer, _, writer = await way.ask(first, password)
            assert (first, answer) == (first, expected)
            writer.close()
        assert way.heard.count(b"CONNECT") == 1, "of all these one went on"

    asyncio.run(go())
