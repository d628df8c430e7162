"""Routes that act: a POST with an Idempotency-Key is done once, and its repetition gets the first answer."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from homing.api.guards import identify, ledger_of
from homing.model.errors import HomingError, Invalid
from homing.store.idempotency import Answer, Idempotency

_LONGEST_KEY = 255
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ActingRoute(APIRoute):
    """Everything under it obeys Idempotency-Key: same request, same answer with Idempotency-Replayed: true."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None or request.method != "POST":
                return await inner(request)
            return await _once(request, key, inner)

        return handle


async def _once(request: Request, key: str, inner: Handler) -> Response:
    if not key or len(key) > _LONGEST_KEY or not key.isprintable():
        raise Invalid(f"an Idempotency-Key has 1 to {_LONGEST_KEY} printable characters", code="bad_idempotency_key")
    kept = ledger_of(request).idempotency
    principal = await asyncio.to_thread(lambda: identify(request).name)
    fingerprint = await _fingerprint(request)
    before = await asyncio.to_thread(kept.begin, principal, key, fingerprint)
    if before is not None:
        return JSONResponse(before.body, status_code=before.status, headers={"Idempotency-Replayed": "true"})
    try:
        answer = await inner(request)
    except (HomingError, RequestValidationError, HTTPException):
        await asyncio.to_thread(kept.forget, principal, key)  # refused: nothing was done
        raise
    await _keep(kept, principal, key, answer)
    return answer


async def _keep(kept: Idempotency, principal: str, key: str, answer: Response) -> None:
    body = json.loads(bytes(answer.body) or b"null")
    await asyncio.to_thread(kept.finish, principal, key, Answer(answer.status_code, body))


async def _fingerprint(request: Request) -> str:
    told = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    told.update(await request.body())
    return told.hexdigest()
