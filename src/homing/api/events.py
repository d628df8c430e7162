"""/events: the facts from a cursor on and how far the campaigns are, as Server-Sent Events or, with `?wait=`, as long-poll.

/attend: the acknowledgement of a ping, by whoever watches attended campaigns.
"""

import asyncio
import contextlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from homing.api import shapes
from homing.api.frame_shapes import PollAnswer
from homing.api.guards import Principal, decider, ledger_of, reader
from homing.live.frames import Frame, batch
from homing.live.line import Line, Wish, spoken_of
from homing.live.reader import Reader
from homing.live.storage import news
from homing.model.moment import rfc3339
from homing.store.attendance import check_attendant
from homing.store.events import Cursor, Event

router = APIRouter(tags=["events"])
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
SLOW = 20.0  # seconds that a watcher may need for one frame
MOVING_WAIT = 1.0  # seconds that a long-poll waits at most while something is being sent
MOST_ATTENDED = 100

Reads = Annotated[Principal, Depends(reader)]
Decides = Annotated[Principal, Depends(decider)]
_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


def reader_of(request: Request) -> Reader:
    """The one reader of the log in this process."""
    found: Reader = request.app.state.reader
    return found


@router.get("/events", response_model=PollAnswer, responses={200: {"content": _STREAM}})
async def events(
    who: Reads,
    request: Request,
    after: Annotated[str | None, Query(description="A cursor; 0: from the beginning.")] = None,
    wait: Annotated[float | None, Query(ge=0, le=60, description="Long-poll: so many seconds at most.")] = None,
    topics: Annotated[str | None, Query(description="campaign:ID,sender or families such as campaign.")] = None,
    attendant: Annotated[str | None, Query(description="Who watches here: pings then name what it attends.")] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """With `wait` one JSON answer of the same frames, else a stream that goes on: hello, batch, ping, reset, storage, bye."""
    word = after if after is not None else last_event_id
    cursor = None if word is None else Cursor.parse(word)
    chosen = tuple(sorted({topic for topic in (topics or "").split(",") if topic}))
    if attendant is not None:
        check_attendant(attendant)
    line = await reader_of(request).open(Wish(who.workspace_id, chosen, attendant), cursor)
    if wait is None:
        return EventStream(line)
    try:
        answer = await _poll(request, who, line, wait)
    finally:
        line.close()
    return JSONResponse(answer, headers=_HEADERS)


class EventStream(Response):
    """A line as text/event-stream. A watcher that takes longer than SLOW for a frame is dropped; it comes back with its id."""

    media_type = "text/event-stream"

    def __init__(self, line: Line) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.get_running_loop().create_task(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with contextlib.aclosing(self._line.frames()) as frames:
                async for frame in frames:
                    async with asyncio.timeout(SLOW):
                        await send({"type": "http.response.body", "body": frame, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, TimeoutError):
            pass  # gone, or too slow: the log has everything for when it comes back
        finally:
            watching.cancel()
            self._line.close()

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._line.drop()


async def _poll(request: Request, who: Principal, line: Line, wait: float) -> dict[str, Any]:
    """The frames after a cursor: at once when there are facts, else after at most `wait`, sooner while something moves."""
    reader, ledger = reader_of(request), ledger_of(request)
    loop = asyncio.get_running_loop()
    end = loop.time() + wait
    before = line.cursor
    found = [reader.hello(before)]
    facts: list[Event] = []
    snap: dict[str, Any] = {}
    attend = reader.attends(line.wish.attendant)
    if line.wish.attendant is not None and attend:
        await asyncio.to_thread(ledger.attendances.acknowledge, who.workspace_id, line.wish.attendant, attend)
    if await line.foreign():
        return {"cursor": str(before), **_told(before, [*found, reader.reset_frame()], [], ledger.storage())}
    while not facts:
        facts = list(await reader.page(line.wish, line.cursor))
        snap = await reader.standing(line.wish, spoken_of(facts))
        moving = any(each["state"] == "sending" for each in snap.values())
        left = (min(end, loop.time() + MOVING_WAIT) if moving else end) - loop.time()
        if facts or left <= 0:
            break
        end = min(end, loop.time() + left)
        await asyncio.sleep(min(0.25, left))
    after = facts[-1].cursor if facts else before
    found.append(batch(before, after, facts, snap))
    if line.wish.attendant is not None:
        found.append(Frame("ping", {"n": 0, "attend": reader.attends(line.wish.attendant)}))
    return {"cursor": str(after), **_told(before, found, facts, ledger.storage())}


def _told(before: Cursor, found: list[Frame], facts: list[Event], refusal: Any) -> dict[str, Any]:
    """`facts` says the same as the batch, spelt out for scripts."""
    plain = [
        {
            "cursor": str(each.cursor),
            "at": rfc3339(each.at),
            "topic": each.topic,
            "kind": each.kind,
            "body": dict(each.body),
        }
        for each in facts
    ]
    return {
        "from": str(before),
        "frames": [frame.as_json() for frame in found],
        "facts": plain,
        "storage": news(refusal),
    }


@router.post("/attend")
def attend(body: shapes.AttendBody, who: Decides, request: Request) -> dict[str, Any]:
    """Acknowledges a ping for all campaigns that this attendant watches: each lease is renewed, and what paused because it
    was gone goes on with the exact next recipient. `held` false says why: elsewhere, server_mode, over."""
    ledger = ledger_of(request)
    acks = ledger.attendances.acknowledge(who.workspace_id, body.attendant, body.campaigns)
    return {
        "n": body.n,
        "lease_ms": ledger.attendances.grace_ms,
        "campaigns": {ack.campaign: {"state": ack.state, "held": ack.held, "why": ack.why} for ack in acks},
    }
