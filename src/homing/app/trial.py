"""One message, or one look, outside any campaign's audience: what people try before they send."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.ids import Key, SenderId
    from homing.model.outcome import NotSent, Outcome
    from homing.store.campaigns import Campaign
    from homing.store.senders import OpenedSender

ASK_SECONDS = 60.0


async def send_test(house: "House", campaign: "Campaign", to: str) -> "Outcome":
    """Sends one message of a campaign to `to`, outside its audience; the act is in the audit log before it leaves.

    Raises Invalid when the letter does not compile, and Conflict when the campaign has no sender.
    """
    from homing.app import check_letter, from_of, sender_of
    from homing.content.recipient import Recipient
    from homing.model.channel import channel_of
    from homing.model.errors import Conflict
    from homing.model.ids import Key
    from homing.store import audit_log

    if campaign.sender_id is None:
        raise Conflict("the campaign has no sender yet")
    channel = channel_of(to) if campaign.mixed else None
    opened = house.senders.open(sender_of(house, campaign, channel))
    letter, now = check_letter(house, campaign, channel), house.world.clock.now()
    body = letter.build(Recipient(0, to, "", _fields_for(house, campaign, to)), now)
    with house.database.write() as tx:
        audit_log.append(
            tx,
            workspace_id=campaign.workspace_id,
            at=now,
            actor=house.actor,
            act="campaign.tested",
            subject=f"campaign:{campaign.uid}",
        )
    return await hand_over(house, opened, to, from_of(house, campaign), body, Key(campaign.id, 0, 0))


async def hand_over(
    house: "House", opened: "OpenedSender", to: str, from_: str, body: bytes, key: "Key | None" = None
) -> "Outcome":
    """One message through a sender, outside every ledger. Raises TimeoutError when it has no end in a minute."""
    from homing.content.sender_line import split_mailbox
    from homing.model.courier import Parcel
    from homing.model.ids import CampaignId, Key
    from homing.outlets import OneParcel, open_courier
    from homing.store.media import Media

    desk = OneParcel()
    sender = split_mailbox(from_)[1] if from_ else ""
    body = _signed(house, opened, sender, body)
    courier = desk.courier = open_courier(opened, desk, house.world, Media(house.database).content)
    try:
        courier.submit(Parcel(key or Key(CampaignId(0), 0, 0), to, sender, body))
        async with asyncio.timeout(ASK_SECONDS):
            return await desk.end
    finally:
        await courier.close(0.0)


def _signed(house: "House", opened: "OpenedSender", from_: str, body: bytes) -> bytes:
    """As the mail of a campaign: signed here where the provider does not."""
    from homing.app.public import signers_of
    from homing.model.sender import Kind

    if opened.sender.kind is not Kind.SMTP:
        return body
    signers = signers_of(house, opened.sender.workspace_id).get(from_.rpartition("@")[2].lower(), ())
    now = house.world.clock.now()
    return b"".join(signer.header(body, now) for signer in reversed(signers)) + body


def _fields_for(house: "House", campaign: "Campaign", to: str) -> dict[str, Any]:
    """The variables of the contact with that address, else of the first of the audience."""
    from homing.model.channel import channel_of
    from homing.model.errors import NotFound
    from homing.store.audience import Audience
    from homing.store.contacts import Contacts

    with contextlib.suppress(NotFound):
        found = Contacts(house.database).find(campaign.workspace_id, to)
        return {"name": found.name, **found.attributes}
    channel = channel_of(to) if campaign.mixed else None
    first = next(Audience(house.database).members(campaign, channel), None)
    return {} if first is None else {"name": first.name, **first.attributes}


async def probe(house: "House", sender_id: "SenderId") -> "NotSent | None":
    """One look at a sender's server that costs no recipient. None: the way is open. Raises what `Senders.open` raises."""
    from homing.model.outcome import Blame, NotSent, Words
    from homing.model.sender import Kind
    from homing.outlets import Nobody, open_courier
    from homing.store.devices import Devices

    if house.senders.get(sender_id).kind is Kind.WHATSAPP_LINKED:
        # Its worker runs it and says how it stands: nobody else may knock.
        standing = Devices(house.database).get(sender_id).standing
        words = Words("frame", standing.code, standing.words)
        return None if standing.up else NotSent(standing.reason, Blame.SENDER, words)
    courier = open_courier(house.senders.open(sender_id), Nobody(), house.world)
    try:
        return await courier.probe()
    finally:
        await courier.close(0.0)
