"""SendGrid on the way back: its signed event webhook.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event (kinds and fields) and
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features:
ECDSA over P-256 with SHA-256, of the timestamp header and the raw body; the key is base64 of a DER public key.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from homing.model.outcome import clean_words
from homing.model.receipt import BAD_ADDRESS, DROPPED, POLICY, Kind, Mark, Receipt, reason_of

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_KINDS = {
    "processed": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DEFERRED,
    "bounce": Kind.BOUNCED,
    "dropped": Kind.BOUNCED,  # it was accepted, and then not sent
    "spamreport": Kind.COMPLAINED,
    "open": Kind.OPENED,
    "click": Kind.CLICKED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "group_unsubscribe": Kind.UNSUBSCRIBED,
}
_DROPPED_FOR_THE_ADDRESS = ("bounced address", "invalid", "bounced")


def read_key(text: str) -> ec.EllipticCurvePublicKey | None:
    """The verification key that SendGrid shows; None when this is none."""
    try:
        key = load_der_public_key(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if fits and isinstance(key, ec.EllipticCurvePublicKey) else None


def verify(key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether SendGrid signed these very bytes. `headers` by lower-case names."""
    public = read_key(key)
    stamp = headers.get(TIMESTAMP, "")
    if public is None or not stamp.isascii() or not stamp.isdecimal():
        return False
    try:
        signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
        public.verify(signature, stamp.encode() + body, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def parse(body: bytes) -> list[Receipt]:
    """The events of a verified body; what cannot be read is passed over, and a kind nobody knows is OTHER."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return (
        [receipt for each in found if isinstance(each, dict) and (receipt := _receipt(each))]
        if isinstance(found, list)
        else []
    )


def _receipt(event: dict[str, Any]) -> Receipt | None:
    event_id, stamp = event.get("sg_event_id"), event.get("timestamp")
    if not isinstance(event_id, str) or not isinstance(stamp, int | float) or isinstance(stamp, bool):
        return None
    kind = _KINDS.get(str(event.get("event")), Kind.OTHER)
    words = clean_words(str(event.get("reason") or event.get("response") or ""))
    code = clean_words(str(event.get("status") or ""))[:20]
    return Receipt(
        "sendgrid",
        event_id[:200],
        kind,
        int(stamp * 1000),
        Mark.parse(event.get("homing_attempt")),
        _reason(event, code, words) if kind is Kind.BOUNCED else "",
        code,
        words,
        clean_words(str(event.get("sg_message_id") or ""))[:200] or None,
    )


def _reason(event: dict[str, Any], code: str, words: str) -> str:
    if event.get("event") == "dropped":
        return BAD_ADDRESS if words.lower().startswith(_DROPPED_FOR_THE_ADDRESS) else DROPPED
    return POLICY if event.get("type") == "blocked" else reason_of(code, words)
