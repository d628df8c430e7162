"""Which facts are told to people and to other programs, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

PUBLIC = (
    "campaign.started",
    "campaign.paused",
    "campaign.resumed",
    "campaign.completed",
    "campaign.cancelled",
    "campaign.reopened",
    "sender.health",
    "import.*",
    "whatsapp.*",
    "conversation.*",
    "contact.unsubscribed",
    "contact.came_back",
    "contact.signed_up",
    "delivery.bounced",
    "delivery.complained",
)
"""Kinds of facts that a webhook may ask for, as patterns."""
NOTICED = (
    "campaign.completed",
    "campaign.paused",
    "sender.health",
    "import.completed",
    "import.finished",
    "import.failed",
    "import.paused",
    "whatsapp.connected",
    "whatsapp.disconnected",
)
"""Kinds of facts that a person may want a notice of."""


EVENTS = ("campaign.completed", "campaign.paused", "sender.health", "import", "whatsapp")
"""What a person may choose about: a kind of NOTICED, or a family of them."""


class Way(StrEnum):
    """How somebody is told. Webhooks tell programs, and are chosen by the workspace, not by each person."""

    APP = "app"  # the bell of the page
    BROWSER = "browser"  # by the page while it is open somewhere in the background
    PUSH = "push"  # by the browser while no page is open (Web Push)
    EMAIL = "email"


def event_of(kind: str) -> str | None:
    """Which choice decides about a fact of this kind."""
    dotted = _dotted(kind)
    return next((event for event in EVENTS if dotted == event or dotted.startswith(f"{event}.")), None)


def by_default(event: str, way: Way, *, told_by_mail: bool) -> bool:
    """What holds for who has chosen nothing. `told_by_mail`: an owner of an installation that names no HOMING_NOTICE_TO."""
    return way is not Way.EMAIL or (told_by_mail and event != "import")


def _dotted(kind: str) -> str:
    """Facts about devices carry the founding document's names, as in `whatsapp-connected`."""
    return kind.replace("whatsapp-", "whatsapp.", 1)


def fits(kind: str, patterns: tuple[str, ...]) -> bool:
    """Whether a kind is one of these: `campaign.*` is all of a family."""
    return any(fnmatchcase(_dotted(kind), pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact for a person: one line, and a few sentences. `about_sender`: the uid of the sender that it speaks of."""

    kind: str
    subject: str
    text: str
    about_sender: str | None = None


def notice_of(kind: str, topic: str, body: Mapping[str, Any], name: str) -> Notice | None:
    """What a person is told, or None: it is no news to them. `name`: of the campaign, sender or import.

    Own acts are no news: a pause is told when Homing itself paused, a sender when it went down or came back.
    """
    match _dotted(kind):
        case "campaign.completed":
            return Notice(
                kind, f"'{name}' is completed", f"The campaign '{name}' is completed: nothing in it is open any more."
            )
        case "campaign.paused" if body.get("by") == "engine":
            return Notice(kind, f"'{name}' is paused", _paused(name, body))
        case "sender.health" if body.get("health") in ("down", "blocked") or body.get("was") in ("down", "blocked"):
            return _sender(kind, topic, body, name)
        case "import.completed" | "import.finished" | "import.failed" | "import.paused":
            word = {"completed": "done", "finished": "done"}.get(kind.partition(".")[2], kind.partition(".")[2])
            detail = str(body.get("detail") or body.get("reason") or "")
            return Notice(kind, f"The import '{name}' is {word}", f"The import '{name}' is {word}. {detail}".strip())
        case "whatsapp.connected" | "whatsapp.disconnected":
            word = _dotted(kind).partition(".")[2]
            return Notice(kind, f"WhatsApp '{name}' is {word}", f"The WhatsApp device '{name}' is {word}.")
        case _:
            return None


_WHY = {
    "no_connection": "There is no connection to the provider. It goes on by itself when the way is back.",
    "sender_down": "Its sender is down.",
    "too_many_failures": "Too many messages failed. Look at the reasons before you resume it.",
    "canary": "The first messages are out and wait for your approval.",
    "sender_limit": "Its sender has reached its limit.",
    "missed_start": "Its start was missed. Resume it to send now.",
    "restored": "This database is a restored copy. Look at what may have been sent since before you resume it.",
    "watcher_gone": "Nobody watches it any more.",
}


def _paused(name: str, body: Mapping[str, Any]) -> str:
    why = _WHY.get(str(body.get("reason")), "")
    detail = str(body.get("detail") or "")
    return " ".join(part for part in (f"The campaign '{name}' is paused.", why, detail) if part)


def _sender(kind: str, topic: str, body: Mapping[str, Any], name: str) -> Notice:
    health = str(body.get("health"))
    words = {
        "down": "is down",
        "blocked": "is blocked and needs a person",
        "up": "is up again",
        "slow": "answers again",
    }
    told = f"The sender '{name}' {words.get(health, health)}."
    detail = str(body.get("detail") or "")
    text = f"{told} {detail}".strip()
    return Notice(kind, told.rstrip("."), text, about_sender=topic.partition(":")[2])
