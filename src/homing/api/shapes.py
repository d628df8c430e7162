"""The JSON of the API: what bodies may hold, and how rows are told. Times are RFC 3339, ids UUIDv7, numbers carry their unit."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from homing.api.bodies import Body, Sound
from homing.api.template_shapes import TemplateBody
from homing.model.campaign import State
from homing.model.channel import FAILOVER_AFTER, MIXED
from homing.model.device import ATTEMPTS
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.policy import masked
from homing.store.campaigns import Campaign
from homing.store.contacts import Contact
from homing.store.devices import Device
from homing.store.lists import ContactList
from homing.store.sender_options import told as settings_in_force
from homing.store.senders import Sender
from homing.store.status import CampaignStatus
from homing.store.suppressions import Suppression
from homing.store.tokens import Token
from homing.store.workspaces import Workspace

__all__ = ["Body", "Sound"]  # beside all that is made here
_LARGEST_KEY = 2**63 - 1


class AudienceBody(Body):
    all: bool | None = Field(None, description="Every contact of the workspace.")
    lists: list[str] | None = Field(None, description="Names or ids.")
    exclude_lists: list[str] | None = Field(None, description="Names or ids; whoever is on one of them is left out.")
    segment: str | None = Field(None, description="Name or id of a stored filter.")
    contacts: list[str] | None = Field(None, description="Addresses or ids.")


class MergeBody(Body):
    other: str = Field(description="An id or address of the other contact.")


class WindowBody(Body):
    opens: str = Field(examples=["08:00"])
    closes: str = Field(examples=["20:00"])
    zone: str = Field("UTC", examples=["Europe/Berlin"])


class AttachmentBody(Body):
    filename: str
    content: str = Field(description="In base64.")
    content_type: str | None = None


class CampaignFileBody(Body):
    """An attachment: its bytes here, or a file of the media library."""

    filename: str | None = None
    content: str | None = Field(None, description="In base64.")
    content_type: str | None = None
    media: str | None = Field(None, description="Id or name of a file of the media library, instead of `content`.")


class TrackingBody(Body):
    """What is counted of what readers do. Off unless it is asked for."""

    opens: bool = Field(False, description="By a pixel of this server; raw opens are purged after 90 days.")
    clicks: bool = Field(False, description="By signed links through this server, in the HTML.")


class ChatBody(Body):
    """The WhatsApp message of a campaign that has an e-mail, too: a text, a file with the text as its caption, or a template."""

    text: str | None = None
    whatsapp_template: TemplateBody | None = None
    attachments: list[AttachmentBody] | None = Field(None, max_length=1)


class CampaignBody(Body):
    """A campaign, or the part of it that changes. While it sends only `senders`, `window`, `canary` and `stop_if_failed` may."""

    name: str | None = None
    channel: Literal["email", "whatsapp", "mixed"] | None = Field(
        None, description="By its senders. mixed: an e-mail and a WhatsApp message, each recipient gets one."
    )
    mode: Literal["server", "attended"] | None = Field(None, description="attended: only while somebody watches.")
    audience: AudienceBody | None = None
    subject: str | None = Field(None, description="A template: `{{ name }}`.")
    preheader: str | None = None
    text: str | None = None
    html: str | None = None
    whatsapp_template: TemplateBody | None = None
    template: str | None = Field(
        None, description="Name or id: its newest version is copied; what stands beside it here wins."
    )
    senders: list[str] | None = Field(None, description="Names or ids, first preferred.")
    weights: list[int] | None = Field(None, description="Share the work by weight instead of keeping to the order.")
    from_: str | None = Field(None, alias="from", examples=["Name <a@b.example>"])
    reply_to: str | None = None
    headers: dict[str, str] | None = None
    vars: dict[str, Any] | None = Field(None, description="Variables for all; a contact's own win.")
    attachments: list[CampaignFileBody] | None = None
    whatsapp: ChatBody | None = Field(None, description="The WhatsApp message beside the e-mail: makes it mixed.")
    prefer: list[Literal["email", "whatsapp"]] | None = Field(
        None, description="Which channel comes first where a contact consented to both or to none: whatsapp, email."
    )
    failover_after: str | float | None = Field(
        None, description="How long a channel is down before the other one takes what waits for it (5m); 0: never."
    )
    start_at: str | None = Field(None, description="RFC 3339.", examples=["2030-05-01T08:00:00+02:00"])
    window: WindowBody | str | None = Field(None, description="Sending hours.")
    canary: int | None = Field(None, description="Send so many, then wait for approval.")
    stop_if_failed: float | str | None = Field(None, description="Pause when a larger share fails; 0 switches it off.")
    require_consent: bool | None = None
    tracking: TrackingBody | None = Field(None, description="Nothing is tracked unless this says so.")
    footer: bool | None = Field(
        None, description="False: an HTML body without `unsubscribe_url` gets no footer with it."
    )


class StartBody(Body):
    attendant: str | None = Field(None, description="Who watches from here, when the mode is attended.")
    anyway: bool = Field(False, description="Start although the check found errors; the audit log says who did.")


class WatchBody(Body):
    attendant: str = Field(description="A random word of 8 to 80 characters that this browser keeps.")


class ModeBody(Body):
    mode: Literal["server", "attended"]
    attendant: str | None = Field(None, description="Who watches from here, when the mode is attended.")


class AttendBody(Body):
    n: int = Field(0, ge=0, le=_LARGEST_KEY, description="Of the ping that is acknowledged.")
    attendant: str
    campaigns: list[str] = Field(description="Ids.", max_length=100)


class RetryBody(Body):
    reason: str | None = Field(None, description="Only those that failed so.")


class ResolveBody(Body):
    seqs: list[Annotated[int, Field(ge=1, le=_LARGEST_KEY)]] | None = Field(
        None, description="Positions.", max_length=10_000
    )
    all: bool = False
    as_: Literal["sent", "failed", "send-again"] = Field(alias="as")


class TestBody(Body):
    __test__ = False
    to: str = Field(description="Where the one message goes.")


class SenderBody(Sound):
    """A sender: its options have the names of the flags of `homing sender add`, with `_` for `-`."""

    model_config = ConfigDict(extra="allow")

    name: str
    kind: str = Field(examples=["smtp", "sendgrid", "ses", "simulated"])


class SenderChange(Sound):
    """Options to change; null takes one away."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None


