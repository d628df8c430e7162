"""What a page asks beside the lists: who an audience would be, why recipients failed, what was tried, how a message looks."""

import json
from dataclasses import asdict
from email import message_from_bytes, policy
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from homing.api import shapes
from homing.api.guards import Principal, ledger_of, reader, whole_addresses
from homing.content.failure import RenderError
from homing.live.lines import mask, naming, told
from homing.model.channel import EMAIL, MIXED, WHATSAPP, parse_preference
from homing.model.errors import Invalid, NotFound
from homing.model.moment import rfc3339
from homing.store.audience import Choice
from homing.store.campaigns import Campaign, topic
from homing.store.events import Event

router = APIRouter(tags=["campaigns"])

Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Contact = Annotated[str | None, Query(description="An id or an address; the first of the audience when not given.")]
Which = Annotated[
    Literal["email", "whatsapp"] | None,
    Query(description="Which message of a campaign over both channels; its e-mail when not given."),
]

MAIL_POLICY = (
    "default-src 'none'; img-src data:{images}; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'self'"
)
"""SECURITY section 5: no script runs, nothing is fetched until the viewer asks for images, no form leads anywhere."""
_BUCKET_MS, _MOST_BUCKETS, _MOST_FACTS = 10_000, 60, 5_000
_DECIDED = ("deliveries.resolved",)
_CHATTER = ("deliveries.settled",)  # one for each group that was settled: the counters tell the same


class AudienceWish(shapes.AudienceBody):
    """An audience that somebody is choosing."""

    channel: Literal["email", "whatsapp", "mixed"] = "email"
    prefer: list[Literal["email", "whatsapp"]] | None = Field(
        None, description="Of mixed: whatsapp, email when not given."
    )


@router.post("/audience/count")
def count_audience(body: AudienceWish, who: Reads, request: Request) -> dict[str, Any]:
    """How many people an audience names now, and who of them gets nothing; over both channels (mixed) how many by which."""
    ledger = ledger_of(request)
    given = body.given()
    channel = str(given.pop("channel", "email"))
    prefer = parse_preference(given.pop("prefer", None) or [WHATSAPP, EMAIL])
    named = ledger.drafting.read(who.workspace_id, {"audience": given}).plain.get("audience", {})
    choice = Choice(who.workspace_id, named, channel)
    found = ledger.audience.split(choice, prefer) if channel == MIXED else ledger.audience.tally(choice)
    return {**asdict(found), "reachable": found.reachable}


@router.get("/campaigns/{id}/reasons")
def reasons(
    ref: Ref, who: Reads, request: Request, state: Literal["failed", "uncertain", "bounced"] = "failed"
) -> dict[str, Any]:
    """Recipients by reason, the most frequent first, with an example of the provider's words."""
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    found = ledger.results.reasons(of.id, state)
    return {"items": [{**asdict(each), "retryable": each.retryable} for each in found], "next": None}


@router.get("/campaigns/{id}/deliveries/{seq}")
def delivery(ref: Ref, seq: Annotated[int, Path(ge=1, le=2**62)], who: Reads, request: Request) -> dict[str, Any]:
    """One recipient: the line of the list, each attempt with what came of it, what was told later, and who decided what."""
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    rows = ledger.results.page(of.id, after=seq - 1, limit=1)
    if not rows or rows[0].seq != seq:
        raise NotFound(f"nobody has the position {seq} in this campaign")
    tries = [
        {**asdict(each), "intended_at": rfc3339(each.intended_at), "ended_at": rfc3339(each.ended_at)}
        for each in ledger.results.tries(of.id, seq)
    ]
    line = told(rows[0], naming(of, ledger.doors.from_of(of)))
    receipts = [{**asdict(each), "at": rfc3339(each.at)} for each in ledger.results.told(of.id, seq)]
    decisions = [
        {"at": rfc3339(each.at), "as": each.body.get("as"), "by": each.body.get("by")}
        for each in reversed(ledger.events.newest(who.workspace_id, topic(of.uid), kinds=_DECIDED))
        if seq in each.body.get("seqs", ())
    ]
    known = line if who.sees_addresses else mask(line)
    return {**known, "tries": tries, "receipts": receipts, "decisions": decisions}


