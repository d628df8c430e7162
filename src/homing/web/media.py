"""/m: the files of the media library, for whoever knows the address. Nothing in them runs, whatever they are opened as."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from homing.store.library import Library, Medium
from homing.web.rate import Rate

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",  # webmail shows it from its own site
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "public, max-age=31536000, immutable",
}
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_WRONG_A_MINUTE = 60  # addresses that are none, by one visitor


def router(library: Library, uptime: Callable[[], float]) -> APIRouter:
    """The route. It needs no login and tells nothing but the file."""
    made = APIRouter(include_in_schema=False)
    wrong = Rate(_WRONG_A_MINUTE, uptime)

    @made.api_route("/m/{name}", methods=["GET", "HEAD"])
    def file(name: str, request: Request) -> Response:
        found = library.public(name.partition(".")[0]) if len(name) <= 64 else None
        if found is None:
            often = not wrong.may(request.client.host if request.client else "")
            return Response(status_code=429 if often else 404, headers={"Cache-Control": "no-store"})
        tag = f'"{found.uid}"'
        headers = {**HEADERS, "ETag": tag, "Content-Disposition": _disposition(found)}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = b"" if request.method == "HEAD" else library.content(found)
        answer = Response(content, media_type=found.content_type, headers=headers)
        answer.headers["Content-Length"] = str(found.size)
        return answer

    return made


def _disposition(found: Medium) -> str:
    return "inline" if found.content_type in _SHOWN else "attachment"
