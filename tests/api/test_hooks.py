"""Where providers tell: what is not theirs changes nothing, and is answered as the security page says."""

import asyncio
import json
from typing import Any

import pytest

from homing.app import House
from homing.app.clerking import parse
from homing.engine.receiver import Receiver
from homing.engine.scribe import Scribe
from homing.store.receipts import Receipts
from tests.api.conftest import Api
from tests.channels.test_receipts import CERTIFICATE_URL, TOPIC, SendGridKey, Sns

EVENT = [{"event": "delivered", "sg_event_id": "e1", "timestamp": 1900000000, "homing_attempt": "x/1/1"}]
BODY = json.dumps(EVENT).encode()


@pytest.fixture
def key() -> SendGridKey:
    return SendGridKey()


def add_sendgrid(api: Api, name: str = "sg", **options: Any) -> str:
    made = api.post(
        "/senders", {"name": name, "kind": "sendgrid", "api_key": "SG.x", "from": "a@example.org", **options}
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def post(api: Api, path: str, body: bytes, headers: dict[str, str]) -> int:
    return api.ask("POST", path, content=body, headers=headers).status_code


def kept(house: House) -> int:
    return len(Receipts(house.database).waiting())


def test_a_signed_event_is_kept_and_answered(api: Api, house: House, key: SendGridKey) -> None:
    uid = add_sendgrid(api, event_key=key.public)
    assert post(api, f"/hooks/sendgrid/{uid}", BODY, key.sign(BODY)) == 200
    assert post(api, "/hooks/sendgrid/sg", BODY, key.sign(BODY)) == 200  # by name too, and told twice
    assert kept(house) == 2

    async def work() -> None:
        async def nothing_more(_: Any) -> bool:
            return True

        scribe = Scribe(house.world)
        assert await Receiver(scribe, Receipts(house.database), parse, nothing_more).look()
        scribe.close()

    asyncio.run(work())
    assert kept(house) == 0


def test_forged_unknown_and_foreign_events_change_nothing(api: Api, house: House, key: SendGridKey) -> None:
    add_sendgrid(api, event_key=key.public)
    other = SendGridKey()
    add_sendgrid(api, "second", event_key=other.public)
    add_sendgrid(api, "keyless")
    headers = key.sign(BODY)
    assert post(api, "/hooks/sendgrid/sg", BODY + b" ", headers) == 403
    assert post(api, "/hooks/sendgrid/sg", BODY, other.sign(BODY)) == 403
    assert post(api, "/hooks/sendgrid/second", BODY, headers) == 403
    assert post(api, "/hooks/sendgrid/sg", BODY, {}) == 403
    assert post(api, "/hooks/sendgrid/keyless", BODY, headers) == 404
    assert post(api, "/hooks/ses/sg", BODY, headers) == 404
    assert post(api, "/hooks/sendgrid/nobody", BODY, headers) == 404
    assert post(api, "/hooks/nothing/sg", BODY, headers) == 404
    assert kept(house) == 0


def test_a_body_of_10_mb_is_refused_and_one_of_4_is_read(api: Api, house: House, key: SendGridKey) -> None:
    add_sendgrid(api, event_key=key.public)
    big = b" " * 10_000_000
    assert post(api, "/hooks/sendgrid/sg", big, key.sign(big)) == 413
    assert kept(house) == 0
    four = b"[" + b" " * 4_000_000 + b"]"
    assert post(api, "/hooks/sendgrid/sg", four, key.sign(four)) == 200


def test_sns_is_believed_by_the_certificate_of_its_own_host(api: Api, house: House) -> None:
    sns, asked = Sns(), []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return sns.certificate

    api.app.state.certificates.fetch = fetch
    made = api.post(
        "/senders",
        {"name": "ses", "kind": "ses", "region": "eu-west-1", "from": "a@example.org", "topic_arn": TOPIC},
    )
    assert made.status_code == 201, made.text
    good = sns.envelope({"eventType": "Send", "mail": {}})
    assert post(api, "/hooks/ses/ses", good, {}) == 200
    assert post(api, "/hooks/ses/ses", good.replace(b"Send", b"Fail"), {}) == 403
    assert post(api, "/hooks/ses/ses", sns.envelope({}, version="1"), {}) == 403
    assert post(api, "/hooks/ses/ses", sns.envelope({}, SigningCertURL="https://evil.example/x.pem"), {}) == 403
    assert post(api, "/hooks/ses/ses", Sns().envelope({"eventType": "Send"}), {}) == 403
    assert asked == [CERTIFICATE_URL]
    assert kept(house) == 1


@pytest.mark.parametrize("options", [{"event_key": "short"}, {"event_key": "!!"}])
def test_a_key_that_is_none_is_refused_when_it_is_set(api: Api, options: dict[str, str]) -> None:
    body = {"name": "sg", "kind": "sendgrid", "api_key": "SG.x", **options}
    assert api.post("/senders", body).status_code == 422
