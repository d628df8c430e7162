"""How long a campaign will take, told before it begins."""

import shlex
from typing import TYPE_CHECKING

from homing.cli.output import say

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.ids import SenderId
    from homing.store.campaigns import Campaign

_SOON = 600.0  # seconds; what is over sooner needs no forecast


def tell_outlook(house: "House", made: "Campaign", count: int) -> None:
    """How long it will take at the sender's limits, and how to change them: before it begins, not after a day."""
    from homing.app import sender_of
    from homing.store.audience import Audience

    if made.sender_id is None:
        return
    if not made.mixed:
        _tell_of(house, made, count, made.sender_id)
        return
    for channel in made.prefers:
        count = sum(1 for _ in Audience(house.database).members(made, channel))
        say(f"{count} get it by {'e-mail' if channel == 'email' else 'WhatsApp'}")
        _tell_of(house, made, count, sender_of(house, made, channel))


def _tell_of(house: "House", made: "Campaign", count: int, sender_id: "SenderId") -> None:
    from homing.app import forecast
    from homing.model.sender import Kind
    from homing.store.senders import Senders

    found = forecast(house, made, count, sender_id)
    if found is None or found.seconds < _SOON:
        return
    sender = Senders(house.database).get(sender_id)
    name = sender.name
    say(f"{count} messages at the limits of '{name}': {found.words} (at most {found.per_day} on the first day)")
    if sender.kind is Kind.WHATSAPP_CLOUD and not sender.options.get("daily"):
        say("WhatsApp sets this limit of people in 24 hours; it grows with use and good quality")
        return
    chat = sender.kind.channel == "whatsapp"
    flags = "--daily-new N --hours 08:00-20:00|off" if chat else "--pacing off, --rate or --daily"
    say(f"change them with `homing sender set {shlex.quote(name)} {flags}`")
