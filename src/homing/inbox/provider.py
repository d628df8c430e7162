"""A provider by HTTP that exists on this machine only: it speaks SendGrid and SES, tells the truth, and fails on request.

It writes the key of each message that it takes to its record before it answers, so the record is what a verdict compares
with the ledger, whatever the sender was told. Faults are orders: see `Orders`.
"""

import asyncio
import json
import os
import re
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

_KEY = re.compile(rb'"homing_attempt"(?::|,"Value":)"([^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EMAIL = re.compile(rb'"(?:email":"|ToAddresses":\[")([^"]+)')
STATUS = {200: "OK", 202: "Accepted", 429: "Too Many Requests"}
ACCEPTING = frozenset({"accept", "drop", "stall", "tear", "half", "garbage", "5xx", "rst"})
"""What may follow `accept-`: the message is written down, and then this becomes of the answer."""


@dataclass(slots=True)
class Orders:
    """What this provider does wrong. `first`: an action for the first request of these positions (`seq`); `always`: for all.

    Actions: `accept`; before accepting: `drop`, `rst`, `stall`, `half-read` (reads a part of the body, then closes) and any
    status ("429", "503", "400:{json}"); after it: `accept-drop`, `-rst`, `-stall`, `-tear`, `-half`, `-garbage`, `-5xx`.
    `retry_after`: goes with 429. `delay`: seconds before each answer. `looks`: the status of read-only looks.
    `limit`: at most so many requests a second; more get 429. `words`: what SendGrid says beside a status.
    """

    first: dict[int, str] = field(default_factory=dict)
    always: str = "accept"
    retry_after: str | None = None
    delay: float = 0.0
    looks: int = 200
    limit: int | None = None
    words: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What came in. `posts`: requests that carried a message, by key of the attempt; `accepted`: by CAMPAIGN/SEQ."""

    posts: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    connections: int = 0
    looks: int = 0
    bodies: deque[bytes] = field(default_factory=lambda: deque(maxlen=200))


class Provider:
    """Listens on loopback, on this event loop.

    `record`: the file of accepted keys, one `CAMPAIGN/SEQ<TAB>recipient<TAB>ATTEMPT` a line.
    """

    def __init__(self, record: Path | None = None, orders: Orders | None = None) -> None:
        self.orders = orders or Orders()
        self.seen = Seen()
        self.port = 0
        self.changed = asyncio.Event()
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if record else None
        self._server: asyncio.Server | None = None
        self._lines: set[_Line] = set()
        self._met: set[int] = set()
        self._second, self._in_second = 0, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens on return; after `stop`, on the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Line(self), "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody listens, and lines are cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in tuple(self._lines):
            line.abort()
        await asyncio.sleep(0)

    async def close(self) -> None:
        await self.stop()
        if self._record is not None:
            os.close(self._record)
            self._record = None

    async def __aenter__(self) -> "Provider":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def until(self, true: Callable[[], bool], patience: float = 60.0) -> None:
        """Waits for what requests bring about."""
        async with asyncio.timeout(patience):
            while not true():
                self.changed.clear()
                await self.changed.wait()

    # ---- what a line asks

    def action(self, key: str) -> str:
        """What to do with the message of this attempt."""
        self.seen.posts[key] += 1
        self.changed.set()
        seq = _delivery(key)[1]
        orders = self.orders
        if orders.limit is not None and self._over_limit(orders.limit):
            return "429"
        if seq in orders.first and seq not in self._met:
            self._met.add(seq)
            return orders.first[seq]
        return orders.always

    def _over_limit(self, limit: int) -> bool:
        now = time.monotonic_ns() // 10**9
        if now != self._second:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return self._in_second > limit

    def accept(self, key: str, body: bytes) -> None:
        """The truth, before anybody is answered."""
        campaign, seq = _delivery(key)
        self.seen.accepted[f"{campaign}/{seq}"] += 1
        self.seen.bodies.append(body)
        if self._record is not None:
            to = _EMAIL.search(body)
            attempt = re.split(r"[/_]", key)[-1]
            os.write(
                self._record, b"%s/%d\t%s\t%s\n" % (campaign.encode(), seq, to[1] if to else b"", attempt.encode())
            )

    def told(self, path: bytes, status: int) -> bytes:
        """A whole answer."""
        self.seen.statuses[status] += 1
        if path.startswith(b"/v3"):
            said, more = _sendgrid(status, self.orders)
        else:
            said, more = _ses(status)
        head = f"HTTP/1.1 {status} {STATUS.get(status, 'Answer')}\r\nContent-Type: application/json\r\n"
        if status == 429 and self.orders.retry_after is not None:
            more += f"Retry-After: {self.orders.retry_after}\r\n"
        return f"{head}{more}Content-Length: {len(said)}\r\n\r\n".encode() + said

    def look(self, path: bytes) -> bytes:
        self.seen.looks += 1
        self.changed.set()
        status = self.orders.looks
        if status != 200:
            return self.told(path, status)
        found: Mapping[str, Any] = {"scopes": ["mail.send"]}
        if not path.startswith(b"/v3"):
            quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 100.0, "SentLast24Hours": 1.0}
            found = {"SendingEnabled": True, "ProductionAccessEnabled": True, "SendQuota": quota}
        body = json.dumps(found).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _delivery(key: str) -> tuple[str, int]:
    campaign, seq, _ = re.split(r"[/_]", key)
    return campaign, int(seq)


def _sendgrid(status: int, orders: Orders) -> tuple[bytes, str]:
    if status == 202:
        return b"", f"X-Message-Id: sg-{os.urandom(6).hex()}\r\n"
    words = {401: "The provided authorization grant is invalid, expired, or revoked", 429: "too many requests"}
    words |= orders.words
    told = {"errors": [{"message": words.get(status, "it did not work"), "field": None, "help": None}]}
    return json.dumps(told).encode(), ""


def _ses(status: int) -> tuple[bytes, str]:
    if status == 200:
        return json.dumps({"MessageId": f"ses-{os.urandom(8).hex()}"}).encode(), ""
    names = {
        400: "BadRequestException", 401: "NotAuthorized", 403: "AccessDeniedException", 404: "NotFoundException",
        429: "TooManyRequestsException",
    }  # fmt: skip
    name = names.get(status, "InternalServiceErrorException")
    return json.dumps({"message": "it did not work"}).encode(), f"x-amzn-ErrorType: {name}\r\n"


class _Line(asyncio.Protocol):
    """One connection: requests in their order, as much of HTTP/1.1 as our own client speaks."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._data = bytearray()
        self._transport: asyncio.Transport
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._provider._lines.add(self)
        self._provider.seen.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._provider._lines.discard(self)
        self._provider.changed.set()

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        head_ends = self._data.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        head = bytes(self._data[:head_ends])
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
        if self._provider.orders.always == "half-read" and length and len(self._data) > head_ends + 4 + length // 2:
            self.abort()
            return
        if len(self._data) < head_ends + 4 + length:
            return
        body = bytes(self._data[head_ends + 4 : head_ends + 4 + length])
        del self._data[: head_ends + 4 + length]
        if method == b"GET":
            self._say(self._provider.look(path))
        else:
            self._message(path, body)

    def _message(self, path: bytes, body: bytes) -> None:
        found = _KEY.search(body)
        key = found[1].decode() if found else "none/0/0"
        action = self._provider.action(key)
        accepts, _, after = action.partition("-") if action.startswith("accept") else ("", "", action)
        if accepts:
            self._provider.accept(key, body)
        self._act(path, after or "accept")

    def _act(self, path: bytes, what: str) -> None:
        good = 202 if path.startswith(b"/v3") else 200
        match what:
            case "stall":
                self._busy = True
            case "rst":
                self.abort()
            case "drop" | "tear" | "half":
                self._transport.write(self._rest(path, good, what))
                self._transport.close()
            case "garbage":
                self._transport.write(b"\x16\x03\x01 what is this\r\n\r\n")
            case _:
                self._later(path, {"accept": good, "5xx": 500}.get(what) or int(what))

    def _rest(self, path: bytes, good: int, what: str) -> bytes:
        """What still leaves before the line is closed."""
        if what == "half":
            return self._provider.told(path, good).replace(b"Content-Length: ", b"Content-Length: 9") + b"{"
        return b"HTTP/1.1 2" if what == "tear" else b""

    def _later(self, path: bytes, status: int) -> None:
        answer = self._provider.told(path, status)
        delay = self._provider.orders.delay
        if not delay:
            self._say(answer)
            return
        self._busy = True
        asyncio.get_running_loop().call_later(delay, self._say, answer)

    def _say(self, answer: bytes) -> None:
        self._busy = False
        if not self._transport.is_closing():
            self._transport.write(answer)
            if self._data:
                self._next()
        self._provider.changed.set()

    def abort(self) -> None:
        """A reset, not a good-bye."""
        found = self._transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
