"""Who asks, and what they may: bearer tokens with scopes; on loopback, while no token exists, the person at this machine.

A server on loopback can be reached by any page in a browser of this machine, so requests without a token must name a local
Host (a foreign one is DNS rebinding) and must not come from another site (Origin, Sec-Fetch-Site).
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from homing.api.ledger import Access, Ledger
from homing.api.problems import Forbidden, Unauthorized
from homing.model.ids import WorkspaceId
from homing.store.control import By
from homing.store.tokens import ALL, Scope
from homing.store.workspaces import DEFAULT


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Everything a request reads or writes belongs to `workspace_id`; never does the body say it."""

    name: str  # "token:UID", "local"
    workspace_id: WorkspaceId
    scopes: frozenset[Scope]

    @property
    def by(self) -> By:
        return By(self.name)

    @property
    def local(self) -> bool:
        """The person at this machine, not a token."""
        return self.name == "local"


def ledger_of(request: Request) -> Ledger:
    """The stores of this server."""
    found: Ledger = request.app.state.ledger
    return found


def host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    return urlsplit(f"//{header}").hostname or ""


def from_elsewhere(request: Request, access: Access) -> str | None:
    """Why a request without a token cannot be the person at this machine; None: it can."""
    try:
        host = host_of(request.headers.get("host", ""))
    except ValueError:
        host = ""
    if host not in access.hosts:
        return "this server answers to localhost only as long as there is no token; `homing token create` makes one"
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "this came from a page of another site"
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return "this came from a page of another site"
    return None


def _bearer(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def identify(request: Request) -> Principal:
    """Who asks, asked once per request. Raises Unauthorized, Forbidden."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        known = request.state.principal = _identify(request, ledger_of(request))
    return known


def _identify(request: Request, ledger: Ledger) -> Principal:
    secret = _bearer(request)
    if secret is not None:
        token = ledger.tokens.check(secret)
        if token is None:
            raise Unauthorized("this token is unknown or revoked")
        return Principal(f"token:{token.uid}", token.workspace_id, frozenset(token.scopes))
    if not ledger.access.loopback or ledger.tokens.any():
        raise Unauthorized("a token is needed: send `Authorization: Bearer hm_...`; `homing token create` makes one")
    trouble = from_elsewhere(request, ledger.access)
    if trouble is not None:
        raise Forbidden(trouble)
    named = request.headers.get("homing-workspace")
    default = named is None or named == DEFAULT
    workspace = ledger.workspaces.ensure_default() if default else ledger.workspaces.find(named or "")
    return Principal("local", workspace.id, frozenset(ALL))


def needs(scope: Scope) -> Callable[[Request], Principal]:
    """A dependency: whoever asks must have this scope."""

    def check(request: Request) -> Principal:
        found = identify(request)
        if scope not in found.scopes:
            raise Forbidden(f"this token may not do this: it lacks the scope '{scope}'")
        return found

    return check


reader = needs(Scope.READ)
writer = needs(Scope.WRITE)
decider = needs(Scope.SEND)
admin = needs(Scope.ADMIN)
