"""/webhooks: endpoints that are told what happens, and every try that was made to reach them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, admin, ledger_of, reader
from homing.model.ids import new_uid
from homing.model.moment import rfc3339
from homing.store.events import Event
from homing.store.webhook_calls import Call
from homing.store.webhooks import Webhook, body_of

router = APIRouter(route_class=ActingRoute, tags=["webhooks"])

Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Rules = Annotated[Principal, Depends(admin)]


class WebhookBody(shapes.Body):
    """An endpoint."""

    url: str = Field(examples=["https://example.org/hook"])
    name: str | None = None
    kinds: list[str] | None = Field(None, description="Of what it is told, like campaign.*; all when not given.")


class WebhookChange(shapes.Body):
    url: str | None = None
    name: str | None = None
    kinds: list[str] | None = None
    enabled: bool | None = None


def _shape(of: Webhook) -> dict[str, Any]:
    return {
        "id": of.uid,
        "name": of.name,
        "url": of.url,
        "kinds": list(of.kinds),
        "enabled": of.disabled_at is None,
        "disabled_at": rfc3339(of.disabled_at),
        "disabled_why": of.disabled_why,
        "created_at": rfc3339(of.created_at),
    }


def _call(of: Call) -> dict[str, Any]:
    tries = [{"at": rfc3339(t.at), "took_ms": t.took_ms, "status": t.status, "words": t.words} for t in of.tries]
    return {
        "id": of.event_id,
        "kind": of.kind,
        "at": rfc3339(of.at),
        "state": of.state,
        "due_at": rfc3339(of.due_at),
        "ended_at": rfc3339(of.ended_at),
        "tries": tries,
    }


@router.get("/webhooks")
def webhooks(who: Reads, request: Request) -> Any:
    """Those in use, without their secrets."""
    found = ledger_of(request).webhooks.list(who.workspace_id)
    return {"items": [_shape(each) for each in found], "next": None}


@router.post("/webhooks", status_code=201)
def add(body: WebhookBody, who: Rules, request: Request) -> dict[str, Any]:
    """Makes an endpoint; `secret` in the answer signs its calls (Standard Webhooks), shown this once."""
    made, secret = ledger_of(request).webhooks.add(
        who.workspace_id, body.url, name=body.name or "", kinds=body.kinds or (), actor=who.name
    )
    return {**_shape(made), "secret": secret}


@router.get("/webhooks/{id}")
def show(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """By id or name."""
    return _shape(ledger_of(request).webhooks.find(who.workspace_id, ref))


@router.patch("/webhooks/{id}")
def change(ref: Ref, body: WebhookChange, who: Rules, request: Request) -> dict[str, Any]:
    """Changes what the body names; `enabled` false stops its calls, true goes on with those that are due."""
    store = ledger_of(request).webhooks
    return _shape(store.change(store.find(who.workspace_id, ref), body.given(), actor=who.name))


@router.delete("/webhooks/{id}", status_code=204)
def remove(ref: Ref, who: Rules, request: Request) -> None:
    """Ends an endpoint; nothing more is sent to it."""
    store = ledger_of(request).webhooks
    store.remove(store.find(who.workspace_id, ref), actor=who.name)


@router.post("/webhooks/{id}/rotate")
def rotate(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """A new secret; calls carry the signatures of both, until the next rotation."""
    store = ledger_of(request).webhooks
    found = store.find(who.workspace_id, ref)
    return {**_shape(found), "secret": store.rotate(found, actor=who.name)}


@router.post("/webhooks/{id}/test", status_code=202)
def test(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """Calls it once with `webhook.test`; what came of it stands in its calls."""
    ledger = ledger_of(request)
    found = ledger.webhooks.find(who.workspace_id, ref)
    now = ledger.database.world.clock.now()
    event_id = f"test_{new_uid(now)}"
    told = Event(0, who.workspace_id, now, f"webhook:{found.uid}", "webhook.test", {})
    ledger.calls.tell_test(found.id, event_id, body_of(told))
    return {"id": event_id}


@router.get("/webhooks/{id}/calls")
def calls(
    ref: Ref,
    who: Reads,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> Any:
    """What it was told, newest first, with every try."""
    ledger = ledger_of(request)
    before = shapes.key_of(cursor, (int,))
    found = ledger.calls.of(
        ledger.webhooks.find(who.workspace_id, ref).id, limit=limit, before=before[0] if before else None
    )
    return shapes.page([_call(each) for each in found], limit, shapes.cursor_of(found[-1].id) if found else None)


@router.post("/webhooks/{id}/calls/{call}/replay", status_code=202)
def replay(ref: Ref, call: str, who: Rules, request: Request) -> dict[str, Any]:
    """Calls it again with the same id and body."""
    ledger = ledger_of(request)
    ledger.calls.again(ledger.webhooks.find(who.workspace_id, ref).id, call)
    return {"id": call}
