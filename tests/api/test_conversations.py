"""/conversations: who wrote, what is new, and answers that go out once and only where they may."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from homing.api.ways import WINDOW_MS
from homing.content.recipient import Recipient
from homing.content.single import chat_of, letter_of
from homing.model.ids import SenderId
from homing.store.conversations import Heard
from homing.store.device_tables import device
from homing.store.message_tables import message
from homing.store.tables import delivery
from tests.api.conftest import Api
from tests.api.test_messages_whatsapp import ended, working
from tests.whatsapp.cloud import NUMBER, TOKEN, Cloud

NIMAL = "+94711000001"
PLACE = f"/conversations/{NIMAL}"


def sender(api: Api, kind: str = "whatsapp_linked", **options: Any) -> SenderId:
    made = api.post("/senders", {"name": kind, "kind": kind, **options})
    assert made.status_code == 201, made.text
    house = api.house
    id_ = house.senders.find(house.workspace.id, kind).id
    if kind == "whatsapp_linked":
        with house.database.write() as tx:
            linked = {"jid": "94700000001:5@s.whatsapp.net", "phone": "+94700000001"}
            tx.execute(update(device).values(status="connected", reason="steady", **linked))
    return id_


def writes(api: Api, to: SenderId, text: str, number: int = 1, *, ago: int = 0) -> None:
    at = api.house.world.clock.now() - ago
    heard = Heard(NIMAL, text, f"3A{number}", at, "Nimal")
    api.app.state.ledger.conversations.receive(api.house.workspace.id, to, heard)


def answer(api: Api, text: str, key: str = "k1", **more: Any) -> Any:
    return api.post(f"{PLACE}/messages", {"text": text, **more}, headers={"Idempotency-Key": key})


def rows(api: Api) -> int:
    with api.house.database.read() as tx:
        return len(tx.execute(select(delivery.c.seq)).all())


def test_what_is_new_is_counted_until_somebody_has_read_it(api: Api) -> None:
    phone = sender(api)
    writes(api, phone, "Is it still there?", 1)
    writes(api, phone, "Hello?", 2)
    one = api.get("/conversations").json()["items"][0]
    assert (one["id"], one["name"], one["text"], one["unread"], one["direction"]) == (NIMAL, "Nimal", "Hello?", 2, "in")
    assert api.get("/conversations/unread").json() == {"unread": 1}
    assert api.post(f"{PLACE}/read").json() == {"read": True}
    assert api.post(f"{PLACE}/read").json() == {"read": False}
    assert api.get("/conversations/unread").json() == {"unread": 0}
    assert api.get("/conversations").json()["items"][0]["unread"] == 0


def test_R45_an_answer_is_one_message_however_often_it_is_asked_for(api: Api) -> None:
    """The key stands in the transaction of the message: there is no moment at which a repetition could be a second one."""
    phone = sender(api)
    writes(api, phone, "How much is it? {{ really }}")
    first = answer(api, "It is {{ 100 }} % yours")
    assert first.status_code == 202, first.text
    again = answer(api, "It is {{ 100 }} % yours")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.headers["idempotency-replayed"] == "true"
    assert rows(api) == 1
    assert answer(api, "Something else").json()["code"] == "idempotency_key_reused"
    assert rows(api) == 1
    told = api.get(PLACE).json()["messages"]
    assert [(each["direction"], each["text"], each["state"]) for each in told] == [
        ("in", "How much is it? {{ really }}", None),
        ("out", "It is {{ 100 }} % yours", "queued"),
    ]
    last = api.get("/conversations").json()["items"][0]
    assert (last["direction"], last["unread"]) == ("out", 0), "whoever answers has read"


def test_what_is_typed_goes_out_as_it_is(api: Api) -> None:
    """No template: a brace, a percent sign or a formula in an answer is a brace, a percent sign, a formula."""
    import json

    writes(api, sender(api), "Hi")
    answer(api, "  {{ name }} {% if %} <b> & 'so'  ")
    with api.house.database.read() as tx:
        content = json.loads(tx.execute(select(message.c.content)).scalar_one())
    chat = chat_of({"text": content["text"]}, campaign_uid="c", sender_name="s")
    built = json.loads(chat.build(Recipient(1, NIMAL, "", content["vars"]), 0))
    assert built["text"] == "{{ name }} {% if %} <b> & 'so'"


def test_R45_nobody_is_answered_who_said_stop(api: Api) -> None:
    phone = sender(api)
    writes(api, phone, "STOP", 1)
    refused = answer(api, "But why?")
    assert (refused.status_code, refused.json()["code"]) == (409, "suppressed")
    way = api.get(PLACE).json()["ways"]["whatsapp"]
    assert (way["open"], way["code"]) == (False, "suppressed")
    assert "STOP" in way["words"]
    writes(api, phone, "START", 2)
    assert answer(api, "Welcome back", "k2").status_code == 202


def test_the_cloud_api_takes_free_text_for_24_hours(api: Api) -> None:
    cloud = sender(api, "whatsapp_cloud", phone_number_id="1", api_key="t")
    writes(api, cloud, "Hi", ago=WINDOW_MS - 60_000)
    way = api.get(PLACE).json()["ways"]["whatsapp"]
    assert way["open"]
    assert way["until"] is not None
    assert answer(api, "Hello").status_code == 202
    with api.house.database.write() as tx:
        from homing.store.device_tables import conversation_message

        tx.execute(update(conversation_message).values(at=conversation_message.c.at - 120_000))
    late = answer(api, "Still there?", "k2")
    assert (late.status_code, late.json()["code"]) == (409, "window_closed")
    assert "24 hours" in late.json()["detail"]


def test_R41_an_answer_over_a_device_that_is_not_linked_says_so(api: Api) -> None:
    phone = sender(api)
    writes(api, phone, "Hi")
    with api.house.database.write() as tx:
        tx.execute(update(device).values(status="disconnected", reason="logged_out", jid=None))
    refused = answer(api, "Hello")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_connection")
    assert refused.json()["detail"] == "No active WhatsApp connection found. Please connect a device first."
    with api.house.database.write() as tx:
        tx.execute(update(device).values(status="reconnecting", reason="network", jid="x"))
    assert answer(api, "Hello").status_code == 202, "one that is being restored is waited for"


def test_an_answer_may_go_by_mail_and_stays_in_the_conversation(api: Api) -> None:
    writes(api, sender(api), "Send me the invoice")
    api.post("/contacts", {"phone": NIMAL, "email": "nimal@example.org", "name": "Nimal P."})
    assert answer(api, "Here", channel="email", subject="x").json()["errors"][0]["pointer"] == "/sender"
    api.post("/senders", {"name": "post", "kind": "smtp", "host": "127.0.0.1", "from": "a@b.example"})
    assert answer(api, "Here", channel="email").json()["errors"][0]["pointer"] == "/subject"
    made = answer(api, "Here", channel="email", subject="Your invoice {{ x }}")
    assert made.status_code == 202, made.text
    last = api.get(PLACE).json()["messages"][-1]
    assert (last["channel"], last["text"], last["state"]) == ("email", "Here", "queued")


@pytest.mark.parametrize(("body", "pointer"), [({"text": ""}, "/text"), ({"text": "  "}, "/text"), ({}, "/text")])
def test_an_empty_answer_is_none(api: Api, body: dict[str, str], pointer: str) -> None:
    writes(api, sender(api), "Hi")
    refused = api.post(f"{PLACE}/messages", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert rows(api) == 0


def with_file(api: Api, name: str, content: bytes, key: str = "k1", **fields: str) -> Any:
    return api.ask(
        "POST",
        f"{PLACE}/files",
        files={"file": (name, content)},
        data=fields,
        headers={"Idempotency-Key": key},
    )


def test_R45_an_answer_with_a_file_is_one_message_and_another_file_is_not_the_same(api: Api) -> None:
    phone = sender(api)
    writes(api, phone, "Send me the list")
    first = with_file(api, "list.pdf", b"%PDF-1.4 a list", text="Here it is {{ 1 }}")
    assert first.status_code == 202, first.text
    again = with_file(api, "list.pdf", b"%PDF-1.4 a list", text="Here it is {{ 1 }}")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.headers["idempotency-replayed"] == "true"
    for other in (("list.pdf", b"%PDF-1.4 another"), ("other.pdf", b"%PDF-1.4 a list")):
        refused = with_file(api, *other, text="Here it is {{ 1 }}")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert with_file(api, "list.pdf", b"%PDF-1.4 a list").status_code == 422, "without its caption"
    assert rows(api) == 1
    line = api.get(PLACE).json()["messages"][-1]
    assert (line["text"], line["media"], line["direction"]) == ("Here it is {{ 1 }}", "application", "out")


@pytest.mark.parametrize(
    ("name", "content", "pointer"),
    [("a.png", b"", "/file"), ("../a.png", b"x", "/file"), ("a" * 201, b"x", "/file")],
)
def test_a_file_that_is_none_is_refused(api: Api, name: str, content: bytes, pointer: str) -> None:
    writes(api, sender(api), "Hello?")
    refused = with_file(api, name, content)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    long = with_file(api, "a.png", b"x", text="x" * 1025)
    assert (long.status_code, long.json()["errors"][0]["pointer"]) == (422, "/text")
    assert api.post(f"{PLACE}/files", {"text": "no form"}).status_code == 422
    assert with_file(api, "big.mp4", b"x" * 17_000_001).status_code == 413
    assert rows(api) == 0


def test_each_kind_of_file_in_an_answer_arrives_once_over_the_cloud_api(api: Api) -> None:
    with Cloud().running() as cloud:
        where = {"phone_number_id": NUMBER, "endpoint_url": cloud.url, "api_key": TOKEN}
        writes(api, sender(api, "whatsapp_cloud", probe=[cloud.url.rpartition("/")[2]], **where), "Show me")
        names = {"a.png": "image", "a.mp4": "video", "a.pdf": "document"}
        uids = [with_file(api, n, b"what is in " + n.encode(), n, text=f"see {n}").json()["id"] for n in names]
        bare = with_file(api, "b.png", b"no words", "b")
        assert bare.status_code == 202, bare.text
        uids.append(bare.json()["id"])

        async def story() -> None:
            async with working(api.house):
                await ended(api, uids, lambda state: state == "sent")

        asyncio.run(story())
        got = [(body["type"], body[body["type"]].get("caption")) for body in cloud.bodies]
        assert sorted(got, key=str) == sorted([*((k, f"see {n}") for n, k in names.items()), ("image", None)], key=str)
        assert set(cloud.accepted.values()) == {1}
        assert b"what is in a.mp4" in [content for _, _, content in cloud.files.values()]


def test_an_answer_with_a_file_may_go_by_mail(api: Api) -> None:
    phone = sender(api)
    writes(api, phone, "By mail please")
    api.post("/contacts", {"phone": NIMAL, "email": "nimal@example.org", "name": "Nimal"})
    api.post("/senders", {"name": "mail", "kind": "smtp", "host": "127.0.0.1", "from": "us@example.org"})
    missing = with_file(api, "list.pdf", b"%PDF", channel="email")
    assert missing.json()["errors"][0]["pointer"] == "/subject"
    made = with_file(api, "list.pdf", b"%PDF", channel="email", subject="The list")
    assert made.status_code == 202, made.text
    with api.house.database.read() as tx:
        kept = json.loads(tx.execute(select(message.c.content)).scalar_one())
    letter = letter_of(kept, campaign_uid="c", default_from="us@example.org", sender_name="us")
    raw = letter.build(Recipient(1, "nimal@example.org", "", kept["vars"]), 0)
    assert b'filename="list.pdf"' in raw or b"filename=list.pdf" in raw
