"""The one port of the loopback WhatsApp server: a proxy that lands every host here, uploads of media, and the admin.

    CONNECT host:443    HTTP CONNECT proxy: every host lands here, under TLS
    {"op": ...}         admin: one JSON object a line in, one out

Behind the TLS: `GET /ws/chat` is the protocol, `POST /mms/...` takes media.
"""

import asyncio
import contextlib
import json
import secrets
import ssl
from pathlib import Path
from typing import Any

from tests.whatsapp.connection import Connection
from tests.whatsapp.frames import Closed, WebSocket
from tests.whatsapp.keys import write_tls
from tests.whatsapp.letters import letter_for
from tests.whatsapp.server import Server
from tests.whatsapp.wabinary import Node


class Door:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.tls_port = 0
        self.pipes: set[asyncio.StreamWriter] = set()

    async def listen(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> int:
        """Opens both ports; returns the public one."""
        context: ssl.SSLContext = write_tls(folder)
        inner = await asyncio.start_server(self._inside, "127.0.0.1", 0, ssl=context)
        self.tls_port = int(inner.sockets[0].getsockname()[1])
        public = await asyncio.start_server(self._outside, host, port)
        self._open = (inner, public)
        return int(public.sockets[0].getsockname()[1])

    # ---- under TLS

    async def _inside(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while line := (await reader.readline()).decode():
                method, path, _ = line.split(" ", 2)
                headers = {}
                while text := (await reader.readline()).strip().decode():
                    name, _, value = text.partition(":")
                    headers[name.lower()] = value.strip()
                if headers.get("upgrade", "").lower() == "websocket":
                    await self._chat(WebSocket(reader, writer), headers)
                    break
                await self._upload(method, path, headers, reader, writer)
        writer.close()

    async def _upload(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answer: dict[str, Any] = {}
        if method == "POST" and self.server.mode.get("upload_hangs"):
            self.server.hanging += 1
            self.server.say("upload-hangs")
            while self.server.mode.get("upload_hangs"):
                await asyncio.sleep(0.02)
        if method == "POST":
            name = f"/v/{secrets.token_hex(8)}.enc"
            self.server.media[name] = len(body)
            self.server.say("upload", path=path.partition("?")[0].rpartition("/")[0], bytes=len(body))
            answer = {"url": f"https://media.whatsapp.net{name}", "direct_path": name}
        text = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()

    async def _chat(self, socket: WebSocket, headers: dict[str, str]) -> None:
        connection = Connection(self.server, socket)
        try:
            await socket.accept(headers)
            await connection.run()
        except (StopAsyncIteration, Closed):
            pass
        except Exception as error:  # noqa: BLE001 - a client's odd stanza is told to the test, the server goes on
            self.server.say("connection-error", error=repr(error))
        finally:
            if connection.me and self.server.live.get(connection.me) is connection:
                del self.server.live[connection.me]
            self.server.say("closed", me=connection.me)

    # ---- the public port

    async def _outside(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readline()
            if first.startswith(b"{"):
                await self._admin(first, reader, writer)
            elif not self.server.mode["accept"]:
                writer.transport.abort()
            elif first.startswith(b"CONNECT "):
                while (await reader.readline()).strip():
                    pass
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await self._pipe(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.tls_port)
        ends = {writer, inner_writer}
        self.pipes |= ends

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    while self.server.mode.get("freeze"):
                        await asyncio.sleep(0.05)
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))
        self.pipes -= ends

    # ---- the admin

    async def _admin(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line.strip():
            try:
                reply = await self.obey(json.loads(line))
            except Exception as error:  # noqa: BLE001 - the admin gets it as an answer
                reply = {"error": repr(error)}
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
            line = await reader.readline()

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """What each order does is told in tests/whatsapp/__main__.py."""
        server = self.server
        match order["op"]:
            case "mode":
                server.mode.update(order["set"])
            case "scan":
                ref = order["qr"].split("#")[-1].split(",")[0]
                return {"device": await server.waiting[ref].scanned(order["qr"], order["phone"])}
            case "type":
                await server.typing[order["phone"]][0].typed(order["code"], order["phone"])
            case "stream":
                kids = [Node(tag, attrs) for tag, attrs in order.get("kids", [])]
                await self._stream_error(order, kids)
            case "unlink":
                await self._unlink(order.get("phone"))
            case "kill":
                for connection in list(server.live.values()):
                    connection.socket.abort()
            case "cut":
                for writer in list(self.pipes):
                    writer.transport.abort()
            case "say":
                await self._say(order)
            case "seen":
                return {"seen": server.seen}
            case "live":
                return {"live": [list(key) for key in server.live], "boxes": sum(map(len, server.boxes.values()))}
            case "kept":
                return {"keys": [key for box in server.boxes.values() for key in box]}
            case unknown:
                return {"error": f"unknown op {unknown!r}"}
        return {}

    async def _stream_error(self, order: dict[str, Any], kids: list[Node]) -> None:
        for connection in list(self.server.live.values()):
            await connection.send(Node("stream:error", order.get("attrs", {}), kids or None))
            await asyncio.sleep(0.05)
            if order.get("close", True):
                await connection.socket.close()

    async def _unlink(self, phone: str | None) -> None:
        """The phone unlinks its devices: those that are here hear it at once, the others at their next login."""
        for key in [key for key in self.server.devices if phone in (None, key[0])]:
            del self.server.devices[key]
            if connection := self.server.live.get(key):
                gone = Node("conflict", {"type": "device_removed"})
                await connection.farewell(Node("stream:error", {"code": "401"}, [gone]))

    async def _say(self, order: dict[str, Any]) -> None:
        """Somebody writes to a device: a text, end-to-end encrypted for it."""
        server = self.server
        for device in [key for key in server.devices if key[0] == order["to"]]:
            key, node = letter_for(server, device, order["from"], order["text"], order.get("id"))
            server.keep(device, key, node)
            if connection := server.live.get(device):
                await connection.send(node)
