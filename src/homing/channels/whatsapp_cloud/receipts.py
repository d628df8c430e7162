"""The Cloud API on the way back: webhooks, verified over their raw bytes, then read into receipts and messages.

developers.facebook.com/docs/graph-api/webhooks/getting-started: a GET proves the address, each POST is signed. They come at
least once, in batches, in any order, up to seven days late.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from homing.channels.whatsapp_cloud.table import judge_code
from homing.model.outcome import Accepted, Unclear, Words, clean_words
from homing.model.receipt import DROPPED, Kind, Mark, Receipt

SIGNATURE = "x-hub-signature-256"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message. `state`: sent, delivered, read, failed; `name`: CAMPAIGN/SEQ/ATTEMPT, where it came back."""

    message_id: str
    state: str
    recipient: str
    name: str | None
    code: int | None = None
    words: str = ""

    @property
    def event_id(self) -> str:
        return f"{self.message_id}/{self.state}/{self.recipient}"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from somebody. `at`: wall milliseconds."""

    message_id: str
    phone: str
    name: str
    text: str
    media: str | None
    at: int

    @property
    def event_id(self) -> str:
        return self.message_id


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that is not read here; kept as it came."""

    field: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Preference:
    """Somebody told WhatsApp, not us, whether this business may write of its offers. `at`: wall milliseconds."""

    phone: str
    stop: bool
    at: int
    event_id: str


Event = Status | Inbound | Preference | Unknown
ABOUT_THE_NUMBER = frozenset(
    {
        "account_update",
        "business_capability_update",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "template_category_update",
    }
)
"""Fields after which what is known of a number and its templates is old."""


def verified(body: bytes, signature: str, app_secret: str) -> bool:
    """Whether Meta signed exactly these bytes."""
    wanted = "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """The answer to the GET that proves this address; None when the token is not ours."""
    given = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not hmac.compare_digest(given.encode(), verify_token.encode()):
        return None
    return query.get("hub.challenge", "")


_KINDS = {"sent": Kind.ACCEPTED, "delivered": Kind.DELIVERED, "read": Kind.READ, "failed": Kind.BOUNCED}


def receipts(body: bytes, at: int) -> list[Receipt]:
    """The statuses of a verified body in the normal vocabulary. `at`: when it came in, wall milliseconds."""
    return [_receipt(each, at) for each in parse(body)]


def _receipt(event: Event, at: int) -> Receipt:
    if not isinstance(event, Status):
        return Receipt("whatsapp_cloud", event.event_id, Kind.OTHER, at)
    kind = _KINDS.get(event.state, Kind.OTHER)
    reason = code = words = ""
    if kind is Kind.BOUNCED and event.code is not None:
        judged = judge_code(event.code, Words("response", str(event.code), clean_words(event.words)))
        reason = DROPPED if isinstance(judged, Accepted | Unclear) else judged.reason
        code, words = str(event.code), clean_words(event.words)
    mark = Mark.parse(event.name)
    return Receipt("whatsapp_cloud", event.event_id, kind, at, mark, reason, code, words, provider_id=event.message_id)


def parse(body: bytes, number_id: str | None = None) -> list[Event]:
    """What a verified body tells of this number (None: of all). What cannot be read is Unknown, never an error."""
    try:
        told = json.loads(body)
        entries = told["entry"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return [Unknown("body", hashlib.sha256(body).hexdigest())]
    changes = [each for entry in _all(entries) for each in _all(entry.get("changes"))]
    found: list[Event] = []
    for told in _each(lambda change: list(_change(change, number_id)), changes):
        found += [told] if isinstance(told, Unknown) else told
    return found


def _all(given: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else stands there is passed over."""
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


Found = TypeVar("Found")


def _each(read: Callable[[dict[str, Any]], Found], given: Any) -> Iterator[Found | Unknown]:
    """What `read` gives of each; Unknown where it cannot, so that its neighbours are read all the same."""
    for told in _all(given):
        try:
            yield read(told)
        except (LookupError, TypeError, ValueError, AttributeError):
            yield Unknown(str(told.get("field") or "unreadable"), _digest(told))


def _change(change: Mapping[str, Any], number_id: str | None) -> Iterator[Event]:
    value, field = change["value"], change.get("field")
    if field not in ("messages", "user_preferences"):
        yield Unknown(str(field), _digest(change))
        return
    if number_id is not None and str(value["metadata"]["phone_number_id"]) != number_id:
        return
    names = {str(c.get("wa_id")): _name_of(c) for c in _all(value.get("contacts"))}
    reads: dict[str, Callable[[dict[str, Any]], Event]] = {
        "user_preferences": _preference,
        "statuses": _status,
        "messages": lambda told: _inbound(told, names),
    }
    for part, read in reads.items():
        yield from _each(read, value.get(part))


def _wall(seconds: Any) -> int:
    """Wall milliseconds. Raises ValueError for a time that is none."""
    found = int(seconds)
    if not 0 <= found < 2**36:
        raise ValueError(seconds)
    return found * 1000


def _name_of(contact: Mapping[str, Any]) -> str:
    profile = contact.get("profile")
    return str(profile.get("name") or "") if isinstance(profile, dict) else ""


def _preference(told: Mapping[str, Any]) -> Event:
    wish = str(told["value"])
    if wish not in ("stop", "resume") or not str(told["wa_id"]).isdecimal():
        raise ValueError(wish)
    return Preference(str(told["wa_id"]), wish == "stop", _wall(told["timestamp"]), _digest(told))


def _status(told: Mapping[str, Any]) -> Status:
    errors = _all(told.get("errors"))
    first = errors[0] if errors else {}
    more = first.get("error_data")
    details = (more.get("details") if isinstance(more, dict) else None) or first.get("title") or ""
    code = int(first["code"]) if "code" in first else None
    given = told.get("biz_opaque_callback_data")
    name = given if isinstance(given, str) else None
    return Status(str(told["id"]), str(told["status"]), str(told.get("recipient_id", "")), name, code, str(details))


def _inbound(told: Mapping[str, Any], names: Mapping[Any, str]) -> Inbound:
    kind = str(told.get("type"))
    part = told.get(kind)
    text = ""
    if isinstance(part, dict):
        inner = part.get(str(part.get("type")))  # of what was tapped: button_reply, list_reply
        tapped = inner.get("title") if isinstance(inner, dict) else None
        text = str(part.get("body") or part.get("text") or part.get("caption") or tapped or "")
    media = kind if kind in ("image", "video", "audio", "document", "sticker") else None
    phone = str(told["from"])
    if not phone.isdecimal():
        raise ValueError(phone)  # a person who is known by another name than a number
    return Inbound(str(told["id"]), phone, names.get(phone, ""), text, media, _wall(told.get("timestamp", 0)))


def _digest(change: Any) -> str:
    return hashlib.sha256(json.dumps(change, sort_keys=True, default=str).encode()).hexdigest()
