"""The app: every route under /api/v1, the founding documents' aliases, the page that tries them, and the guards around."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from homing import __version__
from homing.api import campaigns, cron, events, health, installation, people, problems
from homing.api.ledger import Ledger
from homing.api.limits import BodyLimit

BASE = "/api/v1"
_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


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
    app.state.stopping = asyncio.Event()
    for router in (campaigns.router, people.router, installation.router, cron.router, events.router):
        app.include_router(router, prefix=BASE)
    app.include_router(health.router)
    _aliases(app)
    problems.register(app)
    app.add_middleware(BodyLimit)
    app.middleware("http")(_guard_headers)
    app.get("/api/docs", include_in_schema=False)(_page("docs.html", "text/html; charset=utf-8"))
    app.get("/api/docs.js", include_in_schema=False)(_page("docs.js", "text/javascript; charset=utf-8"))
    app.get("/api/docs.css", include_in_schema=False)(_page("docs.css", "text/css; charset=utf-8"))
    return app


def _aliases(app: FastAPI) -> None:
    """The founding documents' unversioned addresses."""
    app.add_api_route(
        "/api/whatsapp/campaigns/{id}/send", campaigns.send, methods=["POST"], status_code=202, include_in_schema=False
    )
    app.add_api_route("/api/cron/resume-campaigns", cron.resume_campaigns, methods=["GET"], include_in_schema=False)


async def _guard_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await go_on(request)
    for name, value in _SECURITY.items():
        answer.headers.setdefault(name, value)
    if request.url.path.startswith("/api/v1/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _page(name: str, media_type: str) -> Callable[[], Response]:
    def page() -> Response:
        text = resources.files("homing.api").joinpath("page", name).read_text(encoding="utf-8")
        return HTMLResponse(text, media_type=media_type)

    return page