@router.get("/campaigns/{id}/log")
def log(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """What happened to it, newest first, without the chatter of single groups."""
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    found = ledger.events.newest(who.workspace_id, topic(of.uid), without=_CHATTER)
    return {"items": [_fact(each) for each in found], "next": None}


@router.get("/campaigns/{id}/rates")
def rates(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """How fast it went lately, in buckets of ten seconds, oldest first: messages a second. For a line that survives a reload."""
    ledger = ledger_of(request)
    of = ledger.campaigns.find(who.workspace_id, ref)
    found = ledger.events.newest(who.workspace_id, topic(of.uid), kinds=_CHATTER, limit=_MOST_FACTS)
    buckets: dict[int, int] = {}
    for each in found:
        sent = (each.body.get("counts") or {}).get("sent") or 0
        buckets[each.at // _BUCKET_MS] = buckets.get(each.at // _BUCKET_MS, 0) + int(sent)
    newest = max(buckets, default=0)
    whole = range(max(min(buckets, default=1), newest - _MOST_BUCKETS + 1), newest + 1) if buckets else ()
    items = [{"at": rfc3339(n * _BUCKET_MS), "rate": buckets.get(n, 0) * 1000 / _BUCKET_MS} for n in whole]
    return {"items": items, "next": None}


@router.get("/campaigns/{id}/preview")
def preview(ref: Ref, who: Reads, request: Request, contact: Contact = None, channel: Which = None) -> dict[str, Any]:
    """The message that a contact would get: its headers, its text, its size; of a WhatsApp message its text or caption, its file
    (`media`), or the template with its values."""
    of = ledger_of(request).campaigns.find(who.workspace_id, ref)
    way = _way(of, channel)
    raw = _built(of, who, request, contact, way)
    if way == WHATSAPP:
        return _chat(raw)
    message = message_from_bytes(raw, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "from": str(message["From"] or ""),
        "to": str(message["To"] or ""),
        "subject": str(message["Subject"] or ""),
        "text": text.get_content() if text else None,
        "has_html": html is not None,
        "size_bytes": len(raw),
    }


@router.get("/campaigns/{id}/preview.html")
def preview_html(ref: Ref, who: Reads, request: Request, contact: Contact = None, images: bool = False) -> Response:
    """Its HTML, for a sandboxed frame: the answer's own policy runs no script and fetches nothing."""
    of = ledger_of(request).campaigns.find(who.workspace_id, ref)
    if _way(of, None) == WHATSAPP:
        raise NotFound("a WhatsApp message has no HTML")
    message = message_from_bytes(_built(of, who, request, contact, EMAIL), policy=policy.default)
    html = message.get_body(("html",))
    content = html.get_content() if html else ""
    return page_of_mail(request, content.encode("utf-8", "replace"), images=images)


def page_of_mail(request: Request, html: bytes, *, images: bool) -> Response:
    """HTML of a mail for a sandboxed frame. Our own pictures are fetched at once: they tell nobody who looks."""
    sources = f" {ledger_of(request).doors.public_base()}/m/{' https:' if images else ''}"
    headers = {"Content-Security-Policy": MAIL_POLICY.format(images=sources), "Cache-Control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _chat(raw: bytes) -> dict[str, Any]:
    told = json.loads(raw)
    media = told.get("media")
    file = None if media is None else {"filename": media["filename"], "content_type": media["mime"]}
    text = told.get("text") if media is None else media.get("caption")
    return {
        "channel": "whatsapp",
        "text": text,
        "media": file,
        "template": told.get("template"),
        "size_bytes": len(raw),
    }


def _way(of: Campaign, asked: str | None) -> str:
    """Of which channel the message is that is looked at: of a campaign over both the e-mail, unless the other is asked for."""
    if asked is not None and not of.mixed and asked != of.channel:
        raise NotFound(f"this campaign has no message for {asked}")
    return asked or (EMAIL if of.mixed else of.channel)


def _built(of: Campaign, who: Principal, request: Request, contact: str | None, channel: str) -> bytes:
    whole_addresses(who)
    try:
        return ledger_of(request).doors.preview(of, contact, channel)
    except RenderError as error:
        raise Invalid(f"the message cannot be made for this person: {error.reason} ({error.variable})") from error


def _fact(event: Event) -> dict[str, Any]:
    return {"cursor": str(event.cursor), "at": rfc3339(event.at), "kind": event.kind, "body": dict(event.body)}


@router.get("/campaigns/{id}/report")
def report(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """What became of it: in all, by the recipients' domains, and hour by hour."""
    ledger = ledger_of(request)
    found = ledger.reports.of(ledger.campaigns.find(who.workspace_id, ref).id)
    hours = [{**each, "at": rfc3339(each["at"])} for each in found.hours]
    return {**asdict(found), "hours": hours}
