"""/recurrences: campaigns that come again by a cron expression; each run is a campaign of its own."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, decider, ledger_of, reader
from homing.api.ledger import Ledger
from homing.model.moment import rfc3339
from homing.store.recurrences import Recurrence

router = APIRouter(route_class=ActingRoute, tags=["campaigns"])
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Decides = Annotated[Principal, Depends(decider)]


class RecurrenceBody(shapes.Body):
    campaign: str = Field(description="A draft, by id or name: each run is a copy of it as it is then.")
    cron: str = Field(max_length=200, examples=["0 9 * * 1"])
    zone: str = Field("UTC", examples=["Europe/Berlin"])
    name: str | None = None


class RecurrenceChange(shapes.Body):
    cron: str | None = Field(None, max_length=200)
    zone: str | None = None
    on: bool | None = None


def _shape(ledger: Ledger, of: Recurrence) -> dict[str, Any]:
    runs = ledger.recurrences.runs(of, 10)
    return {
        "id": of.uid,
        "name": of.name,
        "campaign": ledger.campaigns.get(of.model_id).uid,
        "cron": of.cron,
        "zone": of.zone,
        "on": of.next_at is not None,
        "next_at": rfc3339(of.next_at),
        "created_at": rfc3339(of.created_at),
        "runs": [{"due_at": rfc3339(run.due_at), "campaign": run.campaign, "detail": run.words} for run in runs],
    }


@router.get("/recurrences")
def recurrences(who: Reads, request: Request) -> Any:
    """Those in use, each with its next time and its last runs."""
    ledger = ledger_of(request)
    return {"items": [_shape(ledger, each) for each in ledger.recurrences.list(who.workspace_id)], "next": None}


@router.post("/recurrences", status_code=201)
def add(body: RecurrenceBody, who: Decides, request: Request) -> dict[str, Any]:
    """Lets a draft come again and again; the draft stays, and may be edited between two runs."""
    ledger = ledger_of(request)
    model = ledger.campaigns.find(who.workspace_id, body.campaign)
    return _shape(ledger, ledger.recurrences.add(model, body.cron, body.zone, name=body.name, by=who.by))


@router.get("/recurrences/{id}")
def show(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """One of them."""
    ledger = ledger_of(request)
    return _shape(ledger, ledger.recurrences.find(who.workspace_id, ref))


@router.patch("/recurrences/{id}")
def change(ref: Ref, body: RecurrenceChange, who: Decides, request: Request) -> dict[str, Any]:
    """Another time, or off and on."""
    ledger = ledger_of(request)
    old = ledger.recurrences.find(who.workspace_id, ref)
    return _shape(ledger, ledger.recurrences.change(old, cron=body.cron, zone=body.zone, on=body.on, by=who.by))


@router.delete("/recurrences/{id}", status_code=204)
def remove(ref: Ref, who: Decides, request: Request) -> None:
    """Ends it; the campaigns that it made stay."""
    ledger = ledger_of(request)
    ledger.recurrences.remove(ledger.recurrences.find(who.workspace_id, ref), by=who.by)
