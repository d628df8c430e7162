"""How much may come in: a body of 1 MB, of a provider's events 5 MB, refused before it is read whole (SECURITY 1, 6)."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homing.api.problems import problem

MOST_BYTES = 1024 * 1024
HOOK_BYTES = 5 * 1024 * 1024
_HOOKS = ("/hooks/", "/api/v1/hooks/")


class BodyLimit:
    """ASGI middleware: 413 for a declared or a streamed body over the limit."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
        self._app = app
        self._usual = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = HOOK_BYTES if scope["path"].startswith(_HOOKS) else self._usual
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
