"""Tells watchers of a storage that refuses: from memory, not from the log, which cannot be written then (L19)."""

from typing import Any

from homing.model.campaign import Activity
from homing.model.moment import rfc3339
from homing.model.storage import Refusal


def when(refusal: Refusal) -> dict[str, Any]:
    """Since when it refuses, and when a write is tried again at the latest."""
    return {"since": rfc3339(refusal.since), "next_at": rfc3339(refusal.next_at)}


def news(refusal: Refusal | None) -> dict[str, Any]:
    """As JSON; with None all is well again. It has no cursor: it is not in the log, and nobody can come back to it."""
    if refusal is None:
        return {"activity": None}
    return {"activity": Activity.WAITING_FOR_STORAGE, "detail": refusal.sentence, **when(refusal)}
