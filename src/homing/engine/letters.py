"""Compiles a campaign's letter from its snapshot in the ledger."""

from homing.content.letter import Attachment, Letter, LetterSource, compile_letter, envelope_from
from homing.content.preview import preview
from homing.content.recipient import Recipient
from homing.content.rehearsal import Rehearsal, rehearse
from homing.store.audience import Audience
from homing.store.campaigns import Campaign, Campaigns
from homing.store.contacts import Contacts
from homing.store.database import Database

_NOBODY = "Nobody yet <nobody@example.org>"  # a draft may be looked at before it has a sender


def letter_source(
    campaign: Campaign, attachments: list[tuple[str, str, bytes]], *, default_from: str, sender_name: str
) -> LetterSource:
    content = campaign.content
    return LetterSource(
        subject=content.get("subject") or "",
        text=content.get("text"),
        html=content.get("html"),
        from_=content.get("from") or default_from,
        reply_to=content.get("reply_to"),
        preheader=content.get("preheader"),
        headers=tuple((name, value) for name, value in content.get("headers", ())),
        attachments=tuple(Attachment(*each) for each in attachments),
        campaign_uid=campaign.uid,
        campaign_name=campaign.name,
        sender_name=sender_name,
        common=content.get("vars") or {},
    )


def load_letter(campaigns: Campaigns, campaign: Campaign, *, default_from: str, sender_name: str) -> tuple[Letter, str]:
    """The compiled letter and its envelope sender. Raises Invalid when the content does not compile."""
    source = letter_source(
        campaign, campaigns.attachments(campaign.id), default_from=default_from, sender_name=sender_name
    )
    return compile_letter(source), envelope_from(source.from_)


def preview_letter(db: Database, campaign: Campaign, contact: str | None, from_: str) -> bytes:
    """The message that a contact (by id or address; None: the first of the audience) would get, built in a child with limits.

    Raises NotFound for a contact that is not there, Invalid and RenderError as the letter does. Blocks for 0.1 to 2 s.
    """
    source = letter_source(
        campaign, Campaigns(db).attachments(campaign.id), default_from=from_ or _NOBODY, sender_name=""
    )
    return preview(source, _whom(db, campaign, contact), db.world.clock.now())


def _whom(db: Database, campaign: Campaign, contact: str | None) -> Recipient:
    if contact is not None:
        found = Contacts(db).find(campaign.workspace_id, contact)
        return Recipient(1, found.email or "somebody@example.org", found.name, found.attributes)
    first = next(Audience(db).members(campaign), None)
    if first is None:
        return Recipient(1, "somebody@example.org", "Somebody")
    return Recipient(1, first.address, first.name, first.attributes)


def rehearse_letter(db: Database, campaign: Campaign, letter: Letter) -> Rehearsal:
    """The dry run of a letter over a campaign's audience as it is now: nothing is planned or sent."""
    members = Audience(db).members(campaign)
    return rehearse(letter, (Recipient(n, m.address, m.name, m.attributes) for n, m in enumerate(members, 1)))
