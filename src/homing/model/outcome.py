"""What came of one try to hand a message over: a closed union of frozen values.

                   could the provider have accepted?
    surely no ------------------+---------------- perhaps ---------- surely yes
NotSent (try again later)       |                 Unclear             Accepted
Refused (that was its answer)   |
"""

from dataclasses import dataclass
from enum import StrEnum

WORDS_LIMIT = 512


class Blame(StrEnum):
    """Whose trouble kept a message from being sent; decides what is charged and what waits."""

    SENDER = "sender"  # our line, our account, our provider: costs the recipient nothing (L22)
    DESTINATION = "destination"  # the recipient's mail system is slow or wary of us: that domain waits
    RECIPIENT = "recipient"  # this mailbox asks for a later try (greylisting, mailbox busy)


class Trouble(StrEnum):
    """The kind of SENDER trouble: chooses between waiting for a connection, a breaker and a person."""

    CONNECT = "connect"  # no way to the provider: DNS, refused, unreachable, connect or TLS timeout
    PROVIDER = "provider"  # the provider answers, and is in trouble: 421, 4xx at the banner, torn dialogue
    LIMIT = "limit"  # the provider asks us to slow down: 429, too many connections
    QUOTA = "quota"  # nothing more today: waits for the quota's window to move, or for another sender
    FROM = "from"  # this From may not send through this account: the campaign's trouble, not that of others
    CREDENTIALS = "credentials"  # needs a person: AUTH refused, From not allowed, account suspended


@dataclass(frozen=True, slots=True)
class Words:
    """The provider's own answer, cleaned: at most 512 characters, no control characters."""

    stage: str = ""  # connect, tls, banner, ehlo, auth, mail, rcpt, data, body, dot, request, response
    code: str = ""  # "550 5.1.1", "429"; empty when nobody answered
    text: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.code, self.text) if part)


def clean_words(text: str) -> str:
    """Foreign text as data: control characters become spaces, at most 512 characters."""
    return "".join(c if c.isprintable() else " " for c in text[: WORDS_LIMIT * 2])[:WORDS_LIMIT].strip()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message over. `provider_id`: its own name for it, if it gave one."""

    provider_id: str | None = None
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no for good; the message was not accepted."""

    reason: str  # stable word: bad_address, mailbox_full, too_big, content, policy, routing, ...
    words: Words = Words()
    suppress: bool = False  # this address must not be tried again by any campaign
    campaign_fault: bool = False  # the message itself is at fault: three alike in a row pause the campaign
    retryable: bool = True  # a person's `retry` may take it


@dataclass(frozen=True, slots=True)
class Unclear:
    """Bytes past the point of no return left us and no complete answer came: perhaps accepted."""

    reason: str  # connection_lost, timeout, torn_reply, garbage, bug, ...
    words: Words = Words()
    ailing: bool = False  # the provider itself says that it is in trouble (HTTP 5xx): the breaker opens at the first


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely not accepted, and worth another try."""

    reason: str
    blame: Blame
    words: Words = Words()
    trouble: Trouble = Trouble.PROVIDER  # only read when blame is SENDER
    retry_after: float | None = None  # seconds; the provider's own words on when to come back


OURS = frozenset({"withdrawn", "held_back", "closing", "lane_lost"})
"""Reasons of a NotSent that was our own doing: they say nothing about the sender."""

FROM_NOT_VERIFIED = "from_not_verified"
"""The reason of Trouble.FROM: another sender may be allowed to use this From."""

Outcome = Accepted | Refused | Unclear | NotSent
"""What came of one try."""


def fault_of_campaign(outcome: Outcome) -> str:
    """The word for what is wrong with the campaign itself; '' when nothing is: three alike in a row pause it."""
    match outcome:
        case Refused(reason=reason, campaign_fault=True):
            return reason
        case NotSent(reason=reason, trouble=Trouble.FROM):
            return reason
        case _:
            return ""
