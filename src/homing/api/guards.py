"""Who asks: a token, somebody who signed in, or, on loopback while there is neither token nor user, the person at this machine.

What they may do is decided in model/policy.py, and each route says in its signature which right it needs. Requests that a browser
adds something to by itself (a cookie, or that it runs on this machine) must not come from a page of another site.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.requests import HTTPConnection

from homing.api.ledger import Access, Ledger
from homing.api.problems import Forbidden, Unauthorized
from homing.model.errors import NotFound
from homing.model.ids import WorkspaceId
from homing.model.policy import ALL, RIGHTS, Role, Scope, may, of_token, sees_addresses
from homing.store.control import By
from homing.store.people import Person
from homing.store.sessions import Session
from homing.store.workspaces import DEFAULT

COOKIE, PLAIN_COOKIE = "__Host-homing", "homing"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Everything a request reads or writes belongs to `workspace_id`; never does the body say it."""

    name: str  # "token:UID", "user:UID", "local"
    workspace_id: WorkspaceId
    scopes: frozenset[Scope]
    role: Role | None = None
    person: Person | None = None
    session: Session | None = None

    @property
    def by(self) -> By:
        return By(self.name)

    @property
    def local(self) -> bool:
        """The person at this machine: neither a token nor somebody who signed in."""
        return self.name == "local"

    @property
    def sees_addresses(self) -> bool:
        """Whether addresses are told whole."""
        return sees_addresses(self.role)


def ledger_of(request: HTTPConnection) -> Ledger:
    """The stores of this server."""
    found: Ledger = request.app.state.ledger
    return found


def host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    return urlsplit(f"//{header}").hostname or ""


def is_this_machine(request: HTTPConnection, access: Access) -> bool:
    """Whether the request names this machine by one of its own names."""
    try:
        return host_of(request.headers.get("host", "")) in access.hosts
    except ValueError:
        return False


def from_elsewhere(request: HTTPConnection, access: Access) -> str | None:
    """Why a request without a token cannot be the person at this machine; None: it can."""
    if not is_this_machine(request, access):
        return "this server answers to localhost only as long as there is no token; `homing token create` makes one"
    return crossing(request, access)


def crossing(request: HTTPConnection, access: Access) -> str | None:
    """Why a request comes from a page of another site (Sec-Fetch-Site, Origin); None: it does not."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "this came from a page of another site"
    origin = request.headers.get("origin")
    ours = {request.headers.get("host"), urlsplit(access.public_url or "").netloc or None}
    if origin is not None and (urlsplit(origin).netloc or None) not in ours - {None}:
        return "this came from a page of another site"
    return None


def is_secure(request: HTTPConnection, access: Access) -> bool:
    """Whether the browser speaks https, to us or to the proxy that HOMING_PUBLIC_URL names."""
    public = urlsplit(access.public_url or "")
    behind_proxy = public.scheme == "https" and request.headers.get("host") == public.netloc
    return request.url.scheme in ("https", "wss") or behind_proxy


def cookie_of(request: HTTPConnection, access: Access) -> str | None:
    """The session's secret in its cookie: by its safe name over https, by the other one on this machine only."""
    if is_secure(request, access):
        return request.cookies.get(COOKIE)
    return request.cookies.get(PLAIN_COOKIE) if is_this_machine(request, access) else None


def _bearer(request: HTTPConnection) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def identify(request: HTTPConnection) -> Principal:
    """Who asks, asked once per request. Raises Unauthorized, Forbidden."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        known = request.state.principal = _identify(request, ledger_of(request))
    return known


def _identify(request: HTTPConnection, ledger: Ledger) -> Principal:
    secret = _bearer(request)
    if secret is not None:
        return by_token(ledger, secret)
    cookie = cookie_of(request, ledger.access)
    found = ledger.sessions.check(cookie) if cookie else None
    if found is not None:
        return _by_session(request, ledger, found)
    if ledger.people.any():
        raise Unauthorized("sign in first, or send `Authorization: Bearer hm_...`")
    if not ledger.access.loopback or ledger.tokens.any():
        raise Unauthorized("a token is needed: send `Authorization: Bearer hm_...`; `homing token create` makes one")
    trouble = from_elsewhere(request, ledger.access)
    if trouble is not None:
        raise Forbidden(trouble)
    named = _named_workspace(request)
    default = named is None or named == DEFAULT
    workspace = ledger.workspaces.ensure_default() if default else ledger.workspaces.find(named or "")
    return Principal("local", workspace.id, frozenset(ALL))


def by_token(ledger: Ledger, secret: str) -> Principal:
    """Whoever holds this token. Raises Unauthorized."""
    token = ledger.tokens.check(secret)
    if token is None:
        raise Unauthorized("this token is unknown, revoked or too old")
    maker = None
    if token.person_id is not None:
        maker = ledger.people.roles(token.person_id).get(token.workspace_id)
    scopes = of_token(token.scopes, maker, made_by_person=token.person_id is not None)
    return Principal(f"token:{token.uid}", token.workspace_id, scopes)


def _by_session(request: HTTPConnection, ledger: Ledger, found: Session) -> Principal:
    trouble = crossing(request, ledger.access)
    if trouble is not None:
        raise Forbidden(trouble)
    roles = ledger.people.roles(found.person_id)
    if not roles:
        raise Unauthorized("this account is shut, or belongs to no workspace any more")
    named = _named_workspace(request)
    here = next(iter(roles))
    if named is not None:
        here = ledger.workspaces.find(named).id
        if here not in roles:
            raise NotFound(f"there is no workspace '{named}' here; `homing workspace list` shows them")
    person = ledger.people.get(found.person_id)
    return Principal(person.actor, here, RIGHTS[roles[here]], roles[here], person, found)


def _named_workspace(request: HTTPConnection) -> str | None:
    """By header, or in the address where a browser can add no header (the stream of events)."""
    return request.headers.get("homing-workspace") or request.query_params.get("workspace") or None


class Guard:
    """A dependency: whoever asks must have this right. `fresh`: and, when signed in, have given the password lately."""

    def __init__(self, scope: Scope, *, fresh: bool = False) -> None:
        self.scope = scope
        self.fresh = fresh

    def __call__(self, request: Request) -> Principal:
        found = identify(request)
        if not may(found.scopes, self.scope):
            who = f"a {found.role}" if found.role else "this token"
            raise Forbidden(f"{who} may not do this: it needs the right '{self.scope}'")
        if self.fresh and found.session is not None and not ledger_of(request).sessions.is_fresh(found.session):
            raise Forbidden("give your password again first (POST /confirm)", code="password_needed")
        return found


def needs(scope: Scope) -> Callable[[Request], Principal]:
    """A guard for this right."""
    return Guard(scope)


reader = Guard(Scope.READ)
writer = Guard(Scope.WRITE)
decider = Guard(Scope.SEND)
admin = Guard(Scope.ADMIN)
fresh_reader = Guard(Scope.READ, fresh=True)
fresh_admin = Guard(Scope.ADMIN, fresh=True)
owner = Guard(Scope.PEOPLE, fresh=True)


def person_of(request: Request) -> Principal:
    """Somebody who signed in; what they change is their own. Raises Forbidden for a token and the person at this machine."""
    found = identify(request)
    if found.person is None or found.session is None:
        raise Forbidden("this is about the account of somebody who signed in")
    return found


def whole_addresses(who: Principal) -> None:
    """Raises Forbidden for who sees addresses masked: exports and messages have them whole."""
    if not who.sees_addresses:
        raise Forbidden("a viewer sees addresses masked, and this has them whole: ask an owner for another role")
