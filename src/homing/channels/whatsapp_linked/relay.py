"""A relay inside a device's process: what its library says to WhatsApp leaves when all that the library was told before is noted.

    library --CONNECT, password--> relay --TLS untouched--> WhatsApp        (or an HTTP proxy on the way)
            <------ at once -------      <-----------------

The library confirms a receipt by itself, beside the thread that brings it to us. A process that was killed with the confirmation
out and the note not on paper had lost it. Here both end with the process: a confirmation waits in it until the note is on disk,
and what still waits when it is killed was never sent, so WhatsApp tells it again. The relay cannot read the bytes; it holds all.

The port is on loopback and takes whoever knows the password, which only this process has; it leads to WhatsApp and nowhere else.
"""

import asyncio
import base64
import contextlib
import hmac
import logging
import re
import secrets
import urllib.request
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

log = logging.getLogger(__name__)
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*whatsapp\.(?:net|com):443")
_PIECE = 65_536
_HEAD_WITHIN = 10.0
_CONNECT_WITHIN = 30.0
_REFUSED = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Relay:
    """`settled`: returns when everything that the library has told by now is noted. `upstream`: an HTTP proxy; None: what
    the environment names for a host, else none."""

    def __init__(self, settled: Callable[[], Awaitable[None]], upstream: str | None = None) -> None:
        self._settled = settled
        self._upstream = upstream
        self._password = secrets.token_urlsafe(32)
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listens; the proxy address for the library, password and all."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://homing:{self._password}@127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target = await self._target(reader, writer)
            if target is None:
                return
            try:
                async with asyncio.timeout(_CONNECT_WITHIN):
                    far = await self._dial(target)
            except (OSError, ValueError) as error:  # a timeout is one
                log.warning("WhatsApp cannot be reached: %s", str(error) or type(error).__name__)
                writer.write(_REFUSED % b"502 Bad Gateway")
                return
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await self._carry((reader, writer), far)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # whoever it was is gone
        finally:
            writer.close()

    async def _target(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        """Where to; None: refused."""
        async with asyncio.timeout(_HEAD_WITHIN):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        given = next((line[20:].strip() for line in lines if line.lower().startswith("proxy-authorization:")), "")
        if not hmac.compare_digest(given.encode(), _basic("homing", self._password).encode()):
            writer.write(_REFUSED % b"407 Proxy Authentication Required")
            return None
        method, _, rest = first.partition(" ")
        target = rest.partition(" ")[0].lower()
        if method != "CONNECT" or not _HOSTS.fullmatch(target):
            log.warning("the library asks for a host that is not WhatsApp's: %s", target[:100])
            writer.write(_REFUSED % b"403 Forbidden")
            return None
        return target

    async def _dial(self, target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = target.rpartition(":")
        proxy = urlsplit(self._upstream or _of_environment(host) or "")
        if not proxy.hostname:
            return await asyncio.open_connection(host, int(port), happy_eyeballs_delay=0.25)
        far = await asyncio.open_connection(proxy.hostname, proxy.port or 80)
        try:
            allowed = ""
            if proxy.username is not None:
                basic = _basic(unquote(proxy.username), unquote(proxy.password or ""))
                allowed = f"Proxy-Authorization: {basic}\r\n"
            far[1].write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{allowed}\r\n".encode())
            answer = (await far[0].readuntil(b"\r\n\r\n")).decode("latin-1").partition("\r\n")[0]
            if answer.split(" ")[1:2] != ["200"]:
                raise ConnectionRefusedError(f"the proxy said: {answer[:100]}")
        except BaseException as error:
            far[1].transport.abort()
            if isinstance(error, asyncio.IncompleteReadError | asyncio.LimitOverrunError):
                raise ConnectionResetError("the proxy hung up") from error
            raise
        return far

    async def _carry(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Until either end is gone; then both are."""

        async def out() -> None:
            while data := await near[0].read(_PIECE):
                await self._settled()
                far[1].write(data)
                await far[1].drain()

        async def back() -> None:
            while data := await far[0].read(_PIECE):
                near[1].write(data)
                await near[1].drain()

        ways = [asyncio.create_task(out()), asyncio.create_task(back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            told = await asyncio.gather(*ways, return_exceptions=True)
            far[1].close()
            if any(isinstance(each, OSError) for each in told):
                near[1].transport.abort()
            with contextlib.suppress(OSError):
                await far[1].wait_closed()


def carries(upstream: str | None) -> bool:
    """Whether there is a way through this proxy (HTTP, or none at all)."""
    return upstream is None or urlsplit(upstream).scheme == "http"


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _of_environment(host: str) -> str | None:
    """The proxy that the environment names for https, as the library itself would take it."""
    if urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies().get("https")
    return named if named and carries(named) else None