class WorkspaceChange(Body):
    name: str | None = None
    zone: str | None = Field(None, examples=["Europe/Berlin"], description="Of its people; the page takes times in it.")


class NameBody(Body):
    name: str


class MembersBody(Body):
    contacts: list[str] = Field(description="Addresses or ids.", max_length=5_000)


class TokenBody(Body):
    name: str = "api"
    scopes: list[Literal["read", "write", "send", "admin", "people"]] | None = Field(
        None, min_length=1, description="All that its maker has when not given."
    )
    expires_at: str | None = Field(None, description="RFC 3339; never when not given.")


class SuppressionBody(Body):
    address: str | None = Field(None, description="An address, or @domain.")
    addresses: list[str] | None = Field(None, max_length=5_000)
    reason: str = "by_person"
    channel: Literal["email", "whatsapp"] = "email"


class ContactBody(Body):
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    attributes: dict[str, str | int | float | bool | None] | None = None
    consent_email: Literal["unknown", "given", "refused"] | None = None
    consent_whatsapp: Literal["unknown", "given", "refused"] | None = None
    list: str | None = Field(None, description="Put a new contact on this list, made when absent.")
    default_country: Annotated[str | None, Field(None, examples=["LK"])]


# ------------------------------------------------------------------------------------------------ rows


def campaign(of: Campaign, now: CampaignStatus) -> dict[str, Any]:
    """A campaign with its progress. `control` is its version: it changes by people's acts, not by progress."""
    content = of.content
    counts = ("audience", "sent", "failed", "skipped", "cancelled", "uncertain", "open")
    return {
        "id": of.uid,
        "name": of.name,
        "channel": MIXED if of.mixed else of.channel,
        "mode": of.mode,
        "state": of.state,
        "reason": of.reason,
        "detail": now.reason,
        "activity": now.activity,
        "next_at": rfc3339(now.next_at) if of.state is State.SENDING else None,
        "counts": {name: getattr(now, name) for name in counts},
        "rate": now.rate,
        "eta_seconds": now.eta_seconds,
        "next_seq": now.next_seq,
        "stuck": now.stuck,
        "planned": now.planned,
        "subject": content.get("subject"),
        "preheader": content.get("preheader"),
        "text": content.get("text"),
        "html": content.get("html"),
        "whatsapp_template": content.get("whatsapp_template"),
        "template": content.get("template"),
        "from": content.get("from"),
        "reply_to": content.get("reply_to"),
        "headers": dict(content.get("headers", ())),
        "vars": content.get("vars") or {},
        "whatsapp": _chat(content.get("whatsapp")),
        "prefer": of.options.get("prefer"),
        "failover_after_seconds": of.options.get("failover_after", FAILOVER_AFTER) if of.mixed else None,
        "window": of.options.get("window"),
        "canary": of.options.get("canary"),
        "stop_if_failed": of.options.get("stop_if_failed"),
        "require_consent": bool(of.options.get("require_consent")),
        "footer": bool(of.options.get("footer", True)),
        "tracking": {name: name in (of.options.get("tracking") or ()) for name in ("opens", "clicks")},
        "start_at": rfc3339(of.start_at),
        "created_at": rfc3339(of.created_at),
        "started_at": rfc3339(of.started_at),
        "completed_at": rfc3339(of.completed_at),
        "control": of.control,
        "attendant": now.attendant,
    }


