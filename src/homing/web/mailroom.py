"""The door for mail that comes back: bounces and complaints to VERP addresses, and `mailto:` ways out. SMTP and LMTP.

Only addresses whose MAC is ours are taken; every other one is refused at RCPT, so this is a relay for nobody and sends no
bounces of its own. What is taken is kept as it came before it is answered; a clerk reads it later.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from homing.content.links import Links
from homing.model.errors import HomingError
from homing.store.addressees import Addressees
from homing.store.receipts import Receipts
from homing.web.returns import Returns

log = logging.getLogger(__name__)
SIZE_LIMIT = 1024 * 1024
_MOST_RECIPIENTS = 20
_BUSY = "451 4.3.0 This cannot be kept now, come again"
# The library logs every command with its addresses; logs carry none (SECURITY section 8).
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Mailroom:
    """aiosmtpd's hooks. `links`: asked for each address."""

    def __init__(self, addressees: Addressees, receipts: Receipts, links: Callable[[], Links]) -> None:
        self._returns = Returns(addressees, receipts, links)

    def protocol(self, *, lmtp: bool = False) -> SMTP:
        """A connection's protocol, for `loop.create_server`."""
        from aiosmtpd.lmtp import LMTP

        kind = LMTP if lmtp else SMTP
        return kind(self, data_size_limit=SIZE_LIMIT, ident="Homing", enable_SMTPUTF8=True)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            known = await asyncio.to_thread(self._returns.ours, address)
        except HomingError:
            return _BUSY
        if not known:
            return "550 5.1.1 There is no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        content: Any = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        try:
            for address in envelope.rcpt_tos:
                await asyncio.to_thread(self._returns.take, address, raw)
        except HomingError as error:
            log.warning("a mail could not be kept", extra={"cause": error.detail})
            return _BUSY
        return "250 2.0.0 OK"
