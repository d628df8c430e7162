"""/conversations: what people write to our numbers, beside what was sent to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader, whole_addresses, writer
from homing.api.ledger import Ledger
from homing.api.ways import told, way_to
from homing.contacts.normalise import Flaw
from homing.contacts.normalise import phone as normal
from homing.model.errors import HomingError, NotFound
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.policy import masked
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
    whole = who.sees_addresses
    return shapes.page([_conversation(each, whole=whole) for each in found], limit, last)


@router.get("/conversations/unread")
def unread(who: Reads, request: Request) -> dict[str, int]:
    """How many conversations have something that nobody has looked at."""
    return {"unread": ledger_of(request).conversations.unread(who.workspace_id)}


@router.get("/conversations/{id}")
def show_conversation(ref: Who, who: Reads, request: Request) -> dict[str, Any]:
    """All that was written and sent over all channels, oldest first, with receipts; and how they can be answered (`ways`)."""
    ledger, address = ledger_of(request), address_of(ref)
    whole_addresses(who)
    try:
        found = ledger.conversations.lines(who.workspace_id, address)
    except NotFound:
        ledger.contacts.find(who.workspace_id, address)  # nothing was written yet; unknown numbers are not found
        found = []
    ways = {}
    for channel in ("whatsapp", "email"):
        try:
            ways[channel] = told(way_to(ledger, who.workspace_id, address, channel))
        except HomingError as error:
            ways[channel] = {"open": False, "words": error.detail, "code": error.code}
    return {
        "address": address,
        "channel": "whatsapp",
        "contact": _contact(ledger, who, address),
        "messages": [_line(each) for each in found],
        "ways": ways,
    }


@router.post("/conversations/{id}/read")
def read(ref: Who, who: Annotated[Principal, Depends(writer)], request: Request) -> dict[str, bool]:
    """Somebody has looked at all of it. 404 where nobody wrote and nothing was sent."""
    talks, address = ledger_of(request).conversations, address_of(ref)
    talks.lines(who.workspace_id, address, limit=1)
    return {"read": talks.read(who.workspace_id, address)}


def _contact(ledger: Ledger, who: Principal, address: str) -> dict[str, Any] | None:
    try:
        return shapes.contact(ledger.contacts.find(who.workspace_id, address))
    except NotFound:
        return None


def address_of(text: str) -> str:
    """The number in E.164. Raises Invalid."""
    try:
        return normal(text if text.startswith("+") else f"+{text}")[0]
    except Flaw as flaw:
        raise wrong("/id", f"'{text}' is no phone number; write +94711234567") from flaw


def _conversation(of: Conversation, *, whole: bool) -> dict[str, Any]:
    return {
        "id": of.address if whole else masked(of.address),
        "channel": "whatsapp",
        "name": of.name,
        "contact": of.contact_uid,
        "direction": of.direction,
        "text": of.text,
        "media": of.media,
        "at": rfc3339(of.at),
        "messages": of.count,
        "unread": of.unread,
    }


def _line(of: Line) -> dict[str, Any]:
    return {
        "id": of.uid,
        "direction": of.direction,
        "channel": of.channel,
        "text": of.text,
        "title": of.title,
        "media": of.media,
        "at": rfc3339(of.at),
        "state": of.state,
        "reason": of.reason,
        "words": of.words,
        "next_try_at": rfc3339(of.due_at) if of.due_at else None,
        "delivery": None if of.campaign is None else f"{of.campaign}/{of.seq}",
    }
