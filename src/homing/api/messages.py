"""/messages: one message at a time, durable before the answer, ahead of bulk on its lane."""

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import Field

from homing.api.acting import ActingRoute
from homing.api.devices import until_one_is_up
from homing.api.guards import Principal, decider, ledger_of, reader
from homing.api.ledger import Ledger
from homing.api.shapes import AttachmentBody, Body
from homing.api.template_shapes import TemplateBody
from homing.contacts.normalise import Flaw, email, phone
from homing.content.failure import RenderError
from homing.content.recipient import Recipient
from homing.content.single import chat_of, letter_of
from homing.model.approved import fault_of
from homing.model.device import NO_CONNECTION, NOT_FOUND
from homing.model.errors import Conflict, Fault, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.sender import Kind
from homing.store.audience import WINDOW_MS
from homing.store.conversations import Said
from homing.store.drafting import file_of
from homing.store.messages import Messages, Single
from homing.store.senders import Sender

router = APIRouter(route_class=ActingRoute, tags=["messages"])
_BY_MAIL = frozenset({Kind.SMTP, Kind.SENDGRID, Kind.SES, Kind.SIMULATED})
_BY_CHAT = frozenset({Kind.WHATSAPP_CLOUD, Kind.WHATSAPP_LINKED})
_SAMPLE = "00000000-0000-7000-8000-000000000000"


class MessageBody(Body):
    """One message: a receipt, a password link, an answer. All its texts are templates of `vars`.

    By e-mail a subject and a text or HTML; by WhatsApp a text, a file with the text as its caption, or (Cloud API) a template.
    """

    to: str = Field(description="An e-mail address, or a number as +94711234567.", examples=["ada@example.org"])
    channel: Literal["email", "whatsapp"] | None = Field(None, description="By `senders`, else by `to`.")
    name: str | None = Field(None, description="Of the recipient, for the To header.")
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    whatsapp_template: TemplateBody | None = None
    from_: str | None = Field(None, alias="from", examples=["Name <a@b.example>"])
    reply_to: str | None = None
    headers: dict[str, str] | None = None
    vars: dict[str, Any] | None = None
    attachments: list[AttachmentBody] | None = None
    senders: list[str] | None = Field(
        None, description="Names or ids, first preferred; every sender of the channel when not given."
    )


