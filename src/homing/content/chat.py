"""One campaign's WhatsApp message: compiled once, then made for each recipient as the JSON that a courier understands.

{"text": "..."}                                                        a text
{"media": {"position": 0, "mime", "filename", "caption"}}              an attachment of the campaign, with a caption;
                                                                       of a single message `seq` in the place of `position`
{"template": {"name", "language", "components": [...]}}                a template that WhatsApp approved (Cloud API); with
                                                                       `media`, without a caption, where its header is a file

and in each `delivery`: "CAMPAIGN/SEQ", the name of this recipient's message.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from homing.content.failure import RenderError
from homing.content.grammar import parse
from homing.content.recipient import Lookup, Recipient
from homing.content.template import Engine, Template
from homing.model.errors import Fault, Invalid

_DEGREES = {"latitude": 90.0, "longitude": 180.0}
_BUTTON = {"url": "text", "quick_reply": "payload", "copy_code": "coupon_code"}
"""How a button's value is named (developers.facebook.com/docs/whatsapp/cloud-api/reference/messages, button parameter object)."""
TEXT_LIMIT = 4096  # characters; the Cloud API takes no more
CAPTION_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class ChatSource:
    """What a campaign says. `text`: the message, or the caption of `media`; `template`: {"name", "language", "body": [...]},
    where its variables have names {"body": {name: ...}}, of a place in its header {"location": {"latitude", "longitude"}}, of
    its buttons {"buttons": [{"place", "kind", "value"}]}, places counted from 1."""

    text: str | None = None
    media: tuple[str, str] | None = None  # (filename, MIME type) of the campaign's attachment
    template: Mapping[str, Any] | None = None
    campaign_uid: str = ""
    campaign_name: str = ""
    sender_name: str = ""
    common: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0  # of the media among the campaign's files
    single: bool = False  # its content came with it, its file too


def _given(told: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value for name, value in (told or {}).items() if value is not None}


class Chat:
    """A compiled message; speaks to the engine as a Letter does. Not for use by several threads at once."""

    envelope_from = ""

    def __init__(self, source: ChatSource) -> None:
        self.source = source
        self._engine = Engine()
        self._text = self._engine.compile(parse(source.text, "text")) if source.text else None
        told = source.template or {}
        self._parts = {part: self._values(part, told.get(part) or ()) for part in ("header", "body")}
        self._parts["location"] = self._values("location", _given(told.get("location")))
        buttons = {f"{each['place']}": str(each["value"]) for each in told.get("buttons") or ()}
        self._parts["buttons"] = self._values("buttons", buttons)
        if not (self._text or source.media or told):
            detail = "the message is empty; give a text, a file or a template"
            raise Invalid(f"text: {detail}", faults=(Fault("/text", detail),), code="template")
        parts = [each for values in self._parts.values() for _, each in values]
        self.templates: tuple[Template, ...] = (*parts, *([self._text] if self._text else []))
        constants: dict[tuple[str, ...], str] = {("campaign", "name"): source.campaign_name}
        constants["sender", "name"] = source.sender_name
        self.lookup = Lookup(self._engine.words, constants, self._engine.weight)

    @property
    def variables(self) -> frozenset[str]:
        """Names of all variables that the message uses."""
        return frozenset().union(*(template.tree.variables for template in self.templates))

    def build(self, recipient: Recipient, now_ms: int) -> bytes:
        """The message for this recipient. Raises RenderError."""
        told = {**self._payload(self._context(recipient)), "delivery": f"{self.source.campaign_uid}/{recipient.seq}"}
        if self.source.single and "media" in told:
            del told["media"]["position"]
            told["media"]["seq"] = recipient.seq
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def write(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """As `build`; of a line's end, which couriers of mail ask about, there is none in it."""
        return self.build(recipient, now_ms), True

    def wanting(self, recipient: Recipient) -> str:
        """What this recipient lacks: `-name;` absent, `?name;` fallback used, `0name;` empty. Raises RenderError."""
        context = self._context(recipient)
        told = "".join(template.wanting(context) for template in self.templates)
        if "-" not in told:
            self._payload(context)
        return told

    def fallbacks(self) -> dict[str, str]:
        """Variable -> the text that stands for it when it is absent or empty (of several, the first)."""
        found: dict[str, str] = {}
        for template in self.templates:
            for name, text in template.tree.fallbacks():
                found.setdefault(name, text)
        return found

    def _payload(self, context: Mapping[str, Any]) -> dict[str, Any]:
        if self.source.template:
            told = {"template": self._approved(self.source.template, context)}
            return {**told, "media": self._file()} if self.source.media else told
        text = self._text.render(context).strip() if self._text else ""
        limit = CAPTION_LIMIT if self.source.media else TEXT_LIMIT
        if len(text) > limit:
            raise RenderError("too_long")
        if self.source.media:
            return {"media": {**self._file(), "caption": text}}
        if not text:
            raise RenderError("empty")
        return {"text": text}

    def _file(self) -> dict[str, Any]:
        filename, mime = self.source.media or ("", "")
        return {"position": self.source.position, "mime": mime, "filename": filename}

    def _values(self, part: str, given: Sequence[str] | Mapping[str, str]) -> list[tuple[str | None, Template]]:
        """The values of an approved template's variables, with their names where they have some."""
        named = given.items() if isinstance(given, Mapping) else ((None, value) for value in given)
        return [
            (name, self._engine.compile(parse(str(value), f"whatsapp_template/{part}/{n if name is None else name}")))
            for n, (name, value) in enumerate(named)
        ]

    def _approved(self, told: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        components = [
            {
                "type": part,
                "parameters": [
                    {"type": "text", **({} if name is None else {"parameter_name": name}), "text": each.render(context)}
                    for name, each in values
                ],
            }
            for part, values in self._parts.items()
            if values and part in ("header", "body")
        ]
        place, buttons = self._place(context), self._buttons(told, context)
        return {
            "name": told["name"],
            "language": told.get("language") or "en",
            "components": [*place, *components, *buttons],
        }

    def _place(self, context: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The header of a template that is a place on the map."""
        told = {name or "": each.render(context).strip() for name, each in self._parts["location"]}
        if not told:
            return []
        for name, most in _DEGREES.items():
            try:
                found = abs(float(told[name]))
            except (KeyError, ValueError):
                raise RenderError("not_a_number", name) from None
            if not found <= most:  # no number at all is none of these either
                raise RenderError("not_a_number", name)
        return [{"type": "header", "parameters": [{"type": "location", "location": told}]}]

    def _buttons(self, told: Mapping[str, Any], context: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Values of buttons; WhatsApp counts them from 0."""
        kinds = {f"{each['place']}": str(each["kind"]) for each in told.get("buttons") or ()}
        found = []
        for place, each in self._parts["buttons"]:
            value, kind = each.render(context).strip(), kinds[place or ""]
            if not value:
                raise RenderError("empty")
            if kind == "url":  # the end of an address: what an address may have stays as it is
                value = quote(value, safe="%/:?#[]@!$&'()*+,;=-._~")
            name = _BUTTON[kind]
            parameters = [{"type": name, name: value}]
            index = str(int(place or "1") - 1)
            found.append({"type": "button", "sub_type": kind, "index": index, "parameters": parameters})
        return found

    def _context(self, recipient: Recipient) -> dict[str, Any]:
        fields = {**self.source.common, "phone": recipient.address, **recipient.fields}
        return self.lookup.context(Recipient(recipient.seq, "", recipient.name, fields))
