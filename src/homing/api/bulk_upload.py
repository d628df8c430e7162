"""POST /contacts/bulk-upload and /contacts/batch: bodies that are laid down as they come and worked off by the import process."""

import asyncio
import contextlib
import functools
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from homing.api.forms import take_apart
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.api.import_shapes import job_of, told_of
from homing.api.ledger import Ledger
from homing.api.problems import problem
from homing.contacts.intake import Asked, Intake
from homing.contacts.options import NAMES, Options, count_of, read_options
from homing.contacts.report import body_of, over, tally_of, tally_of_note
from homing.model.errors import Invalid, Unreachable
from homing.model.imports import Reason, State
from homing.model.intent import wrong
from homing.store.imports import Import

router = APIRouter(tags=["imports"])
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]
MOST_BODY = 64 << 20
_CUT = {"found": '{"cut": true}'}
LOOK_EVERY = 0.05
STILL_SECONDS = 120.0  # without any news of an import the answer is 202: it goes on, and can be asked for
_STATUS = {
    "malformed": 400, "bad_option": 400, "limit": 413, "too_large": 413, "replacing": 409, "internal": 500, "invalid": 400,
}  # fmt: skip


@dataclass(slots=True)
class Arrived:
    """A body on disk: its size and SHA-256, and whether the line was cut before its end."""

    path: Path
    size: int = 0
    sha256: str = ""
    cut: bool = False


@router.post("/contacts/bulk-upload", responses={206: {"description": "The connection was lost midway."}})
async def bulk_upload(
    who: Writes, request: Request, key: Key = None, prefer: Annotated[str | None, Header()] = None
) -> Response:
    """Takes contacts in, from JSON or from a form's file: 200 with the report, or 206 when the connection was lost midway."""
    ledger = ledger_of(request)
    later = "respond-async" in (prefer or "")
    async with _laid_down(ledger.imports, request) as arrived:
        known = await asyncio.to_thread(_known, ledger.imports, who, key, arrived)
        begin = functools.partial(_begin, ledger.imports, who, key, arrived, request, inline=not later)
        try:
            of = known if known is not None else await asyncio.to_thread(begin)
        except Invalid as error:
            return problem(_STATUS.get(error.code, 422), error.detail, error.code)
    if later and known is None:
        return _accepted(ledger, of)
    return await _answer(ledger, of, {"Idempotency-Replayed": "true"} if known is not None else {})


@router.post("/contacts/batch", status_code=202)
async def batch(who: Writes, request: Request, key: Key = None) -> Response:
    """Many operations as one job: upsert, update, remove, addToList, removeFromList. 202 and the job."""
    ledger = ledger_of(request)
    async with _laid_down(ledger.imports, request) as arrived:
        if arrived.cut:
            raise Invalid("the body was cut: nothing is done", code="malformed")
        known = await asyncio.to_thread(_known, ledger.imports, who, key, arrived)
        begin = functools.partial(_begin_batch, ledger.imports, who, key, arrived)
        of = known if known is not None else await asyncio.to_thread(begin)
    headers = {"Location": f"/api/v1/jobs/{of.uid}", **({"Idempotency-Replayed": "true"} if known else {})}
    return JSONResponse(job_of(of), 202, headers)


@router.get("/jobs/{id}")
def job(who: Reads, request: Request, id: str) -> dict[str, Any]:  # noqa: A002 - the name in the path
    """How far a job is: state, done, total, report."""
    return job_of(ledger_of(request).imports.imports.find(who.workspace_id, id))


@contextlib.asynccontextmanager
async def _laid_down(imports: Intake, request: Request) -> AsyncIterator[Arrived]:
    """The body on disk as it comes, flushed; gone again at the end unless somebody has moved it."""
    folder = imports.folders.root / "incoming"
    arrived = Arrived(folder / secrets.token_hex(16))
    try:
        await asyncio.to_thread(imports.folders.check_room, int(request.headers.get("content-length") or 0))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await _write_down(request, arrived)
        yield arrived
    except OSError as error:
        raise Unreachable(f"the body cannot be laid down: {error.strerror}") from error
    finally:
        arrived.path.unlink(missing_ok=True)


async def _write_down(request: Request, arrived: Arrived) -> None:
    digest = hashlib.sha256()
    with arrived.path.open("wb") as out:
        try:
            async for piece in request.stream():
                digest.update(piece)
                arrived.size += len(piece)
                out.write(piece)
        except ClientDisconnect:
            arrived.cut = True
        out.flush()
        await asyncio.to_thread(os.fsync, out.fileno())
    arrived.sha256 = digest.hexdigest()


def _known(imports: Intake, who: Principal, key: str | None, arrived: Arrived) -> Import | None:
    """What a request with the same key made. Raises Invalid when its body was another."""
    if key is None:
        return None
    if not key or len(key) > 255 or not key.isprintable():
        raise wrong("/header/Idempotency-Key", "an Idempotency-Key has 1 to 255 printable characters")
    found = imports.imports.by_key(who.workspace_id, _key(who, key))
    if found is None:
        return None
    if found.state in (State.FAILED, State.CANCELLED):  # nothing was done: the key is free again
        imports.imports.change(found.id, lambda _: True, request_key=None)
        return None
    if _sum(arrived.path, found.options.get("body", arrived.size)) != found.options.get("body_sha256"):
        raise Invalid(
            "this Idempotency-Key came with another request before; use a new one", code="idempotency_key_reused"
        )
    return found


