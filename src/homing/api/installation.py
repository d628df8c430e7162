"""/senders, /tokens, /workspaces, /status: the accounts that messages leave through, and who may speak to the API."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from homing.api import shapes, told
from homing.api.acting import ActingRoute
from homing.api.devices import unlink
from homing.api.guards import Principal, admin, fresh_admin, ledger_of, reader
from homing.api.problems import Forbidden
from homing.model.errors import NotFound
from homing.model.intent import parse_time, wrong
from homing.model.policy import ALL, Role
from homing.model.sender import Kind
from homing.store.senders import kind_of, split

router = APIRouter(route_class=ActingRoute)

_LOCAL = frozenset({"record"})
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Rules = Annotated[Principal, Depends(admin)]
Secrets = Annotated[Principal, Depends(fresh_admin)]


def _options(given: dict[str, Any] | None) -> dict[str, Any]:
    """Options of a sender as plain values. Raises Invalid for others, and for those that only this machine's people may set."""
    found = given or {}
    for name, value in found.items():
        if name in _LOCAL:
            raise wrong(
                f"/{name}",
                f"'{name}' names a file to write to: only `homing sender` may set it, on the server's machine",
            )
        if name == "probe" and isinstance(value, list) and all(isinstance(each, str) for each in value):
            continue
        if isinstance(value, list | dict) or (name == "probe" and value is not None):
            raise wrong(
                f"/{name}", "this is a list of texts HOST:PORT" if name == "probe" else "this is one plain value"
            )
    return found


@router.get("/senders", tags=["senders"], **told.tells(told.Senders))
def senders(who: Reads, request: Request) -> Any:
    """Those in use, and how they are."""
    found = ledger_of(request).senders.list(who.workspace_id)
    return {"items": [shapes.sender(each) for each in found], "next": None}


@router.post("/senders", tags=["senders"], **told.tells(told.Sender, 201))
def add_sender(body: shapes.SenderBody, who: Secrets, request: Request) -> dict[str, Any]:
    """Makes a sender. Its password is sealed and never told again."""
    options, secret = split(kind_of(body.kind), _options(body.model_extra))
    ledger = ledger_of(request)
    return shapes.sender(ledger.senders.add(who.workspace_id, body.name, body.kind, options, secret, actor=who.name))


