"""Errors as application/problem+json (RFC 9457); the one place where an error becomes an HTTP status."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from homing.model.errors import Conflict, Fault, HomingError, Invalid, Misconfigured, NotFound, Unreachable

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_STATUS_BY_CODE = {"precondition_failed": 412, "idempotency_in_flight": 409}


class _Asking(HomingError):
    """Who asks may not, now or at all."""

    status = 403


class Unauthorized(_Asking):
    """Nobody we know: no token and no session, or none that lives."""

    code = "unauthorized"
    status = 401


class Forbidden(_Asking):
    """The token lives, but may not do this; or the request came from somewhere else."""

    code = "forbidden"


class TooMany(_Asking):
    """Somebody has to wait. `retry_after`: seconds."""

    code = "too_many"
    status = 429

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def status_of(error: HomingError) -> int:
    """The HTTP status of an error that a caller can cause."""
    if error.code in _STATUS_BY_CODE:
        return _STATUS_BY_CODE[error.code]
    if isinstance(error, _Asking):
        return error.status
    match error:
        case NotFound():
            return 404
        case Conflict():
            return 409
        case Invalid():
            return 422
        case Unreachable() | Misconfigured():
            return 503
        case _:
            return 500


def problem(
    status: int,
    detail: str,
    code: str,
    *,
    faults: Sequence[Fault] = (),
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer. `errors` lists each wrong value by JSON pointer (RFC 6901)."""
    body = {
        "type": f"urn:homing:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults],
        **(more or {}),
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def of_error(error: HomingError) -> JSONResponse:
    """The answer to an error of the house."""
    status = status_of(error)
    faults = error.faults if isinstance(error, Invalid) else ()
    headers = {"WWW-Authenticate": 'Bearer realm="homing"'} if status == 401 else {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if status == 503:
        headers["Retry-After"] = "5"
    return problem(status, error.detail, error.code, faults=faults, more=error.more, headers=headers)


def _pointer(place: Sequence[int | str], body: object = None) -> str:
    """Where FastAPI found a wrong value, as a JSON pointer into the body (or #/query/name)."""
    steps = _standing(place[1:], body) if place[:1] == ("body",) else place
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in steps)


def _standing(steps: Sequence[int | str], body: object) -> Sequence[int | str]:
    """Without the names of kinds, which Pydantic puts behind the place of a block and no pointer has."""
    kept: list[int | str] = []
    at = body
    for number, step in enumerate(steps, 1):
        behind_a_place = bool(kept) and isinstance(kept[-1], int) and number < len(steps)
        if behind_a_place and isinstance(at, dict) and step == at.get("kind"):
            continue
        kept.append(step)
        if isinstance(at, dict):
            at = at.get(step)
        elif isinstance(at, list) and isinstance(step, int):
            at = at[step] if step < len(at) else None
    return kept


_PLAIN_WORDS = {
    "extra_forbidden": "there is no such field here",
    "missing": "this is needed",
    "model_attributes_type": "send a JSON object, with Content-Type: application/json",
    "dict_type": "this is an object",
    "string_type": "this is text",
}


def _words(found: Mapping[str, Any]) -> str:
    """What is wrong, for somebody who never heard of Pydantic."""
    return _PLAIN_WORDS.get(found["type"]) or str(found["msg"]).removeprefix("Value error, ")


async def _house(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HomingError)  # noqa: S101 - registered for it
    return of_error(error)


async def _shape(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem(400, "this is no JSON", "malformed", faults=[Fault("", "this is no JSON")])
    faults = [Fault(_pointer(each["loc"], error.body), _words(each)) for each in found]
    detail = "; ".join(f"{f.pointer}: {f.detail}".removeprefix(": ") for f in faults)
    return problem(422, detail, "invalid", faults=faults)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    phrase = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, str(error.detail), phrase.lower().replace(" ", "_"), headers=error.headers)


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """A bug: the log has class and place, the caller has neither (the text may quote addresses)."""
    log.error("a request failed", exc_info=error, extra={"route": getattr(request.scope.get("route"), "path", "")})
    return problem(500, "something went wrong here; the log says what", "bug")


def register(app: FastAPI) -> None:
    """Makes every error of the app a problem."""
    app.add_exception_handler(HomingError, _house)
    app.add_exception_handler(RequestValidationError, _shape)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)
