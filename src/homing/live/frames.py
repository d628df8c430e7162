"""The frames that a watcher is sent, as values for the long-poll and as bytes for Server-Sent Events.

hello  {"epoch", "version", "cursor", "retained_from", "now", "ping_s"}     first of a line
batch  {"from", "facts": [[cursor, topic, kind, body, at]], "snap": {campaign: progress}}, its id is the new cursor
ping   {"n", "attend": [campaign]}         to be acknowledged by whoever attends (POST /attend)
reset  {"retained_from"}                   the cursor is not of this log: fetch everything anew
storage {"activity", "detail", ...}        the storage refuses, or takes writes again: told from memory, it has no cursor
bye    {"reason", "retry_ms"}              the server stops

`from` equals the cursor that the line had before: a watcher that finds another one has missed something and comes back with
its own. Numbers have holes; the chain has none.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from homing.model.moment import rfc3339
from homing.store.events import Cursor, Event

PING_EVERY = 5.0
ATTEND_EVERY = 1.0  # on a line that attends a campaign


class Frame(NamedTuple):
    """One frame; `id` is the cursor after it, None when it moves nothing."""

    event: str
    data: Mapping[str, Any]
    id: str | None = None

    def encode(self) -> bytes:
        """As text/event-stream (WHATWG HTML, section 9.2)."""
        mark = "" if self.id is None else f"id: {self.id}\n"
        return f"event: {self.event}\n{mark}data: {text(self.data)}\n\n".encode()

    def as_json(self) -> dict[str, Any]:
        """As the long-poll tells it."""
        found: dict[str, Any] = {"event": self.event, "data": dict(self.data)}
        return found if self.id is None else {**found, "id": self.id}


def text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def fact(event: Event) -> list[Any]:
    """A fact: cursor, topic, kind, body, when."""
    return [str(event.cursor), event.topic, event.kind, dict(event.body), rfc3339(event.at)]


def batch(before: Cursor, after: Cursor, facts: Sequence[Event], snap: Mapping[str, Any]) -> Frame:
    """What happened between two cursors, and how far the campaigns are."""
    data: dict[str, Any] = {"from": str(before), "facts": [fact(each) for each in facts]}
    if snap:
        data["snap"] = dict(snap)
    return Frame("batch", data, str(after))


def split(after: Cursor, facts: Sequence[Event], snap: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """A batch for many lines: its bytes before and behind the one word that differs between them, `from`."""
    rest: dict[str, Any] = {"facts": [fact(each) for each in facts]}
    if snap:
        rest["snap"] = dict(snap)
    head = f'event: batch\nid: {after}\ndata: {{"from":"'
    return head.encode(), f'",{text(rest)[1:]}\n\n'.encode()


def told(before: Cursor, after: Cursor, facts: str) -> bytes:
    """A batch of facts that are written already."""
    return f'event: batch\nid: {after}\ndata: {{"from":"{before}","facts":[{facts}]}}\n\n'.encode()


def bye() -> Frame:
    return Frame("bye", {"reason": "restart", "retry_ms": 500})


def reset(retained_from: Cursor) -> Frame:
    return Frame("reset", {"retained_from": str(retained_from)})
