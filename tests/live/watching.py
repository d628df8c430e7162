"""Watchers of the live layer, as the tests have them: each proves by the chain of cursors that it missed nothing."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any

from homing.live.line import Line, Wish
from homing.live.reader import Reader
from homing.store.attendance import Attendances
from homing.store.events import Events, record
from homing.store.status import StatusBoard
from tests.store.ledger import Ledger

PATIENCE = 30.0


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a test that awaits."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


@asynccontextmanager
async def reading(
    ledger: Ledger, events: Events | None = None, board: StatusBoard | None = None
) -> AsyncIterator[Reader]:
    """A reader of the ledger; `events` and `board`: through these."""
    log, seen = events or Events(ledger.db), board or StatusBoard(ledger.db)
    made = Reader(log, seen, Attendances(ledger.db), ledger.world, version="1.2.3")
    try:
        yield made
    finally:
        await made.stop()


def read(data: bytes) -> tuple[str, str | None, Any]:
    """event, id, data of a frame as a browser reads it."""
    fields = dict(line.split(": ", 1) for line in data.decode().strip().split("\n"))
    return fields["event"], fields.get("id"), json.loads(fields["data"])


class Watcher:
    """What a page does: keeps its cursor, and proves by the chain that it missed nothing."""

    def __init__(self, cursor: str | None = None) -> None:
        self.cursor = cursor
        self.facts: list[str] = []
        self.frames: list[tuple[str, Any]] = []
        self.snaps: dict[str, Any] = {}
        self.breaks = 0

    def take(self, data: bytes) -> str:
        event, id_, body = read(data)
        self.frames.append((event, body))
        if event == "hello" and self.cursor is None:
            self.cursor = body["cursor"]
        if event == "batch":
            self.breaks += body["from"] != self.cursor
            self.cursor = id_
            self.facts += [fact[2] for fact in body["facts"]]
            for campaign, snap in body.get("snap", {}).items():
                if snap["v"] > self.snaps.get(campaign, {"v": 0})["v"]:
                    self.snaps[campaign] = snap
        return event

    async def watch(self, line: Line, enough: Any) -> None:
        """Until `enough()` holds after a frame, or the line ends."""
        async with asyncio.timeout(PATIENCE), aclosing(line.frames()) as frames:
            async for data in frames:
                self.take(data)
                if enough():
                    break
        line.close()


def tell(ledger: Ledger, kind: str, topic: str = "campaign:x", workspace: int | None = None) -> None:
    with ledger.db.write() as tx:
        record(tx, workspace_id=workspace or ledger.workspace, at=1, topic=topic, kind=kind, body={})


def wish(ledger: Ledger, *topics: str, attendant: str | None = None) -> Wish:
    return Wish(ledger.workspace, topics, attendant)
