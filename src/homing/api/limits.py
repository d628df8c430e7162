"""How much may come in: a body of 1 MB, of a provider's events 5 MB, of a picture 10 MB, of an attachment 17 MB, of an upload
64 MiB; refused before it is read whole.

SECURITY sections 1, 6 and 7.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homing.api.problems import problem

MOST_BYTES = 1024 * 1024
HOOK_BYTES = 5 * 1024 * 1024
_HOOKS = ("/hooks/", "/api/v1/hooks/")
MOST_UPLOAD, MOST_PART = 64 << 20, (8 << 20) + 1024
MOST_MEDIA = (10 << 20) + 65_536  # a file of 10 MB and its form
MOST_FILE = 17_000_000  # a video on WhatsApp has 16 MB at most
_WITH_FILES = ("/api/v1/campaigns/", "/api/v1/conversations/")
_UPLOADS = ("/contacts/bulk-upload", "/contacts/batch")


def most_for(method: str, path: str, usual: int) -> int:
    """How many bytes the body of a request may have."""
    if path.startswith(_HOOKS):
        return HOOK_BYTES
    if method == "POST" and path.endswith(_UPLOADS):
        return MOST_UPLOAD
    if method == "POST" and path.startswith(_WITH_FILES) and path.endswith(("/attachments", "/files")):
        return MOST_FILE
    if method == "PUT" and path.startswith("/api/v1/imports/") and path.endswith("/file"):
        return MOST_PART
    if method == "POST" and path == "/api/v1/media":
        return MOST_MEDIA
    return usual


class BodyLimit:
    """ASGI middleware: 413 for a declared or a streamed body over the limit."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
        self._app = app
        self._usual = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = most_for(scope["method"], scope["path"], self._usual)
        words = f"a body has at most {most} bytes"
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            answer = problem(413, words, "content_too_large", headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        taken = 0

        async def count() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, words)
            return message

        await self._app(scope, count, send)
