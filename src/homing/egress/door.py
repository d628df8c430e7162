"""Asks a URL that came from data: resolved once, judged, and connected to at that very address (no second look-up).

https on 443 to public addresses; no redirects unless asked for, each judged anew and none to another host; 5 s and 1 MB in
all; no proxy and no credentials from the environment. What an operator's list names may be private and without TLS.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from homing.egress.judge import Allowance, Forbidden, check, target_of

SECONDS = 5.0
MOST_BYTES = 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to addresses, as the system's resolver gives them. Raises OSError."""


class Unanswered(Exception):
    """Nobody answered as they should. The text is a class of trouble, never what the other side said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is whole: a longer one is Unanswered."""

    status: int
    body: bytes
    content_type: str


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Door:
    """`allowed`: what the operator permits besides the public Internet. `resolve`: for tests, the system's otherwise."""

    def __init__(self, allowed: tuple[Allowance, ...] = (), resolve: Resolve = _system_resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        redirects: int = 0,
        seconds: float = SECONDS,
    ) -> Answer:
        """One request and its answer, whatever its status. Raises Forbidden, and Unanswered with a class of trouble."""
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(url, method, dict(headers or {}), body, min(redirects, 3))
        except TimeoutError:
            raise Unanswered("no answer in time") from None

    async def _follow(self, url: str, method: str, headers: dict[str, str], body: bytes | None, left: int) -> Answer:
        while True:
            answer, onward = await self._ask(url, method, headers, body)
            if onward is None or left <= 0:
                return answer
            onward = urljoin(url, onward)
            if urlsplit(onward).netloc != urlsplit(url).netloc:
                raise Forbidden("the answer leads to another host")
            url, left = onward, left - 1

    async def _ask(
        self, url: str, method: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[Answer, str | None]:
        target = target_of(url, self._allowed)
        resolver = _Judged(self._resolve, allowed=target.allowed)
        connector = aiohttp.TCPConnector(resolver=resolver, force_close=True, use_dns_cache=False)
        jar = aiohttp.DummyCookieJar()
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=jar, trust_env=False, auto_decompress=False
                ) as session,
                session.request(method, url, headers=headers, data=body, allow_redirects=False) as reply,
            ):
                content = await _whole(reply)
                kind = reply.headers.get("Content-Type", "")
                onward = reply.headers.get("Location") if reply.status in _REDIRECTS else None
                return Answer(reply.status, content, kind), onward
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if resolver.refusal is not None:
                raise resolver.refusal from None
            raise Unanswered(_class_of(error)) from None


async def _whole(reply: aiohttp.ClientResponse) -> bytes:
    taken = bytearray()
    async for part in reply.content.iter_chunked(65536):
        taken += part
        if len(taken) > MOST_BYTES:
            raise Unanswered("the answer is larger than 1 MB")
    return bytes(taken)


def _class_of(error: Exception) -> str:
    """A class of trouble in words; the texts of libraries quote hosts and addresses."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "TLS failed"
        case aiohttp.ClientConnectorDNSError():
            return "the name cannot be resolved"
        case aiohttp.ClientConnectorError():
            return "cannot connect"
        case aiohttp.ClientError():
            return "the answer broke off"
        case _:
            return "cannot connect"


class _Judged(AbstractResolver):
    """Resolves for one request and gives only what was judged."""

    def __init__(self, resolve: Resolve, *, allowed: bool) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self.refusal: Forbidden | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = await self._resolve(host, port)
        if not self._allowed:
            try:
                check(answers)
            except Forbidden as error:
                self.refusal = error
                raise OSError("forbidden") from error
        return [_result(host, address, port) for address in dict.fromkeys(answers)]

    async def close(self) -> None:
        return None


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
