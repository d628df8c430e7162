"""Compiles a campaign's letter from its snapshot in the ledger."""

from homing.content.letter import Attachment, Letter, LetterSource, compile_letter, envelope_from
from homing.store.campaigns import Campaign, Campaigns


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
