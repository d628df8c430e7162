"""POST /messages by WhatsApp: a device that leads nowhere, and a loopback Cloud API that counts."""

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from homing.api import devices as room
from homing.app import House, make_worker
from homing.store.conversations import Conversations, Heard
from homing.store.device_tables import device
from homing.store.messages import Messages
from homing.store.suppressions import Suppressions
from tests.api.conftest import Api
from tests.engine.rig import until
from tests.whatsapp.cloud import NUMBER, TOKEN, Cloud, Orders

TO = "+94711234567"
NO_DEVICE = "No active WhatsApp connection found. Please connect a device first."
RESTORING = "WhatsApp socket not initialized. The connection is being restored. Please try again in a moment."
UNKNOWN = "Connection not found in database"
MEDIA = [("a.png", "image"), ("a.mp4", "video"), ("a.pdf", "document")]


def linked(api: Api) -> None:
    made = {"name": "phone", "kind": "whatsapp_linked", "driver": "sim", "wait_scale": "0.02", "pacing": "off"}
    answer = api.post("/senders", made)
    assert answer.status_code == 201, answer.text


def cloud_sender(api: Api, url: str) -> None:
    made = {"name": "Cloud", "kind": "whatsapp_cloud", "phone_number_id": NUMBER, "endpoint_url": url}
    answer = api.post("/senders", {**made, "api_key": TOKEN, "probe": [url.rpartition("/")[2]]})
    assert answer.status_code == 201, answer.text


def writes(api: Api, address: str) -> None:
    """Somebody writes to the number of the Cloud API."""
    house = api.house
    number = house.senders.find(house.workspace.id, "Cloud").id
    heard = Heard(address, "hello", f"in {address}", house.world.clock.now())
    Conversations(house.database).receive(house.workspace.id, number, heard)


def file(name: str) -> dict[str, str]:
    return {"filename": name, "content": base64.b64encode(b"what is in " + name.encode()).decode()}


def state(house: House, uid: str) -> str:
    return Messages(house.database).get(house.workspace.id, uid).state


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    worker = make_worker(house)
    task = asyncio.get_running_loop().create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


async def paired(api: Api) -> Path:
    """Links the device by the script of its driver; its store."""
    await asyncio.to_thread(api.post, "/devices/phone/pair", {"method": "qr"})
    uid = (await asyncio.to_thread(api.get, "/devices/phone")).json()["id"]
    store = api.house.settings.data / "whatsapp" / uid / "device.db"
    await until(store.exists)
    store.with_name("device.db.script").write_text('{"scan": "94700000001"}\n')
    ledger = api.app.state.ledger
    found = ledger.devices.find(api.house.workspace.id, "phone")
    await until(lambda: ledger.devices.get(found.sender_id).standing.up)
    return store


async def ended(api: Api, uids: list[str], done: Callable[[str], bool]) -> None:
    await until(lambda: all(done(state(api.house, each)) for each in uids))


