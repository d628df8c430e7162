"""/campaigns: drafts, what becomes of them, and what people decide about them."""

import asyncio
import contextlib
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.devices import check_linked, until_up
from homing.api.guards import Principal, decider, fresh_reader, ledger_of, reader, whole_addresses, writer
from homing.api.ledger import Ledger
from homing.contacts.exporting import harmless
from homing.contacts.normalise import Flaw, email, phone
from homing.live.lines import COLUMNS, known_state, mask, naming, told
from homing.model.errors import Conflict, NotFound
from homing.model.finding import failed, refused_by
from homing.model.intent import parse_mode, wrong
from homing.store.campaigns import Campaign

router = APIRouter(route_class=ActingRoute, tags=["campaigns"])

Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Exports = Annotated[Principal, Depends(fresh_reader)]
Decides = Annotated[Principal, Depends(decider)]
Match = Annotated[
    str | None, Header(alias="If-Match", description="The ETag: refused with 412 when somebody was quicker.")
]
_MOST_NAMED = 100  # contacts that an audience names one by one and an answer repeats
_LONGEST_TAG = 18  # digits of a version
Limit = Annotated[int, Query(ge=1, le=1000)]


def _answer(ledger: Ledger, of: Campaign, response: Response) -> dict[str, Any]:
    """The campaign as JSON, its version as ETag (RFC 9110 section 8.8.3)."""
    response.headers["ETag"] = f'"{of.control}"'
    return {**shapes.campaign(of, ledger.board.campaign(of.id)), **_names(ledger, of), **_files(ledger, of)}


def _files(ledger: Ledger, of: Campaign) -> dict[str, Any]:
    names = ("position", "filename", "content_type", "size_bytes")
    files = [dict(zip(names, each, strict=True)) for each in ledger.campaigns.files(of.id)]
    if of.mixed:
        chat = (of.content.get("whatsapp") or {}).get("file")
        files = [{**each, "channel": "whatsapp" if place == chat else "email"} for place, each in enumerate(files)]
    return {"attachments": files}


def _names(ledger: Ledger, of: Campaign) -> dict[str, Any]:
    """Senders and lists by their public ids."""
    senders: dict[int, str] = {each.id: each.uid for each in ledger.senders.list(of.workspace_id)}
    lists: dict[int, str] = {each.id: each.uid for each in ledger.lists.list(of.workspace_id)}
    audience: dict[str, Any] = {"all": True} if of.audience.get("all") else {}
    for each in ledger.segments.list(of.workspace_id):
        if each.id == of.audience.get("segment"):
            audience["segment"] = each.uid
    for key in ("lists", "exclude_lists"):
        if of.audience.get(key):
            audience[key] = [lists[id_] for id_ in of.audience[key] if id_ in lists]
    if of.audience.get("contacts"):
        audience["contacts"] = list(_uids(ledger, of))
    return {"senders": [senders[id_] for id_ in of.senders if id_ in senders], "audience": audience}


def _uids(ledger: Ledger, of: Campaign) -> Iterator[str]:
    """The contacts that its audience names one by one, without those that were removed since."""
    for id_ in of.audience["contacts"][:_MOST_NAMED]:
        with contextlib.suppress(NotFound):
            yield ledger.contacts.get(of.workspace_id, id_).uid


def _control(match: str | None) -> int | None:
    if match is None or match.strip() == "*":
        return None
    text = match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > _LONGEST_TAG:
        raise Conflict("this ETag is not of this campaign", code="precondition_failed")
    return int(text)


@router.post("/campaigns", status_code=201)
def create(body: shapes.CampaignBody, who: Writes, request: Request, response: Response) -> dict[str, Any]:
    """Saves a draft: nothing is planned or sent."""
    ledger = ledger_of(request)
    made = ledger.drafting.create(who.workspace_id, body.given())
    response.headers["Location"] = f"/api/v1/campaigns/{made.uid}"
    return _answer(ledger, made, response)


@router.get("/campaigns")
def list_(who: Reads, request: Request, limit: Limit = 50, cursor: str | None = None) -> Any:
    """Newest first."""
    ledger = ledger_of(request)
    before = shapes.key_of(cursor, (int,))
    found = ledger.campaigns.page(who.workspace_id, limit=limit, before=before[0] if before else None)
    items = [{**shapes.campaign(of, ledger.board.campaign(of.id)), **_names(ledger, of)} for of in found]
    return shapes.page(items, limit, shapes.cursor_of(found[-1].id) if found else None)


