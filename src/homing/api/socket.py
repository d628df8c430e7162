"""Socket.IO with the founding documents' event names, for stock clients: the same log, one line for each client.

`auth: {token?, lastSeq?}`: a bearer token where no cookie comes along, and the cursor from which facts are told again. Each fact
carries its `seq`, so that a client that comes back with the last one it saw misses nothing; progress is absolute and is not told
again. Polling and WebSocket are served both.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import socketio
from starlette.requests import HTTPConnection

from homing.api.guards import Principal, by_token, identify
from homing.api.ledger import Ledger
from homing.live.line import Line, Wish
from homing.live.reader import Reader
from homing.model.errors import HomingError
from homing.model.policy import Scope, may
from homing.store.events import Cursor

log = logging.getLogger(__name__)
PATH = "/socket.io"
DEVICE_FACTS = ("whatsapp-connected", "whatsapp-disconnected", "whatsapp-status", "whatsapp-qr")
_NOT_AGAIN = "whatsapp-qr"  # a code is good for seconds: never told again
Told = tuple[str, dict[str, Any]]


def adapter(ledger: Ledger, reader: Reader) -> Callable[..., Any]:
    """The ASGI app to mount at PATH."""
    public = urlsplit(ledger.access.public_url or "")
    origins = [f"{public.scheme}://{public.netloc}"] if public.netloc else None  # None: only pages of this very host
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=origins, logger=False, engineio_logger=False)
    lines: dict[str, tuple[Line, asyncio.Task[None]]] = {}

    async def connect(sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        given = auth if isinstance(auth, dict) else {}
        try:
            who = await asyncio.to_thread(_identify, ledger, HTTPConnection(environ["asgi.scope"]), given)
            last = given.get("lastSeq")
            cursor = None if last is None else Cursor.parse(str(last))
            line = await reader.open(Wish(who.workspace_id), cursor)
        except HomingError as error:
            raise socketio.exceptions.ConnectionRefusedError(error.detail) from error
        follow = asyncio.get_running_loop().create_task(_follow(server, sid, line, fresh=reader.position))
        lines[sid] = (line, follow)

    async def disconnect(sid: str, *_: Any) -> None:
        found = lines.pop(sid, None)
        if found is not None:
            found[0].close()
            found[1].cancel()

    server.on("connect", connect)
    server.on("disconnect", disconnect)
    app: Callable[..., Any] = socketio.ASGIApp(server, socketio_path=PATH)
    return app


def _identify(ledger: Ledger, connection: HTTPConnection, auth: Mapping[str, Any]) -> Principal:
    """As for any other request; the token may come in `auth`, where a browser can add no header."""
    connection.scope.setdefault("state", {})
    token = auth.get("token")
    who = by_token(ledger, str(token)) if token else identify(connection)
    if not may(who.scopes, Scope.READ):
        raise socketio.exceptions.ConnectionRefusedError("this token may not read")
    return who


async def _follow(server: socketio.AsyncServer, sid: str, line: Line, *, fresh: Cursor) -> None:
    """Hands a line's frames on until it ends; then the client is sent away and comes back with its lastSeq."""
    with contextlib.suppress(asyncio.CancelledError):
        async for frame in line.frames():
            for name, payload in _told(frame, fresh):
                await server.emit(name, payload, to=sid)
        await server.disconnect(sid)
    line.close()


def _told(frame: bytes, fresh: Cursor) -> list[Told]:
    """The events of one frame."""
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
    if fields["event"] != "batch":
        return []
    data = json.loads(fields["data"])
    found: list[Told] = []
    for cursor, topic, kind, body, _ in data["facts"]:
        if kind == _NOT_AGAIN and Cursor.parse(cursor) <= fresh:
            continue
        if kind in DEVICE_FACTS:
            found.append((kind, {"connectionId": topic.partition(":")[2], **body, "seq": cursor}))
    found += [("campaign-progress", progress(id_, snap)) for id_, snap in data.get("snap", {}).items()]
    return found


def progress(campaign_id: str, snap: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot under the names of the founding documents."""
    return {
        "campaignId": campaign_id,
        "state": snap["state"],
        "activity": snap["activity"],
        "reason": snap["reason"],
        "sent": snap["sent"],
        "failed": snap["failed"],
        "uncertain": snap["uncertain"],
        "skipped": snap["skipped"],
        "remaining": snap["open"],
        "total": snap["total"],
        "rate": snap["rate"],
        "endsAt": snap["ends_at"],
        "v": snap["v"],
    }
