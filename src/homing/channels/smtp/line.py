"""Opening one connection: the library does DNS, connect, TLS, EHLO and AUTH; then its transport is ours (EMAIL section 1).

connect -> banner -> EHLO -> [STARTTLS -> EHLO] -> [AUTH] -> Line        any of them -> NotSent(SENDER), with the cause
"""

import asyncio
import contextlib
import errno
import os
import re
import socket
import ssl
from dataclasses import dataclass
from typing import Any, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from homing.channels.smtp.envelope import Powers
from homing.channels.smtp.replies import Reply
from homing.channels.smtp.table import judge
from homing.model.outcome import Blame, NotSent, Trouble, Words, clean_words
from homing.model.sender import SmtpAccess, Tls


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection, spoken for by nobody yet. `client` is only kept alive: its transport belongs to us now."""

    transport: asyncio.Transport
    client: aiosmtplib.SMTP
    powers: Powers
    trip: float  # seconds of the last EHLO

    @property
    def encrypted(self) -> bool:
        return self.transport.get_extra_info("sslcontext") is not None


class _UnreadBytes(Exception):
    """The server spoke out of turn before the connection was ours: nothing that follows could be paired."""


class _NotOffered(Exception):
    """The server lacks what the sender's settings demand."""


async def own_name() -> str:
    """What EHLO says when no name is set: the host's full name, else an address literal (RFC 5321 4.1.3)."""
    name = socket.gethostname()
    if "." not in name:
        with contextlib.suppress(TimeoutError):
            name = await asyncio.wait_for(asyncio.to_thread(socket.getfqdn), 2.0)
    fit = "." in name and name.isascii() and all(c.isalnum() or c in ".-" for c in name)
    return name if fit else "[127.0.0.1]"