@router.get("/senders/{id}", tags=["senders"], **told.tells(told.Sender))
def show_sender(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """By id or name."""
    return shapes.sender(ledger_of(request).senders.find(who.workspace_id, ref))


@router.patch("/senders/{id}", tags=["senders"], **told.tells(told.Sender))
def set_sender(ref: Ref, body: shapes.SenderChange, who: Secrets, request: Request) -> dict[str, Any]:
    """Changes options, also while campaigns run. Another server or user needs the password again."""
    ledger = ledger_of(request)
    old = ledger.senders.find(who.workspace_id, ref)
    options, secret = split(old.kind, _options(body.model_extra))
    return shapes.sender(ledger.senders.set(old.id, options, secret, name=body.name, actor=who.name))


@router.delete("/senders/{id}", status_code=204, tags=["senders"])
async def remove_sender(
    ref: Ref,
    who: Rules,
    request: Request,
    anyway: Annotated[
        bool, Query(description="Also where WhatsApp could not be told that a device is none any more.")
    ] = False,
) -> None:
    """Takes a sender out of use; 409 while a campaign needs it. A linked device is unlinked at WhatsApp first."""
    ledger = ledger_of(request)
    found = await asyncio.to_thread(ledger.senders.find, who.workspace_id, ref)
    await asyncio.to_thread(ledger.senders.check_unused, found.id)
    if found.kind is Kind.WHATSAPP_LINKED:
        await unlink(ledger, found.id, who.name, anyway=anyway)
    await asyncio.to_thread(lambda: ledger.senders.remove(found.id, actor=who.name))


@router.get("/senders/{id}/outlook", tags=["senders"])
def outlook(
    ref: Ref, who: Reads, request: Request, count: Annotated[int, Query(ge=1, le=10_000_000)]
) -> dict[str, Any]:
    """How long `count` messages take at this sender's limits, told before a start: `words` as in "about 9 days, ends 4 May"."""
    ledger = ledger_of(request)
    return ledger.doors.outlook(ledger.senders.find(who.workspace_id, ref), count)


@router.post("/senders/{id}/test", tags=["senders"])
async def test_sender(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """Connects, logs in, says good-bye; no message is sent."""
    ledger = ledger_of(request)
    found = await asyncio.to_thread(ledger.senders.find, who.workspace_id, ref)
    return await ledger.doors.probe(found)


@router.get("/tokens", tags=["tokens"], **told.tells(told.Tokens))
def tokens(who: Rules, request: Request) -> Any:
    """The tokens of this workspace, without their secrets."""
    return {"items": [shapes.token(each) for each in ledger_of(request).tokens.list(who.workspace_id)], "next": None}


@router.post("/tokens", tags=["tokens"], **told.tells(told.NewToken, 201))
def add_token(body: shapes.TokenBody, who: Secrets, request: Request) -> dict[str, Any]:
    """Makes a token; `token` in the answer is its secret, shown this once. Never more than its maker may."""
    scopes: list[str] = list(body.scopes or ()) or [scope for scope in ALL if scope in who.scopes]
    if not set(scopes) <= set(who.scopes):
        raise Forbidden("a token cannot be given more than its maker may do")
    made, secret = ledger_of(request).tokens.create(
        who.workspace_id,
        body.name,
        scopes,
        actor=who.name,
        expires_at=None if body.expires_at is None else parse_time(body.expires_at, pointer="/expires_at"),
        person_id=who.person.id if who.person else None,
    )
    return {**shapes.token(made), "token": secret}


@router.delete("/tokens/{id}", status_code=204, tags=["tokens"])
def revoke_token(ref: Ref, who: Rules, request: Request) -> None:
    """Ends a token from the next request on."""
    ledger_of(request).tokens.revoke(who.workspace_id, ref, actor=who.name)


@router.get("/workspaces", tags=["workspaces"], **told.tells(told.Workspaces))
def workspaces(who: Reads, request: Request) -> Any:
    """The business profiles: all for the person at this machine, theirs for who signed in, its own for a token."""
    ledger = ledger_of(request)
    mine = {who.workspace_id, *(ledger.people.roles(who.person.id) if who.person else ())}
    found = [each for each in ledger.workspaces.list() if who.local or each.id in mine]
    return {"items": [shapes.workspace(each) for each in found], "next": None}


@router.post("/workspaces", tags=["workspaces"], **told.tells(told.Workspace, 201))
def add_workspace(body: shapes.NameBody, who: Rules, request: Request) -> dict[str, Any]:
    """Makes a business profile; who signed in is its owner."""
    ledger = ledger_of(request)
    made = ledger.workspaces.add(body.name)
    if who.person is not None:
        ledger.people.add(made.id, who.person.email, Role.OWNER, actor=who.name)
    return shapes.workspace(made)


@router.get("/workspaces/{id}", tags=["workspaces"], **told.tells(told.Workspace))
def show_workspace(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """By id or name; a token sees its own."""
    return shapes.workspace(_own(ref, who, request))


@router.patch("/workspaces/{id}", tags=["workspaces"], **told.tells(told.Workspace))
def change_workspace(ref: Ref, body: shapes.WorkspaceChange, who: Rules, request: Request) -> dict[str, Any]:
    """Gives it another name or time zone; a token may change its own."""
    found = _own(ref, who, request)
    return shapes.workspace(ledger_of(request).workspaces.change(found.id, name=body.name, zone=body.zone))


def _own(reference: str, who: Principal, request: Request) -> Any:
    found = ledger_of(request).workspaces.find(reference)
    if not who.local and found.id != who.workspace_id:
        raise NotFound(f"there is no workspace '{reference}' here")
    return found


@router.get("/status", tags=["status"])
def status(who: Reads, request: Request) -> dict[str, Any]:
    """Campaigns, workers and senders, and why something does not move: as `homing status --json`."""
    return asdict(ledger_of(request).board.look(who.workspace_id))