@router.post("/messages", status_code=202)
async def post_message(
    body: MessageBody,
    who: Annotated[Principal, Depends(decider)],
    request: Request,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> dict[str, Any]:
    """Takes one message: it is written down for good before the answer. The same Idempotency-Key is the same message.

    By WhatsApp it waits up to 20 s for a device that is being restored; the three errors of a device are told before anything is
    written.
    """
    ledger = ledger_of(request)
    messages = Messages(ledger.database)
    mark = None if key is None else f"{who.name} {key}"
    known = None if mark is None else await asyncio.to_thread(messages.known, who.workspace_id, mark)
    if known is not None:
        return shape(await asyncio.to_thread(messages.get, who.workspace_id, known))
    channel, senders = await asyncio.to_thread(_senders, ledger, who.workspace_id, body)
    content = _content(body)
    if channel == "whatsapp":
        to, said = await asyncio.to_thread(_checked_chat, body, content, senders)
        await asyncio.to_thread(_check_window, ledger, body, to, senders)
        await asyncio.to_thread(_check_template, ledger, body, senders)
        await _until_up(ledger, senders)
    else:
        said = None
        to = await asyncio.to_thread(_checked, body, content, senders[0])

    def post() -> Single:
        ids = [each.id for each in senders]
        uid = messages.post(
            who.workspace_id, ids, to, content, actor=who.name, idempotency=mark, channel=channel, said=said
        )
        return messages.get(who.workspace_id, uid)

    return shape(await asyncio.to_thread(post))


@router.get("/messages/{id}")
def show_message(
    ref: Annotated[str, Path(alias="id", description="Its id.")],
    who: Annotated[Principal, Depends(reader)],
    request: Request,
) -> dict[str, Any]:
    """What became of a message, and each of its tries."""
    return shape(Messages(ledger_of(request).database).get(who.workspace_id, ref))


def _senders(ledger: Ledger, workspace_id: WorkspaceId, body: MessageBody) -> tuple[str, list[Sender]]:
    """The channel, and who may carry the message. Raises NotFound and Conflict with the words of R41 for WhatsApp."""
    chat = body.channel == "whatsapp" or (body.channel is None and body.to.strip().startswith("+"))
    try:
        named = [ledger.senders.find(workspace_id, each) for each in body.senders or ()]
    except NotFound:
        if chat:
            raise NotFound(NOT_FOUND, code="device_not_found") from None
        raise
    channels = {each.kind.channel for each in named if each.kind is not Kind.SIMULATED}
    channel = body.channel or (channels.copy().pop() if len(channels) == 1 else "whatsapp" if chat else "email")
    if channels - {channel}:
        raise wrong("/senders", f"this message goes by {channel}, and one of its senders does not")
    found = named or _all_of(ledger, workspace_id, channel, approved=body.whatsapp_template is not None)
    if channel == "whatsapp":
        found = [each for each in found if each.kind is not Kind.WHATSAPP_LINKED or _is_linked(ledger, each)]
        if not found:
            raise Conflict(NO_CONNECTION, code="no_connection")
    elif not found:
        raise wrong("/senders", "there is no sender yet; `homing sender add` makes one")
    return channel, found


def _all_of(ledger: Ledger, workspace_id: WorkspaceId, channel: str, *, approved: bool) -> list[Sender]:
    """Every sender of the channel. `approved`: those that know approved templates."""
    wanted = _BY_MAIL if channel == "email" else _BY_CHAT
    if approved:
        wanted = wanted - {Kind.WHATSAPP_LINKED}
    return [each for each in ledger.senders.list(workspace_id) if each.kind in wanted]


def _is_linked(ledger: Ledger, sender: Sender) -> bool:
    return ledger.devices.get(sender.id).jid is not None


async def _until_up(ledger: Ledger, senders: Sequence[Sender]) -> None:
    """Waits for a linked device where nothing else carries the message."""
    devices = [each.id for each in senders if each.kind is Kind.WHATSAPP_LINKED]
    if len(devices) == len(senders):
        await until_one_is_up(ledger, devices)


def _check_window(ledger: Ledger, body: MessageBody, to: str, senders: Sequence[Sender]) -> None:
    """Free text over the Cloud API: only within 24 hours of the person's last message. Raises Invalid."""
    if body.whatsapp_template is not None or any(each.kind is not Kind.WHATSAPP_CLOUD for each in senders):
        return
    since = ledger.database.world.clock.now() - WINDOW_MS
    if not any((ledger.conversations.heard_from(each.id, to) or 0) > since for each in senders):
        detail = (
            "this person did not write in the last 24 hours: only an approved template may be sent (whatsapp_template)"
        )
        raise Invalid(detail, faults=(Fault("/text", detail),), code="window_closed")


def _check_template(ledger: Ledger, body: MessageBody, senders: Sequence[Sender]) -> None:
    """Raises Invalid for a template that none of the senders may send, as far as it is known here."""
    if body.whatsapp_template is None:
        return
    told = body.whatsapp_template.model_dump(exclude_none=True)
    mime = next((each.content_type or _type(each.filename) for each in body.attachments or ()), None)
    faults = [fault_of(ledger.accounts.get(each.id), told, mime) for each in senders]
    words = next((each for each in faults if each is not None), None)
    if words is not None and all(each is not None for each in faults):
        raise Invalid(words, faults=(Fault("/whatsapp_template", words),), code="template")


_OF_MAIL = ("subject", "html", "from_", "reply_to", "headers")


def _checked_chat(body: MessageBody, content: dict[str, Any], senders: Sequence[Sender]) -> tuple[str, Said]:
    """The number as it is written down, and what its conversation shows. Raises Invalid where the message could not be made."""
    try:
        to = phone(body.to)[0]
    except Flaw as flaw:
        raise wrong("/to", f"'{body.to[:80]}' is no phone number: {flaw}") from flaw
    _check_parts(body, senders)
    try:
        for each in content.get("attachments", ()):
            base64.b64decode(each["content"], validate=True)
        chat = chat_of(content, campaign_uid=_SAMPLE, sender_name=senders[0].name)
        built = json.loads(chat.build(Recipient(1, to, body.name or "", body.vars or {}), 0))
    except RenderError as error:
        raise wrong("/vars", f"the message cannot be made: {error.reason} {error.variable}".rstrip()) from error
    except (ValueError, KeyError) as error:
        raise Invalid("an attachment has a filename and its content in base64") from error
    media = built.get("media")
    template = built.get("template")
    text = template["name"] if template else media.get("caption") if media else built.get("text")
    return to, Said(to, text or "", media["mime"].partition("/")[0] if media else None)


def _check_parts(body: MessageBody, senders: Sequence[Sender]) -> None:
    """Raises Invalid for what no WhatsApp message has, or not with the rest of this one."""
    for name in _OF_MAIL:
        if getattr(body, name):
            raise wrong(f"/{name.rstrip('_')}", f"a WhatsApp message has no {name.rstrip('_')}")
    if len(body.attachments or ()) > 1:
        raise wrong("/attachments/1", "a WhatsApp message carries one file; send another message for the next")
    if body.whatsapp_template is not None and body.text:
        raise wrong("/whatsapp_template", "a template brings its own text: leave text out")
    if body.whatsapp_template is not None and any(each.kind is Kind.WHATSAPP_LINKED for each in senders):
        raise wrong("/whatsapp_template", "templates are for the Cloud API; name a sender of that kind in senders")


def _content(body: MessageBody) -> dict[str, Any]:
    left_out = {"to", "channel", "senders", "attachments", "headers"}
    content = body.model_dump(by_alias=True, exclude_none=True, exclude=left_out)
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
    if not body.subject:
        raise wrong("/subject", "write a subject")
    if body.whatsapp_template is not None:
        raise wrong("/whatsapp_template", "this message goes by e-mail")
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
        "channel": of.channel,
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
