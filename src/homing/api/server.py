"""The app: every route under /api/v1, the founding documents' aliases, the page that tries them, and the guards around."""

import functools
from collections.abc import Callable
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homing import __version__
from homing.api import (
    answers,
    attachments,
    campaigns,
    conversations,
    cron,
    devices,
    events,
    health,
    hooks,
    installation,
    login,
    looking,
    media,
    messages,
    notifications,
    numbers,
    people,
    problems,
    recurrences,
    socket,
    users,
    webhooks,
)
from homing.api.guards import Guard, person_of
from homing.api.ledger import Ledger
from homing.api.limits import BodyLimit
from homing.live.reader import Reader

BASE = "/api/v1"
_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_ROOMS = (
    events,  # first: after a restart every page asks for it at once, and routes are tried in this order
    campaigns,
    attachments,
    messages,
    conversations,
    answers,
    recurrences,
    devices,
    looking,
    media,
    people,
    installation,
    users,
    login,
    cron,
    notifications,
    numbers,
    webhooks,
    hooks,
)


def build(ledger: Ledger | None) -> FastAPI:
    """The ASGI app. Without a ledger it can only describe itself."""
    app = FastAPI(
        title="Homing",
        version=__version__,
        summary="Bulk messages that lose nobody and reach nobody twice.",
        openapi_url=f"{BASE}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.ledger = ledger
    if ledger is not None:
        app.state.certificates = hooks.Certificates(ledger.doors.fetch)
        app.state.reader = Reader(
            ledger.events,
            ledger.board,
            ledger.attendances,
            ledger.database.world,
            version=__version__,
            storage=ledger.storage,
        )
        app.state.attempts = health.Attempts()
    app.router.routes.extend(_routes())
    problems.register(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(GuardHeaders)
    app.get("/api/docs", include_in_schema=False)(_page("docs.html", "text/html; charset=utf-8"))
    app.get("/api/docs.js", include_in_schema=False)(_page("docs.js", "text/javascript; charset=utf-8"))
    app.get("/api/docs.css", include_in_schema=False)(_page("docs.css", "text/css; charset=utf-8"))
    if ledger is not None:
        app.mount(socket.PATH, socket.adapter(ledger, app.state.reader))
    _describe_rights(app)
    return app


@functools.cache
def _routes() -> list[BaseRoute]:
    """Made once in a process: a route finds its ledger by the app that is asked, and what it needs of a request is worked out
    when it is first tried, which costs more than answering."""
    shape = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for room in _ROOMS:
        shape.include_router(room.router, prefix=BASE)
    shape.include_router(health.router)
    shape.include_router(hooks.router, include_in_schema=False)
    _aliases(shape)
    return shape.router.routes


def _describe_rights(app: FastAPI) -> None:
    """Each operation of the description says which right it needs (`x-right`), taken from the guard that asks for it."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            from homing.api import bulk_upload, imports, segments, templates

            paths = plain()["paths"]
            for prefix, router in (
                *((BASE, room.router) for room in (*_ROOMS, bulk_upload, segments, templates, imports)),
                (BASE, imports.acting),
                ("", health.router),
            ):
                for route in router.routes:
                    if not isinstance(route, APIRoute):
                        continue  # a router within a router is named beside it
                    for method in route.methods or ():
                        paths[prefix + route.path_format][method.lower()]["x-right"] = _right_of(route.dependant)
        assert app.openapi_schema is not None  # noqa: S101 - `plain` made it
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the description


def _right_of(dependant: Dependant) -> str:
    """'read', 'write' ... of the guard; 'self' where somebody who signed in changes the own account; else 'none'."""
    if isinstance(dependant.call, Guard):
        return dependant.call.scope
    if dependant.call is person_of:
        return "self"
    return next((right for each in dependant.dependencies if (right := _right_of(each)) != "none"), "none")


def _aliases(app: FastAPI) -> None:
    """The founding documents' unversioned addresses; and what takes contacts in, which has one of them."""
    from homing.api import bulk_upload, imports, segments, templates

    app.include_router(bulk_upload.router, prefix=BASE)
    app.include_router(segments.router, prefix=BASE)
    app.include_router(templates.router, prefix=BASE)
    app.include_router(imports.router, prefix=BASE)
    app.add_api_route("/api/contacts/bulk-upload", bulk_upload.bulk_upload, methods=["POST"], include_in_schema=False)
    app.add_api_route(
        "/api/whatsapp/campaigns/{id}/send", campaigns.send, methods=["POST"], status_code=202, include_in_schema=False
    )
    app.add_api_route("/api/cron/resume-campaigns", cron.resume_campaigns, methods=["GET"], include_in_schema=False)


class GuardHeaders:
    """ASGI middleware: the headers that guard every answer. It touches no body, so that streams cost nothing here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


def _page(name: str, media_type: str) -> Callable[[], Response]:
    def page() -> Response:
        text = resources.files("homing.api").joinpath("page", name).read_text(encoding="utf-8")
        return HTMLResponse(text, media_type=media_type)

    return page
