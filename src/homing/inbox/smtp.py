"""The catch-all SMTP server: takes everything that arrives, except where Chaos says otherwise."""

import asyncio
import logging
import re
import zlib
from collections.abc import Callable
from typing import AnyStr, Protocol, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from homing.inbox.chaos import Chaos
from homing.world import World

SIZE_LIMIT = 64 * 1024 * 1024
_WINDOW = 64 * 1024
_ADDRESS = re.compile(r"<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+)>(.*)")

# The library logs every command with its addresses; logs carry none (SECURITY section 8).
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Postbox(Protocol):
    """Where accepted messages go, and who knows the switches."""

    world: World
    chaos: Chaos

    def take(self, envelope: Envelope, *, dropped: bool) -> None:
        """Records and keeps a message. What it raises becomes a 451: nothing was accepted."""
        ...

    def refused(self) -> None: ...

    def greylisted(self, address: str) -> bool:
        """Notes a try of an address that Chaos greylists. True: this one has to come again."""
        ...


def grey(address: str, share: float) -> bool:
    """Whether an address is one of the share that is greylisted: always the same ones, for a given share."""
    return zlib.crc32(address.encode("utf-8", "surrogateescape")) < share * 2**32


class Door:
    """aiosmtpd's hooks: what the server says to each command."""

    def __init__(self, box: Postbox) -> None:
        self.box = box

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # Commands are read from a stream in their order, so a client may send several at once (RFC 2920).
        return [answers[0], "250-PIPELINING", *answers[1:]]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        chaos = self.box.chaos
        if not chaos.at_dot and self._unlucky(chaos.refuse):
            self.box.refused()
            return chaos.words()
        if chaos.greylist and grey(address, chaos.greylist) and self.box.greylisted(address):
            return "450 4.7.1 Greylisted, come again (chaos)"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        chaos = self.box.chaos
        if chaos.at_dot and self._unlucky(chaos.refuse):
            self.box.refused()
            return chaos.words()
        dropped = self._unlucky(chaos.drop)
        self.box.take(envelope, dropped=dropped)
        if chaos.delay_ms:
            await asyncio.sleep(chaos.delay_ms / 1000)
        if dropped:
            cast("Line", server).cut()
            await asyncio.get_running_loop().create_future()  # ends with the connection, so that nothing is answered
        return "250 2.0.0 OK, kept in the inbox"

    async def handle_exception(self, _error: Exception) -> str:
        return "451 4.3.0 The inbox could not take that"

    def _unlucky(self, share: float) -> bool:
        return share > 0 and self.box.world.chance.fraction() < share


def anybody(*_: object) -> AuthResult:
    """Every user and password is right: senders with credentials can be tried out."""
    return AuthResult(success=True)


class Line(SMTP):
    """One connection. Reads a body in one piece instead of line by line, which is most of the library's cost."""

    line_length_limit = _WINDOW  # of the reader's window; long lines are let through, this is a catch-all

    def __init__(
        self, door: Door, loop: asyncio.AbstractEventLoop, hostname: str, farewell: Callable[["Line"], None]
    ) -> None:
        super().__init__(
            door, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, hostname=hostname, ident="Homing inbox",
            authenticator=anybody, auth_require_tls=False, loop=loop,
        )  # fmt: skip
        self._farewell = farewell

    def connection_lost(self, error: Exception | None) -> None:
        self._farewell(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """Ends the connection at once, without a word."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()

    async def push(self, status: AnyStr) -> None:
        """Answers; a 421 also ends the connection (RFC 5321 section 3.8)."""
        await super().push(status)
        if status[:3] in {"421", b"421"} and self.transport is not None:
            self.transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Plain addresses by one expression; the library's full grammar, which costs 0.1 ms, only for the others."""
        found = _ADDRESS.fullmatch(arg)
        if found:
            return found[1], found[2]
        return super()._getaddr(arg)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - the library's name
        """RFC 5321 section 4.1.1.4."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Need RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        body = await self._read_body()
        if body is None:
            self._set_rset_state()  # type: ignore[no-untyped-call]  # the library's
            await self.push("552 5.3.4 Too big")
            return
        envelope.content = envelope.original_content = body
        answer: str = await self.event_handler.handle_DATA(self, self.session, envelope)
        self._set_rset_state()  # type: ignore[no-untyped-call]  # the library's
        await self.push(answer)

    async def _read_body(self) -> bytes | None:
        """Everything up to the lone dot, with the doubled dots undone (section 4.5.2); nothing when it is too big."""
        body = bytearray()
        too_big = False
        while True:
            try:
                body += await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError as over:
                body += await self._reader.read(over.consumed)
            else:
                if body.endswith(b"\r\n.\r\n") or body == b".\r\n":
                    break
            if len(body) > SIZE_LIMIT:
                too_big = True
                del body[:-5]  # enough to know the end
        if too_big:
            return None
        del body[-3:]
        if body.startswith(b"."):
            del body[0]
        return bytes(body).replace(b"\r\n.", b"\r\n")
