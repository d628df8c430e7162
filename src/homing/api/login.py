"""/login, /logout, /me, /sessions, /password, /codes, /links: signing in, and what somebody does about the own account."""

import io
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Request, Response

from homing.api import people_shapes as shapes
from homing.api.guards import (
    COOKIE,
    PLAIN_COOKIE,
    Guard,
    Principal,
    cookie_of,
    crossing,
    is_secure,
    is_this_machine,
    ledger_of,
    person_of,
)
from homing.api.ledger import Ledger
from homing.api.problems import Forbidden, TooMany, Unauthorized
from homing.model.errors import NotFound
from homing.model.intent import parse_zone
from homing.model.policy import Role, Scope
from homing.store.passwords import check_new, digest
from homing.store.people import Person, normal_email
from homing.store.sessions import LONGEST_MS

router = APIRouter(tags=["people"])
Mine = Annotated[Principal, Depends(person_of)]
Anybody = Annotated[Principal, Depends(Guard(Scope.READ))]
_ISSUER = "Homing"


@router.get("/login")
def door(request: Request) -> dict[str, bool]:
    """Whether somebody has to sign in here. `first_run`: nobody can yet; the link that `homing serve` prints makes the owner."""
    ledger = ledger_of(request)
    people = ledger.people.any()
    return {"needed": people or not ledger.access.loopback or ledger.tokens.any(), "first_run": not people}


@router.post("/login")
def login(body: shapes.LoginBody, request: Request, response: Response) -> dict[str, Any]:
    """Signs in: sets the session's cookie. 401 `code_needed` asks for the one-time code too, 429 for patience."""
    ledger = ledger_of(request)
    _same_site(request, ledger)
    keys = [f"account:{digest(body.email.strip().lower())}", f"address:{_address(request)}"]
    _brake(ledger, keys)
    person = ledger.people.by_email(body.email)
    right = ledger.people.check_password(person, body.password)
    if person is None or not right or not ledger.people.roles(person.id):
        ledger.guesses.failed(keys)
        raise Unauthorized("no account with this address and password", code="wrong_login")
    if person.codes:
        if body.code is None:
            raise Unauthorized("give the one-time code of your device, or a recovery code", code="code_needed")
        if not ledger.people.use_code(person, body.code, ledger.seal):
            ledger.guesses.failed(keys)
            raise Unauthorized("this code is not right, or was used before", code="wrong_code")
    ledger.guesses.forget(keys)
    return _sign_in(ledger, person, request, response)


@router.post("/logout", status_code=204)
def logout(request: Request, response: Response) -> None:
    """Ends this session."""
    ledger = ledger_of(request)
    _same_site(request, ledger)
    cookie = cookie_of(request, ledger.access)
    found = ledger.sessions.check(cookie) if cookie else None
    if found is not None:
        ledger.sessions.end(ledger.people.get(found.person_id), found.uid)
    for name in (COOKIE, PLAIN_COOKIE):
        response.delete_cookie(name, path="/", secure=name == COOKIE, httponly=True, samesite="lax")


@router.get("/me")
def me(who: Anybody, request: Request) -> dict[str, Any]:
    """Who asks, what they may do here, and their workspaces."""
    ledger = ledger_of(request)
    roles = ledger.people.roles(who.person.id) if who.person else {}
    every = {each.id: each for each in ledger.workspaces.list()}
    mine = [each for id_, each in every.items() if who.local or id_ == who.workspace_id or id_ in roles]
    person = who.person
    return {
        "kind": "user" if person else "local" if who.local else "token",
        "id": person.uid if person else None,
        "email": person.email if person else None,
        "name": person.name if person else None,
        "codes": bool(person and person.codes),
        "role": who.role,
        "scopes": sorted(who.scopes),
        "fresh": who.session is None or ledger.sessions.is_fresh(who.session),
        "workspace": every[who.workspace_id].uid,
        "zone": every[who.workspace_id].zone,
        "workspaces": [{"id": each.uid, "name": each.name, "role": roles.get(each.id)} for each in mine],
    }


@router.post("/confirm", status_code=204)
def confirm(body: shapes.PasswordAgain, who: Mine, request: Request) -> None:
    """Gives the password again, for what asks for it (`password_needed`): good for 15 minutes."""
    ledger = ledger_of(request)
    assert who.session is not None  # noqa: S101 - person_of saw it
    _check_again(ledger, who, body.password, request)
    ledger.sessions.confirm(who.session)


@router.get("/sessions")
def sessions(who: Mine, request: Request) -> Any:
    """Where this person is signed in."""
    assert who.person is not None and who.session is not None  # noqa: S101, PT018 - person_of saw them
    found = ledger_of(request).sessions.list(who.person.id)
    return {"items": [shapes.session(each, here=each.digest == who.session.digest) for each in found], "next": None}


@router.delete("/sessions/{id}", status_code=204)
def end_session(id: str, who: Mine, request: Request) -> None:  # noqa: A002 - the name in the address
    """Signs out one browser of this person."""
    assert who.person is not None  # noqa: S101 - person_of saw it
    ledger_of(request).sessions.end(who.person, id)


@router.delete("/sessions", status_code=204)
def end_sessions(who: Mine, request: Request) -> None:
    """Signs out every browser of this person but this one."""
    assert who.person is not None and who.session is not None  # noqa: S101, PT018 - person_of saw them
    ledger_of(request).sessions.end(who.person, keep=who.session.digest)


