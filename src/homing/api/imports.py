"""/imports: uploads that go on after any loss, their check, their run, their history, and back."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.api.import_shapes import ImportBody, MappingBody, StartBody, told_of
from homing.api.ledger import Ledger
from homing.api.problems import problem
from homing.contacts.intake import MOST_PART, Asked
from homing.contacts.options import Options, read_options
from homing.contacts.rejected import rejected_csv
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.imports import State
from homing.model.intent import wrong
from homing.store.import_undo import ImportUndo
from homing.store.imports import Import

router = APIRouter(tags=["imports"])
acting = APIRouter(tags=["imports"], route_class=ActingRoute)
Ref = Annotated[str, Path(alias="id", description="Its id, or the beginning of it.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def _find(request: Request, who: Principal, ref: str) -> tuple[Ledger, Import]:
    ledger = ledger_of(request)
    return ledger, ledger.imports.imports.find(who.workspace_id, ref)


def _show(ledger: Ledger, of: Import) -> dict[str, Any]:
    return told_of(of, ledger.imports.folder(of).note())


@acting.post("/imports", status_code=201)
def begin_import(body: ImportBody, who: Writes, request: Request, answer: Response) -> dict[str, Any]:
    """Announces a file that will be sent in parts; the same file still on its way goes on (200) at its offset."""
    ledger = ledger_of(request)
    options = read_options(body.options)
    asked = Asked(who.workspace_id, who.name, file_name=body.fileName)
    of, new = ledger.imports.upload(asked, body.size, body.sha256, options)
    answer.status_code = 201 if new else 200
    answer.headers["Location"] = f"/api/v1/imports/{of.uid}"
    return {**_show(ledger, of), "uploadUrl": f"/api/v1/imports/{of.uid}/file", "offset": of.upload_offset}


@router.get("/imports")
def imports(who: Reads, request: Request, limit: Limit = 50, cursor: str | None = None) -> Any:
    """The history, newest first."""
    ledger = ledger_of(request)
    before = shapes.key_of(cursor, (int,))
    found = ledger.imports.imports.page(who.workspace_id, limit=limit, before=before[0] if before else None)
    last = shapes.cursor_of(found[-1].id) if found else None
    return shapes.page([_show(ledger, each) for each in found], limit, last)


@router.get("/imports/{id}")
def show_import(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """Its state, how far it is, and its report so far; while it is mapped, its first 20 rows too."""
    ledger, of = _find(request, who, ref)
    told = _show(ledger, of)
    if of.state is State.MAPPING:
        try:
            told["preview"] = ledger.imports.look(of)
        except Invalid as error:
            told["preview"] = {"problem": {"code": error.code, "detail": error.detail}}
    return told


@router.head("/imports/{id}/file")
def upload_offset(ref: Ref, who: Reads, request: Request) -> Response:
    """How much of the file is safe: `Upload-Offset` of `Upload-Length` bytes."""
    _, of = _find(request, who, ref)
    return Response(headers=_offsets(of.upload_offset, of.size))


@router.put("/imports/{id}/file", status_code=204)
async def upload_part(
    ref: Ref, who: Writes, request: Request, offset: Annotated[str | None, Header(alias="Upload-Offset")] = None
) -> Response:
    """Appends the body at `Upload-Offset`; 409 with the right one when it does not follow on. Of a cut part stays what came."""
    if offset is None or not offset.isdecimal() or len(offset) > 15:
        raise wrong("/header/Upload-Offset", "say at which byte this part begins; HEAD tells where the file ends")
    ledger, of = await asyncio.to_thread(_find, request, who, ref)
    part = await _arrived(request)
    try:
        new = await asyncio.to_thread(ledger.imports.part, of, int(offset), part)
    except Conflict as error:
        if error.code != "offset":
            raise
        now = await asyncio.to_thread(ledger.imports.imports.get, of.id)
        headers = _offsets(now.upload_offset, now.size)
        return problem(409, error.detail, error.code, more={"offset": now.upload_offset}, headers=headers)
    return Response(status_code=204, headers=_offsets(new, of.size))


def _offsets(offset: int, length: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Upload-Length": str(length), "Cache-Control": "no-store"}


async def _arrived(request: Request) -> bytes:
    """The part, or as much of it as came before the line was cut."""
    from starlette.requests import ClientDisconnect

    part = bytearray()
    try:
        async for piece in request.stream():
            part += piece
            if len(part) > MOST_PART:
                raise Invalid(f"a part has at most {MOST_PART >> 20} MiB", code="too_large")
    except ClientDisconnect:
        pass
    return bytes(part)


@router.post("/imports/{id}/preview")
def preview_import(ref: Ref, body: MappingBody, who: Writes, request: Request) -> dict[str, Any]:
    """The first 20 rows as they would be read in another way, and which column would fill what; changes nothing."""
    ledger, of = _find(request, who, ref)
    found = ledger.imports.look(of, read_options(body.given(), Options.from_json(of.options)))
    if found is None:
        raise Conflict("the file of this import is not here, or not yet", code="state")
    return found


@acting.post("/imports/{id}/mapping")
def map_import(ref: Ref, body: MappingBody, who: Writes, request: Request) -> dict[str, Any]:
    """Says how the file is read and what is done with its rows; every row is then checked before any is written."""
    ledger, of = _find(request, who, ref)
    options = read_options(body.given(), Options.from_json(of.options))
    return _show(ledger, ledger.imports.map(of, options))


@acting.post("/imports/{id}/start")
def start_import(ref: Ref, who: Writes, request: Request, body: StartBody | None = None) -> dict[str, Any]:
    """Writes what was checked, as soon as it is; safe to repeat. `confirmRemoval`: how many contacts replaceAll may remove."""
    ledger, of = _find(request, who, ref)
    return _show(ledger, ledger.imports.start(of, body.confirmRemoval if body else None))


@acting.post("/imports/{id}/pause")
def pause_import(ref: Ref, who: Writes, request: Request) -> dict[str, Any]:
    """Rests after its chunk; safe to repeat."""
    ledger, of = _find(request, who, ref)
    return _show(ledger, ledger.imports.pause(of))


@acting.post("/imports/{id}/resume")
def resume_import(ref: Ref, who: Writes, request: Request) -> dict[str, Any]:
    """Goes on behind its last chunk; safe to repeat."""
    ledger, of = _find(request, who, ref)
    return _show(ledger, ledger.imports.resume(of))


@acting.post("/imports/{id}/cancel")
def cancel_import(ref: Ref, who: Writes, request: Request) -> dict[str, Any]:
    """Ends it; what is written stays, and can be undone."""
    ledger, of = _find(request, who, ref)
    return _show(ledger, ledger.imports.cancel(of))


@acting.post("/imports/{id}/undo")
def undo_import(ref: Ref, who: Writes, request: Request) -> dict[str, Any]:
    """Takes it back, within 30 days; `undo` of the import tells how far that is. Safe to repeat."""
    ledger, of = _find(request, who, ref)
    after = ImportUndo(ledger.database).begin(of, who.name)
    ledger.imports.folders.wake()
    return _show(ledger, after)


@router.get("/imports/{id}/rejected.csv")
def rejected(ref: Ref, who: Reads, request: Request) -> Response:
    """Every rejected row with its own columns and the reason; corrected, it can be imported as it is."""
    ledger, of = _find(request, who, ref)
    pieces = rejected_csv(ledger.database, ledger.imports.folder(of), of)
    first = next(pieces)  # what cannot be read is said before the answer begins
    headers = {
        "Content-Disposition": f'attachment; filename="rejected-{of.uid[:13]}.csv"',
        "X-Content-Type-Options": "nosniff",
    }

    def stream() -> Any:
        yield first
        yield from pieces

    return StreamingResponse(stream(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/imports/{id}/events")
async def import_events(ref: Ref, who: Reads, request: Request) -> Response:
    """Its state as Server-Sent Events: at once, with each change, and every second while it is worked on; ends with it."""
    ledger, of = await asyncio.to_thread(_find, request, who, ref)
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return StreamingResponse(_follow(ledger, of), media_type="text/event-stream", headers=headers)


async def _follow(ledger: Ledger, of: Import) -> Any:
    last, silent = "", 0.0
    while True:
        try:
            of = await asyncio.to_thread(ledger.imports.imports.get, of.id)
        except NotFound:
            return
        text = json.dumps(_show(ledger, of), ensure_ascii=False)
        if text != last:
            yield f"event: import\ndata: {text}\n\n"
            last, silent = text, 0.0
        elif silent >= 5:
            yield "event: ping\ndata: {}\n\n"
            silent = 0.0
        if of.state in ("completed", "failed", "cancelled") and (of.undo or {}).get("state") != "running":
            return
        silent += 0.5
        await asyncio.sleep(0.5)


router.include_router(acting)
