"""What providers tell, read and verified as they document it; and what is not theirs."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from homing.channels.sendgrid import receipts as sendgrid
from homing.channels.ses import receipts as ses
from homing.channels.smtp import receipts as mail
from homing.model.receipt import Kind, Mark

UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
MARK = Mark(UID, 7, 2)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem"


class SendGridKey:
    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        der = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public = base64.b64encode(der).decode()

    def sign(self, body: bytes, stamp: str = "1900000000") -> dict[str, str]:
        signature = self._private.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        return {sendgrid.SIGNATURE: base64.b64encode(signature).decode(), sendgrid.TIMESTAMP: stamp}


class Sns:
    """A topic with its certificate."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        made = x509.CertificateBuilder(name, name, self._private.public_key(), 1, now, now.replace(year=2036))
        self.certificate = made.sign(self._private, SHA256()).public_bytes(Encoding.PEM)

    def envelope(self, message: Any, kind: str = "Notification", version: str = "2", **more: str) -> bytes:
        text = message if isinstance(message, str) else json.dumps(message)
        told = {
            "Type": kind,
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": text,
            "Timestamp": "2026-05-02T00:54:06.655Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
            **more,
        }
        names = ses._SIGNED[kind]
        canonical = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
        digest = SHA256() if version == "2" else SHA1()
        told["Signature"] = base64.b64encode(
            self._private.sign(canonical.encode(), padding.PKCS1v15(), digest)
        ).decode()
        return json.dumps(told).encode()


def of_sendgrid(**event: Any) -> Any:
    told = {"sg_event_id": "e1", "timestamp": 1900000000, "homing_attempt": f"{UID}/7/2", **event}
    (found,) = sendgrid.parse(json.dumps([told]).encode())
    return found


def test_sendgrid_events_are_verified_on_the_raw_bytes() -> None:
    key, body = SendGridKey(), b'[{"event":"delivered"}]'
    headers = key.sign(body)
    assert sendgrid.verify(key.public, headers, body)
    assert not sendgrid.verify(key.public, headers, body + b" ")
    assert not sendgrid.verify(SendGridKey().public, headers, body)
    assert not sendgrid.verify(key.public, {**headers, sendgrid.TIMESTAMP: "1900000001"}, body)
    assert not sendgrid.verify(key.public, {}, body)
    assert not sendgrid.verify(key.public, {**headers, sendgrid.SIGNATURE: "not base64!"}, body)
    assert not sendgrid.verify("nonsense", headers, body)


@pytest.mark.parametrize(
    ("event", "kind", "reason"),
    [
        ({"event": "processed"}, Kind.ACCEPTED, ""),
        ({"event": "delivered", "response": "250 ok"}, Kind.DELIVERED, ""),
        ({"event": "deferred"}, Kind.DEFERRED, ""),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, Kind.BOUNCED, "bad_address"),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, Kind.BOUNCED, "policy"),
        ({"event": "bounce", "status": "5.2.2"}, Kind.BOUNCED, "mailbox_full"),
        ({"event": "dropped", "reason": "Bounced Address"}, Kind.BOUNCED, "bad_address"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Kind.BOUNCED, "dropped"),
        ({"event": "spamreport"}, Kind.COMPLAINED, ""),
        ({"event": "open"}, Kind.OPENED, ""),
        ({"event": "something new"}, Kind.OTHER, ""),
    ],
)
def test_sendgrids_vocabulary_is_ours(event: dict[str, Any], kind: Kind, reason: str) -> None:
    found = of_sendgrid(**event)
    assert (found.kind, found.reason, found.mark, found.at) == (kind, reason, MARK, 1_900_000_000_000)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1, null]", b'[{"event":"open"}]', b"[" * 100_000, b'[{"sg_event_id":1}]']
)
def test_what_is_no_event_is_passed_over(body: bytes) -> None:
    assert sendgrid.parse(body) == []
    assert ses.parse(body) == []


def test_a_mark_that_is_not_ours_is_none() -> None:
    for wrong in (None, 7, "", "a/b", "a/1/x", "a/1/²", "x" * 200 + "/1/1"):
        assert of_sendgrid(event="open", homing_attempt=wrong).mark is None


