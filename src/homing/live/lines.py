"""One recipient of a campaign as a line: what `homing export` writes and `GET /campaigns/{id}/deliveries` answers."""

from collections.abc import Callable
from typing import Any

from homing.content.sender_line import message_id
from homing.model.campaign import State as CampaignState
from homing.model.channel import EMAIL, channel_of
from homing.model.delivery import State
from homing.model.errors import Invalid
from homing.model.moment import rfc3339
from homing.model.policy import masked
from homing.store.campaigns import Campaign
from homing.store.results import Result

COLUMNS = ("seq", "email", "phone", "state", "attempts", "reason", "code", "words", "provider_id", "message_id", "at")


def known_state(word: str | None) -> str | None:
    """The word itself when it names a state of deliveries. Raises Invalid."""
    if word is not None and word not in [state.value for state in State]:
        raise Invalid(f"there is no state '{word}'; there are {', '.join(State)}")
    return word


Naming = Callable[[Result], dict[str, Any]]


def naming(of: Campaign, from_: str) -> Naming:
    """What a line takes from its campaign: the Message-ID, which channel an address is of, what a cancelled one reads."""

    def names(row: Result) -> dict[str, Any]:
        by_mail = (channel_of(row.address) if row.address else of.channel) == EMAIL
        waits = row.state == State.QUEUED and of.state is CampaignState.CANCELLED
        return {
            "email": (row.address or None) if by_mail else row.email,
            "phone": row.phone if by_mail else (row.address or None),
            "state": State.CANCELLED.value if waits else row.state,
            "message_id": message_id(of.uid, row.seq, from_) if by_mail and from_ else None,
        }

    return names


def mask(line: dict[str, Any]) -> dict[str, Any]:
    """The line for who sees addresses masked; a provider's words may quote them too."""
    return {**line, "email": masked(line["email"]), "phone": masked(line["phone"]), "words": None}


def told(row: Result, names: Naming) -> dict[str, Any]:
    """The line, in the order of COLUMNS."""
    found = {
        "seq": row.seq,
        "attempts": row.attempts,
        "reason": row.reason,
        "code": row.code,
        "words": row.words,
        "provider_id": row.provider_id,
        "at": rfc3339(row.changed_at),
        **names(row),
    }
    return {name: found[name] for name in COLUMNS}
