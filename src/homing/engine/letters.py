"""Compiles a campaign's message, a letter or a chat, from its snapshot in the ledger."""

from collections.abc import Callable, Mapping

from homing.content.chat import Chat, ChatSource
from homing.content.dkim import Signer
from homing.content.letter import Attachment, Letter, LetterSource, compile_letter, envelope_from
from homing.content.links import NAMES, Links
from homing.content.preview import preview
from homing.content.recipient import Recipient
from homing.content.rehearsal import Rehearsal, rehearse
from homing.content.sender_line import split_mailbox
from homing.model.channel import WHATSAPP
from homing.model.ids import Uid, WorkspaceId
from homing.store.audience import Audience
from homing.store.campaigns import Campaign, Campaigns
from homing.store.contacts import Contacts
from homing.store.database import Database

_SOMEBODY = {"email": "somebody@example.org", "whatsapp": "+94700000000"}
_NO_CAMPAIGN = Uid("00000000-0000-7000-8000-000000000000")
_NOBODY = "Nobody yet <nobody@example.org>"  # a draft may be looked at before it has a sender

Signers = Callable[[int], Mapping[str, tuple[Signer, ...]]]
"""Who sign the mail of a workspace, by the domain that it is from."""


def letter_source(
    campaign: Campaign,
    attachments: list[tuple[str, str, bytes]],
    *,
    default_from: str,
    sender_name: str,
    links: Links | None = None,
    bounce_domain: str = "",
    signers: Signers | None = None,
) -> LetterSource:
    """What a campaign says. `links`: how links of its recipients are made; without it the letter has none."""
    content = campaign.content
    from_ = content.get("from") or default_from
    return LetterSource(
        subject=content.get("subject") or "",
        text=content.get("text"),
        html=content.get("html"),
        from_=from_,
        reply_to=content.get("reply_to"),
        preheader=content.get("preheader"),
        headers=tuple((name, value) for name, value in content.get("headers", ())),
        attachments=tuple(Attachment(*each) for each in attachments),
        campaign_uid=campaign.uid,
        campaign_name=campaign.name,
        list_id=_list_id(campaign, from_) if links else None,
        sender_name=sender_name,
        common=content.get("vars") or {},
        links=links.of(campaign.id, campaign.uid) if links else None,
        footer=bool(campaign.options.get("footer", True)),
        tracking=tuple(campaign.options.get("tracking") or ()),
        feedback_id=f"c{campaign.id}:w{campaign.workspace_id}:bulk:homing{campaign.sender_id or 0}" if links else None,
        bounce_domain=bounce_domain,
        signers=signers(campaign.workspace_id).get(_domain(from_).lower(), ()) if signers and from_ else (),
    )


def chat_source(campaign: Campaign, attachments: list[tuple[str, str, bytes]], *, sender_name: str) -> ChatSource:
    """What a campaign says over WhatsApp; one over both channels says it apart."""
    said = campaign.content.get("whatsapp") or campaign.content
    position = said.get("file") if campaign.mixed else (0 if attachments else None)
    return ChatSource(
        campaign_uid=campaign.uid,
        text=said.get("text"),
        media=attachments[position][:2] if position is not None else None,
        position=position or 0,
        template=said.get("whatsapp_template"),
        campaign_name=campaign.name,
        sender_name=sender_name,
        common=campaign.content.get("vars") or {},
    )


def _of_mail(campaign: Campaign, attachments: list[tuple[str, str, bytes]]) -> list[tuple[str, str, bytes]]:
    """Without the file that goes with the WhatsApp message."""
    chat = (campaign.content.get("whatsapp") or {}).get("file")
    return [each for position, each in enumerate(attachments) if position != chat]


def _domain(from_: str) -> str:
    return split_mailbox(from_)[1].rpartition("@")[2]


def _list_id(campaign: Campaign, from_: str) -> str | None:
    """Names the list, the same in each campaign to it (RFC 2919): by ids, in the domain of From."""
    lists = campaign.audience.get("lists") or ()
    domain = _domain(from_) if from_ else ""
    return ".".join([*(f"l{each}" for each in lists[:1]), f"w{campaign.workspace_id}", domain]) if domain else None


