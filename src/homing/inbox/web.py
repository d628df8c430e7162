"""The inbox's page and its JSON: what arrived, one message with all its parts, and the Chaos switches."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from homing.inbox.chaos import Chaos
from homing.inbox.kept import Arrived, Kept
from homing.inbox.reading import attachment, headers_of, read
from homing.inbox.tally import Counts
from homing.model.errors import Invalid

FILES = Path(__file__).with_name("page")
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""`default-src 'self'` also rules the frame: a link inside a mail cannot take it to another host."""
MAIL_POLICY = "default-src 'none'; img-src data:{images}; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""SECURITY section 5. Remote images only once the viewer asked."""
LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
BODY_LIMIT = 64 * 1024


class Ascii(JSONResponse):
    """JSON in ASCII: mail holds halves of characters that UTF-8 cannot carry, and escapes can."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


class Board(Protocol):
    """What the page shows and throws."""

    chaos: Chaos
    kept: Kept
    smtp_port: int
    host: str
    exposed: bool

    def counts(self) -> Counts: ...

    async def set_chaos(self, chaos: Chaos) -> None: ...


def create_app(board: Board) -> FastAPI:
    """The page of one inbox. No cookies, no sign-in: it is bound to loopback unless somebody meant otherwise."""
    app = FastAPI(title="Homing inbox", openapi_url=None, docs_url=None, redoc_url=None)
    _guard(app, board)
    _errors(app)
    _page(app)
    _messages(app, board)
    _parts(app, board)
    _switches(app, board)
    return app


def _guard(app: FastAPI, board: Board) -> None:
    @app.middleware("http")
    async def guard(request: Request, go: Callable[[Request], Awaitable[Response]]) -> Response:
        reason = _objection(request, exposed=board.exposed)
        response = JSONResponse({"detail": reason}, 403) if reason else await go(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _objection(request: Request, *, exposed: bool) -> str:
    """Why not. Another site's page in the same browser may neither read (DNS rebinding) nor act (CSRF)."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if not exposed and host not in LOOPBACK_NAMES:
        return "this inbox answers to localhost only"
    if request.method in {"GET", "HEAD"}:
        return ""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return "another site may not do this"
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return "another site may not do this"
    if request.method != "DELETE" and not request.headers.get("content-type", "").startswith("application/json"):
        return "JSON only"
    return ""


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Invalid)
    async def invalid(_request: Request, error: Invalid) -> Response:
        faults = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
        return JSONResponse({"title": "Invalid", "status": 422, "detail": error.detail, "errors": faults}, 422)


def _page(app: FastAPI) -> None:
    kinds = {"inbox.css": "text/css", "inbox.js": "text/javascript"}

    @app.get("/")
    async def page() -> Response:
        return FileResponse(FILES / "inbox.html", media_type="text/html")

    @app.get("/page/{name}")
    async def part(name: str) -> Response:
        if name not in kinds:
            raise HTTPException(404)
        return FileResponse(FILES / name, media_type=kinds[name])


def _messages(app: FastAPI, board: Board) -> None:
    @app.get("/api/messages")
    async def listing(
        after: int = 0, before: int | None = None, campaign: str | None = None,
        q: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:  # fmt: skip
        found = board.kept.newest(after=after, before=before, campaign=campaign, words=q, limit=limit)
        news = {
            "messages": [_summary(message) for message in found],
            "latest": board.kept.latest,
            "kept": len(board.kept),
            "counts": board.counts().as_json(),
            "chaos": asdict(board.chaos),
            "smtp": f"{board.host}:{board.smtp_port}",
        }
        return Ascii(news)

    @app.delete("/api/messages", status_code=204)
    async def clear() -> None:
        board.kept.clear()

    @app.get("/api/messages/{number}")
    def one(number: int) -> Response:
        message = _find(board, number)
        reading = read(message.raw)
        parts = {
            "headers": reading.headers,
            "text": reading.text,
            "has_html": reading.html is not None,
            "attachments": [asdict(a) for a in reading.attachments],
            "links": [asdict(link) for link in reading.links],
        }
        return Ascii({**_summary(message), **parts})


def _parts(app: FastAPI, board: Board) -> None:
    @app.get("/messages/{number}/html")
    def html(number: int, images: bool = False) -> Response:
        body = read(_find(board, number).raw).html
        if body is None:
            raise HTTPException(404, "this message has no HTML")
        policy = MAIL_POLICY.format(images=" https:" if images else "")
        data = body.encode("utf-8", "replace")
        return Response(data, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})

    @app.get("/messages/{number}/raw")
    def raw(number: int) -> Response:
        return Response(_find(board, number).raw, media_type="text/plain; charset=utf-8")

    @app.get("/messages/{number}/attachments/{place}")
    def attached(number: int, place: int) -> Response:
        found = attachment(_find(board, number).raw, place)
        if found is None:
            raise HTTPException(404)
        name = quote(re.sub(r"[\x00-\x1f/\\]", "_", found[0].name), safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Security-Policy": "sandbox"}
        return Response(found[1], media_type="application/octet-stream", headers=headers)


def _switches(app: FastAPI, board: Board) -> None:
    @app.get("/api/counts")
    async def counts() -> Response:
        return Ascii(board.counts().as_json())

    @app.get("/api/chaos")
    async def chaos() -> dict[str, object]:
        return asdict(board.chaos)

    @app.patch("/api/chaos")
    async def throw(request: Request) -> dict[str, object]:
        wishes = await _object(request)
        try:
            await board.set_chaos(board.chaos.changed(wishes))
        except OSError:
            raise HTTPException(409, "somebody else listens on the port now; still down") from None
        return asdict(board.chaos)


def _find(board: Board, number: int) -> Arrived:
    message = board.kept.get(number)
    if message is None:
        raise HTTPException(404, "not kept any more, or never was")
    return message


async def _object(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(413)
    try:
        value = json.loads(body)
    except ValueError:
        raise HTTPException(400, "not JSON") from None
    if not isinstance(value, dict):
        raise Invalid("an object is wanted")
    return value


def _summary(message: Arrived) -> dict[str, Any]:
    headers = headers_of(message.raw, "From", "To", "Subject")
    return {
        "id": message.id,
        "at": datetime.fromtimestamp(message.at / 1000, UTC).isoformat(timespec="milliseconds"),
        "envelope_from": message.sender,
        "recipients": message.recipients,
        "from": headers["from"],
        "to": headers["to"],
        "subject": headers["subject"],
        "campaign": message.key.campaign if message.key else None,
        "seq": message.key.seq if message.key else None,
        "copy": message.copy,
        "dropped": message.dropped,
        "size_bytes": len(message.raw),
    }