def test_R41_each_of_the_three_errors_keeps_its_words_and_nothing_is_written(api: Api) -> None:
    """Byte for byte: never linked, not there in time, unknown; the attempt stands beside the second."""
    body = {"to": TO, "text": "Hello"}
    none = api.post("/messages", body)
    assert (none.status_code, none.json()["detail"]) == (409, NO_DEVICE)
    unknown = api.post("/messages", {**body, "senders": ["nothing"]})
    assert (unknown.status_code, unknown.json()["detail"]) == (404, UNKNOWN)
    linked(api)
    assert api.post("/messages", {**body, "senders": ["phone"]}).json()["detail"] == NO_DEVICE
    how = {"jid": "94700000001:1@s.whatsapp.net", "phone": "+94700000001", "status": "reconnecting"}
    with api.house.database.write() as tx:
        tx.execute(update(device).values(**how, reason="network", attempt=2, desired="connected"))
    waited, room.WAIT_FOR = room.WAIT_FOR, 0.5
    try:
        restoring = api.post("/messages", body).json()
    finally:
        room.WAIT_FOR = waited
    assert (restoring["detail"], restoring["code"]) == (RESTORING, "restoring")
    assert (restoring["attempt"], restoring["of"]) == (2, 5)
    with api.house.database.write() as tx:
        tx.execute(update(device).values(status="disconnected", reason="logged_out"))
    assert api.post("/messages", body).json()["detail"] == NO_DEVICE
    with api.house.database.read() as tx:
        assert not tx.execute(device.select()).one().order_id, "nobody dials what a person has to scan"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to": "+12"}, "/to"),
        ({"text": None}, "/text"),
        ({"text": "{{ nobody }}"}, "/vars"),
        ({"subject": "Hi"}, "/subject"),
        ({"attachments": [file("a.png"), file("b.png")]}, "/attachments/1"),
        ({"text": None, "whatsapp_template": {"name": "offer"}}, "/whatsapp_template"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_place(api: Api, change: dict[str, Any], pointer: str) -> None:
    linked(api)
    with api.house.database.write() as tx:
        tx.execute(update(device).values(jid="1:1@s.whatsapp.net", status="connected", reason="steady"))
    body = {"to": TO, "text": "Hello", "senders": ["phone"], **change}
    refused = api.post("/messages", {name: value for name, value in body.items() if value is not None})
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"].startswith(pointer), refused.text


def test_a_device_sends_it_once_and_the_same_key_is_the_same_message_whatever_became_of_the_device(api: Api) -> None:
    """R41, L01: durable before the 202; the timeline by its id; a repetition asks no device."""
    linked(api)
    key = {"Idempotency-Key": "order 7"}
    body = {"to": TO, "text": "Your code is {{ code }}", "vars": {"code": 7}}

    async def story() -> tuple[str, list[str]]:
        async with working(api.house):
            store = await paired(api)
            first = await asyncio.to_thread(lambda: api.post("/messages", body, headers=key))
            assert first.status_code == 202, first.text
            assert (first.json()["state"], first.json()["channel"]) == ("queued", "whatsapp")
            picture = {**body, "attachments": [file("a.png")]}
            second = await asyncio.to_thread(lambda: api.post("/messages", picture))
            await ended(api, [first.json()["id"], second.json()["id"]], lambda s: s == "read")
            return first.json()["id"], store.with_name("device.db.sent").read_text().splitlines()

    uid, sent = asyncio.run(story())
    assert len(sent) == 2
    told = api.get(f"/messages/{uid}").json()
    assert [(one["attempt"], one["state"], one["sender"]) for one in told["timeline"]] == [(1, "accepted", "phone")]
    with api.house.database.write() as tx:
        from homing.store.tables import idempotency

        tx.execute(idempotency.delete())  # as if the server had died before it kept its answer
        tx.execute(update(device).values(status="disconnected", reason="logged_out"))
    assert api.post("/messages", body, headers=key).json()["id"] == uid
    media = list((api.house.settings.data / "whatsapp" / "media").iterdir())
    assert media == [], "the file of a single message is not kept"


def test_each_kind_of_media_goes_with_a_campaign_and_a_pair_limit_makes_only_its_person_wait(api: Api) -> None:
    """L22: 131056 is of one pair of numbers: the others go on at once, and that one is tried again after its time, uncharged."""
    with Cloud(Orders(code={TO[1:]: 131056})).running() as cloud:
        cloud_sender(api, cloud.url)
        for address in (TO, "+94711234500", "+94711234501"):
            api.post("/contacts", {"phone": address, "name": "P", "list": "all"})
            writes(api, address)
        body = {"name": "Chat", "text": "For {{ name }}", "senders": ["Cloud"], "audience": {"lists": ["all"]}}
        made = [api.post("/campaigns", {**body, "attachments": [file(name)]}).json()["id"] for name, _ in MEDIA]
        for each in made:
            assert api.post(f"/campaigns/{each}/send").status_code == 202

        async def story() -> float:
            async with working(api.house):
                await until(lambda: cloud.accepted.total() == 6)
                began = time.monotonic()
                assert cloud.people[TO[1:]] == 0
                cloud.orders.code.clear()
                await until(lambda: all(api.house.campaign(each).state == "completed" for each in made))
                return time.monotonic() - began

        assert asyncio.run(story()) > 2.0, "its time"
        assert set(cloud.accepted.values()) == {1}
        assert cloud.people == {TO[1:]: 3, "94711234500": 3, "94711234501": 3}
        kinds = Counter((sent["type"], sent["to"]) for sent in cloud.bodies)
        assert set(kinds.values()) == {1}
        assert {kind for kind, _ in kinds} == {kind for _, kind in MEDIA}
        for each in made:
            assert api.get(f"/campaigns/{each}/audit").json()["failed"] == 0


def test_R45_own_words_of_a_device_end_and_start_again_and_known_ones_may_be_taken_out(api: Api) -> None:
    """As its driver hears them; each takes effect before the next message to that number."""
    linked(api)
    api.patch("/senders/phone", {"stop_words": "genug,-cancel", "start_words": "doch"})
    stopped = Suppressions(api.house.database)

    def silent() -> bool:
        return stopped.covering(api.house.workspace.id, TO, channel="whatsapp") is not None

    async def story() -> None:
        async with working(api.house):
            store = await paired(api)

            def says(text: str) -> None:
                with store.with_name("device.db.script").open("a", encoding="utf-8") as script:
                    script.write(json.dumps({"inbound": TO[1:], "text": text}) + "\n")

            says("Genug 🙏")
            await until(silent)
            refused = await asyncio.to_thread(api.post, "/messages", {"to": TO, "text": "Hello"})
            await ended(api, [refused.json()["id"]], lambda s: s == "skipped")
            says("Doch!")
            await until(lambda: not silent())
            says("Cancel")
            says("last")
            talks = lambda: api.get(f"/conversations/{TO}").json()["messages"]  # noqa: E731 - asked again
            while "last" not in str(await asyncio.to_thread(talks)):
                await asyncio.sleep(0.05)
            assert not silent()

    asyncio.run(story())


def test_free_text_to_nobody_who_wrote_does_not_start(api: Api) -> None:
    """The 24-hour window, before the start: an approved template is the cure, and is named."""
    cloud_sender(api, "http://127.0.0.1:1")
    api.post("/contacts", {"phone": TO, "list": "all"})
    body = {"name": "Chat", "text": "Hi", "senders": ["Cloud"], "audience": {"lists": ["all"]}}
    refused = api.post(f"/campaigns/{api.post('/campaigns', body).json()['id']}/send")
    assert (refused.status_code, refused.json()["code"]) == (422, "lint")
    assert "approved template" in refused.json()["detail"]
    offer = {**body, "name": "Offer", "text": None, "whatsapp_template": {"name": "offer", "body": ["{{ phone }}"]}}
    made = api.post("/campaigns", {name: value for name, value in offer.items() if value is not None})
    assert api.post(f"/campaigns/{made.json()['id']}/send").status_code == 202


def test_each_kind_of_media_arrives_over_the_cloud_api_uploaded_once(api: Api) -> None:
    """A campaign's file is uploaded once for everybody, a message's own once; both go by their id."""
    with Cloud().running() as cloud:
        cloud_sender(api, cloud.url)
        for n in range(3):
            api.post("/contacts", {"phone": f"+9471123450{n}", "name": f"P {n}", "list": "all"})
        closed = api.post("/messages", {"to": TO, "text": "Hello"})
        assert (closed.status_code, closed.json()["code"]) == (422, "window_closed")
        writes(api, TO)
        writes(api, "+94711234500")
        writes(api, "+94711234501")
        uids = [
            api.post("/messages", {"to": TO, "text": f"see {name}", "attachments": [file(name)]}).json()["id"]
            for name, _ in MEDIA
        ]
        body = {"name": "Chat", "text": "For {{ name }}", "senders": ["Cloud"], "audience": {"lists": ["all"]}}
        made = api.post("/campaigns", {**body, "attachments": [file("offer.pdf")]}).json()["id"]
        assert api.post(f"/campaigns/{made}/send").status_code == 202

        async def story() -> None:
            async with working(api.house):
                await ended(api, uids, lambda s: s == "sent")
                await until(lambda: api.house.campaign(made).state == "completed")

        told = api.post(f"/campaigns/{made}/check").json()["findings"]
        assert [each["verdict"] for each in told if each["check"] == "window"] == ["warn"]
        asyncio.run(story())
        assert cloud.accepted.total() == 5
        assert set(cloud.accepted.values()) == {1}
        late = api.get(f"/campaigns/{made}/deliveries?state=failed").json()["items"]
        assert [(each["phone"], each["reason"]) for each in late] == [("+94711234502", "window_closed")]
        got = [body for body in cloud.bodies if body["to"] == TO[1:]]
        assert sorted(body["type"] for body in got) == sorted(kind for _, kind in MEDIA)
        for sent in cloud.bodies:
            part = sent[sent["type"]]
            assert part["caption"].startswith(("see ", "For P"))
            assert part["id"] in cloud.files
        assert {sent["document"]["filename"] for sent in cloud.bodies if sent["type"] == "document"} == {
            "a.pdf",
            "offer.pdf",
        }
        assert len(cloud.files) == 4, "the campaign's file lies there once"
        assert b"what is in offer.pdf" in [content for _, _, content in cloud.files.values()]
