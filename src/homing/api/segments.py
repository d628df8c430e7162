"""/segments: stored filters over contacts and what was sent to them, explained with a count and a sample."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from homing.api import shapes, told
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.model.moment import rfc3339
from homing.store.segments import Answer, Segment

router = APIRouter(tags=["segments"], route_class=ActingRoute)
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class SegmentBody(shapes.Body):
    """A filter under a name."""

    name: str
    filter: str = Field(max_length=4000, description='Like: city = "Bonn" and age >= 30 and did not get "Spring"')


class SegmentChange(shapes.Body):
    """What is not named stays."""

    name: str | None = None
    filter: str | None = Field(None, max_length=4000)


class FilterBody(shapes.Body):
    """A filter that somebody is trying out."""

    filter: str = Field(max_length=4000)


def _told(found: Segment, answer: Answer | None = None) -> dict[str, Any]:
    kept = {
        "id": found.uid,
        "name": found.name,
        "filter": found.filter,
        "created_at": rfc3339(found.created_at),
        "changed_at": rfc3339(found.changed_at),
    }
    return kept if answer is None else {**kept, **_answered(answer)}


def _answered(answer: Answer) -> dict[str, Any]:
    return {
        "explained": answer.explained,
        "count": answer.count,
        "sample": [shapes.contact(each) for each in answer.sample],
    }


@router.get("/segments", **told.tells(told.Segments))
def segments(who: Reads, request: Request) -> dict[str, Any]:
    """All of them by name."""
    found = ledger_of(request).segments.list(who.workspace_id)
    return {"items": [_told(each) for each in found], "next": None}


@router.post("/segments", **told.tells(told.FullSegment, 201))
def add_segment(body: SegmentBody, who: Writes, request: Request) -> dict[str, Any]:
    """Keeps a filter; 422 says where one cannot be read, and what could stand there."""
    store = ledger_of(request).segments
    made = store.add(who.workspace_id, body.name, body.filter)
    return _told(made, store.ask(who.workspace_id, made.filter))


@router.post("/segments/count", **told.tells(told.SegmentAnswer))
def count_segment(body: FilterBody, who: Reads, request: Request) -> dict[str, Any]:
    """What a filter means in words, how many contacts it finds now, and the first five."""
    return _answered(ledger_of(request).segments.ask(who.workspace_id, body.filter))


@router.get("/segments/{id}", **told.tells(told.FullSegment))
def show_segment(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """With its words, its count and a sample."""
    store = ledger_of(request).segments
    found = store.find(who.workspace_id, ref)
    return _told(found, store.ask(who.workspace_id, found.filter))


@router.get("/segments/{id}/contacts", **told.tells(told.Contacts))
def segment_contacts(ref: Ref, who: Reads, request: Request, limit: Limit = 100, cursor: str | None = None) -> Any:
    """Whom it finds now, oldest first."""
    store = ledger_of(request).segments
    after = shapes.key_of(cursor, (int,))
    text = store.find(who.workspace_id, ref).filter
    found = store.page(who.workspace_id, text, after=after[0] if after else 0, limit=limit)
    last = shapes.cursor_of(found[-1].id) if found else None
    return shapes.page([shapes.contact(each) for each in found], limit, last)


@router.patch("/segments/{id}", **told.tells(told.FullSegment))
def change_segment(ref: Ref, body: SegmentChange, who: Writes, request: Request) -> dict[str, Any]:
    """Changes name or filter; 409 while a campaign that is not sealed needs it."""
    store = ledger_of(request).segments
    changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    after = store.change(who.workspace_id, store.find(who.workspace_id, ref).id, changes)
    return _told(after, store.ask(who.workspace_id, after.filter))


@router.delete("/segments/{id}", status_code=204)
def remove_segment(ref: Ref, who: Writes, request: Request) -> None:
    """Removes it, not its contacts; 409 while a campaign needs it."""
    store = ledger_of(request).segments
    store.remove(who.workspace_id, store.find(who.workspace_id, ref).id)
