"""The two channels: which one an address is of, and which one a campaign over both takes for a contact."""

from collections.abc import Mapping, Sequence
from typing import Any

from homing.model.intent import wrong

EMAIL, WHATSAPP = "email", "whatsapp"
CHANNELS = (EMAIL, WHATSAPP)
MIXED = "mixed"
"""How a campaign over both is called outside; each of its deliveries is of one."""
FAILOVER_AFTER = 300.0
"""Seconds that all senders of a channel must have been down before what waits for them goes by the other one."""


def channel_of(address: str) -> str:
    """The channel of a delivery: its address is written down with it, and only one of e-mail has an @."""
    return EMAIL if "@" in address else WHATSAPP


def parse_preference(value: Any) -> list[str]:
    """["whatsapp", "email"] or "whatsapp,email". Raises Invalid."""
    given = [each.strip() for each in value.split(",")] if isinstance(value, str) else list(value or ())
    if sorted(given) != sorted(CHANNELS):
        raise wrong("/prefer", "name both channels, first preferred: whatsapp,email or email,whatsapp")
    return given


def choose(order: Sequence[str], consents: Mapping[str, str]) -> str | None:
    """The channel for a contact. `consents`: of the channels that it may be reached by. None: it cannot be.

    First the one that the contact consented to; of two such, and of two of which nothing is known, the preferred one.
    """
    open_ = [channel for channel in order if channel in consents]
    given = [channel for channel in open_ if consents[channel] == "given"]
    return next(iter([*given, *open_]), None)