def _key(who: Principal, key: str) -> str:
    return f"{who.name} {key}"


def _sum(path: Path, size: int) -> str:
    """Of the first `size` bytes: a request that was cut the first time is the same one when it comes whole."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _begin(
    imports: Intake, who: Principal, key: str | None, arrived: Arrived, request: Request, *, inline: bool
) -> Import:
    """Makes the import and moves the body, or the form's file, into its folder."""
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        return _begin_form(imports, who, key, arrived, content_type, inline=inline)
    asked = _asked(who, key, "", "json", inline=inline and not arrived.cut)
    return _move(imports, asked, Options(), arrived, arrived.path, _CUT if arrived.cut else {})


def _begin_form(
    imports: Intake, who: Principal, key: str | None, arrived: Arrived, content_type: str, *, inline: bool
) -> Import:
    file = arrived.path.with_suffix(".file")
    try:
        form = take_apart(arrived.path, content_type, file)
        unknown = sorted(set(form.fields) - set(NAMES) - {"confirmRemoval"})
        if unknown:
            raise Invalid(f"there is no field '{unknown[0]}' of an upload", code="bad_option")
        options = read_options(form.fields)
        confirmed = count_of(form.fields.get("confirmRemoval"), "confirmRemoval")
        cut = arrived.cut or form.cut
        if cut:
            _keep_whole_lines(file)
        asked = _asked(who, key, form.file_name or "", "", inline=inline and not arrived.cut)
        values = {"confirmed": confirmed, **(_CUT if cut else {})}
        return _move(imports, asked, options, arrived, file, values)
    finally:
        file.unlink(missing_ok=True)


def _keep_whole_lines(file: Path) -> None:
    """Of a table that was cut the last line is not whole."""
    with file.open("r+b") as out:
        size = out.seek(0, 2)
        while size > 0:
            start = max(0, size - (1 << 16))
            out.seek(start)
            at = out.read(size - start).rfind(b"\n")
            if at >= 0:
                out.truncate(start + at + 1)
                return
            size = start
        out.truncate(0)


def _asked(who: Principal, key: str | None, file_name: str, format_: str, *, inline: bool) -> Asked:
    request_key = None if key is None else _key(who, key)
    return Asked(who.workspace_id, who.name, file_name, format=format_, request_key=request_key, inline=inline)


def _begin_batch(imports: Intake, who: Principal, key: str | None, arrived: Arrived) -> Import:
    request_key = None if key is None else _key(who, key)
    asked = Asked(who.workspace_id, who.name, kind="batch", format="json", request_key=request_key)
    return _move(imports, asked, Options(), arrived, arrived.path, {})


def _move(
    imports: Intake, asked: Asked, options: Options, arrived: Arrived, source: Path, values: dict[str, Any]
) -> Import:
    of = imports.begin(asked, options, body=arrived.size, body_sha256=arrived.sha256)
    source.replace(imports.folder(of).source)
    size = imports.folder(of).source.stat().st_size
    found = {name: value for name, value in values.items() if value is not None}
    of = imports.laid_down(of, size, arrived.sha256, wanted=True, **found)
    imports.folders.wake()
    return of


async def _answer(ledger: Ledger, of: Import, headers: dict[str, str]) -> Response:
    """Waits until the import has ended or rests, and says what became of it."""
    loop = asyncio.get_running_loop()
    moved, mark = loop.time(), ""
    folder = ledger.imports.folder(of)
    while True:
        with contextlib.suppress(Unreachable):
            of = await asyncio.to_thread(ledger.imports.imports.get, of.id)
        if over(of):
            return _told(ledger, of, headers)
        note = await asyncio.to_thread(folder.note)
        if note.get("state") == "paused" and note.get("epoch") == of.epoch:
            return JSONResponse(body_of(of, tally_of_note(note), "paused"), 206, headers)
        if (news := f"{of.changed_at} {note.get('at')}") != mark:
            moved, mark = loop.time(), news
        if loop.time() - moved > STILL_SECONDS:
            return _accepted(ledger, of)
        await asyncio.sleep(LOOK_EVERY)


def _accepted(ledger: Ledger, of: Import) -> Response:
    note = ledger.imports.folder(of).note()
    return JSONResponse(told_of(of, note), 202, {"Location": f"/api/v1/imports/{of.uid}"})


def _told(ledger: Ledger, of: Import, headers: dict[str, str]) -> Response:
    match of.state:
        case State.COMPLETED:
            tally = tally_of(of)
            return JSONResponse(body_of(of, tally), 206 if tally.cut else 200, headers)
        case State.PAUSED if of.reason == Reason.AWAITING_CONFIRMATION:
            removed = of.found.get("would", {}).get("removed")
            more = {"importId": of.uid, "state": of.state.value, "removed": removed}
            return problem(422, f"{of.detail}", "confirmation", more=more)
        case State.PAUSED:
            return JSONResponse(body_of(of, tally_of(of)), 206, headers)
        case State.FAILED:
            return _failed(of)
        case _:
            return problem(409, f"the import is {of.state}", "state", more={"importId": of.uid})


def _failed(of: Import) -> Response:
    code = str((of.found.get("problem") or {}).get("code") or of.reason)
    return problem(_STATUS.get(code, 422), of.detail or "the upload failed", code, more={"importId": of.uid})
