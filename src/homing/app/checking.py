"""What is looked at before a campaign starts: whether its letter compiles, what is wrong with it, what its readers lack."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homing.model.finding import Finding

if TYPE_CHECKING:
    from homing.app import House
    from homing.content.chat import Chat
    from homing.content.letter import Letter
    from homing.content.rehearsal import Rehearsal
    from homing.model.outlook import Outlook
    from homing.store.campaigns import Campaign


@dataclass(frozen=True, slots=True)
class Checked:
    """The dry run over an audience, and every check of the letter, errors first."""

    rehearsal: "Rehearsal"
    findings: Sequence[Finding]


def from_of(house: "House", campaign: "Campaign") -> str:
    """The From that a campaign's messages carry: its own, else its sender's; "" when neither names one."""
    from homing.model.errors import NotFound
    from homing.store.senders import Senders

    if campaign.content.get("from") or campaign.sender_id is None:
        return str(campaign.content.get("from") or "")
    with contextlib.suppress(NotFound):
        return str(Senders(house.database).get(campaign.sender_id).options.get("from") or "")
    return ""


def check_letter(house: "House", campaign: "Campaign") -> "Letter | Chat":
    """The compiled letter of a campaign. Raises Invalid naming the part and the place when it does not compile."""
    from homing.engine.letters import load_letter
    from homing.model.intent import wrong
    from homing.store.campaigns import Campaigns
    from homing.store.senders import Senders

    default_from, name = "", ""
    if campaign.sender_id is not None:
        sender = Senders(house.database).get(campaign.sender_id)
        default_from, name = sender.options.get("from", ""), sender.name
    if campaign.channel == "email" and not (campaign.content.get("from") or default_from):
        raise wrong("/from", "say who it is from: `--from` here, or for all campaigns `homing sender set NAME --from`")
    letter, _ = load_letter(
        Campaigns(house.database), campaign, default_from=default_from, sender_name=name, links=house.links
    )
    return letter


def rehearse(house: "House", campaign: "Campaign") -> "Rehearsal":
    """The dry run over the audience as it is now: nothing is planned or sent. Raises as check_letter does."""
    from homing.engine.letters import rehearse_letter

    return rehearse_letter(house.database, campaign, check_letter(house, campaign))


def check(house: "House", campaign: "Campaign") -> Checked:
    """The dry run, and what is wrong with the letter. Raises as check_letter does."""
    from homing.content.letter import Letter
    from homing.content.lint import inspect, of_readers
    from homing.engine.letters import rehearse_letter

    letter = check_letter(house, campaign)
    found = rehearse_letter(house.database, campaign, letter)
    return Checked(found, inspect(letter, found) if isinstance(letter, Letter) else of_readers(found))


def look_at(house: "House", campaign: "Campaign") -> Sequence[Finding]:
    """What is wrong with the letter itself, whoever reads it: quick, however many they are. Raises as check_letter does."""
    from homing.content.letter import Letter
    from homing.content.lint import inspect

    letter = check_letter(house, campaign)
    return inspect(letter) if isinstance(letter, Letter) else ()


def forecast(house: "House", campaign: "Campaign", count: int) -> "Outlook | None":
    """How long a campaign to `count` people takes at its sender's limits; None: nothing of ours holds it back."""
    from homing.app.devices import limits_of
    from homing.model.outlook import outlook

    if campaign.sender_id is None:
        return None
    limits = limits_of(house.database, house.senders.open(campaign.sender_id))
    return outlook(count, limits, house.world.clock.now())
