"""The Cloud API: what is asked for, what each code means, and webhooks that prove themselves."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from homing.channels.whatsapp_cloud.receipts import (
    Inbound,
    Preference,
    Status,
    Unknown,
    challenge,
    parse,
    receipts,
    verified,
)
from homing.channels.whatsapp_cloud.send import CloudApi
from homing.content.chat import Chat, ChatSource
from homing.content.recipient import Recipient
from homing.model.courier import Parcel
from homing.model.ids import CampaignId, Key
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear
from homing.model.sender import HttpAccess, SenderOptions
from homing.transport.courier import HttpCourier, Limits
from homing.transport.exchange import Answer
from homing.world import SystemClock, World
from tests.channels.desk import RecordingDesk, run
from tests.whatsapp.cloud import NUMBER, TOKEN, Cloud, Orders

UID = "01920000-0000-7000-8000-000000000007"


def parcel(seq: int, source: ChatSource | None = None) -> Parcel:
    chat = Chat(source or ChatSource("Hello {{ name }}", campaign_uid=UID))
    to = f"+9471100{seq:04}"
    return Parcel(Key(CampaignId(7), seq, 2), to, "", chat.build(Recipient(seq, to, "Nimal"), 0))


def api(url: str = "http://127.0.0.1:1") -> CloudApi:
    return CloudApi(HttpAccess(endpoint_url=url, secret=TOKEN), NUMBER, SystemClock())


def judged(code: int, status: int = 400) -> Outcome:
    body = json.dumps({"error": {"code": code, "message": "m", "error_data": {"details": "d"}}}).encode()
    return api().judge(Answer(status, {}, body))


def test_a_message_carries_the_name_of_its_attempt() -> None:
    """CONTRACT section 4: CAMPAIGN_ID/SEQ/ATTEMPT comes back in every status."""
    told = {"name": "offer", "language": "en_US", "body": ["{{ name }}"]}
    ask = api().ask(parcel(3, ChatSource(template=told, campaign_uid=UID)))
    assert not isinstance(ask, Refused)
    body = json.loads(ask.body)
    assert body["biz_opaque_callback_data"] == f"{UID}/3/2"
    assert body["to"] == "94711000003"
    assert body["template"]["components"][0]["parameters"] == [{"type": "text", "text": "Nimal"}]
    assert ask.url.endswith(f"/{NUMBER}/messages")


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (131000, NotSent, "provider_error"),
        (130429, NotSent, "rate_limited"),
        (131056, NotSent, "pair_limit"),
        (190, NotSent, "credentials"),
        (131048, NotSent, "spam_limit"),
        (368, NotSent, "account_locked"),
        (131042, NotSent, "billing"),
        (131026, Refused, "not_on_whatsapp"),
        (131050, Refused, "stopped_marketing"),
        (131047, Refused, "window_closed"),
        (132001, Refused, "content"),
        (132016, Refused, "template_disabled"),
        (987654, Refused, "refused"),
    ],
)
def test_the_code_decides_and_nothing_else(code: int, kind: type, reason: str) -> None:
    for status in (200 if kind is Refused else 400, 500, 503):
        outcome = judged(code, status if status != 200 else 400)
        assert isinstance(outcome, kind)
        assert outcome.reason == reason  # type: ignore[union-attr]


def test_what_no_code_explains_is_in_doubt() -> None:
    assert isinstance(api().judge(Answer(503, {}, b"<html>")), Unclear)
    assert isinstance(api().judge(Answer(200, {}, b'{"messages": [')), Unclear)
    busy = api().judge(Answer(429, {"retry-after": "7"}, b""))
    assert isinstance(busy, NotSent)
    assert (busy.trouble, busy.retry_after) == (Trouble.LIMIT, 7.0)
    pair = judged(131056)
    assert isinstance(pair, NotSent)
    assert pair.blame is Blame.DESTINATION, "one recipient waits, not the sender"


def test_a_lost_reply_is_in_doubt_and_each_send_is_one_request() -> None:
    """L15: a lost answer is never asked for again."""

    async def go() -> None:
        cloud = Cloud(Orders(drop=1.0))
        await cloud._start()
        desk = RecordingDesk()
        courier = HttpCourier(api(cloud.url), SenderOptions(), desk, World(), limits=Limits(timeout=20, sweep=0.02))
        desk.courier = courier
        try:
            courier.submit(parcel(1))
            await desk.all_finished(1)
            assert isinstance(desk.outcome(1), Unclear)
            cloud.orders.drop = 0.0
            assert await courier.probe() is None
            courier.submit(parcel(2))
            await desk.all_finished(2)
            assert isinstance(desk.outcome(2), Accepted)
            assert set(cloud.accepted.values()) == {1}
        finally:
            await courier.close(0)
            await cloud._stop()

    run(go())


def test_webhooks_are_verified_over_their_raw_bytes() -> None:
    body = b'{"entry": [ ]}'
    mark = "sha256=" + hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert verified(body, mark, "s")
    assert not verified(body + b" ", mark, "s")
    assert not verified(body, "", "s")
    query = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "42"}
    assert challenge(query, "v") == "42"
    assert challenge(query, "w") is None


def test_what_a_webhook_tells_is_read_and_the_rest_is_kept() -> None:
    def told(*changes: Any) -> bytes:
        return json.dumps({"entry": [{"changes": list(changes)}]}).encode()

    metadata = {"phone_number_id": NUMBER}
    errors = [{"code": 131026, "title": "no", "error_data": {"details": "not here"}}]
    statuses = [
        {"id": "w1", "status": "delivered", "recipient_id": "9471", "biz_opaque_callback_data": f"{UID}/3/2"},
        {"id": "w2", "status": "failed", "recipient_id": "9472", "errors": errors},
    ]
    messages = [{"id": "w3", "from": "94711", "timestamp": "5", "type": "text", "text": {"body": "STOP"}}]
    value = {"metadata": metadata, "statuses": statuses, "messages": messages}
    found = parse(told({"field": "messages", "value": value}, {"field": "account_update", "value": {}}), NUMBER)
    assert found[0] == Status("w1", "delivered", "9471", f"{UID}/3/2")
    assert found[1] == Status("w2", "failed", "9472", None, 131026, "not here")
    assert found[2] == Inbound("w3", "94711", "", "STOP", None, 5000)
    assert isinstance(found[3], Unknown)
    assert parse(told({"field": "messages", "value": value}), "another") == []
    assert isinstance(parse(b"no json", NUMBER)[0], Unknown)
    assert isinstance(parse(told({"field": "messages", "value": {}}), NUMBER)[0], Unknown)


def told(field: str, **value: Any) -> bytes:
    change = {"field": field, "value": {"metadata": {"phone_number_id": NUMBER}, **value}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


GOOD = {"id": "w1", "status": "sent", "recipient_id": "9471", "biz_opaque_callback_data": f"{UID}/3/2"}
ODD_STATUSES: list[Any] = [
    {},
    None,
    "text",
    {**GOOD, "id": None, "status": None, "errors": "x", "biz_opaque_callback_data": 7},
    {"id": "w2", "status": "held_for_quality_assessment", "user_id": "US.1", "pricing": {"new": {"deep": [1]}}},
    {"id": "w3", "status": "failed", "errors": [{"code": "no number"}]},
    {"id": "w4", "status": "failed", "errors": [None, 5]},
    {"id": "w5", "status": "failed", "errors": [{"code": 131026, "error_data": "text"}]},
]
ODD_MESSAGES: list[Any] = [
    {},
    [],
    {"id": "m1", "type": "text", "text": {"body": "hi"}},
    {"id": "m2", "from": "US.8471", "timestamp": "5", "type": "text", "text": {"body": "known by another name"}},
    {"id": "m3", "from": "94711", "timestamp": "soon", "type": "text"},
    {"id": "m4", "from": "94711", "timestamp": str(10**400), "type": "text"},
]


@pytest.mark.parametrize("odd", ODD_STATUSES, ids=str)
def test_a_status_that_cannot_be_read_takes_none_of_its_neighbours_along(odd: Any) -> None:
    """L11: whatever a provider adds or leaves out, each status that is one settles its message."""
    body = told(
        "messages", statuses=[GOOD, odd, {**GOOD, "id": "w9"}], contacts=[None, {"profile": None}, {"wa_id": 5}]
    )
    marked = [each for each in receipts(body, 5) if each.mark is not None]
    assert [each.provider_id for each in marked if each.provider_id in ("w1", "w9")] == ["w1", "w9"]


@pytest.mark.parametrize("odd", ODD_MESSAGES, ids=lambda odd: str(odd)[:40])
def test_a_message_that_cannot_be_read_takes_none_of_its_neighbours_along(odd: Any) -> None:
    """R45: a STOP beside it is heard."""
    stop = {
        "id": "m9",
        "from": "94711",
        "timestamp": "5",
        "type": "text",
        "text": {"body": "STOP"},
        "context": {"x": 1},
    }
    found = parse(told("messages", messages=[odd, stop], statuses=None, errors=[{"code": 1}]), NUMBER)
    assert [each.text for each in found if isinstance(each, Inbound)] == ["STOP"]


@pytest.mark.parametrize(
    "body",
    [
        {"entry": None},
        {"entry": 5},
        {"entry": [None, 5, {"changes": None}, {"changes": [None, 7, {"field": "messages"}]}]},
        {"entry": [{"changes": [{"field": "messages", "value": []}, {"value": {}}]}]},
        [],
        5,
    ],
    ids=str,
)
def test_no_body_is_an_error(body: Any) -> None:
    assert all(isinstance(each, Unknown) for each in parse(json.dumps(body).encode(), NUMBER))
    assert isinstance(receipts(json.dumps(body).encode(), 5), list)
    assert parse(b"[" * 200_000, NUMBER)


def test_what_was_tapped_counts_as_said() -> None:
    said = [
        {"id": "b1", "from": "94711", "timestamp": "5", "type": "button", "button": {"text": "STOP", "payload": "p"}},
        {"id": "b2", "from": "94711", "timestamp": "5", "type": "interactive",
         "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Stop"}}},
    ]  # fmt: skip
    assert [each.text for each in parse(told("messages", messages=said)) if isinstance(each, Inbound)] == [
        "STOP",
        "Stop",
    ]


def test_a_wish_that_somebody_told_whatsapp_is_read() -> None:
    wishes = [
        {"wa_id": "94711", "category": "marketing_messages", "value": "stop", "timestamp": 7, "detail": "d"},
        {"wa_id": "94711", "category": "marketing_messages", "value": "another", "timestamp": 7},
    ]
    first, second = parse(told("user_preferences", user_preferences=wishes), NUMBER)
    assert isinstance(first, Preference)
    assert (first.phone, first.stop, first.at) == ("94711", True, 7_000)
    assert isinstance(second, Unknown)
    assert parse(told("user_preferences", user_preferences=wishes), "another") == []
