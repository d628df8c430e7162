"""Our signatures for SES, held against botocore's own."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from homing.channels.ses.signing import SERVICE, Signer
from homing.model.sender import HttpAccess
from homing.transport.exchange import Ask


class Stopped:
    """A clock that stands where botocore's stood."""

    def __init__(self, at: int = 0) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def uptime(self) -> float:
        return self.at / 1000


def theirs(ask: Ask, keys: Credentials, region: str) -> dict[str, str]:
    request = AWSRequest(ask.method, ask.url, {"Content-Type": "application/json"} if ask.body else {}, ask.body)
    SigV4Auth(keys.get_frozen_credentials(), SERVICE, region).add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize("token", [None, "a/session+token=="])
@pytest.mark.parametrize(
    "home",
    [
        "https://email.eu-west-1.amazonaws.com",
        "http://127.0.0.1:8025",
        "http://[::1]:8025",
        "https://gateway.example.org:443/our mail/~ses",
        "https://gateway.example.org:8443/a%20path",
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/v2/email/outbound-emails", '{"to":"Grüße"}'.encode()), ("GET", "/v2/email/account", b"")],
)
def test_a_signature_is_the_one_that_botocore_makes(
    home: str, method: str, path: str, body: bytes, token: str | None
) -> None:
    access = HttpAccess(endpoint_url=home, access_key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI", region="eu-west-1")
    clock = Stopped()
    signer = Signer(access, "eu-west-1", clock)
    assert signer.find() is None
    keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", token)
    signer._keys = keys.get_frozen_credentials()
    ask = Ask(method, f"{home}{path}", {}, body)
    wanted = theirs(ask, keys, "eu-west-1")
    clock.at = _milliseconds(wanted["X-Amz-Date"])
    assert dict(signer.signed(ask).headers) == wanted


def test_the_key_of_a_day_is_not_used_on_the_next() -> None:
    access = HttpAccess(access_key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI")
    clock = Stopped(_milliseconds("20261127T235959Z"))
    signer = Signer(access, "us-east-1", clock)
    assert signer.find() is None
    ask = Ask("GET", "https://email.us-east-1.amazonaws.com/v2/email/account", {})
    before = signer.signed(ask).headers["Authorization"]
    clock.at += 1000
    after = signer.signed(ask).headers["Authorization"]
    assert "/20261127/" in before
    assert "/20261128/" in after
    fresh = Signer(access, "us-east-1", clock)
    fresh.find()
    assert fresh.signed(ask).headers["Authorization"] == after


def _milliseconds(stamp: str) -> int:
    return int(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000)
