"""/notifications: what a person wants to know of, from the log itself; read on one device is read on all."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader
from homing.model.moment import rfc3339
from homing.store.bell import News
from homing.store.events import Cursor

router = APIRouter(route_class=ActingRoute, tags=["notifications"])
Reads = Annotated[Principal, Depends(reader)]


class ReadBody(shapes.Body):
    cursor: str


def _shape(of: News) -> dict[str, Any]:
    return {
        "cursor": str(of.cursor),
        "at": rfc3339(of.at),
        "kind": of.kind,
        "topic": of.topic,
        "subject": of.subject,
        "text": of.text,
        "unread": of.unread,
    }


@router.get("/notifications")
def notifications(who: Reads, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
    """The newest first, with the number of those unread among them. Completed, paused by itself, a sender down or up ..."""
    found = ledger_of(request).bell.newest(who.workspace_id, who.name, limit)
    return {"items": [_shape(each) for each in found], "unread": sum(each.unread for each in found), "next": None}


@router.post("/notifications/read")
def read(body: ReadBody, who: Reads, request: Request) -> dict[str, Any]:
    """Everything up to this cursor is read, on every device of this person: a `notice.read` fact tells the others."""
    bell = ledger_of(request).bell
    bell.read_through(who.workspace_id, who.name, Cursor.parse(body.cursor))
    return {"unread": sum(each.unread for each in bell.newest(who.workspace_id, who.name, 200))}
