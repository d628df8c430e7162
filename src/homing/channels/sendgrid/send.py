"""SendGrid on the way out: one message a request, and its answers as outcomes (EMAIL section 7).

Answers are those of https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses.
"""

import json
from typing import Any

import orjson

from homing.channels.sendgrid.parts import Parts, mailbox, take_apart
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.sender import HttpAccess
from homing.transport.exchange import Answer, Ask, stated_wait
from homing.world import Clock

HOME = "https://api.sendgrid.com"
_WRITTEN_BY_THEM = frozenset(
    {
        *("from", "to", "cc", "bcc", "subject", "reply-to", "date", "mime-version", "received", "dkim-signature"),
        *("content-type", "content-transfer-encoding", "x-sg-id", "x-sg-eid"),
    }
)
_OFF = {"enable": False}
_NO_TRACKING = {
    "click_tracking": {**_OFF, "enable_text": False},
    "open_tracking": _OFF,
    "subscription_tracking": _OFF,
    "ganalytics": _OFF,
}


class SendGrid:
    """A Provider (homing.transport.courier). `access.secret` is the API key."""

    def __init__(self, access: HttpAccess, clock: Clock) -> None:
        self._home = (access.endpoint_url or HOME).rstrip("/")
        self._clock = clock
        self._not_sent_at_5xx = access.not_sent_at_5xx
        self._headers = {"Authorization": f"Bearer {access.secret}", "Content-Type": "application/json"}

    async def prepare(self) -> NotSent | None:
        return None

    def ask(self, parcel: Parcel) -> Ask:
        body = orjson.dumps(message(parcel))
        return Ask("POST", f"{self._home}/v3/mail/send", self._headers, body)

    def judge(self, answer: Answer) -> Outcome:
        status = answer.status
        if status in (200, 202):
            return Accepted(answer.headers.get("x-message-id"), Words("response", str(status)))
        said, where = complaint(answer)
        words = answer.words(said)
        if status == 429:
            wait = stated_wait(answer.headers, self._clock.now())
            return NotSent("rate_limited", Blame.SENDER, words, Trouble.LIMIT, wait)
        if status in (401, 403):
            return self._denied(said.lower(), words)
        if status in (404, 405) or (300 <= status < 400 and status != 303):
            return NotSent("wrong_endpoint", Blame.SENDER, words, Trouble.CREDENTIALS)
        if status in (400, 413, 415, 422):
            return _refused(status, where, words)
        if status >= 500 and self._not_sent_at_5xx:
            return NotSent("provider_error", Blame.SENDER, words, Trouble.PROVIDER)
        return Unclear("provider_error" if status >= 500 else "garbage", words, ailing=status >= 500)

    def _denied(self, said: str, words: Words) -> NotSent:
        if "maximum credits exceeded" in said or "exceeded your messaging limits" in said:
            return NotSent("quota", Blame.SENDER, words, Trouble.QUOTA)
        if "verified sender" in said or "from address" in said:
            return NotSent("from_not_verified", Blame.SENDER, words, Trouble.FROM)
        return NotSent("credentials", Blame.SENDER, words, Trouble.CREDENTIALS)

    def look(self) -> Ask:
        return Ask("GET", f"{self._home}/v3/scopes", self._headers)

    def judge_look(self, answer: Answer) -> NotSent | None:
        """A key without the right to send is found here, before a recipient is met."""
        if answer.status == 200:
            try:
                scopes = json.loads(answer.body).get("scopes")
            except (ValueError, AttributeError):
                scopes = None
            if isinstance(scopes, list) and "mail.send" not in scopes:
                words = answer.words("the API key lacks the scope mail.send")
                return NotSent("credentials", Blame.SENDER, words, Trouble.CREDENTIALS)
            return None
        outcome = self.judge(answer)
        if isinstance(outcome, NotSent):
            return outcome
        return NotSent("provider_error", Blame.SENDER, answer.words(), Trouble.PROVIDER)


def message(parcel: Parcel) -> dict[str, Any]:
    """The JSON of one message."""
    parts = take_apart(parcel.body)
    campaign, seq = parts.header("x-homing-delivery").rpartition("/")[::2]
    to = {"email": parcel.recipient}
    name = mailbox(parts.header("to"))[0]
    if name:
        to["name"] = name
    told: dict[str, Any] = {
        "personalizations": [
            {"to": [to], "custom_args": {"homing_attempt": f"{campaign}/{seq}/{parcel.key.attempt}"}},
        ],
        "from": _address(parts.header("from")),
        "subject": parts.header("subject"),
        "content": _content(parts),
        "headers": _headers(parts),
        "tracking_settings": _NO_TRACKING,
    }
    reply_to = parts.header("reply-to")
    if reply_to:
        told["reply_to"] = _address(reply_to)
    if parts.files:
        told["attachments"] = [
            {"content": f.content, "type": f.content_type, "filename": f.filename, "disposition": "attachment"}
            for f in parts.files
        ]
    return told


def _address(value: str) -> dict[str, str]:
    name, address = mailbox(value)
    return {"email": address, "name": name} if name else {"email": address}


def _content(parts: Parts) -> list[dict[str, str]]:
    bodies = (("text/plain", parts.text), ("text/html", parts.html))
    return [{"type": kind, "value": body or " "} for kind, body in bodies if body is not None]


def _headers(parts: Parts) -> dict[str, str]:
    return {name: value for name, value in parts.headers if name.lower() not in _WRITTEN_BY_THEM}


def complaint(answer: Answer) -> tuple[str, str]:
    """The first error's sentence and the field that it speaks of; ('', '') when the body is no error of theirs."""
    try:
        first = json.loads(answer.body)["errors"][0]
        return str(first.get("message") or ""), str(first.get("field") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", ""


def _refused(status: int, where: str, words: Words) -> Refused:
    """400 about the recipient is his own; everything else the campaign's: three alike in a row pause it."""
    if where.startswith("personalizations") and ".to" in where:
        return Refused("bad_address", words)
    return Refused("too_big" if status == 413 else "content", words, campaign_fault=True)
