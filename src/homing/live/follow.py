"""Follows the log of events: waits until there is something after a cursor, without holding a thread while it waits."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from homing.model.errors import Unreachable
from homing.model.moment import rfc3339
from homing.store.events import Event, Events

LOOK_EVERY = 0.25  # seconds; other processes write too, so the log itself is asked
BATCH = 500


def told(event: Event) -> dict[str, Any]:
    """A fact as JSON. `cursor` is what to come back with."""
    return {
        "cursor": str(event.seq),
        "at": rfc3339(event.at),
        "topic": event.topic,
        "kind": event.kind,
        "body": dict(event.body),
    }


async def wait_for(
    events: Events,
    cursor: int,
    workspace_id: int,
    *,
    seconds: float,
    topics: Sequence[str] | None = None,
    limit: int = BATCH,
) -> list[Event]:
    """The facts after `cursor`: at once when there are some, else as soon as there are, else none after `seconds`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        found = await asyncio.to_thread(events.after, cursor, workspace_id, limit, topics)
        left = end - loop.time()
        if found or left <= 0:
            return found
        await asyncio.sleep(min(LOOK_EVERY, left))


async def follow(
    events: Events, cursor: int, workspace_id: int, *, silence: float, topics: Sequence[str] | None = None
) -> AsyncGenerator[list[Event], None]:
    """Batches of facts for ever; an empty batch after `silence` seconds without one, or when the log cannot be read now."""
    while True:
        try:
            found = await wait_for(events, cursor, workspace_id, seconds=silence, topics=topics)
        except Unreachable:
            await asyncio.sleep(silence)
            found = []
        if found:
            cursor = found[-1].seq
        yield found


def catch_up(events: Events, cursor: int, workspace_id: int, topics: Sequence[str] | None = None) -> Iterator[Event]:
    """Everything after `cursor` that is there now."""
    while batch := events.after(cursor, workspace_id, BATCH, topics):
        yield from batch
        cursor = batch[-1].seq
