"""Amazon SES v2 on the way out: our own MIME, one message a request, signed for AWS, sent by our client (EMAIL section 7).

Errors are those of https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and its common errors.
"""

import asyncio
import json
from binascii import b2a_base64
from typing import Any

import orjson

from homing.channels.ses.signing import Signer
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.sender import HttpAccess
from homing.transport.exchange import Answer, Ask, stated_wait
from homing.world import Clock

_MARK = b"\r\nX-Homing-Delivery: "

_NEEDS_A_PERSON = {
    "AccountSuspendedException": "account_suspended",
    "SendingPausedException": "sending_paused",
    "NotFoundException": "configuration_set_missing",
    **dict.fromkeys(
        (
            "AccessDeniedException",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "OptInRequired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        "credentials",
    ),
}
_SLOW_DOWN = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled"})


class Ses:
    """A Provider (homing.transport.courier)."""

    def __init__(self, access: HttpAccess, clock: Clock) -> None:
        region = access.region or "us-east-1"
        self._home = (access.endpoint_url or f"https://email.{region}.amazonaws.com").rstrip("/")
        self._clock = clock
        self._set = access.configuration_set
        self._not_sent_at_5xx = access.not_sent_at_5xx
        self._signer = Signer(access, region, clock)

    async def prepare(self) -> NotSent | None:
        """Finds the credentials: given ones, else where AWS programs look (files, environment, the machine's role)."""
        found = await asyncio.to_thread(self._signer.find)
        if found is None:
            return None
        return NotSent("credentials", Blame.SENDER, Words("auth", "", found), Trouble.CREDENTIALS)

    def ask(self, parcel: Parcel) -> Ask:
        # The message is most of the bytes, and base64 needs no escaping: it is put in as it is.
        data = b2a_base64(parcel.body, newline=False)
        body = b'{"Content":{"Raw":{"Data":"%b"}},%b' % (data, orjson.dumps(self._told(parcel))[1:])
        return self._signer.signed(Ask("POST", f"{self._home}/v2/email/outbound-emails", {}, body))

    def _told(self, parcel: Parcel) -> dict[str, Any]:
        """All but the message."""
        campaign, _, seq = _delivery(parcel.body).rpartition("/")
        told: dict[str, Any] = {
            "Destination": {"ToAddresses": [parcel.recipient]},
            "EmailTags": [{"Name": "homing_attempt", "Value": f"{campaign}_{seq}_{parcel.key.attempt}"}],
        }
        if self._set:
            told["ConfigurationSetName"] = self._set
        return told

    def judge(self, answer: Answer) -> Outcome:
        if answer.status == 200:
            return _accepted(answer)
        code, said = error_of(answer)
        words = answer.words(f"{code}: {said}" if code else "")
        known = self._by_code(code, said, words, answer)
        return known if known is not None else self._by_status(answer.status, words)

    def _by_code(self, code: str, said: str, words: Words, answer: Answer) -> Outcome | None:
        if code in _NEEDS_A_PERSON:
            return NotSent(_NEEDS_A_PERSON[code], Blame.SENDER, words, Trouble.CREDENTIALS)
        if code == "MailFromDomainNotVerifiedException" or (code == "MessageRejected" and "not verified" in said):
            return NotSent("from_not_verified", Blame.SENDER, words, Trouble.FROM)
        if code == "LimitExceededException" or "Daily message quota exceeded" in said:
            return NotSent("quota", Blame.SENDER, words, Trouble.QUOTA)
        if code in _SLOW_DOWN or answer.status == 429:
            wait = stated_wait(answer.headers, self._clock.now())
            return NotSent("rate_limited", Blame.SENDER, words, Trouble.LIMIT, wait)
        if code == "MessageRejected":
            return Refused("content", words, campaign_fault=True)
        return None

    def _by_status(self, status: int, words: Words) -> Outcome:
        if status in (401, 403, 404, 405) or (300 <= status < 400 and status != 303):
            return NotSent(
                "credentials" if status in (401, 403) else "wrong_endpoint", Blame.SENDER, words, Trouble.CREDENTIALS
            )
        if status in (400, 413, 415, 422):
            return Refused("too_big" if status == 413 else "content", words, campaign_fault=True)
        if status >= 500 and self._not_sent_at_5xx:
            return NotSent("provider_error", Blame.SENDER, words, Trouble.PROVIDER)
        return Unclear("provider_error" if status >= 500 else "garbage", words, ailing=status >= 500)

    def look(self) -> Ask:
        return self._signer.signed(Ask("GET", f"{self._home}/v2/email/account", {}))

    def judge_look(self, answer: Answer) -> NotSent | None:
        """The account's own words on itself. Keys that may send but not look are good enough."""
        if answer.status == 200:
            return _account(answer)
        code, _ = error_of(answer)
        if code == "AccessDeniedException":
            return None
        outcome = self.judge(answer)
        if isinstance(outcome, NotSent):
            return outcome
        return NotSent("provider_error", Blame.SENDER, answer.words(), Trouble.PROVIDER)


def _delivery(message: bytes) -> str:
    """What X-Homing-Delivery says."""
    start = message.find(_MARK) + len(_MARK)
    return message[start : message.find(b"\r\n", start)].decode("ascii")


def _accepted(answer: Answer) -> Outcome:
    try:
        found = json.loads(answer.body)["MessageId"]
    except (ValueError, LookupError, TypeError):
        found = None
    if not isinstance(found, str):
        return Unclear("garbage", answer.words())
    return Accepted(found, Words("response", "200"))


def error_of(answer: Answer) -> tuple[str, str]:
    """The error's name without its namespace, and its sentence; ('', '') when the body is no error of theirs."""
    try:
        told = json.loads(answer.body or b"{}")
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    code = answer.headers.get("x-amzn-errortype") or told.get("__type") or told.get("code") or ""
    said = told.get("message") or told.get("Message") or ""
    return str(code).partition(":")[0].rpartition("#")[2], str(said)


def _account(answer: Answer) -> NotSent | None:
    try:
        told = json.loads(answer.body)
        enabled, quota = told.get("SendingEnabled", True), told.get("SendQuota") or {}
        most, sent = float(quota.get("Max24HourSend", -1)), float(quota.get("SentLast24Hours", 0))
    except (ValueError, AttributeError, TypeError):
        return NotSent("garbage", Blame.SENDER, answer.words(), Trouble.PROVIDER)
    if not enabled:
        words = answer.words("sending is switched off for this account")
        return NotSent("sending_paused", Blame.SENDER, words, Trouble.CREDENTIALS)
    if 0 <= most <= sent:
        words = answer.words(f"{sent:.0f} of {most:.0f} messages of the last 24 hours are used")
        return NotSent("quota", Blame.SENDER, words, Trouble.QUOTA)
    return None
