"""A parcel made ready for one server: command group, stuffed body, and what that server could never take (EMAIL section 2)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import idna

from homing.model.courier import Parcel, only_crlf
from homing.model.outcome import Refused, Words

_PLAIN = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:\"@]{1,64}@[^\s\x00-\x20\x7f<>()\\,;\"@]{1,253}")
_QUOTED = re.compile(r"\"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*\"@[^\s\x00-\x20\x7f<>()\\,;\"@]{1,253}")


@dataclass(frozen=True, slots=True)
class Powers:
    """What the EHLO (the one after TLS) announced."""

    pipelining: bool = False
    size: int = 0  # 0: no limit known
    eight_bit: bool = False
    utf8: bool = False
    dsn: bool = False
    messages: int = 0  # LIMITS MAILMAX (RFC 9422), 0: none

    @classmethod
    def of(cls, extensions: dict[str, str]) -> "Powers":
        """From keyword (lower case) -> parameters."""
        size = extensions.get("size", "").strip()
        mailmax = re.search(r"\bMAILMAX=(\d{1,6})\b", extensions.get("limits", ""), re.IGNORECASE)
        return cls(
            pipelining="pipelining" in extensions,
            size=int(size) if size.isdecimal() and len(size) < 16 else 0,
            eight_bit="8bitmime" in extensions,
            utf8="smtputf8" in extensions,
            dsn="dsn" in extensions,
            messages=int(mailmax[1]) if mailmax else 0,
        )


class Ready(NamedTuple):
    """The three commands in one write, and the body (dot-stuffed, without the final dot)."""

    group: bytes
    body: bytes

    def command(self, stage: str) -> bytes:
        """One command of the group, for servers that want them one at a time."""
        return self.group.splitlines(keepends=True)[("mail", "rcpt", "data").index(stage)]


class _BadAddress(Exception):
    """This text cannot stand between the angle brackets of MAIL or RCPT."""


@lru_cache(maxsize=4096)
def _a_labels(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _BadAddress(str(error)) from error


@lru_cache(maxsize=256)
def _sender_path(address: str) -> str:
    """As _path, for the few addresses that mail is sent from."""
    return _path(address) if address else ""


def _path(address: str) -> str:
    """The address as it goes into angle brackets: its domain in A-labels (IDNA 2008, UTS 46)."""
    if not (_PLAIN.fullmatch(address) or _QUOTED.fullmatch(address)):
        raise _BadAddress("not an address that SMTP can carry")
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else _a_labels(domain)}"


def _refused(reason: str, text: str, *, campaign_fault: bool = False, retryable: bool = True) -> Refused:
    return Refused(reason, Words("mail", "", text), campaign_fault=campaign_fault, retryable=retryable)


def _unfit(parcel: Parcel, powers: Powers) -> Refused | None:
    """Why this body must not go to a server with these powers."""
    body = parcel.body
    if not body.endswith(b"\r\n") or not (parcel.clean or only_crlf(body)):
        return _refused("content", "the message has a bare CR or LF, or no end of line at its end", campaign_fault=True)
    if powers.size and len(body) > powers.size:
        return _refused("too_big", f"{len(body)} bytes, the server takes {powers.size}", campaign_fault=True)
    if not powers.eight_bit and not body.isascii():
        return _refused("content", "the message needs 8BITMIME, which the server does not offer", campaign_fault=True)
    return None


def _options(parcel: Parcel, powers: Powers, *, foreign: bool) -> tuple[str, str]:
    """The parameters of MAIL and of RCPT: only what was announced (RFC 1870, 6531, 6152, 3461)."""
    mail = f" SIZE={len(parcel.body)}" if powers.size else ""
    if foreign:
        mail += " SMTPUTF8"
    if not parcel.body.isascii():
        mail += " BODY=8BITMIME"
    if not powers.dsn:
        return mail, ""
    campaign, seq, attempt = parcel.key
    return f"{mail} RET=HDRS ENVID={campaign}/{seq}/{attempt}", " NOTIFY=FAILURE,DELAY"


def prepare(parcel: Parcel, powers: Powers) -> Ready | Refused:
    """The bytes of `parcel` for a server with `powers`, or the refusal that no dialogue can change."""
    unfit = _unfit(parcel, powers)
    if unfit is not None:
        return unfit
    try:
        sender = _sender_path(parcel.envelope_from)
        recipient = _path(parcel.recipient)
    except _BadAddress as error:
        return _refused("bad_address", str(error), retryable=False)
    foreign = not (sender.isascii() and recipient.isascii())
    if foreign and not powers.utf8:
        return _refused("needs_smtputf8", "the address needs SMTPUTF8, which the server does not offer")
    mail, rcpt = _options(parcel, powers, foreign=foreign)
    group = f"MAIL FROM:<{sender}>{mail}\r\nRCPT TO:<{recipient}>{rcpt}\r\nDATA\r\n".encode()
    return Ready(group, parcel.body if parcel.clean else _stuffed(parcel.body))


def _stuffed(body: bytes) -> bytes:
    """With a second dot before each that begins a line (RFC 5321 section 4.5.2)."""
    if body[:1] == b"." or b"\r\n." in body:
        return b"." * (body[:1] == b".") + body.replace(b"\r\n.", b"\r\n..")
    return body
