"""/events: the facts from a cursor on, as long-poll (`?wait=`) or as Server-Sent Events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from homing.api.guards import Principal, ledger_of, reader
from homing.live.follow import follow, told, wait_for
from homing.live.storage import news
from homing.model.intent import wrong

router = APIRouter(tags=["events"])
PING_EVERY = 5.0
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

Reads = Annotated[Principal, Depends(reader)]


def _cursor(after: str | None, last: str | None, newest: int) -> int:
    word = after if after is not None else last
    if word is None:
        return newest
    if not word.isdecimal() or len(word) > 18:
        raise wrong("/query/after", "this is no cursor; take one from an answer, or 0 for the beginning")
    return int(word)


@router.get("/events")
async def events(
    who: Reads,
    request: Request,
    after: Annotated[str | None, Query(description="A cursor; 0: from the beginning.")] = None,
    wait: Annotated[float | None, Query(ge=0, le=60, description="Long-poll: so many seconds at most.")] = None,
    topics: Annotated[str | None, Query(description="campaign:ID,sender or families such as campaign.")] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """With `wait` one JSON answer, else a stream that goes on."""
    ledger = ledger_of(request)
    log = ledger.events
    newest = await asyncio.to_thread(log.latest, who.workspace_id)
    cursor = _cursor(after, last_event_id, newest)
    chosen = [topic for topic in (topics or "").split(",") if topic] or None
    if wait is None:
        stream = _stream(request, cursor, who.workspace_id, chosen)
        return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)
    found = await wait_for(log, cursor, who.workspace_id, seconds=wait, topics=chosen)
    last = str(found[-1].seq) if found else str(cursor)
    return JSONResponse(
        {
            "from": str(cursor),
            "cursor": last,
            "facts": [told(each) for each in found],
            "storage": news(ledger.storage()),
        },
        headers=_HEADERS,
    )


async def _stream(
    request: Request, cursor: int, workspace_id: int, topics: list[str] | None
) -> AsyncGenerator[str, None]:
    """hello, then batches with their cursor as id, then a ping in each silence; bye when the server stops. While the storage
    refuses, `storage` says so, again with each time of the next try, and once more when it is over."""
    ledger = ledger_of(request)
    log = ledger.events
    stopping: asyncio.Event = request.app.state.stopping
    yield _frame("hello", {"cursor": str(cursor), "ping_s": PING_EVERY})
    facts = follow(log, cursor, workspace_id, silence=1.0, topics=topics)
    silence, refusal = 0.0, None
    async with contextlib.aclosing(facts):
        async for batch in facts:
            if stopping.is_set():
                yield _frame("bye", {"reason": "restart", "retry_ms": 500})
                return
            if ledger.storage() != refusal:
                refusal = ledger.storage()
                yield _frame("storage", news(refusal))
            if batch:
                body = {"from": str(cursor), "facts": [told(each) for each in batch]}
                cursor, silence = batch[-1].seq, 0.0
                yield _frame("batch", body, cursor)
            elif (silence := silence + 1.0) >= PING_EVERY:
                silence = 0.0
                yield _frame("ping", {})


def _frame(name: str, body: dict[str, Any], cursor: int | None = None) -> str:
    mark = "" if cursor is None else f"id: {cursor}\n"
    return f"event: {name}\n{mark}data: {json.dumps(body, ensure_ascii=False)}\n\n"
