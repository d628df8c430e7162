"""Serves the page: index.html for every place of it, its files by their hashed names, and nothing to strangers' frames."""

import mimetypes
import secrets
from importlib import resources
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

STATIC = Path(str(resources.files("homing.web").joinpath("static")))
FALLBACK = Path(str(resources.files("homing.web").joinpath("fallback")))
_NONCE = "__NONCE__"
_FOREVER = "public, max-age=31536000, immutable"
_SHORT = "no-cache"  # asked for again each time, answered with 304 when nothing has changed

ELSEWHERE = ("api/", "socket.io/", "u/", "p/", "v/", "s/", "m/", "t/", "healthz", "readyz", "metrics")
"""Beginnings of paths that are no place of the page: an unknown one is a 404, not the page."""


def policy(nonce: str) -> str:
    """The page's Content-Security-Policy (CSP level 3): own files only; styles that the components write carry the nonce."""
    return (
        f"default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; frame-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def mount(app: FastAPI, static: Path = STATIC) -> FastAPI:
    """The app with the page behind all its other routes. Without built files it is the status page."""
    folder = static if (static / "index.html").is_file() else FALLBACK
    router = APIRouter(include_in_schema=False)

    @router.get("/{path:path}")
    def page(path: str, request: Request) -> Response:
        if path.startswith(ELSEWHERE):
            raise HTTPException(404)
        found = _file(folder, path)
        if found is not None:
            return _sent(found, hashed=path.startswith("assets/"))
        if path and (path.startswith("assets/") or not _wants_page(request)):
            raise HTTPException(404)
        return _index(folder)

    app.include_router(router)
    return app


def is_built(static: Path = STATIC) -> bool:
    """Whether the page was built on this machine, or came with the wheel."""
    return (static / "index.html").is_file()


def _file(folder: Path, path: str) -> Path | None:
    """The file of that path inside the folder, and nowhere else."""
    if not path or path == "index.html" or "\0" in path or path.startswith("."):
        return None
    found = (folder / path).resolve()
    inside = found.is_relative_to(folder.resolve()) and found.is_file() and not found.name.startswith(".")
    return found if inside else None


def _sent(found: Path, *, hashed: bool) -> Response:
    kind = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}.get(found.suffix)
    media_type = kind or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return FileResponse(found, media_type=media_type, headers={"Cache-Control": _FOREVER if hashed else _SHORT})


def _index(folder: Path) -> Response:
    """Read anew each time, so that a page that was built meanwhile is found."""
    text = (folder / "index.html").read_text(encoding="utf-8")
    nonce = secrets.token_urlsafe(16)
    headers = {"Content-Security-Policy": policy(nonce), "Cache-Control": "no-store"}
    return HTMLResponse(text.replace(_NONCE, nonce), headers=headers)


def _wants_page(request: Request) -> bool:
    """A browser that goes somewhere asks for HTML; a script, an image or curl by a wrong name gets its 404."""
    return "text/html" in request.headers.get("accept", "")
