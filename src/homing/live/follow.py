"""Walks the log of events without a watcher's line: for commands that read what is there."""

from collections.abc import Iterator, Sequence

from homing.store.events import Cursor, Event, Events

BATCH = 500


def catch_up(events: Events, cursor: Cursor, workspace_id: int, topics: Sequence[str] | None = None) -> Iterator[Event]:
    """Everything after `cursor` that is there now."""
    while batch := events.after(cursor, workspace_id, BATCH, topics):
        yield from batch
        cursor = batch[-1].cursor