def test_sns_is_verified_by_version_2_alone_from_its_own_host_and_our_topic() -> None:
    sns = Sns()
    topics = frozenset({TOPIC})
    good = ses.read(sns.envelope({"eventType": "Send"}))
    assert good is not None
    assert ses.certificate_url(good, topics) == CERTIFICATE_URL
    assert ses.verify(good, sns.certificate)
    assert not ses.verify({**good, "Message": "{}"}, sns.certificate)
    assert not ses.verify(good, Sns().certificate)
    assert not ses.verify(good, b"no certificate")
    assert ses.certificate_url(good, frozenset({TOPIC + "x"})) is None
    first = ses.read(sns.envelope({}, version="1"))
    assert first is not None
    assert ses.certificate_url(first, topics) is None
    for url in (
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/../x.pem",
        "https://[::1",
    ):
        assert ses.certificate_url({**good, "SigningCertURL": url}, topics) is None, url


def test_only_sns_itself_is_asked_to_confirm_a_subscription() -> None:
    sns = Sns()
    good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x"
    assert ses.subscribe_url(sns.envelope("You", "SubscriptionConfirmation", SubscribeURL=good, Token="x")) == good
    evil = "https://169.254.169.254/latest"
    assert ses.subscribe_url(sns.envelope("You", "SubscriptionConfirmation", SubscribeURL=evil, Token="x")) is None
    assert ses.subscribe_url(sns.envelope({})) is None


@pytest.mark.parametrize(
    ("event", "kind", "reason"),
    [
        ({"eventType": "Send"}, Kind.ACCEPTED, ""),
        ({"eventType": "Delivery", "delivery": {"smtpResponse": "250 ok"}}, Kind.DELIVERED, ""),
        ({"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "General"}}, Kind.DEFERRED, ""),
        ({"eventType": "Complaint", "complaint": {}}, Kind.COMPLAINED, ""),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, Kind.BOUNCED, "content"),
        (
            {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"status": "5.1.1"}]}},
            Kind.BOUNCED,
            "bad_address",
        ),
        (
            {"eventType": "Bounce", "bounce": {"bounceSubType": "MailboxFull"}},
            Kind.BOUNCED,
            "mailbox_full",
        ),
        ({"eventType": "Rendering Failure"}, Kind.OTHER, ""),
    ],
)
def test_the_vocabulary_of_ses_is_ours(event: dict[str, Any], kind: Kind, reason: str) -> None:
    event["mail"] = {"messageId": "m1", "tags": {"homing_attempt": [f"{UID}_7_2"]}, "timestamp": "2026-05-02T00:54:06Z"}
    (found,) = ses.parse(Sns().envelope(event))
    assert (found.kind, found.reason, found.mark, found.provider_id) == (kind, reason, MARK, "m1")


DSN = """From: MAILER-DAEMON@mx.example.net
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

This is the mail system.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ada@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} {words}

--B
Content-Type: message/rfc822

Subject: Hi

--B--
"""
ARF = """From: feedback@isp.example
To: fbl@example.org
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--B--
"""
VACATION = """From: ada@example.net
To: b@example.org
Subject: Away
Auto-Submitted: auto-replied

I am away. 550 5.1.1 is not about me.
"""
QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: bounces@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <b@example.org>
"""


@pytest.mark.parametrize(
    ("raw", "kind", "reason"),
    [
        (DSN.format(action="failed", status="5.1.1", words="no such user"), Kind.BOUNCED, "bad_address"),
        (DSN.format(action="failed", status="5.2.2", words="full"), Kind.BOUNCED, "mailbox_full"),
        (DSN.format(action="failed", status="5.7.1", words="blocked"), Kind.BOUNCED, "policy"),
        (DSN.format(action="delayed", status="4.4.1", words="later"), Kind.DEFERRED, ""),
        (DSN.format(action="relayed", status="2.0.0", words="ok"), Kind.DELIVERED, ""),
        (ARF, Kind.COMPLAINED, ""),
        (VACATION, Kind.OTHER, ""),
        (QMAIL, Kind.BOUNCED, "bad_address"),
        ("", Kind.OTHER, ""),
        (
            "Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nnonsense",
            Kind.OTHER,
            "",
        ),
    ],
)
def test_a_mail_to_a_bounce_address_says_what_became_of_the_message(raw: str, kind: Kind, reason: str) -> None:
    (found,) = mail.parse(raw.encode(), MARK, 5)
    assert (found.kind, found.reason, found.mark, found.at) == (kind, reason, MARK, 5)
    assert mail.parse(raw.encode(), MARK, 9)[0].event_id == found.event_id  # the same mail again is the same event
