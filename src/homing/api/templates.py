"""/templates: messages under a name, their versions, and how one would look to somebody."""

import json
import secrets
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import Field

from homing.api import shapes, told
from homing.api.acting import ActingRoute
from homing.api.designs import DesignBody
from homing.api.guards import Principal, ledger_of, reader, whole_addresses, writer
from homing.api.looking import page_of_mail
from homing.content.blocks import to_mjml
from homing.content.failure import RenderError
from homing.content.mjml import compile_mjml
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.store.templates import LONGEST, MESSAGE, PARTS, Template, Version

router = APIRouter(tags=["templates"], route_class=ActingRoute)
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Match = Annotated[
    str | None, Header(alias="If-Match", description="The ETag: refused with 412 when somebody was quicker.")
]
MOST_PAGES = 64  # previews that are kept, in memory, for the frames that show them
_LONGEST_TAG = 9  # digits of a version
_SOMEBODY = "An id or an address; the first contact when not given."


class _Message(shapes.Body):
    subject: str | None = Field(None, description="A template: `{{ name }}`.")
    preheader: str | None = None
    text: str | None = None
    html: str | None = None
    mjml: str | None = Field(None, description="MJML: the HTML is made of it, and `html` beside it is not looked at.")
    design: DesignBody | None = Field(
        None, description="Blocks: MJML and HTML are made of them, and `mjml` and `html` beside them are not looked at."
    )

    def parts(self) -> dict[str, str | None]:
        """Those that the body names, with what is made of them; what is written nearer to the HTML takes the place of what
        it was made of before. Blocks."""
        given = self.given()
        found: dict[str, str | None] = {
            name: value for name, value in given.items() if name in MESSAGE or name == "mjml"
        }
        if design := given.get("design"):
            made = to_mjml(design)
            return {**found, "design": _plain(design), "mjml": made, "html": _compiled(made)}
        if "design" in given:
            found["design"] = None
        if source := found.get("mjml"):
            return {**found, "design": None, "html": _compiled(source)}
        return {**found, "design": None, "mjml": None} if found.get("html") else found


def _compiled(source: str) -> str:
    if len(source) > LONGEST:
        raise wrong("/mjml", f"a mjml has at most {LONGEST:,} characters")
    return compile_mjml(source)


def _plain(design: Mapping[str, Any]) -> str:
    return json.dumps(design, ensure_ascii=False, separators=(",", ":"))


def _written(content: Mapping[str, str]) -> dict[str, Any]:
    """What a version holds, as answers tell it."""
    design = content.get("design")
    return {**{part: content.get(part) for part in PARTS}, "design": None if design is None else json.loads(design)}


class KeptBody(_Message):
    """A message under a name. WhatsApp has only `text`."""

    name: str
    channel: Literal["email", "whatsapp"] = "email"


class KeptChange(_Message):
    """What is not named stays; null takes a part away. A change of the message is a new version."""

    name: str | None = None


class TrialBody(_Message):
    """A message that somebody is writing."""

    channel: Literal["email", "whatsapp"] = "email"
    contact: str | None = Field(None, description=_SOMEBODY)


class VersionBody(shapes.Body):
    version: int = Field(ge=1, le=2**31)


def _told(of: Template, newest: Version) -> dict[str, Any]:
    return {
        "id": of.uid,
        "name": of.name,
        "channel": of.channel,
        "version": of.version,
        **_written(newest.content),
        "by": newest.actor,
        "created_at": rfc3339(of.created_at),
        "changed_at": rfc3339(of.changed_at),
    }


