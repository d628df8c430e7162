"""The pooled connections of one sender to one provider: HTTP/1.1, no redirects, no retries, one request per call (L15)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
from yarl import URL

from homing.transport.exchange import Answer, Ask

READ_LIMIT = 65_536  # bytes of an answer
PIECE = 65_536  # bytes of a body that are written at once


class Exchange:
    """One request on its way. `left`: its first byte may have left. `deadline`: loop time at which it is given up.

    `may_write` is asked in the call that writes (section 5). `patience`: seconds for connecting, and again from the last
    byte written to the whole answer; `progress`: seconds that a large body may stand still.
    """

    __slots__ = ("ask", "deadline", "left", "may_write", "patience", "progress")

    def __init__(self, ask: Ask, patience: float, progress: float, may_write: Callable[[], None]) -> None:
        self.ask = ask
        self.patience = patience
        self.progress = progress
        self.may_write = may_write
        self.left = False
        self.deadline = asyncio.get_running_loop().time() + patience

    def leaves(self) -> None:
        """Called before the first byte. Raises what `may_write` raises; then none has left."""
        self.may_write()
        self.left = True
        self.deadline = asyncio.get_running_loop().time() + self.patience

    async def pieces(self) -> AsyncIterator[bytes]:
        """A large body in pieces: the patience for the answer begins after the last of them."""
        clock = asyncio.get_running_loop().time
        body = memoryview(self.ask.body)
        for start in range(0, len(body), PIECE):
            self.deadline = clock() + self.progress
            yield bytes(body[start : start + PIECE])
        self.deadline = clock() + self.patience


class Pool:
    """Opened when first used, on the loop that uses it."""

    def __init__(self, connections: int, read_limit: int = READ_LIMIT) -> None:
        """`read_limit`: bytes of an answer; what is longer is cut."""
        self._connections = connections
        self._read_limit = read_limit
        self._session: aiohttp.ClientSession | None = None
        self._addresses: dict[str, URL] = {}  # parsed once: a provider has two

    async def exchange(self, one: Exchange) -> Answer:
        """Sends the request once and reads the answer. Raises what aiohttp raises; `one.left` tells what is known then."""
        ask = one.ask
        heavy = len(ask.body) > PIECE
        headers = {**ask.headers, "Content-Length": str(len(ask.body))} if heavy else ask.headers
        session = self._session or self._open()
        async with session.request(
            ask.method,
            self._addresses.get(ask.url) or self._address(ask.url),
            data=one.pieces() if heavy else ask.body or None,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=one,
        ) as answer:
            most = self._read_limit
            body = await answer.content.read(most)
            while not answer.content.at_eof() and len(body) < most:
                body += await answer.content.read(most - len(body))
            return Answer(answer.status, answer.headers, body)

    def _address(self, url: str) -> URL:
        found = self._addresses[url] = URL(url, encoded=True)
        return found

    def resize(self, connections: int) -> None:
        """More are opened at need; those above a smaller number close as they fall idle."""
        self._connections = connections

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_headers_leave)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=0, keepalive_timeout=30.0),  # the courier counts
            timeout=aiohttp.ClientTimeout(
                total=None, connect=None, sock_connect=None, sock_read=None
            ),  # the courier sweeps
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
            auto_decompress=True,
            trust_env=False,
            skip_auto_headers=("Accept-Encoding",),
            headers={"User-Agent": "Homing"},
        )
        return self._session


async def _headers_leave(_session: aiohttp.ClientSession, context: SimpleNamespace, _told: Any) -> None:
    """aiohttp calls this in the call that is about to write; what is raised here keeps every byte back."""
    context.trace_request_ctx.leaves()