def _chat(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if told is None else {name: told.get(name) for name in ("text", "whatsapp_template")}


def sender(of: Sender) -> dict[str, Any]:
    """A sender; of credentials only since when they are set."""
    return {
        "id": of.uid,
        "name": of.name,
        "kind": of.kind,
        "health": of.health,
        "detail": of.health_detail,
        "options": dict(of.options),
        "settings": settings_in_force(of.kind, of.options),
        "credentials_set_at": rfc3339(of.credentials_at),
        "version": of.version,
        "created_at": rfc3339(of.created_at),
    }


def device(of: Device) -> dict[str, Any]:
    """A linked device: its status, why, in words, and which attempt is next."""
    return {
        "id": of.uid,
        "name": of.name,
        "phoneNumber": of.phone,
        "status": of.standing.status,
        "reason": of.standing.reason,
        "cause": of.standing.code,
        "words": of.standing.words,
        "attempt": of.standing.attempt,
        "of": ATTEMPTS,
        "nextAt": rfc3339(of.next_at),
        "untilAt": rfc3339(of.standing.until),
        "since": rfc3339(of.since),
        "codeNumber": of.code_number,
        "codeTyped": of.code_typed,
        "codeExpiresAt": rfc3339(of.code_until),
    }


def contact(of: Contact, *, whole: bool = True) -> dict[str, Any]:
    """A contact; not `whole`: its addresses are masked."""
    return {
        "id": of.uid,
        "email": of.email if whole else masked(of.email),
        "phone": of.phone if whole else masked(of.phone),
        "name": of.name,
        "attributes": dict(of.attributes),
        "consent_email": of.consent_email,
        "consent_whatsapp": of.consent_whatsapp,
        "created_at": rfc3339(of.created_at),
        "updated_at": rfc3339(of.updated_at),
    }


def contact_list(of: ContactList) -> dict[str, Any]:
    return {"id": of.uid, "name": of.name, "members": of.members, "created_at": rfc3339(of.created_at)}


def workspace(of: Workspace) -> dict[str, Any]:
    return {"id": of.uid, "name": of.name, "zone": of.zone, "created_at": rfc3339(of.created_at)}


def suppression(of: Suppression, *, whole: bool = True) -> dict[str, Any]:
    """An address or domain that gets nothing; not `whole`: the address is masked."""
    return {**asdict(of), "since": rfc3339(of.since), "address": of.address if whole else masked(of.address)}


def token(of: Token) -> dict[str, Any]:
    """A token without its secret."""
    return {
        "id": of.uid,
        "name": of.name,
        "scopes": list(of.scopes),
        "created_at": rfc3339(of.created_at),
        "last_used_at": rfc3339(of.last_used_at),
        "revoked_at": rfc3339(of.revoked_at),
        "expires_at": rfc3339(of.expires_at),
    }


# ------------------------------------------------------------------------------------------------ pages


def cursor_of(*key: int | str) -> str:
    """Where a page ended, as an opaque word."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str | None, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The key in a cursor of ours. Raises Invalid for one that is not."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds) or not all(map(_can_be_key, key)):
        raise wrong("/query/cursor", "this is no cursor of this list; begin again without one")
    return tuple(key)


def _can_be_key(part: int | str) -> bool:
    return abs(part) <= _LARGEST_KEY if isinstance(part, int) else part.isprintable()


def page(items: list[dict[str, Any]], limit: int, last: str | None) -> Mapping[str, Any]:
    """A page; `next` is null at the end."""
    return {"items": items, "next": last if len(items) == limit else None}
