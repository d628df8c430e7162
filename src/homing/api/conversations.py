"""/conversations: what people write to our numbers, beside what was sent to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader
from homing.contacts.normalise import Flaw
from homing.contacts.normalise import phone as normal
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.store.conversations import Conversation, Line

router = APIRouter(route_class=ActingRoute, tags=["conversations"])
Reads = Annotated[Principal, Depends(reader)]
Who = Annotated[str, Path(alias="id", description="The number, as +94711234567.")]


@router.get("/conversations")
def conversations(
    who: Reads,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: str | None = None,
) -> Any:
    """Who wrote, the latest first."""
    before = shapes.key_of(cursor, (int,))
    found = ledger_of(request).conversations.latest(who.workspace_id, limit=limit, before=before[0] if before else None)
    last = shapes.cursor_of(found[-1].cursor) if found else None
    return shapes.page([_conversation(each) for each in found], limit, last)


@router.get("/conversations/{id}")
def show_conversation(ref: Who, who: Reads, request: Request) -> dict[str, Any]:
    """All that was written and sent, oldest first, with receipts."""
    address = address_of(ref)
    found = ledger_of(request).conversations.lines(who.workspace_id, address)
    return {"address": address, "channel": "whatsapp", "messages": [_line(each) for each in found]}


def address_of(text: str) -> str:
    """The number in E.164. Raises Invalid."""
    try:
        return normal(text if text.startswith("+") else f"+{text}")[0]
    except Flaw as flaw:
        raise wrong("/id", f"'{text}' is no phone number; write +94711234567") from flaw


def _conversation(of: Conversation) -> dict[str, Any]:
    return {
        "id": of.address,
        "channel": "whatsapp",
        "name": of.name,
        "contact": of.contact_uid,
        "text": of.text,
        "media": of.media,
        "at": rfc3339(of.at),
        "messages": of.count,
    }


def _line(of: Line) -> dict[str, Any]:
    return {
        "direction": of.direction,
        "text": of.text,
        "media": of.media,
        "at": rfc3339(of.at),
        "state": of.state,
        "delivery": None if of.campaign is None else f"{of.campaign}/{of.seq}",
    }