def _answer(request: Request, of: Template, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{of.version}"'
    return _told(of, ledger_of(request).templates.version(of))


def _version_of(match: str | None) -> int | None:
    text = (match or "*").strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not text.isdecimal() or len(text) > _LONGEST_TAG:
        raise Conflict("this ETag is not of this template", code="precondition_failed")
    return int(text)


@router.get("/templates", **told.tells(told.Templates))
def templates(who: Reads, request: Request) -> dict[str, Any]:
    """All of them with their newest version; what was changed last comes first."""
    found = ledger_of(request).templates.list(who.workspace_id)
    return {"items": [_told(*each) for each in found], "next": None}


@router.post("/templates", **told.tells(told.Template, 201))
def add_template(body: KeptBody, who: Writes, request: Request, response: Response) -> dict[str, Any]:
    """Keeps a message under a name, as version 1."""
    made = ledger_of(request).templates.add(who.workspace_id, body.name, body.channel, body.parts(), who.name)
    response.headers["Location"] = f"/api/v1/templates/{made.uid}"
    return _answer(request, made, response)


@router.post("/templates/preview", **told.tells(told.TemplatePreview))
def preview_template(body: TrialBody, who: Writes, request: Request) -> dict[str, Any]:
    """How a message that is being written would look to a contact; nothing is kept. 422 says what in it cannot be read."""
    parts = body.parts()
    raw = _built(request, who, body.channel, parts, body.contact)
    text, html = raw.get_body(("plain",)), raw.get_body(("html",))
    return {
        "to": str(raw["To"] or ""),
        "subject": str(raw["Subject"] or ""),
        "text": text.get_content() if text else None,
        "has_html": html is not None,
        "page": _laid_out(request, who, html.get_content()) if html else None,
        "size_bytes": len(raw.as_bytes()),
        "mjml": parts.get("mjml"),
    }


@router.get("/templates/preview/{page}")
def preview_page(
    page: Annotated[str, Path(max_length=64)], who: Reads, request: Request, images: bool = False
) -> Response:
    """The HTML of a preview, by the `page` that it told, for a sandboxed frame; its own policy runs no script."""
    of, content = ledger_of(request).previews.get(page, (None, b""))
    if of != who.workspace_id:
        raise NotFound("this preview is gone; ask for another")
    return page_of_mail(request, content, images=images)


def _laid_out(request: Request, who: Principal, html: str) -> str:
    """Keeps a page for a frame to ask for; the oldest of many goes."""
    pages = ledger_of(request).previews
    name = secrets.token_urlsafe(16)
    pages[name] = (who.workspace_id, html.encode("utf-8", "replace"))
    while len(pages) > MOST_PAGES:
        pages.pop(next(iter(pages)), None)
    return name


def _built(
    request: Request, who: Principal, channel: str, parts: Mapping[str, str | None], contact: str | None
) -> EmailMessage:
    whole_addresses(who)
    content = {name: value for name, value in parts.items() if value}
    try:
        raw = ledger_of(request).doors.preview_template(who.workspace_id, channel, content, contact)
    except RenderError as error:
        raise Invalid(f"the message cannot be made for this person: {error.reason} ({error.variable})") from error
    return message_from_bytes(raw, policy=policy.default)


@router.get("/templates/{id}", **told.tells(told.FullTemplate))
def show_template(ref: Ref, who: Reads, request: Request, response: Response) -> dict[str, Any]:
    """One with all of its versions, newest first, and the campaigns that took it over."""
    store = ledger_of(request).templates
    of = store.find(who.workspace_id, ref)
    versions = [
        {
            "version": each.version,
            "subject": each.content.get("subject"),
            "by": each.actor,
            "at": rfc3339(each.created_at),
        }
        for each in store.versions(of)
    ]
    used = [{"id": uid, "name": name} for uid, name in store.used_in(who.workspace_id, of)]
    return {**_answer(request, of, response), "versions": versions, "used_in": used}


@router.get("/templates/{id}/versions/{version}", **told.tells(told.TemplateVersion))
def show_version(
    ref: Ref, version: Annotated[int, Path(ge=1, le=2**31)], who: Reads, request: Request
) -> dict[str, Any]:
    """An older version in full."""
    store = ledger_of(request).templates
    found = store.version(store.find(who.workspace_id, ref), version)
    return {"version": found.version, **_written(found.content), "by": found.actor, "at": rfc3339(found.created_at)}


@router.patch("/templates/{id}", **told.tells(told.Template))
def change_template(
    ref: Ref, body: KeptChange, who: Writes, request: Request, response: Response, if_match: Match = None
) -> dict[str, Any]:
    """Changes what the body names. Campaigns keep what they took over before."""
    store = ledger_of(request).templates
    of = store.find(who.workspace_id, ref)
    after = store.save(of, body.parts(), who.name, name=body.name, if_version=_version_of(if_match))
    return _answer(request, after, response)


@router.post("/templates/{id}/restore", **told.tells(told.Template))
def restore_template(ref: Ref, body: VersionBody, who: Writes, request: Request, response: Response) -> dict[str, Any]:
    """Makes an older version the newest, as a version of its own; safe to repeat."""
    store = ledger_of(request).templates
    return _answer(request, store.restore(store.find(who.workspace_id, ref), body.version, who.name), response)


@router.delete("/templates/{id}", status_code=204)
def remove_template(ref: Ref, who: Writes, request: Request) -> None:
    """Removes it with its versions; campaigns keep what they took over."""
    store = ledger_of(request).templates
    store.remove(store.find(who.workspace_id, ref))