@router.get("/campaigns/{id}")
def show(ref: Ref, who: Reads, request: Request, response: Response) -> dict[str, Any]:
    """One campaign with its progress."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.campaigns.find(who.workspace_id, ref), response)


@router.patch("/campaigns/{id}")
def change(
    ref: Ref,
    body: shapes.CampaignBody,
    who: Writes,
    request: Request,
    response: Response,
    if_match: Match = None,
) -> dict[str, Any]:
    """Changes what the body names."""
    ledger = ledger_of(request)
    old = ledger.campaigns.find(who.workspace_id, ref)
    return _answer(ledger, ledger.drafting.edit(old, body.given(), if_control=_control(if_match)), response)


@router.delete("/campaigns/{id}", status_code=204)
def remove(ref: Ref, who: Writes, request: Request) -> None:
    """Removes a draft; what was started stays as evidence."""
    ledger = ledger_of(request)
    ledger.campaigns.remove(ledger.campaigns.find(who.workspace_id, ref).id)


# ------------------------------------------------------------------------------------------------ switches


@router.post("/campaigns/{id}/send", status_code=202)
def send(
    ref: Ref, who: Decides, request: Request, response: Response, body: shapes.StartBody | None = None
) -> dict[str, Any]:
    """Starts it, or resumes what was paused or stands still; repeating it changes nothing."""
    ledger = ledger_of(request)
    found = ledger.campaigns.find(who.workspace_id, ref)
    despite: list[str] = []
    if found.started_at is None:
        check_linked(ledger, found)
        despite = refused_by(ledger.doors.look_at(found), anyway=body is not None and body.anyway)
    if body is not None and body.attendant is not None:
        ledger.attendances.start(found.id, body.attendant, who.by)
    ledger.whereabouts.note(str(request.base_url))
    return _answer(ledger, ledger.control.start(found.id, who.by, despite=despite), response)


@router.post("/campaigns/{id}/pause")
def pause(ref: Ref, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Pauses it: nothing is handed over from this moment on."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.control.pause(ledger.campaigns.find(who.workspace_id, ref).id, who.by), response)


@router.post("/campaigns/{id}/resume")
def resume(ref: Ref, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Lets a paused campaign go on."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.control.resume(ledger.campaigns.find(who.workspace_id, ref).id, who.by), response)


@router.post("/campaigns/{id}/watch")
def watch(ref: Ref, body: shapes.WatchBody, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Watches an attended campaign from here, whoever did before; what paused for want of a watcher goes on."""
    ledger = ledger_of(request)
    found = ledger.campaigns.find(who.workspace_id, ref)
    return _answer(ledger, ledger.attendances.watch(found.id, body.attendant, who.by), response)