def trust(access: SmtpAccess) -> ssl.SSLContext | None:
    """Verified TLS, 1.2 or later, with the system's authorities or `ca_file`. Raises OSError when that cannot be read."""
    if access.tls is Tls.NONE:
        return None
    context = ssl.create_default_context(cafile=access.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def open_line(access: SmtpAccess, patience: float, helo: str, context: ssl.SSLContext | None) -> Line | NotSent:
    """Connects, greets, encrypts and signs in; `patience` seconds for each step."""
    client = aiosmtplib.SMTP(
        hostname=access.host,
        port=access.port,
        timeout=patience,
        local_hostname=helo,
        use_tls=access.tls is Tls.IMPLICIT,
        start_tls=False,
        tls_context=context,
    )
    opening = _Opening(client, access, patience, context)
    try:
        return await opening.run()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, nothing was sent, and the cause is told
        opening.abort()
        return why_not(error, opening.stage)
    except asyncio.CancelledError:
        opening.abort()
        raise


async def part(line: Line) -> NotSent | None:
    """NOOP and QUIT on a line that nobody took over. A QUIT that fails means nothing."""
    try:
        await line.client.noop()
    except Exception as error:  # noqa: BLE001 - a look costs nothing; its cause is told
        line.transport.abort()
        return why_not(error, "noop")
    with contextlib.suppress(aiosmtplib.SMTPException):
        await line.client.quit(timeout=5)
    return None


@dataclass(slots=True)
class _Opening:
    """The steps of one connection being opened; `stage` is the one under way."""

    client: aiosmtplib.SMTP
    access: SmtpAccess
    patience: float
    context: ssl.SSLContext | None
    stage: str = "connect"

    async def run(self) -> Line:
        await self.client.connect()
        trip = await self._ehlo()
        if self.access.tls is Tls.STARTTLS:
            await self._encrypt()
            trip = await self._ehlo()
        if self.access.user is not None:
            await self._sign_in(self.access.user, self.access.password or "")
        transport = self.client.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the server closed the connection")
        self._nothing_unread()
        return Line(cast("asyncio.Transport", transport), self.client, Powers.of(self.client.esmtp_extensions), trip)

    def abort(self) -> None:
        if self.client.transport is not None:
            transport: Any = self.client.transport
            transport.abort()

    async def _ehlo(self) -> float:
        self.stage = "ehlo"
        now = asyncio.get_running_loop().time
        began = now()
        await self.client.ehlo()
        return now() - began

    def _speaking(self) -> SMTPProtocol:
        if self.client.protocol is None:
            raise ConnectionResetError("the server closed the connection")
        return self.client.protocol

    def _nothing_unread(self) -> None:
        if self._speaking()._buffer:  # the library has no public way to ask
            raise _UnreadBytes("the server sent more than it was asked for")

    async def _encrypt(self) -> None:
        """STARTTLS. The library's own throws away what came unencrypted behind the 220; we throw away the connection."""
        self.stage = "starttls"
        if not self.client.supports_extension("starttls"):
            raise _NotOffered("the server does not offer STARTTLS")
        reply = await self.client.execute_command(b"STARTTLS")
        if reply.code != 220:
            raise aiosmtplib.SMTPResponseException(reply.code, reply.message)
        self._nothing_unread()
        protocol: Any = self._speaking()
        self.stage = "tls"
        self.client.transport = await asyncio.get_running_loop().start_tls(
            protocol.transport,
            protocol,
            self.context or ssl.create_default_context(),
            server_hostname=self.access.host,
            ssl_handshake_timeout=self.patience,
        )
        protocol.transport, protocol._over_ssl = self.client.transport, True  # as its start_tls does

    async def _sign_in(self, user: str, password: str) -> None:
        """One try with one mechanism: the library's login() would try the password three times and lock accounts."""
        self.stage = "auth"
        encrypted = self.client.get_transport_info("sslcontext") is not None
        order = ("plain", "login", "cram-md5") if encrypted else ("cram-md5", "plain", "login")
        offered = [name for name in order if name in self.client.server_auth_methods]
        if not offered:
            raise _NotOffered("the server offers no AUTH that we speak (PLAIN, LOGIN, CRAM-MD5)")
        await getattr(self.client, f"auth_{offered[0].replace('-', '')}")(user, password)


_ERRNO = {
    errno.ECONNREFUSED: "refused",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


def _cause(error: BaseException) -> BaseException:
    """The error that started it: the library wraps what the operating system said."""
    while isinstance(error, aiosmtplib.SMTPException) and error.__cause__ is not None:
        error = error.__cause__
    return error


def why_not(error: BaseException, stage: str) -> NotSent:
    """The specific reason and the original cause of a connection that could not be opened (R20)."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and 200 <= error.code <= 599:
        return _said(error, "banner" if stage == "connect" else stage)
    if isinstance(error, aiosmtplib.SMTPConnectTimeoutError) and "ready message" in str(error):
        return NotSent("timeout", Blame.SENDER, Words("banner", "", str(error)), Trouble.PROVIDER)
    cause = _cause(error)
    reason, trouble = _reason(cause, stage)
    if reason == "tls":
        stage = "tls"
    return NotSent(reason, Blame.SENDER, Words(stage, "", clean_words(_told(cause, stage))), trouble)


def _told(cause: BaseException, stage: str) -> str:
    """What went wrong, for people: the names and numbers of Python's errors say nothing to them."""
    if isinstance(cause, socket.gaierror) and cause.strerror:
        return cause.strerror
    if isinstance(cause, TimeoutError) and not str(cause):
        return "no connection in time" if stage == "connect" else f"no answer to {stage} in time"
    if isinstance(cause, OSError) and _errno(cause) in _ERRNO:
        return os.strerror(_errno(cause)).lower()
    return str(cause) or type(cause).__name__


def _said(error: aiosmtplib.SMTPResponseException, stage: str) -> NotSent:
    outcome = judge(
        stage, Reply(error.code, [line.encode("utf-8", "replace") for line in str(error.message).split("\n")])
    )
    words = outcome.words
    trouble = outcome.trouble if isinstance(outcome, NotSent) else Trouble.PROVIDER
    return NotSent(stage if trouble is not Trouble.CREDENTIALS else "auth", Blame.SENDER, words, trouble)


def _errno(error: OSError) -> int:
    """Its number; when several addresses failed the loop only leaves it in the text."""
    found = re.search(r"\[Errno (\d+)\]", str(error))
    return error.errno or (int(found[1]) if found else 0)


def _reason(cause: BaseException, stage: str) -> tuple[str, Trouble]:
    if isinstance(cause, socket.gaierror):
        return "dns", Trouble.CONNECT
    if isinstance(cause, ssl.SSLError | ssl.CertificateError):
        return "tls", Trouble.PROVIDER
    if isinstance(cause, TimeoutError):
        return "timeout", Trouble.CONNECT
    if isinstance(cause, _NotOffered):
        return ("auth", Trouble.CREDENTIALS) if stage == "auth" else ("tls", Trouble.PROVIDER)
    if isinstance(cause, OSError) and _errno(cause) in _ERRNO:
        return _ERRNO[_errno(cause)], Trouble.CONNECT
    if stage == "connect" and isinstance(cause, aiosmtplib.SMTPException):
        return "banner", Trouble.PROVIDER  # connected, but no greeting came
    if stage == "connect" and isinstance(cause, OSError):
        return "unreachable", Trouble.CONNECT
    return ("tls" if stage == "tls" else "dropped"), Trouble.PROVIDER
