"""/users: the people of a workspace, their roles, and the links that let them choose a password."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from homing.api import people_shapes as shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, admin, ledger_of, owner
from homing.api.ledger import Ledger
from homing.model.errors import Conflict
from homing.model.moment import rfc3339
from homing.model.policy import Role
from homing.store.people import Person, parse_role
from homing.store.sessions import LINK_MS

router = APIRouter(route_class=ActingRoute, tags=["people"])
Ref = Annotated[str, Path(alias="id", description="An id, the beginning of it, or the e-mail address.")]
Rules = Annotated[Principal, Depends(admin)]
Owns = Annotated[Principal, Depends(owner)]


@router.get("/users")
def users(who: Rules, request: Request) -> Any:
    """The people of this workspace."""
    found = ledger_of(request).people.members(who.workspace_id)
    return {"items": [shapes.member(each) for each in found], "next": None}


@router.post("/users", status_code=201)
def invite(body: shapes.UserBody, who: Owns, request: Request) -> dict[str, Any]:
    """Makes somebody a member. `link` in the answer lets them choose a password: once, within 7 days, shown this once."""
    ledger = ledger_of(request)
    made = ledger.people.add(who.workspace_id, body.email, parse_role(body.role), name=body.name, actor=who.name)
    member = shapes.member(ledger.people.find(who.workspace_id, made.uid))
    return {**member, **({} if made.has_password else _link(ledger, "invite", made.id, who))}


@router.get("/users/{id}")
def show(ref: Ref, who: Rules, request: Request) -> dict[str, Any]:
    """One of them."""
    return shapes.member(ledger_of(request).people.find(who.workspace_id, ref))


@router.patch("/users/{id}")
def change(ref: Ref, body: shapes.UserChange, who: Owns, request: Request) -> dict[str, Any]:
    """Another role, or shut out (`disabled`): their sessions end at once. 409 for the last owner."""
    ledger = ledger_of(request)
    found = ledger.people.find(who.workspace_id, ref)
    if body.role is not None and body.role != found.role:
        ledger.people.set_role(who.workspace_id, found.person, parse_role(body.role), actor=who.name)
    if body.disabled is not None and body.disabled != (found.person.disabled_at is not None):
        _check_ours(ledger, who, found.person)
        ledger.people.set_disabled(who.workspace_id, found.person, disabled=body.disabled, actor=who.name)
    return shapes.member(ledger.people.find(who.workspace_id, found.person.uid))


@router.delete("/users/{id}", status_code=204)
def remove(ref: Ref, who: Owns, request: Request) -> None:
    """Takes somebody out of this workspace. 409 for the last owner."""
    ledger = ledger_of(request)
    ledger.people.remove(who.workspace_id, ledger.people.find(who.workspace_id, ref).person, actor=who.name)


@router.post("/users/{id}/reset")
def reset(ref: Ref, who: Owns, request: Request) -> dict[str, Any]:
    """A link to choose a new password: once, within an hour (7 days for who has none yet), shown this once."""
    ledger = ledger_of(request)
    found = ledger.people.find(who.workspace_id, ref)
    _check_ours(ledger, who, found.person)
    kind = "reset" if found.person.has_password else "invite"
    return {"id": found.person.uid, "email": found.person.email, **_link(ledger, kind, found.person.id, who)}


def _check_ours(ledger: Ledger, who: Principal, person: Person) -> None:
    """An account is shared by its workspaces: who owns only some of them may neither shut it nor give its password away."""
    if who.local:
        return
    owned = {who.workspace_id}
    if who.person is not None:
        owned = {id_ for id_, role in ledger.people.roles(who.person.id).items() if role is Role.OWNER}
    if not ledger.people.workspaces_of(person.id) <= owned:
        raise Conflict("this user belongs to a workspace that is not yours, too: only take them out of this one")


def _link(ledger: Ledger, kind: str, person_id: int, who: Principal) -> dict[str, Any]:
    secret = ledger.links.make(kind, person_id, by=who.name)
    expires = ledger.database.world.clock.now() + LINK_MS[kind]
    return {"link": f"{ledger.access.public_url or ''}/link#{secret}", "link_expires_at": rfc3339(expires)}