@router.post("/campaigns/{id}/mode")
def set_mode(ref: Ref, body: shapes.ModeBody, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """server ("Send via Cloud"): it goes on whoever watches. attended: only while somebody does. At any moment."""
    ledger = ledger_of(request)
    found = ledger.campaigns.find(who.workspace_id, ref)
    changed = ledger.attendances.change_mode(found.id, parse_mode(body.mode), who.by, body.attendant)
    return _answer(ledger, changed, response)


@router.post("/campaigns/{id}/cancel")
def cancel(ref: Ref, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Ends it for good; the workers write the rest as cancelled."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.control.cancel(ledger.campaigns.find(who.workspace_id, ref).id, who.by), response)


@router.post("/campaigns/{id}/finish")
def finish(ref: Ref, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Ends the waiting for deferred recipients."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.control.finish(ledger.campaigns.find(who.workspace_id, ref).id, who.by), response)


@router.post("/campaigns/{id}/approve")
def approve(ref: Ref, who: Decides, request: Request, response: Response) -> dict[str, Any]:
    """Lets it go on after its canary."""
    ledger = ledger_of(request)
    return _answer(ledger, ledger.control.approve(ledger.campaigns.find(who.workspace_id, ref).id, who.by), response)


@router.post("/campaigns/{id}/retry")
def retry(
    ref: Ref,
    who: Decides,
    request: Request,
    body: shapes.RetryBody | None = None,
) -> dict[str, int]:
    """Queues failed recipients again that can succeed."""
    ledger = ledger_of(request)
    found = ledger.campaigns.find(who.workspace_id, ref)
    return {"requeued": ledger.decisions.retry(found.id, who.by, reason=body.reason if body else None)}


@router.post("/campaigns/{id}/uncertain/resolve")
def resolve(ref: Ref, body: shapes.ResolveBody, who: Decides, request: Request) -> dict[str, Any]:
    """A person's word on uncertain recipients, written down with who and when."""
    if body.all == bool(body.seqs):
        raise wrong("/seqs", "name positions in seqs, or say all: true")
    ledger = ledger_of(request)
    found = ledger.campaigns.find(who.workspace_id, ref)
    count = ledger.decisions.resolve(found.id, who.by, seqs=None if body.all else body.seqs, as_=body.as_)
    return {"resolved": count, "as": body.as_}


@router.post("/campaigns/{id}/test")
async def try_out(ref: Ref, body: shapes.TestBody, who: Decides, request: Request) -> dict[str, Any]:
    """Sends one message of it to one address, at once and outside its audience."""
    ledger = ledger_of(request)
    found = await asyncio.to_thread(ledger.campaigns.find, who.workspace_id, ref)
    try:
        chat = "@" not in body.to if found.mixed else found.channel == "whatsapp"
        to = phone(body.to)[0] if chat else email(body.to)
    except Flaw as error:
        raise wrong("/to", f"'{body.to[:80]}' is no {found.channel} address") from error
    if chat:
        await until_up(ledger, found)
    return await ledger.doors.send_test(found, to)


@router.post("/campaigns/{id}/check")
def check(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """The dry run over the audience: what its members lack; and what is wrong with the letter (`findings`)."""
    ledger = ledger_of(request)
    checked = ledger.doors.check(ledger.campaigns.find(who.workspace_id, ref))
    found = checked.rehearsal
    return {
        "ok": not failed(checked.findings),
        "findings": [asdict(each) for each in checked.findings],
        "total": found.total,
        "failing": found.failing,
        "missing": dict(found.missing),
        "blank": dict(found.blank),
        "fallback": {name: {"count": count, "text": text} for name, (count, text) in found.fallback.items()},
        "reasons": dict(found.reasons),
    }


# ------------------------------------------------------------------------------------------------ accounts


@router.get("/campaigns/{id}/audit")
def audit(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """The balance sheet, counted from the rows."""
    ledger = ledger_of(request)
    return ledger.books.audit(ledger.campaigns.find(who.workspace_id, ref).id).as_json()


@router.get("/campaigns/{id}/deliveries")
def deliveries(
    ref: Ref,
    who: Reads,
    request: Request,
    state: str | None = None,
    reason: str | None = None,
    limit: Limit = 100,
    cursor: str | None = None,
) -> Any:
    """What became of each recipient, in the order of sending."""
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    after = shapes.key_of(cursor, (int,))
    names = naming(of, ledger.doors.from_of(of))
    rows = ledger.results.page(
        of.id, state=known_state(state), reason=reason, after=after[0] if after else 0, limit=limit
    )
    lines = [told(row, names) for row in rows]
    if not who.sees_addresses:
        lines = [mask(line) for line in lines]
    return shapes.page(lines, limit, shapes.cursor_of(rows[-1].seq) if rows else None)


@router.get("/campaigns/{id}/export")
def export(
    ref: Ref,
    who: Exports,
    request: Request,
    state: str | None = None,
    form: Annotated[str, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """One line per recipient, as CSV (cells start no formula) or JSON lines."""
    if form not in ("csv", "jsonl"):
        raise wrong("/query/format", "format is csv or jsonl")
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    whole_addresses(who)
    names = naming(of, ledger.doors.from_of(of))
    rows = (told(row, names) for row in ledger.results.export(of.id, state=known_state(state)))
    headers = {"Content-Disposition": f'attachment; filename="{of.uid}.{form}"', "X-Content-Type-Options": "nosniff"}
    if form == "csv":
        return StreamingResponse(_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return StreamingResponse(_jsonl(rows), media_type="application/x-ndjson", headers=headers)


def _jsonl(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """RFC 4180; a formula is defused (ASVS 1.2.10)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([harmless("" if row[name] is None else str(row[name])) for name in COLUMNS])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
