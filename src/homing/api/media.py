"""/media: pictures and documents for messages, each with a public address that nobody guesses."""

import hashlib
import tempfile
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from homing.api import shapes, told
from homing.api.acting import ActingRoute
from homing.api.forms import take_apart
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.api.ledger import Ledger
from homing.content.picture import ENDINGS, clean
from homing.model.errors import Invalid
from homing.model.moment import rfc3339
from homing.store.library import Medium, New

router = APIRouter(route_class=ActingRoute, tags=["media"])
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY["schema"]}}}
_BODY = {
    "requestBody": {"required": True, "content": {"multipart/form-data": _FORM, "application/octet-stream": _BINARY}}
}


def _shape(ledger: Ledger, of: Medium) -> dict[str, Any]:
    path = f"/m/{of.key}{ENDINGS.get(of.content_type, '')}"
    return {
        "id": of.uid,
        "name": of.name,
        "content_type": of.content_type,
        "size_bytes": of.size,
        "width": of.width,
        "height": of.height,
        "url": ledger.doors.public_base() + path,
        "path": path,
        "created_at": rfc3339(of.created_at),
    }


@router.post("/media", openapi_extra=_BODY, **told.tells(told.Medium, 201))
async def add(
    who: Writes,
    request: Request,
    response: Response,
    name: Annotated[str | None, Query(description="How people call it; the file's own name when not given.")] = None,
) -> dict[str, Any]:
    """Keeps a PNG, JPEG, GIF, WebP or PDF of at most 10 MB: a form with `file`, or the bytes themselves. Pictures are encoded
    anew without metadata. The same file again is the one that is there: 200."""
    body = await request.body()
    found = await run_in_threadpool(_keep, request, who, body, name)
    made, new = found
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/api/v1/media/{made['id']}"
    return made


def _keep(request: Request, who: Principal, body: bytes, name: str | None) -> tuple[dict[str, Any], bool]:
    ledger = ledger_of(request)
    own, content = _file_of(request.headers.get("content-type", ""), body)
    label = " ".join((name or own or "picture").split())[-200:]
    digest = hashlib.sha256(content).hexdigest()
    known = ledger.library.same(who.workspace_id, digest)
    if known is not None:
        return _shape(ledger, known), False
    made = clean(content)
    new = New(label, made.content_type, made.content, made.width, made.height, digest)
    kept, fresh = ledger.library.add(who.workspace_id, new, actor=who.name)
    return _shape(ledger, kept), fresh


def _file_of(content_type: str, body: bytes) -> tuple[str | None, bytes]:
    """Name and bytes of the file, out of its form when it came in one."""
    if not content_type.lower().startswith("multipart/form-data"):
        return None, body
    with tempfile.TemporaryDirectory() as folder:
        whole, file = FilePath(folder) / "body", FilePath(folder) / "file"
        whole.write_bytes(body)
        form = take_apart(whole, content_type, file)
        if form.cut:
            raise Invalid("the upload was cut before its end: send it again", code="malformed")
        return FilePath(form.file_name or "").name, file.read_bytes()


@router.get("/media", **told.tells(told.Media))
def list_(
    who: Reads, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
) -> Any:
    """The newest first. `url` is what a message shows; `path` is the same on this server."""
    ledger = ledger_of(request)
    before = shapes.key_of(cursor, (int,))
    found = ledger.library.page(who.workspace_id, limit=limit, before=before[0] if before else None)
    last = shapes.cursor_of(found[-1].id) if found else None
    return shapes.page([_shape(ledger, each) for each in found], limit, last)


@router.get("/media/{id}", **told.tells(told.Medium))
def show(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """One file."""
    ledger = ledger_of(request)
    return _shape(ledger, ledger.library.find(who.workspace_id, ref))


@router.patch("/media/{id}", **told.tells(told.Medium))
def rename(ref: Ref, body: shapes.NameBody, who: Writes, request: Request) -> dict[str, Any]:
    """Another name; the address stays."""
    ledger = ledger_of(request)
    old = ledger.library.find(who.workspace_id, ref)
    return _shape(ledger, ledger.library.rename(old, body.name, actor=who.name))


@router.delete("/media/{id}", status_code=204)
def remove(ref: Ref, who: Writes, request: Request) -> None:
    """Erases it, at once and for messages that were sent too."""
    ledger = ledger_of(request)
    ledger.library.remove(ledger.library.find(who.workspace_id, ref), actor=who.name)
