"""The inbox: a mail server that keeps everything and a page that shows it, on one event loop."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import uvicorn
from aiosmtpd.smtp import Envelope

from homing.inbox.chaos import Chaos
from homing.inbox.kept import Arrived, Kept
from homing.inbox.reading import header_value
from homing.inbox.record import Line as Written
from homing.inbox.record import Record, replay
from homing.inbox.smtp import Door, Line, grey
from homing.inbox.tally import Counts, Tally, read_key
from homing.inbox.web import create_app
from homing.model.errors import Misconfigured
from homing.world import World

BACKLOG = 1024


class _Web(uvicorn.Server):
    """uvicorn inside somebody else's process: it leaves the signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Inbox:
    """A catch-all mail server with a page.

    `host`: an address of this machine; anything but loopback raises Misconfigured unless `expose` is set, for whoever
    reaches it can read every mail. Ports: 0 takes a free one; `smtp_port` and `http_port` are right after `start`.
    `keep`, `keep_bytes`: how much is kept to be shown; the counts are complete whatever goes. `record`: a file that gets
    a line for each copy before the reply to it; what it holds already is counted. `page`: whether to serve the page.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", smtp_port: int = 0, http_port: int = 0, expose: bool = False, keep: int = 5000,
        keep_bytes: int = 64 * 1024 * 1024, record: Path | None = None, chaos: Chaos = Chaos(), page: bool = True,
        world: World = World(),
    ) -> None:  # fmt: skip
        self.host = _address(host, expose)
        self.exposed = not ipaddress.ip_address(self.host).is_loopback
        self.smtp_port, self.http_port = smtp_port, http_port
        self.world = world
        self.chaos = chaos
        self.kept = Kept(keep, keep_bytes)
        self._record_path, self._page = record, page
        self._record: Record | None = None
        self._tally = Tally()
        self._last_id = 0
        self._seen_grey: set[int] = set()
        self._lines: set[Line] = set()
        self._smtp: asyncio.Server | None = None
        self._web: _Web | None = None
        self._web_task: asyncio.Task[None] | None = None
        self._switching = asyncio.Lock()

    async def start(self) -> None:
        """Listens on both ports on return. Raises OSError when a port is taken."""
        if self._record_path is not None:
            for line in replay(self._record_path):
                self._tally.note(read_key(line.delivery), line.recipient, line.message_id)
            self._record = Record(self._record_path)
        try:
            await self._open()  # also when it is to be down: so the port is known, and ours was free
            if self.chaos.down:
                await self._close()
            if self._page:
                await self._open_page()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Cuts all lines and frees both ports. May be called twice."""
        await self._close()
        if self._web is not None and self._web_task is not None:
            self._web.should_exit = True
            await self._web_task
            self._web = self._web_task = None
        if self._record is not None:
            self._record.close()
            self._record = None

    async def __aenter__(self) -> "Inbox":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.http_port}/"

    def counts(self) -> Counts:
        """What arrived: accepted, distinct, twice, in all and by campaign. Complete since the record began."""
        return self._tally.counts()

    async def set_chaos(self, chaos: Chaos) -> None:
        """Throws the switches; in force for the next command on every open line."""
        async with self._switching:
            was, self.chaos = self.chaos, chaos
            if chaos.down and not was.down:
                await self._close()
            elif was.down and not chaos.down:
                try:
                    await self._open()
                except OSError:
                    self.chaos = was  # somebody took the port meanwhile: still down, and the page says so
                    raise

    # ------------------------------------------------------------------------------------- smtp.Postbox

    def take(self, envelope: Envelope, *, dropped: bool) -> None:
        """Records, then counts and keeps, one message. Called before the reply to its final dot."""
        raw = cast("bytes", envelope.content)  # as smtp.Line put it there
        recipients = tuple(str(address) for address in envelope.rcpt_tos)
        delivery, message_id = header_value(raw, b"X-Homing-Delivery"), header_value(raw, b"Message-ID")
        at = self.world.clock.now()
        if self._record is not None:
            self._record.append(Written(at, delivery, recipient, message_id) for recipient in recipients)
        key = read_key(delivery)
        copy = max(self._tally.note(key, recipient, message_id) for recipient in recipients)
        self._tally.dropped += dropped
        self._last_id += 1
        self.kept.add(Arrived(self._last_id, at, str(envelope.mail_from), recipients, key, copy, raw, dropped))

    def refused(self) -> None:
        self._tally.refused += 1

    def greylisted(self, address: str) -> bool:
        name = hash(address)
        if name in self._seen_grey or not grey(address, self.chaos.greylist):
            return False
        self._seen_grey.add(name)
        self._tally.greylisted += 1
        return True

    # ------------------------------------------------------------------------------------- listening

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        door = Door(self)
        listening = _listen(self.host, self.smtp_port)
        self.smtp_port = listening.getsockname()[1]

        def answer() -> Line:
            line = Line(door, loop, "inbox.localhost", self._lines.discard)
            self._lines.add(line)
            return line

        self._smtp = await loop.create_server(answer, sock=listening, backlog=BACKLOG)

    async def _close(self) -> None:
        if self._smtp is None:
            return
        self._smtp.close()
        for line in list(self._lines):
            line.cut()
        await self._smtp.wait_closed()
        self._smtp = None

    async def _open_page(self) -> None:
        listening = _listen(self.host, self.http_port)
        self.http_port = listening.getsockname()[1]
        config = uvicorn.Config(
            create_app(self), log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._web = _Web(config)
        self._web_task = asyncio.create_task(self._web.serve(sockets=[listening]))
        await self._web.ready.wait()


def _address(host: str, expose: bool) -> str:
    """The address to bind. Names other than localhost are not looked up: what they mean tomorrow nobody knows."""
    host = {"localhost": "127.0.0.1"}.get(host, host)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise Misconfigured(f"'{host}' is no address; write 127.0.0.1 or another of this machine") from None
    if not address.is_loopback and not expose:
        raise Misconfigured(
            f"{host} can be reached by others, who could read every mail and send any; allow it (--expose) if that is meant"
        )
    return str(address)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    listening.setblocking(False)
    return listening
