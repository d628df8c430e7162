"""SMTP on the way back: bounces (RFC 3464), complaints (RFC 5965) and what unspoken bounces say, by flufl.bounce.

Whose message it was is told by the address that the mail came to (VERP, content/links.py), whose MAC was checked when it came in.
Automatic replies (RFC 3834) are no bounces.
"""

import logging
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from hashlib import sha256

from flufl.bounce import all_failures

from homing.model.outcome import clean_words
from homing.model.receipt import BAD_ADDRESS, Kind, Mark, Receipt, reason_of

log = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs foreign mail's faults with their traceback
MOST_BYTES = 1024 * 1024
_ACTIONS = {"failed": Kind.BOUNCED, "delayed": Kind.DEFERRED, "delivered": Kind.DELIVERED, "relayed": Kind.DELIVERED}
_ACTIONS["expanded"] = Kind.DELIVERED
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def parse(raw: bytes, mark: Mark, at: int) -> list[Receipt]:
    """What one mail to a bounce address says of its attempt. `at`: when it came. An answering machine says nothing."""
    event_id = f"{mark.campaign}/{mark.seq}/{mark.attempt}/{sha256(raw).hexdigest()[:32]}"
    try:
        return _parse(message_from_bytes(raw[:MOST_BYTES], policy=policy.default), event_id, mark, at)
    except Exception as error:  # noqa: BLE001 - mail of strangers: the parsers of two libraries trip over some of it
        log.warning("a bounce could not be read", extra={"cause": type(error).__name__})
        return [Receipt("mail", event_id, Kind.OTHER, at, mark)]


def _parse(message: EmailMessage, event_id: str, mark: Mark, at: int) -> list[Receipt]:
    def made(kind: Kind, reason: str = "", code: str = "", words: str = "") -> list[Receipt]:
        return [Receipt("mail", event_id, kind, at, mark, reason, code, words)]

    if _is(message, "feedback-report"):
        return made(Kind.COMPLAINED)
    for part in _status_parts(message):
        kind = _ACTIONS.get(str(part.get("Action", "")).strip().lower())
        if kind is None:
            continue
        found = _STATUS.search(str(part.get("Status", "")))
        code = found[0] if found else ""
        words = clean_words(str(part.get("Diagnostic-Code", "")))
        return made(kind, reason_of(code, words) if kind is Kind.BOUNCED else "", code, words)
    if _answers_by_itself(message):
        return made(Kind.OTHER)
    temporary, permanent = _unspoken(message)
    if permanent:
        return made(Kind.BOUNCED, BAD_ADDRESS)
    return made(Kind.DEFERRED if temporary else Kind.OTHER)


def _is(message: Message, report: str) -> bool:
    return message.get_content_type() == "multipart/report" and (
        str(message.get_param("report-type", "")).lower() == report
        or any(part.get_content_type() == f"message/{report}" for part in message.walk())
    )


def _status_parts(message: EmailMessage) -> Iterator[Message]:
    """The groups of fields about recipients: all but the first of each message/delivery-status."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            groups = part.get_payload()
            yield from (group for group in groups if isinstance(group, Message)) if isinstance(groups, list) else ()


def _answers_by_itself(message: Message) -> bool:
    said = str(message.get("Auto-Submitted", "no")).strip().lower()
    return (
        said.startswith("auto-replied")
        or message.get("X-Autoreply") is not None
        or message.get("X-Autorespond") is not None
    )


def _unspoken(message: EmailMessage) -> tuple[bool, bool]:
    """Whether a bounce in a server's own words speaks of a passing trouble, and of a lasting one."""
    temporary, permanent = all_failures(message)
    return bool(temporary), bool(permanent)
