"""The Cloud API: what is asked for, what each code means, and webhooks that prove themselves."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from homing.channels.whatsapp_cloud.receipts import Inbound, Status, Unknown, challenge, parse, verified
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
