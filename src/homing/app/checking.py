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
    from homing.model.ids import SenderId
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
        named = sender_of(house, campaign, "email" if campaign.mixed else None)
        return str(Senders(house.database).get(named).options.get("from") or "")
    return ""


def sender_of(house: "House", campaign: "Campaign", channel: str | None = None) -> "SenderId":
    """The sender of a campaign, of one over both channels the first of `channel`. Raises NotFound."""
    from homing.model.errors import NotFound
    from homing.model.ids import SenderId
    from homing.store.senders import Senders

    senders = Senders(house.database)
    ids = [SenderId(each) for each in campaign.senders] if channel is not None else [campaign.sender_id]
    for each in ids:
        if each is not None and channel in (None, senders.get(each).kind.channel):
            return each
    raise NotFound(f"this campaign has no sender for {channel or campaign.channel} yet")


def check_letter(house: "House", campaign: "Campaign", channel: str | None = None) -> "Letter | Chat":
    """The compiled letter of a campaign. Raises Invalid naming the part and the place when it does not compile.

    Of one over both channels the message of `channel`; without it both are compiled, and the e-mail comes back.
    """
    if campaign.mixed and channel is None:
        check_letter(house, campaign, "whatsapp")
        return check_letter(house, campaign, "email")
    from homing.engine.letters import load_letter
    from homing.model.errors import NotFound
    from homing.model.intent import wrong
    from homing.store.campaigns import Campaigns
    from homing.store.senders import Senders

    default_from, name = "", ""
    with contextlib.suppress(NotFound):
        sender = Senders(house.database).get(sender_of(house, campaign, channel))
        default_from, name = sender.options.get("from", ""), sender.name
    if (channel or campaign.channel) == "email" and not (campaign.content.get("from") or default_from):
        raise wrong("/from", "say who it is from: `--from` here, or for all campaigns `homing sender set NAME --from`")
    campaigns, links = Campaigns(house.database), house.links
    letter, _ = load_letter(
        campaigns, campaign, default_from=default_from, sender_name=name, links=links, channel=channel
    )
    return letter


def rehearse(house: "House", campaign: "Campaign") -> "Rehearsal":
    """The dry run over the audience as it is now: nothing is planned or sent. Raises as check_letter does."""
    from homing.content.rehearsal import together
    from homing.engine.letters import rehearse_letter

    if campaign.mixed:
        return together(
            rehearse_letter(house.database, campaign, check_letter(house, campaign, channel), channel)
            for channel in campaign.prefers
        )
    return rehearse_letter(house.database, campaign, check_letter(house, campaign))


def check(house: "House", campaign: "Campaign") -> Checked:
    """The dry run, and what is wrong with the letter. Raises as check_letter does."""
    from homing.content.letter import Letter
    from homing.content.lint import inspect, of_readers

    letter = check_letter(house, campaign)
    found = rehearse(house, campaign)
    seen = inspect(letter, found) if isinstance(letter, Letter) else of_readers(found)
    return Checked(found, [*at_whatsapp(house, campaign), *seen])


def look_at(house: "House", campaign: "Campaign") -> Sequence[Finding]:
    """What is wrong with the letter itself, whoever reads it: quick, however many they are. Raises as check_letter does."""
    from homing.content.letter import Letter
    from homing.content.lint import inspect

    letter = check_letter(house, campaign)
    return [*at_whatsapp(house, campaign), *(inspect(letter) if isinstance(letter, Letter) else ())]


def at_whatsapp(house: "House", campaign: "Campaign") -> Sequence[Finding]:
    """What WhatsApp would refuse, as far as it is known here: of a template, or of free text."""
    from homing.model.approved import fault_of
    from homing.model.finding import FAIL, WARN
    from homing.model.ids import SenderId
    from homing.model.sender import Kind
    from homing.store.cloud_accounts import CloudAccounts

    said = campaign.content.get("whatsapp") or campaign.content
    template = said.get("whatsapp_template")
    if not template:
        return windows(house, campaign)
    senders = [house.senders.get(SenderId(each)) for each in campaign.senders]
    mime = _mime(house, campaign)
    found: list[Finding] = []
    for each in senders:
        account = CloudAccounts(house.database).get(each.id) if each.kind is Kind.WHATSAPP_CLOUD else None
        fault = fault_of(account, template, mime)
        if fault is not None:
            mend = f"`homing sender account {each.name} --refresh` asks WhatsApp again and shows what may be sent"
            found.append(Finding("template", FAIL, fault, mend))
        if account is not None and account.quality.upper() == "RED":
            words = f"WhatsApp rates the quality of '{each.name}' low: it may lower its limit, or block it"
            found.append(Finding("quality", WARN, words, "write only to people who expect it"))
    return found


def _mime(house: "House", campaign: "Campaign") -> str | None:
    """Of the file that goes with its WhatsApp message."""
    from homing.engine.letters import chat_source
    from homing.store.campaigns import Campaigns

    source = chat_source(campaign, Campaigns(house.database).attachments(campaign.id), sender_name="")
    return source.media[1] if source.media else None


def windows(house: "House", campaign: "Campaign") -> Sequence[Finding]:
    """Free text over the Cloud API reaches only those who wrote to the number in the last 24 hours."""
    from homing.model.finding import FAIL, WARN
    from homing.model.ids import SenderId
    from homing.model.sender import Kind
    from homing.store.audience import Audience

    said = campaign.content.get("whatsapp") or campaign.content
    kinds = {SenderId(each): house.senders.get(SenderId(each)).kind for each in campaign.senders}
    numbers = [each for each, kind in kinds.items() if kind is Kind.WHATSAPP_CLOUD]
    if not numbers or said.get("whatsapp_template") or Kind.WHATSAPP_LINKED in kinds.values():
        return ()
    audience, channel = Audience(house.database), "whatsapp" if campaign.mixed else None
    out = audience.outside(campaign, numbers, channel)
    everybody = sum(1 for _ in audience.members(campaign, channel)) if out else 0
    if not out:
        return ()
    mend = "send an approved template: `whatsapp_template`, `--whatsapp-template FILE`"
    words = "wrote to this number in the last 24 hours, and only those may be sent free text"
    if out >= everybody:
        return [Finding("window", FAIL, f"nobody of {everybody} {words}", mend)]
    return [
        Finding("window", WARN, f"{everybody - out} of {everybody} {words}; the others are refused one by one", mend)
    ]


def forecast(house: "House", campaign: "Campaign", count: int, sender_id: "SenderId | None" = None) -> "Outlook | None":
    """How long a campaign to `count` people takes at its sender's limits; None: nothing of ours holds it back."""
    from dataclasses import replace

    from homing.app.devices import limits_of, reach_used
    from homing.model.outlook import outlook
    from homing.store.audience import Audience

    sender_id = sender_id or campaign.sender_id
    if sender_id is None:
        return None
    limits = limits_of(house.database, house.senders.open(sender_id))
    if not (campaign.content.get("whatsapp") or campaign.content).get("whatsapp_template"):
        limits = replace(limits, reach=None)  # free text goes to who wrote, and those do not count
    strangers = None
    if limits.home is not None:
        channel = "whatsapp" if campaign.mixed else None
        strangers = min(count, Audience(house.database).strangers(campaign, sender_id, channel))
    return outlook(count, limits, house.world.clock.now(), strangers, reach_used(house, sender_id, limits))
