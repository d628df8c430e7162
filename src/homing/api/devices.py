"""/devices: linked WhatsApp devices, how each stands, and the codes that link them.

A code is a credential: only who may administer sees it, it is never cached or logged, and it is gone after its time.
"""

import asyncio
import io
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, admin, ledger_of, reader
from homing.api.ledger import Ledger
from homing.contacts.normalise import Flaw
from homing.contacts.normalise import phone as normal
from homing.model.device import ATTEMPTS, NO_CONNECTION, RESTORING, UNTOLD, Reason, Status
from homing.model.errors import Conflict, NotFound
from homing.model.ids import SenderId
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.policy import Scope
from homing.model.sender import Kind
from homing.store.campaigns import Campaign
from homing.store.devices import Device

router = APIRouter(route_class=ActingRoute, tags=["devices"])

Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Rules = Annotated[Principal, Depends(admin)]


WAIT_FOR, LOOK_EVERY = 20.0, 0.25  # seconds


class PairBody(shapes.Body):
    method: Literal["qr", "code"] = "qr"
    phone: str | None = None


@router.get("/devices")
def devices(who: Reads, request: Request) -> Any:
    """All of this workspace, and how they stand. `installed`: whether this machine can run one; else `install` says the cure."""
    ledger = ledger_of(request)
    needed = ledger.doors.linked_needs()
    items = [shapes.device(each) for each in ledger.devices.list(who.workspace_id)]
    return {"items": items, "next": None, "installed": needed is None, "install": needed}


@router.get("/devices/{id}")
def show_device(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """One device. `code`, the code to scan or to type, only for those who may administer."""
    ledger = ledger_of(request)
    found = ledger.devices.find(who.workspace_id, ref)
    code = ledger.devices.code(found.sender_id) if Scope.ADMIN in who.scopes else None
    return {**shapes.device(found), "code": code}


@router.post("/devices/{id}/pair")
def pair(ref: Ref, body: PairBody, who: Rules, request: Request) -> dict[str, Any]:
    """Begins to link: codes follow as `whatsapp-qr` facts, the picture at `qr.svg`. `method: code` needs the phone's number."""
    number: str | None = None
    if body.method == "code":
        try:
            number, _ = normal(body.phone or "")
        except Flaw as error:
            raise wrong("/phone", "give the phone's number as +94711234567: the code is typed there") from error
    return _order(ref, who, request, "pair", method=body.method, phone=number)


@router.post("/devices/{id}/reconnect")
def reconnect(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """Tries now, and counts its attempts anew."""
    return _order(ref, who, request, "reconnect")


@router.post("/devices/{id}/takeover")
def takeover(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """Takes a device back that another process took over."""
    return _order(ref, who, request, "takeover")


@router.post("/devices/{id}/logout")
def logout(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """Unlinks it from the phone; sending waits until it is linked again."""
    return _order(ref, who, request, "logout")


@router.get("/devices/{id}/qr.svg", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}})
def qr_picture(ref: Ref, who: Rules, request: Request) -> Response:
    """The code that is valid now, with a white quiet zone; 404 while there is none."""
    import segno

    ledger = ledger_of(request)
    found = ledger.devices.find(who.workspace_id, ref)
    code = ledger.devices.code(found.sender_id)
    if code is None or found.code_typed:
        raise NotFound("there is no QR code now; pair the device to get one", code="no_code")
    out = io.BytesIO()
    segno.make_qr(code).save(out, kind="svg", scale=6, border=4, light="#fff", xmldecl=False)
    return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


async def unlink(ledger: Ledger, sender_id: SenderId, actor: str, *, anyway: bool) -> None:
    """Has a device unlinked at WhatsApp, and waits up to 20 s for it. Raises Conflict when that cannot be; not when `anyway`."""
    found = await asyncio.to_thread(ledger.devices.get, sender_id)
    if found.jid is None:
        return
    await asyncio.to_thread(ledger.devices.order, found, "logout", actor=actor)
    now = found
    for _ in range(int(WAIT_FOR / LOOK_EVERY)):
        await asyncio.sleep(LOOK_EVERY)
        now = await asyncio.to_thread(ledger.devices.get, sender_id)
        if now.unlinked:
            break
    if not anyway and (not now.unlinked or UNTOLD in now.standing.words):
        raise Conflict(f"{UNTOLD} Then remove it with anyway=true.", code="not_unlinked")


def check_linked(ledger: Ledger, of: Campaign) -> None:
    """A campaign over a device that was never linked cannot start. Raises Conflict with the words of R41."""
    found = _device_of(ledger, of)
    if found is not None and found.phone is None:
        raise Conflict(NO_CONNECTION, code="no_connection")


async def until_up(ledger: Ledger, of: Campaign) -> None:
    """Waits up to 20 s for the device of a campaign to be restored. Raises Conflict with the words of R41."""
    found = await asyncio.to_thread(_device_of, ledger, of)
    if found is not None:
        await until_one_is_up(ledger, [found.sender_id])


async def until_one_is_up(ledger: Ledger, ids: Sequence[SenderId]) -> None:
    """Waits up to 20 s until one of these devices is restored. Raises Conflict with the words of R41.

    One that was not reached is tried now, as if a person had asked for it; one that a person stopped stays so.
    """
    tried, found = False, list[Device]()
    for _ in range(int(WAIT_FOR / LOOK_EVERY)):
        found = await asyncio.to_thread(lambda: [ledger.devices.get(each) for each in ids])
        if any(each.standing.up for each in found):
            return
        waits = [each for each in found if each.standing.status is Status.RECONNECTING]
        lost = [each for each in found if each.standing.reason is Reason.UNREACHABLE]
        if lost and not waits and not tried:
            tried = True
            await asyncio.to_thread(ledger.devices.order, lost[0], "reconnect", actor="engine")
        elif not waits and not (lost and tried):
            raise Conflict(NO_CONNECTION, code="no_connection")
        await asyncio.sleep(LOOK_EVERY)
    best = min(found, key=lambda each: each.standing.status is not Status.RECONNECTING)
    more = {"attempt": best.standing.attempt, "of": ATTEMPTS, "next_at": rfc3339(best.next_at)}
    raise Conflict(RESTORING, code="restoring", more=more)


def _device_of(ledger: Ledger, of: Campaign) -> Device | None:
    if of.channel != "whatsapp" or of.sender_id is None:
        return None
    ids = [SenderId(each) for each in of.senders] if of.mixed else [of.sender_id]
    kinds = {each: ledger.senders.get(each).kind for each in ids}
    linked = [each for each in ids if kinds[each] is Kind.WHATSAPP_LINKED]
    if not linked or Kind.WHATSAPP_CLOUD in kinds.values():
        return None
    return ledger.devices.get(linked[0])


def _order(ref: str, who: Principal, request: Request, name: str, **more: Any) -> dict[str, Any]:
    ledger = ledger_of(request)
    found = ledger.devices.find(who.workspace_id, ref)
    return shapes.device(ledger.devices.order(found, name, actor=who.name, **more))
