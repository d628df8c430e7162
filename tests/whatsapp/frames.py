"""A WebSocket (RFC 6455) as a server sees it, over asyncio streams: only what a binary protocol on loopback needs."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The other side is gone."""


class WebSocket:
    """One connection whose request was read already."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def accept(self, headers: dict[str, str]) -> None:
        digest = hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode()).digest()
        self._writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        await self._writer.drain()

    async def messages(self) -> AsyncIterator[bytes]:
        """Until the other side closes. Pings are answered."""
        parts = b""
        while True:
            try:
                first, second = await self._reader.readexactly(2)
                size = second & 127
                if size > 125:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
                mask = await self._reader.readexactly(4) if second & 128 else b"\0" * 4
                data = await self._reader.readexactly(size)
            except (asyncio.IncompleteReadError, OSError):
                return
            if any(mask):
                whole = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
                data = (int.from_bytes(data, "big") ^ whole).to_bytes(size, "big")
            match first & 15:
                case 8:
                    return
                case 9:
                    await self._write(10, data)
                case 10:
                    pass
                case _:
                    parts += data
                    if first & 128:
                        yield parts
                        parts = b""

    async def send(self, data: bytes) -> None:
        await self._write(2, data)

    async def _write(self, opcode: int, data: bytes) -> None:
        size = len(data)
        head = bytes([128 | opcode])
        if size < 126:
            head += bytes([size])
        elif size < 65_536:
            head += b"\x7e" + size.to_bytes(2, "big")
        else:
            head += b"\x7f" + size.to_bytes(8, "big")
        try:
            self._writer.write(head + data)
            await self._writer.drain()
        except OSError as error:
            raise Closed from error

    async def close(self) -> None:
        with contextlib.suppress(Closed, OSError):
            await self._write(8, b"\x03\xe8")
            self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()
