"""/messages: one message at a time, durable before the answer, ahead of bulk on its lane."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import Field

from homing.api.acting import ActingRoute
from homing.api.guards import Principal, decider, ledger_of, reader
from homing.api.shapes import AttachmentBody, Body
from homing.contacts.normalise import Flaw, email
from homing.content.failure import RenderError
from homing.content.recipient import Recipient
from homing.content.single import letter_of
from homing.model.errors import Invalid
from homing.model.ids import WorkspaceId
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.sender import Kind
from homing.store.drafting import file_of
from homing.store.messages import Messages, Single
from homing.store.senders import Sender, Senders

router = APIRouter(route_class=ActingRoute, tags=["messages"])
_BY_MAIL = frozenset({Kind.SMTP, Kind.SENDGRID, Kind.SES, Kind.SIMULATED})
_SAMPLE = "00000000-0000-7000-8000-000000000000"


class MessageBody(Body):
    """One message: a receipt, a password link. Subject, text, html and headers are templates of `vars`."""

    to: str = Field(description="The address.", examples=["ada@example.org"])
    name: str | None = Field(None, description="Of the recipient, for the To header.")
    subject: str
    text: str | None = None
    html: str | None = None
    from_: str | None = Field(None, alias="from", examples=["Name <a@b.example>"])
    reply_to: str | None = None
    headers: dict[str, str] | None = None
    vars: dict[str, Any] | None = None
    attachments: list[AttachmentBody] | None = None
    senders: list[str] | None = Field(
        None, description="Names or ids, first preferred; every sender of mail when not given."
    )


@router.post("/messages", status_code=202)
def post_message(
    body: MessageBody,
    who: Annotated[Principal, Depends(decider)],
    request: Request,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> dict[str, Any]:
    """Takes one message: it is written down for good before the answer. The same Idempotency-Key is the same message."""
    ledger = ledger_of(request)
    senders = _senders(ledger.senders, who.workspace_id, body.senders)
    content = _content(body)
    to = _checked(body, content, senders[0])
    messages = Messages(ledger.database)
    mark = None if key is None else f"{who.name} {key}"
    uid = messages.post(who.workspace_id, [each.id for each in senders], to, content, actor=who.name, idempotency=mark)
    return shape(messages.get(who.workspace_id, uid))


@router.get("/messages/{id}")
def show_message(
    ref: Annotated[str, Path(alias="id", description="Its id.")],
    who: Annotated[Principal, Depends(reader)],
    request: Request,
) -> dict[str, Any]:
    """What became of a message, and each of its tries."""
    return shape(Messages(ledger_of(request).database).get(who.workspace_id, ref))


def _senders(senders: Senders, workspace_id: WorkspaceId, named: list[str] | None) -> list[Sender]:
    if named:
        return [senders.find(workspace_id, each) for each in named]
    found = [each for each in senders.list(workspace_id) if each.kind in _BY_MAIL]
    if not found:
        raise wrong("/senders", "there is no sender yet; `homing sender add` makes one")
    return found


def _content(body: MessageBody) -> dict[str, Any]:
    content = body.model_dump(by_alias=True, exclude_none=True, exclude={"to", "senders", "attachments", "headers"})
    if body.headers:
        content["headers"] = list(body.headers.items())
    if body.attachments:
        content["attachments"] = [
            {**each.model_dump(exclude_none=True), "content_type": each.content_type or _type(each.filename)}
            for each in body.attachments
        ]
    return content


def _type(filename: str) -> str:
    return file_of(filename, b"").content_type


def _checked(body: MessageBody, content: dict[str, Any], sender: Sender) -> str:
    """The address as it is written down. Raises Invalid where the message could not be made."""
    try:
        to = email(body.to)
    except Flaw as flaw:
        raise wrong("/to", f"'{body.to}' is no address: {flaw}") from flaw
    default_from = sender.options.get("from") or ""
    if not (content.get("from") or default_from):
        raise wrong("/from", "say who it is from, here or for all messages with `homing sender set NAME --from`")
    try:
        letter = letter_of(content, campaign_uid=_SAMPLE, default_from=default_from, sender_name=sender.name)
        letter.write(Recipient(1, to, body.name or "", body.vars or {}), 0)
    except RenderError as error:
        raise wrong("/vars", f"the message cannot be made: {error.reason} {error.variable}".rstrip()) from error
    except (ValueError, KeyError) as error:
        raise Invalid("an attachment has a filename and its content in base64") from error
    return to


def shape(of: Single) -> dict[str, Any]:
    """A message as JSON."""
    return {
        "id": of.uid,
        "to": of.to,
        "subject": of.subject,
        "state": of.state,
        "reason": of.reason,
        "code": of.code,
        "words": of.words,
        "provider_id": of.provider_id,
        "delivery": f"{of.campaign_uid}/{of.seq}",
        "created_at": rfc3339(of.created_at),
        "changed_at": rfc3339(of.changed_at),
        "next_try_at": rfc3339(of.due_at) if of.state == "queued" and of.due_at else None,
        "timeline": [
            {
                "attempt": each.attempt,
                "state": each.state,
                "sender": each.sender,
                "intended_at": rfc3339(each.intended_at),
                "ended_at": rfc3339(each.ended_at),
                "reason": each.reason,
                "code": each.code,
                "words": each.words,
            }
            for each in of.tries
        ],
    }
