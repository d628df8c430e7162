"""What a sender is told about the evidence that comes back: checked here, read by the hooks and by the envelope."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from homing.model.errors import Invalid
from homing.model.loopback import is_loopback
from homing.model.sender import MailboxAccess

_P256_DER_BYTES = 91  # a public key of P-256 as SubjectPublicKeyInfo (RFC 5480)
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}")


def event_key(value: Any) -> str:
    """The verification key of SendGrid's signed event webhook. Raises Invalid."""
    text = "".join(str(value).split())
    try:
        fits = len(base64.b64decode(text, validate=True)) == _P256_DER_BYTES
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise Invalid("this is no verification key; copy it from SendGrid's page of the signed event webhook")
    return text


def topics(value: Any) -> str:
    """The topics of SNS that SES tells its events to, with commas between. Raises Invalid."""
    parts = [part.strip() for part in str(value).split(",")]
    if not all(map(_TOPIC.fullmatch, parts)):
        raise Invalid(f"'{value}' is no topic; write arn:aws:sns:REGION:ACCOUNT:NAME, several with commas between")
    return ",".join(parts)


def domain(value: Any) -> str:
    """The domain that bounces come back to. Raises Invalid."""
    text = str(value).strip().lower().rstrip(".")
    labels = text.split(".")
    if len(labels) < 2 or not all(label.strip("-") and label.replace("-", "").isalnum() for label in labels):
        raise Invalid(f"'{value}' is no domain; write bounces.example.org")
    return text


def mailbox(value: Any) -> str:
    """Where bounces are read from. Raises Invalid."""
    text = str(value).strip()
    mailbox_of(text)
    return text


def mailbox_of(text: str, password: str | None = None, ca_file: str | None = None) -> MailboxAccess:
    """imaps://USER@HOST[:PORT]/FOLDER (RFC 5092); imap:// begins in the clear and goes on under TLS. Raises Invalid."""
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = 0
    user, folder = unquote(parts.username or ""), unquote(parts.path.strip("/")) or "INBOX"
    fits = parts.scheme in ("imap", "imaps") and parts.hostname and user and port != 0 and text.isprintable()
    plainly = (user + folder).isprintable() and (user + folder).isascii()  # IMAP's older servers know no other names
    if not fits or not plainly or parts.password or parts.query or parts.fragment:
        raise Invalid(
            f"'{text}' is no mailbox; write imaps://USER@HOST/FOLDER, in USER %40 for @; the password is in a file of its own"
        )
    host, implicit = parts.hostname or "", parts.scheme == "imaps"
    plain = not implicit and is_loopback(host)
    return MailboxAccess(host, port or (993 if implicit else 143), user, folder, implicit, plain, password, ca_file)
