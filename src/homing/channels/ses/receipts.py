"""Amazon SES on the way back: its events through SNS.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (events) and
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html: SignatureVersion 2 (RSA, SHA-256) alone; the
certificate comes from a host of SNS, and the topic must be one that the sender names.
"""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from homing.model.outcome import clean_words
from homing.model.receipt import BAD_ADDRESS, CONTENT, MAILBOX_FULL, ROUTING, Kind, Mark, Receipt, reason_of

_HOST = re.compile(r"sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_KINDS = {
    "Send": Kind.ACCEPTED,
    "Delivery": Kind.DELIVERED,
    "DeliveryDelay": Kind.DEFERRED,
    "Bounce": Kind.BOUNCED,
    "Reject": Kind.BOUNCED,
    "Complaint": Kind.COMPLAINED,
    "Open": Kind.OPENED,
    "Click": Kind.CLICKED,
    "Subscription": Kind.UNSUBSCRIBED,
}
_BOUNCES = {
    "MailboxFull": MAILBOX_FULL,
    "MessageTooLarge": CONTENT,
    "ContentRejected": CONTENT,
    "AttachmentRejected": CONTENT,
    "NoEmail": BAD_ADDRESS,
    "Suppressed": BAD_ADDRESS,
    "OnAccountSuppressionList": BAD_ADDRESS,
}


def read(body: bytes) -> dict[str, str] | None:
    """The envelope of SNS: an object of texts. None for anything else; nothing of it is believed yet."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("Type") not in _SIGNED:
        return None
    return {name: value for name, value in found.items() if isinstance(value, str)}


def certificate_url(envelope: dict[str, str], topics: frozenset[str]) -> str | None:
    """Where the certificate is, if this may be a message of one of our topics at all: looked at before anything is fetched."""
    url = envelope.get("SigningCertURL", "")
    if envelope.get("TopicArn") not in topics or envelope.get("SignatureVersion") != "2" or not is_sns(url):
        return None
    return url if _CERTIFICATE.fullmatch(urlsplit(url).path) else None


def is_sns(url: str) -> bool:
    """Whether an address is of SNS itself, by https on its usual port."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme == "https"
            and parts.port in (None, 443)
            and parts.username is None
            and bool(_HOST.fullmatch(parts.hostname or ""))
        )
    except ValueError:
        return False


def verify(envelope: dict[str, str], certificate: bytes) -> bool:
    """Whether the owner of the certificate (PEM) signed this envelope."""
    names = _SIGNED[envelope["Type"]]
    told = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        signature = base64.b64decode(envelope.get("Signature", ""), validate=True)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, told.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def subscribe_url(body: bytes) -> str | None:
    """The address that confirms a subscription, of a verified body; None when it is no such message."""
    envelope = read(body)
    if envelope is None or envelope["Type"] != "SubscriptionConfirmation":
        return None
    url = envelope.get("SubscribeURL", "")
    return url if is_sns(url) else None


def parse(body: bytes) -> list[Receipt]:
    """The events of a verified body: one for each recipient that it names, and we have one a message."""
    envelope = read(body)
    if envelope is None or envelope["Type"] != "Notification":
        return []
    try:
        event = json.loads(envelope.get("Message", ""))
    except (ValueError, RecursionError):
        return []
    if not isinstance(event, dict):
        return []
    name = str(event.get("eventType") or event.get("notificationType") or "")
    mail = _object(event.get("mail"))
    kind = _KINDS.get(name, Kind.OTHER)
    part = _part(event, name)
    code, words = _said(part)
    receipt = Receipt(
        "ses",
        envelope.get("MessageId", "")[:200],
        kind,
        _millis(part.get("timestamp") or mail.get("timestamp") or envelope.get("Timestamp", "")),
        Mark.parse(_tag(mail), "_"),
        _reason(name, part, code, words) if kind is Kind.BOUNCED else "",
        code,
        words,
        clean_words(str(mail.get("messageId") or ""))[:200] or None,
    )
    return [receipt] if receipt.event_id else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    key = {"DeliveryDelay": "deliveryDelay"}.get(name, name[:1].lower() + name[1:])
    return _object(event.get(key))


def _tag(mail: dict[str, Any]) -> object:
    tags = mail.get("tags")
    values = tags.get("homing_attempt") if isinstance(tags, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _said(part: dict[str, Any]) -> tuple[str, str]:
    """The remote server's code and words about the first recipient."""
    for name in ("bouncedRecipients", "delayedRecipients"):
        listed = part.get(name)
        if isinstance(listed, list) and listed and isinstance(listed[0], dict):
            first = listed[0]
            return clean_words(str(first.get("status") or ""))[:20], clean_words(str(first.get("diagnosticCode") or ""))
    return "", clean_words(str(part.get("reason") or part.get("smtpResponse") or ""))


def _reason(name: str, part: dict[str, Any], code: str, words: str) -> str:
    if name == "Reject":
        return CONTENT
    known = _BOUNCES.get(str(part.get("bounceSubType")))
    if known is not None:
        return known
    judged = reason_of(code, words)
    if (
        judged == ROUTING
        and part.get("bounceType") == "Permanent"
        and part.get("bounceSubType") == "General"
        and not code
    ):
        return BAD_ADDRESS
    return judged


def _millis(text: object) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
