"""POST /conversations/{id}/messages and /files: an answer, in words or with a file. A single message like any other: written down
before the 202, sent once.

The same Idempotency-Key is the same answer, also when the server dies between the click and its answer: the key stands in
the transaction of the message, so a repetition is told at once what became of the first.
"""

import asyncio
import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from homing.api import shapes
from homing.api.conversations import Who, address_of
from homing.api.forms import take_apart
from homing.api.guards import Principal, decider, ledger_of
from homing.api.ledger import Ledger
from homing.api.messages import shape
from homing.api.ways import way_to
from homing.content.chat import CAPTION_LIMIT, TEXT_LIMIT
from homing.model.errors import Conflict, Invalid
from homing.model.intent import wrong
from homing.store.conversations import Said
from homing.store.drafting import File, file_of
from homing.store.messages import Messages, digest_of

router = APIRouter(tags=["conversations"])
_LONGEST_KEY = 255
_AS_IT_IS = "{{ body }}"
"""What a person types is no template: it is the value of one."""
Key = Annotated[str | None, Header(alias="Idempotency-Key")]
_FILE = {"type": "string", "format": "binary"}
_TEXTS = {name: {"type": "string"} for name in ("text", "channel", "sender", "subject")}
_PARTS = {"type": "object", "required": ["file"], "properties": {"file": _FILE, **_TEXTS}}
_FORM = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _PARTS}}}}
_LONGEST_NAME = 200


class AnswerBody(shapes.Body):
    text: str = Field(min_length=1, max_length=TEXT_LIMIT, description="As it is: nothing in it is a variable.")
    channel: Literal["whatsapp", "email"] = "whatsapp"
    sender: str | None = Field(None, description="Name or id; when not given, the number that they wrote to last.")
    subject: str | None = Field(None, max_length=500, description="Of an e-mail.")


class CaptionBody(shapes.Body):
    """The fields of a form beside its file."""

    text: str = Field("", max_length=CAPTION_LIMIT)
    channel: Literal["whatsapp", "email"] = "whatsapp"
    sender: str | None = None
    subject: str | None = Field(None, max_length=500)


@dataclass(frozen=True, slots=True)
class _Wish:
    """An answer as it is asked for. `file`: what goes with it; the text is its caption then."""

    text: str
    channel: Literal["whatsapp", "email"]
    sender: str | None
    subject: str | None
    file: File | None = None


@router.post("/conversations/{id}/messages", status_code=202)
def answer(
    ref: Who,
    body: AnswerBody,
    who: Annotated[Principal, Depends(decider)],
    request: Request,
    response: Response,
    key: Key = None,
) -> dict[str, Any]:
    """Answers them, once. 409 where they must not be written to: they said STOP, the 24 hours of the Cloud API are over, or no
    device is connected."""
    if not body.text.strip():
        raise wrong("/text", "write something")
    wish = _Wish(body.text.strip(), body.channel, body.sender, body.subject)
    return _answered(ledger_of(request), who, ref, wish, key, response)


@router.post("/conversations/{id}/files", status_code=202, openapi_extra=_FORM)
async def answer_with_file(
    ref: Who,
    who: Annotated[Principal, Depends(decider)],
    request: Request,
    response: Response,
    key: Key = None,
) -> dict[str, Any]:
    """Answers with a picture, a video or a document, once: a form with `file` (17 MB at most, its kind by its name), `text` (its
    caption, as it is), and `channel`, `sender`, `subject` as for messages. 409 as for messages."""
    body, kind = await request.body(), request.headers.get("content-type", "")
    return await asyncio.to_thread(lambda: _answered(ledger_of(request), who, ref, _wish_of(body, kind), key, response))


def _wish_of(body: bytes, content_type: str) -> _Wish:
    """What a form asks for. Raises Invalid, RequestValidationError."""
    with tempfile.TemporaryDirectory() as folder:
        whole, path = FilePath(folder) / "body", FilePath(folder) / "file"
        whole.write_bytes(body)
        form = take_apart(whole, content_type, path)
        if form.cut:
            raise Invalid("the upload was cut before its end: send it again", code="malformed")
        content = path.read_bytes()
    filename = form.file_name or ""
    if not content:
        raise wrong("/file", "the file is empty")
    if (
        not 0 < len(filename.strip()) <= _LONGEST_NAME
        or not filename.isprintable()
        or "/" in filename
        or "\\" in filename
    ):
        raise wrong("/file", f"a file's name has no path, no control characters and at most {_LONGEST_NAME} characters")
    try:
        told = CaptionBody.model_validate(form.fields)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from error
    return _Wish(told.text.strip(), told.channel, told.sender, told.subject, file_of(filename, content))


def _answered(
    ledger: Ledger, who: Principal, ref: str, wish: _Wish, key: str | None, response: Response
) -> dict[str, Any]:
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise Invalid(f"an Idempotency-Key has 1 to {_LONGEST_KEY} printable characters", code="bad_idempotency_key")
    address = address_of(ref)
    messages = Messages(ledger.database)
    mark = None if key is None else f"{who.name} {key}"
    content = _content(wish)
    said = Said(address, wish.text, wish.file.content_type.partition("/")[0] if wish.file else None)
    if mark is not None:
        known = messages.known(who.workspace_id, mark)
        if known is not None:
            if messages.digest_of(known) != digest_of(content):
                raise Invalid(
                    "this Idempotency-Key came with another answer before; use a new one", code="idempotency_key_reused"
                )
            response.headers["Idempotency-Replayed"] = "true"
            return shape(messages.get(who.workspace_id, known))
    way = way_to(ledger, who.workspace_id, address, wish.channel, wish.sender)
    if way.closed is not None:
        raise Conflict(way.closed, code=way.code)
    facts: dict[str, Any] = {"actor": who.name, "idempotency": mark, "channel": wish.channel, "said": said}
    uid = messages.post(who.workspace_id, [way.sender.id], way.to, content, **facts)
    return shape(messages.get(who.workspace_id, uid))


def _content(wish: _Wish) -> dict[str, Any]:
    content: dict[str, Any] = {"text": _AS_IT_IS, "vars": {"body": wish.text}} if wish.text else {}
    if wish.file is not None:
        told = {"filename": wish.file.filename, "content_type": wish.file.content_type}
        content["attachments"] = [{**told, "content": base64.b64encode(wish.file.content).decode()}]
    if wish.channel == "email":
        if not (wish.subject or "").strip():
            raise wrong("/subject", "an e-mail has a subject")
        said = {"body": wish.text or "-", "subject": wish.subject}
        content |= {"text": _AS_IT_IS, "subject": "{{ subject }}", "vars": said}
    return content