def load_letter(
    campaigns: Campaigns,
    campaign: Campaign,
    *,
    default_from: str,
    sender_name: str,
    links: Links | None = None,
    bounce_domain: str = "",
    signers: Signers | None = None,
    channel: str | None = None,
) -> tuple[Letter | Chat, str]:
    """The compiled letter and its envelope sender. Raises Invalid when the content does not compile.

    `channel`: of a campaign over both, the one whose message it is.
    """
    if (channel or campaign.channel) == WHATSAPP:
        return Chat(chat_source(campaign, campaigns.attachments(campaign.id), sender_name=sender_name)), ""
    source = letter_source(
        campaign,
        _of_mail(campaign, campaigns.attachments(campaign.id)),
        default_from=default_from,
        sender_name=sender_name,
        links=links,
        bounce_domain=bounce_domain,
        signers=signers,
    )
    return compile_letter(source), envelope_from(source.from_)


def preview_letter(
    db: Database, campaign: Campaign, contact: str | None, channel: str, from_: str, links: Links | None = None
) -> bytes:
    """The message by a channel that a contact (by id or address; None: the first who gets it by that) would get, built in a child
    with limits:
    a letter's bytes, or a chat's JSON.

    Raises NotFound for a contact that is not there, Invalid and RenderError as the letter does. Blocks for 0.1 to 2 s.
    """
    files = Campaigns(db).attachments(campaign.id)
    source: LetterSource | ChatSource
    if channel == WHATSAPP:
        source = chat_source(campaign, files, sender_name="")
    else:
        files = _of_mail(campaign, files)
        source = letter_source(campaign, files, default_from=from_ or _NOBODY, sender_name="", links=links)
    return preview(source, _whom(db, campaign, contact, channel), db.world.clock.now())


def preview_template(
    db: Database, workspace_id: WorkspaceId, channel: str, content: Mapping[str, str], contact: str | None
) -> bytes:
    """A message of no campaign as a contact (by id or address; None: the first of the workspace) would get it, as a mail.

    A chat is rendered as the text of one. Raises NotFound, Invalid and RenderError as `preview_letter` does.
    """
    chat = channel == "whatsapp"
    source = LetterSource(
        subject="-" if chat else content.get("subject", ""),
        text=content.get("text"),
        html=None if chat else content.get("html"),
        from_=_NOBODY,
        preheader=content.get("preheader"),
        campaign_uid=_NO_CAMPAIGN,
        campaign_name="",
        common=dict.fromkeys(NAMES.values(), "https://example.org/only-a-preview"),
    )
    found = (
        Contacts(db).find(workspace_id, contact)
        if contact
        else next(iter(Contacts(db).page(workspace_id, limit=1)), None)
    )
    if found is None:
        return preview(source, Recipient(0, "somebody@example.org", "Somebody"), db.world.clock.now())
    whom = Recipient(0, found.email or "somebody@example.org", found.name, found.attributes)
    return preview(source, whom, db.world.clock.now())


def _whom(db: Database, campaign: Campaign, contact: str | None, channel: str) -> Recipient:
    """At position 0, as a test: the links of what is only looked at change nothing."""
    if contact is not None:
        found = Contacts(db).find(campaign.workspace_id, contact)
        address = found.phone if channel == WHATSAPP else found.email
        return Recipient(0, address or _SOMEBODY[channel], found.name, found.attributes)
    first = next(Audience(db).members(campaign, channel if campaign.mixed else None), None)
    if first is None:
        return Recipient(0, _SOMEBODY[channel], "Somebody")
    return Recipient(0, first.address, first.name, first.attributes)


def rehearse_letter(db: Database, campaign: Campaign, letter: Letter | Chat, channel: str | None = None) -> Rehearsal:
    """The dry run of a letter over a campaign's audience as it is now: nothing is planned or sent. `channel`: of a mixed one."""
    members = Audience(db).members(campaign, channel)
    return rehearse(letter, (Recipient(n, m.address, m.name, m.attributes) for n, m in enumerate(members, 1)))