@router.post("/password", status_code=204)
def change_password(body: shapes.PasswordChange, who: Mine, request: Request) -> None:
    """A new password; every other session of this person ends."""
    ledger = ledger_of(request)
    assert who.person is not None and who.session is not None  # noqa: S101, PT018 - person_of saw them
    _check_again(ledger, who, body.password, request)
    ledger.people.set_password(who.person, body.new, actor=who.name, keep_session=who.session.digest)


@router.post("/codes")
def begin_codes(body: shapes.PasswordAgain, who: Mine, request: Request) -> dict[str, str]:
    """Begins with one-time codes: what a device needs to make them. They count once /codes/confirm has seen one."""
    import pyotp

    ledger = ledger_of(request)
    assert who.person is not None  # noqa: S101 - person_of saw it
    _check_again(ledger, who, body.password, request)
    seed = ledger.people.begin_codes(who.person, ledger.seal)
    uri = pyotp.TOTP(seed).provisioning_uri(name=who.person.email, issuer_name=_ISSUER)
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", border=4, light="white", xmldecl=False)
    return {"secret": seed, "uri": uri, "qr_svg": drawn.getvalue().decode()}


@router.post("/codes/confirm")
def confirm_codes(body: shapes.CodeBody, who: Mine, request: Request) -> dict[str, list[str]]:
    """Switches one-time codes on; the recovery codes in the answer are shown this once, and each works once."""
    ledger = ledger_of(request)
    assert who.person is not None  # noqa: S101 - person_of saw it
    return {"recovery_codes": ledger.people.confirm_codes(who.person, body.code, ledger.seal, actor=who.name)}


@router.post("/codes/off", status_code=204)
def end_codes(body: shapes.PasswordAgain, who: Mine, request: Request) -> None:
    """Switches one-time codes off."""
    ledger = ledger_of(request)
    assert who.person is not None  # noqa: S101 - person_of saw it
    _check_again(ledger, who, body.password, request)
    ledger.people.end_codes(who.person, actor=who.name)


@router.post("/links/look")
def look_at_link(body: shapes.LinkBody, request: Request) -> dict[str, Any]:
    """What a single-use link is good for: first_run, invite or reset, and whose it is. 404 when it is over."""
    ledger = ledger_of(request)
    found = ledger.links.look(body.link)
    person = None if found.person_id is None else ledger.people.get(found.person_id)
    return {"kind": found.kind, "email": person.email if person else None, "name": person.name if person else None}


@router.post("/links/use")
def use_link(body: shapes.LinkUse, request: Request, response: Response) -> dict[str, Any]:
    """Uses a single-use link: chooses the password, makes the owner at the first run, and signs in."""
    ledger = ledger_of(request)
    _same_site(request, ledger)
    found = ledger.links.look(body.link)
    known = None if found.person_id is None else ledger.people.get(found.person_id)
    email = known.email if known else normal_email(body.email or "")
    if body.zone is not None:
        parse_zone(body.zone, "/zone")
    check_new(body.password, email=email)  # a password that is refused leaves the link good
    ledger.links.use(body.link)
    if known is None:
        if ledger.people.any():
            raise NotFound("there is an owner already; ask for an invitation", code="link_over")
        workspace = ledger.workspaces.ensure_default()
        ledger.workspaces.change(workspace.id, zone=body.zone)
        person = ledger.people.add(
            workspace.id, email, Role.OWNER, name=body.name or "", password=body.password, actor="link:first_run"
        )
    else:
        person = known
        ledger.people.set_password(person, body.password, actor=f"link:{found.kind}")
    if person.codes and found.kind == "reset":
        return {"signed_in": False, "email": person.email}  # the link is one factor, and the codes are the other
    return _sign_in(ledger, person, request, response)


# ------------------------------------------------------------------------------------------------ inside


def _sign_in(ledger: Ledger, person: Person, request: Request, response: Response) -> dict[str, Any]:
    """A new session in a new cookie; the one that came along ends."""
    secure = is_secure(request, ledger.access)
    if not secure and not is_this_machine(request, ledger.access):
        raise Forbidden(
            "signing in needs https: put a proxy with TLS in front and set HOMING_PUBLIC_URL=https://..., "
            "or come through a tunnel to 127.0.0.1",
            code="needs_https",
        )
    old = cookie_of(request, ledger.access)
    before = ledger.sessions.check(old) if old else None
    if before is not None and before.person_id == person.id:
        ledger.sessions.end(person, before.uid)
    secret = ledger.sessions.begin(person, agent=request.headers.get("user-agent", ""), address=_address(request))
    response.set_cookie(
        COOKIE if secure else PLAIN_COOKIE,
        secret,
        max_age=LONGEST_MS // 1000,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return {"signed_in": True, "id": person.uid, "email": person.email, "name": person.name}


def _check_again(ledger: Ledger, who: Principal, password: str, request: Request) -> None:
    assert who.person is not None  # noqa: S101 - person_of saw it
    keys = [f"account:{digest(who.person.email)}", f"address:{_address(request)}"]
    _brake(ledger, keys)
    if not ledger.people.check_password(who.person, password):
        ledger.guesses.failed(keys)
        raise Forbidden("this is not your password", code="wrong_password")
    ledger.guesses.forget(keys)


def _brake(ledger: Ledger, keys: list[str]) -> None:
    wait = ledger.guesses.wait(keys)
    if wait > 0:
        raise TooMany("too many wrong guesses; try again in a while", retry_after=-(-wait // 1000))


def _same_site(request: Request, ledger: Ledger) -> None:
    trouble = crossing(request, ledger.access)
    if trouble is not None:
        raise Forbidden(trouble)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
