"""/conversations: who wrote, what is new, and answers that go out once and only where they may."""

from typing import Any

import pytest
from sqlalchemy import select, update

from homing.api.ways import WINDOW_MS
from homing.content.recipient import Recipient
from homing.content.single import chat_of
from homing.model.ids import SenderId
from homing.store.conversations import Heard
from homing.store.device_tables import device
from homing.store.message_tables import message
from homing.store.tables import delivery
from tests.api.conftest import Api

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
