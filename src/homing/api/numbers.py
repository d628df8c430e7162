"""/senders/{id}/account: what WhatsApp tells of a number of the Cloud API: quality, limit, templates that may be sent."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.model.approved import as_json
from homing.model.errors import Conflict
from homing.model.sender import Kind
from homing.store.senders import Sender

router = APIRouter(route_class=ActingRoute, tags=["senders"])
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]


@router.get("/senders/{id}/account")
def show_account(ref: Ref, who: Annotated[Principal, Depends(reader)], request: Request) -> dict[str, Any]:
    """What WhatsApp told of a number of the Cloud API when it was last asked: each hour, and after a webhook that speaks of it.

    `templates` null: the business account (`waba_id`) is not named. A template with `why_not` cannot be sent.
    """
    ledger = ledger_of(request)
    found = _cloud(ledger.senders.find(who.workspace_id, ref))
    return as_json(found.uid, ledger.accounts.get(found.id), asks=bool(found.options.get("waba_id")))


@router.post("/senders/{id}/account/refresh")
async def refresh_account(ref: Ref, who: Annotated[Principal, Depends(writer)], request: Request) -> dict[str, Any]:
    """Asks WhatsApp now, and answers with what it said; `trouble` says why it said nothing, and what was known stays."""
    ledger = ledger_of(request)
    found = _cloud(await asyncio.to_thread(ledger.senders.find, who.workspace_id, ref))
    await ledger.doors.refresh_account(found)
    known = await asyncio.to_thread(ledger.accounts.get, found.id)
    return as_json(found.uid, known, asks=bool(found.options.get("waba_id")))


def _cloud(of: Sender) -> Sender:
    if of.kind is not Kind.WHATSAPP_CLOUD:
        raise Conflict(f"'{of.name}' is no number of the Cloud API: WhatsApp tells nothing of it", code="no_account")
    return of
