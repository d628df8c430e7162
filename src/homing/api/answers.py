"""POST /conversations/{id}/messages: an answer. A single message like any other: written down before the 202, sent once.

The same Idempotency-Key is the same answer, also when the server dies between the click and its answer: the key stands in
the transaction of the message, so a repetition is told at once what became of the first.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import Field

from homing.api import shapes
from homing.api.conversations import Who, address_of
from homing.api.guards import Principal, decider, ledger_of
from homing.api.messages import shape
from homing.api.ways import way_to
from homing.content.chat import TEXT_LIMIT
from homing.model.errors import Conflict, Invalid
from homing.model.intent import wrong
from homing.store.conversations import Said
from homing.store.messages import Messages

router = APIRouter(tags=["conversations"])
_LONGEST_KEY = 255
_AS_IT_IS = "{{ body }}"
"""What a person types is no template: it is the value of one."""


class AnswerBody(shapes.Body):
    text: str = Field(min_length=1, max_length=TEXT_LIMIT, description="As it is: nothing in it is a variable.")
    channel: Literal["whatsapp", "email"] = "whatsapp"
    sender: str | None = Field(None, description="Name or id; when not given, the number that they wrote to last.")
    subject: str | None = Field(None, max_length=500, description="Of an e-mail.")


@router.post("/conversations/{id}/messages", status_code=202)
def answer(
    ref: Who,
    body: AnswerBody,
    who: Annotated[Principal, Depends(decider)],
    request: Request,
    response: Response,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> dict[str, Any]:
    """Answers them, once. 409 where they must not be written to: they said STOP, the 24 hours of the Cloud API are over, or no
    device is connected."""
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise Invalid(f"an Idempotency-Key has 1 to {_LONGEST_KEY} printable characters", code="bad_idempotency_key")
    ledger, address = ledger_of(request), address_of(ref)
    messages = Messages(ledger.database)
    mark = None if key is None else f"{who.name} {key}"
    content = _content(body)
    if mark is not None:
        known = messages.known(who.workspace_id, mark)
        if known is not None:
            if ledger.conversations.text_of(known) != body.text.strip():
                raise Invalid(
                    "this Idempotency-Key came with another answer before; use a new one", code="idempotency_key_reused"
                )
            response.headers["Idempotency-Replayed"] = "true"
            return shape(messages.get(who.workspace_id, known))
    way = way_to(ledger, who.workspace_id, address, body.channel, body.sender)
    if way.closed is not None:
        raise Conflict(way.closed, code=way.code)
    uid = messages.post(
        who.workspace_id,
        [way.sender.id],
        way.to,
        content,
        actor=who.name,
        idempotency=mark,
        channel=body.channel,
        said=Said(address, body.text.strip()),
    )
    return shape(messages.get(who.workspace_id, uid))


def _content(body: AnswerBody) -> dict[str, Any]:
    text = body.text.strip()
    if not text:
        raise wrong("/text", "write something")
    content: dict[str, Any] = {"text": _AS_IT_IS, "vars": {"body": text}}
    if body.channel == "email":
        if not (body.subject or "").strip():
            raise wrong("/subject", "an e-mail has a subject")
        content |= {"subject": "{{ subject }}", "vars": {"body": text, "subject": body.subject}}
    return content
