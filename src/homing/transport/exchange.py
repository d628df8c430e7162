"""One HTTP request and its answer as plain values, and what an error means: surely not sent, or perhaps (failure model 2)."""

import errno
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from homing.model.outcome import Blame, NotSent, Trouble, Unclear, Words, clean_words

WAIT_LIMIT = 3600.0  # seconds: the longest wait that a provider may ask for


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that is complete: headers and signature included. `body` empty: a read-only look."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `headers`: by lower-case name. `body`: at most the first 64 KB."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def words(self, text: str = "") -> Words:
        """The provider's own words: the status, and `text` or the beginning of the body."""
        return Words("response", str(self.status), clean_words(text or self.body.decode("utf-8", "replace")))


class LaneLost(Exception):
    """The desk said that nothing may be written any more; nothing was."""


_ERRNO = {
    errno.ECONNREFUSED: "refused",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


def not_sent(error: BaseException) -> NotSent:
    """An error before the first byte left: the specific reason and the original cause (R20)."""
    if isinstance(error, LaneLost):
        return NotSent("lane_lost", Blame.SENDER, Words("request"), Trouble.PROVIDER)
    number = getattr(error, "errno", None)
    said = os.strerror(number).lower() if number in _ERRNO else clean_words(str(error) or type(error).__name__)
    reason, stage, trouble = _before(error)
    return NotSent(reason, Blame.SENDER, Words(stage, "", said), trouble)


def _before(error: BaseException) -> tuple[str, str, Trouble]:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "dns", "connect", Trouble.CONNECT
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls", "tls", Trouble.PROVIDER
        case aiohttp.ClientConnectorError() | OSError():
            number = getattr(error, "errno", None)
            if isinstance(error, TimeoutError):
                return "timeout", "connect", Trouble.CONNECT
            return _ERRNO.get(number or 0, "unreachable"), "connect", Trouble.CONNECT
        case _:
            return "not_sent", "request", Trouble.PROVIDER


_AFTER: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ServerTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientPayloadError, "torn_reply"),
    (aiohttp.ClientResponseError, "garbage"),
    (aiohttp.ServerDisconnectedError, "connection_lost"),
    (aiohttp.ClientOSError, "connection_lost"),
    (aiohttp.ClientConnectionError, "connection_lost"),
    (OSError, "connection_lost"),
    (ValueError, "garbage"),  # what the parser says of headers that are none
)


def unclear(error: BaseException) -> Unclear:
    """An error after the first byte left: the provider may have taken the message. `bug` for what nobody foresaw."""
    reason = next((word for kind, word in _AFTER if isinstance(error, kind)), "bug")
    return Unclear(reason, Words("response", "", clean_words(str(error) or type(error).__name__)))


def stated_wait(headers: Mapping[str, str], now_ms: int) -> float | None:
    """Seconds that the answer asks us to wait (RFC 9110 section 10.2.3, else X-RateLimit-Reset), at most 1 h; None: unsaid."""
    found = _retry_after(headers.get("retry-after", "").strip(), now_ms)
    if found is None:
        reset = headers.get("x-ratelimit-reset", "").strip()
        found = float(reset) - now_ms / 1000 if reset.isdecimal() else None
    return None if found is None else min(max(found, 0.0), WAIT_LIMIT)


def _retry_after(value: str, now_ms: int) -> float | None:
    if value.isdecimal():
        return float(value[:9])
    try:
        return parsedate_to_datetime(value).timestamp() - now_ms / 1000
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
