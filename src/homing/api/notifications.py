"""/notifications: what a person wants to know of, by which way, and the browsers that are told while no page is open."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from homing.api import shapes
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader
from homing.api.ledger import Ledger
from homing.model.moment import rfc3339
from homing.model.news import EVENTS, Way, fits
from homing.store.bell import News
from homing.store.choices import Choice
from homing.store.events import Cursor
from homing.store.pushes import Keys, Subscription

router = APIRouter(route_class=ActingRoute, tags=["notifications"])
Reads = Annotated[Principal, Depends(reader)]
Uid = Annotated[str, Path(alias="id", description="Of a browser of yours.")]
_WORDS = {
    "campaign.completed": "A campaign is completed",
    "campaign.paused": "A campaign paused by itself",
    "sender.health": "A sender went down, or is up again",
    "import": "An import is done, paused or failed",
    "whatsapp": "A WhatsApp device connected or disconnected",
}
_SAMPLE = {"import": "import.completed", "whatsapp": "whatsapp.connected"}


class ReadBody(shapes.Body):
    cursor: str


class ChoiceBody(shapes.Body):
    event: str = Field(examples=list(EVENTS))
    way: Way
    on: bool


class ChoicesBody(shapes.Body):
    choices: list[ChoiceBody] = Field(max_length=100)


class KeysBody(shapes.Body):
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class SubscriptionBody(shapes.Body):
    """A PushSubscription as a browser writes it (Push API), and how people call the browser."""

    endpoint: str = Field(max_length=2000)
    keys: KeysBody
    agent: str = ""
    expirationTime: float | None = None  # noqa: N815 - the browser's own name


def _shape(of: News) -> dict[str, Any]:
    return {
        "cursor": str(of.cursor),
        "at": rfc3339(of.at),
        "kind": of.kind,
        "topic": of.topic,
        "subject": of.subject,
        "text": of.text,
        "unread": of.unread,
    }


@router.get("/notifications")
def notifications(who: Reads, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
    """The newest first, with the number of those unread among them. Completed, paused by itself, a sender down or up ..."""
    found = ledger_of(request).bell.newest(who.workspace_id, who.name, limit)
    return {"items": [_shape(each) for each in found], "unread": sum(each.unread for each in found), "next": None}


@router.post("/notifications/read")
def read(body: ReadBody, who: Reads, request: Request) -> dict[str, Any]:
    """Everything up to this cursor is read, on every device of this person: a `notice.read` fact tells the others."""
    bell = ledger_of(request).bell
    bell.read_through(who.workspace_id, who.name, Cursor.parse(body.cursor))
    return {"unread": sum(each.unread for each in bell.newest(who.workspace_id, who.name, 200))}


# ------------------------------------------------------------------------------------------------ choices


@router.get("/notifications/choices")
def choices(who: Reads, request: Request) -> dict[str, Any]:
    """What you are told of, and how: each event with its ways, and the webhooks of the workspace that hear it."""
    return _matrix(ledger_of(request), who)


@router.put("/notifications/choices")
def choose(body: ChoicesBody, who: Reads, request: Request) -> dict[str, Any]:
    """Changes what the body names, for you alone."""
    ledger = ledger_of(request)
    wanted = [Choice(each.event, each.way, each.on) for each in body.choices]
    ledger.choices.choose(who.workspace_id, who.name, wanted)
    return _matrix(ledger, who)


def _matrix(ledger: Ledger, who: Principal) -> dict[str, Any]:
    hooks = [each for each in ledger.webhooks.list(who.workspace_id) if each.disabled_at is None]
    held = {(each.event, each.way): each.on for each in ledger.choices.of(who.workspace_id, who.name)}
    rows = [
        {
            "event": event,
            "words": _WORDS[event],
            **{way.value: held[event, way] for way in Way},
            "webhooks": sum(not hook.kinds or fits(_SAMPLE.get(event, event), hook.kinds) for hook in hooks),
        }
        for event in EVENTS
    ]
    return {"items": rows, "email": who.person.email if who.person else None, "next": None}


# ------------------------------------------------------------------------------------------------ Web Push


def _browser(of: Subscription) -> dict[str, Any]:
    return {
        "id": of.uid,
        "agent": of.agent,
        "endpoint": of.endpoint,
        "created_at": rfc3339(of.created_at),
        "told_at": rfc3339(of.told_at),
    }


@router.get("/notifications/push")
def browsers(who: Reads, request: Request) -> dict[str, Any]:
    """Your browsers that are told while no page is open, and the public key that one subscribes with (VAPID)."""
    pushes = ledger_of(request).pushes
    found = pushes.list(who.workspace_id, who.name)
    return {"public_key": pushes.public_key(), "items": [_browser(each) for each in found], "next": None}


@router.post("/notifications/push", status_code=201)
def subscribe(body: SubscriptionBody, who: Reads, request: Request) -> dict[str, Any]:
    """Keeps a browser's subscription; the same endpoint again takes the place of the former."""
    keys = Keys(body.keys.p256dh, body.keys.auth)
    pushes = ledger_of(request).pushes
    return _browser(pushes.subscribe(who.workspace_id, who.name, body.endpoint, keys, agent=body.agent))


@router.delete("/notifications/push/{id}", status_code=204)
def unsubscribe(uid: Uid, who: Reads, request: Request) -> None:
    """Tells this browser nothing more."""
    pushes = ledger_of(request).pushes
    pushes.end(pushes.find(who.workspace_id, who.name, uid).id)


@router.post("/notifications/push/{id}/test", status_code=202)
def test(uid: Uid, who: Reads, request: Request) -> dict[str, Any]:
    """Tells this browser one thing, so that you see that it works."""
    pushes = ledger_of(request).pushes
    found = pushes.find(who.workspace_id, who.name, uid)
    pushes.tell_test(found)
    return {"id": found.uid}
