"""Replies to outcomes: EMAIL section 3 as data. First match wins; phrases.toml may make an outcome milder, never harsher."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from homing.channels.smtp.replies import Reply
from homing.model.outcome import WORDS_LIMIT, Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words

Make = Callable[[Words], Outcome]


def _sender(reason: str, trouble: Trouble) -> Make:
    return lambda words: NotSent(reason, Blame.SENDER, words, trouble)


def _waits(reason: str, blame: Blame) -> Make:
    return lambda words: NotSent(reason, blame, words)


def _refused(reason: str, *, suppress: bool = False, campaign_fault: bool = False, retryable: bool = True) -> Make:
    return lambda words: Refused(reason, words, suppress, campaign_fault, retryable)


_BAD_ADDRESS = _refused("bad_address", suppress=True, retryable=False)
_MAILBOX_FULL = _refused("mailbox_full")
_POLICY = _refused("policy")
_RECIPIENT = _waits("deferred", Blame.RECIPIENT)
_DESTINATION = _waits("destination_slow", Blame.DESTINATION)
_PROVIDER = _sender("provider_error", Trouble.PROVIDER)
_CREDENTIALS = _sender("credentials", Trouble.CREDENTIALS)
_HELLO = "banner ehlo starttls auth"
_ENDS = "rcpt dot"
_ANY = f"{_HELLO} mail rcpt data body dot"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: where (stage names), which codes (on "550 5.1.1" or "550"), and what it makes."""

    stages: frozenset[str]
    codes: re.Pattern[str]
    make: Make
    words: re.Pattern[str] | None = None

    def matches(self, stage: str, codes: str, text: str) -> bool:
        if stage not in self.stages or not self.codes.match(codes):
            return False
        return self.words is None or self.words.search(text) is not None


def _row(stages: str, codes: str, make: Make, words: str | None = None) -> Row:
    pattern = None if words is None else re.compile(words, re.IGNORECASE)
    return Row(frozenset(stages.split()), re.compile(codes), make, pattern)


def _phrases() -> dict[str, list[dict[str, str]]]:
    text = files("homing.channels.smtp").joinpath("phrases.toml").read_text("utf-8")
    found = tomllib.loads(text)
    return {"milder": found["milder"], "no_such_mailbox": found["no_such_mailbox"]}


PHRASES = _phrases()
_BECOMES: dict[str, Make] = {
    "recipient": _RECIPIENT,
    "destination": _DESTINATION,
    "mailbox_full": _MAILBOX_FULL,
    "policy": _POLICY,
}
MILDER = tuple(_row(p["stage"], p["code"], _BECOMES[p["becomes"]], p["words"]) for p in PHRASES["milder"])
_NO_SUCH_MAILBOX = "|".join(f"(?:{p['words']})" for p in PHRASES["no_such_mailbox"])

ROWS = (
    _row(_ANY, r"421 4\.7\.", _sender("slow_down", Trouble.LIMIT)),
    _row(_ANY, r"421", _sender("too_many_connections", Trouble.LIMIT), r"too many|connection (rate|limit)|concurren"),
    _row(_ANY, r"421", _sender("service_unavailable", Trouble.PROVIDER)),
    _row("banner ehlo starttls", r"[45]", _sender("not_welcome", Trouble.PROVIDER)),
    _row("auth", r"4", _sender("auth_unavailable", Trouble.PROVIDER)),
    _row("auth mail", r"53[0458]", _CREDENTIALS),
    _row("auth", r"5", _CREDENTIALS),  # whatever its code: a person must look before the account gets locked
    _row(_ANY, r"452 4\.5\.3|4\d\d 4\.3\.[12]$", _sender("provider_busy", Trouble.LIMIT)),
    _row(_ENDS, r"4\d\d 4\.[34]\.", _DESTINATION),
    _row("rcpt", r"4\d\d 4\.7\.(?![01]$)", _DESTINATION),
    _row("dot", r"4\d\d 4\.7\.", _DESTINATION),
    _row(_ENDS, r"4\d\d 4\.2\.2$", _waits("mailbox_full", Blame.RECIPIENT)),
    _row(_ENDS, r"4", _RECIPIENT),
    _row(_ENDS, r"5\d\d 5\.(1\.(1|2|3|6|10)|2\.1)$", _BAD_ADDRESS),
    _row("rcpt", r"55[013]$", _BAD_ADDRESS, _NO_SUCH_MAILBOX),
    _row(_ENDS, r"5\d\d 5\.2\.2$", _MAILBOX_FULL),
    _row(_ANY, r"5\d\d 5\.3\.4$|552", _refused("too_big", campaign_fault=True)),
    _row(_ANY, r"5\d\d 5\.6\.", _refused("content", campaign_fault=True)),
    _row(_ANY, r"5\d\d 5\.7\.", _POLICY),
    _row("mail", r"5", _sender("from_not_allowed", Trouble.CREDENTIALS)),
    _row(_ENDS, r"5", _refused("routing")),
    _row("data", r"5", _POLICY),
)


def judge(stage: str, reply: Reply) -> Outcome:
    """What `reply` at `stage` (banner, ehlo, starttls, auth, mail, rcpt, data, body, dot) makes of a parcel."""
    if stage == "dot" and 200 <= reply.code < 300:
        return Accepted(queue_id(reply.text), _said(reply.codes))
    codes, text = reply.codes, reply.text
    words = Words(stage, codes, text)
    for row in (*MILDER, *ROWS) if stage in ("rcpt", "dot") else ROWS:
        if row.matches(stage, codes, text):
            return row.make(words)
    if stage == "dot":
        return Unclear("garbage", words)
    return _PROVIDER(words)


_QUEUE_ID = re.compile(
    r"queued as (?P<postfix>[^\s;,]{1,128})|\bid=(?P<exim>[^\s;,]{1,128})|^ok:? (?P<ses>[\w.@-]{8,128})\b"
    r"|^(?P<sendmail>[\w.-]{6,64}) message accepted",
    re.IGNORECASE,
)


def accepted(line: bytes) -> Accepted:
    """As judge("dot", reply) for the one-line reply `line`, which begins with "250 " and may end in CR."""
    text = line[10:-1] if line[-1:] == b"\r" else line[10:]
    if line[:10] == b"250 2.0.0 " and text.isascii() and (said := text.decode("ascii")).isprintable():
        return Accepted(queue_id(said.lstrip()[:WORDS_LIMIT]), _OK)
    reply = Reply(250, [line[4:].removesuffix(b"\r")])
    return Accepted(queue_id(reply.text), _said(reply.codes))


@lru_cache(maxsize=64)
def _said(codes: str) -> Words:
    """What is kept of an acceptance beside the server's name for the message: nobody asks for more."""
    return Words("dot", codes)


_OK = _said("250 2.0.0")


def queue_id(text: str) -> str | None:
    """The server's own name for the message: 'queued as X' (Postfix), 'id=X' (Exim), 'Ok X' (SES, Gmail)."""
    if len(text) < 9:
        return None
    if text[:14] == "Ok: queued as " and " " not in text[14:]:
        return text[14:142] or None
    found = _QUEUE_ID.search(text)
    return found[found.lastgroup or 0] if found else None
