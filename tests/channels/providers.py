"""A courier to a provider by HTTP, the provider itself on loopback, and letters to carry between them."""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from homing.channels.sendgrid.send import SendGrid
from homing.channels.ses.send import Ses
from homing.content.letter import Attachment, LetterSource, Recipient, compile_letter
from homing.inbox.provider import Orders, Provider
from homing.model.courier import Parcel
from homing.model.ids import CampaignId, Key
from homing.model.sender import HttpAccess, SenderOptions
from homing.transport.courier import HttpCourier, Limits
from homing.world import SystemClock, World
from tests.channels.desk import RecordingDesk

UID = "01920000-0000-7000-8000-000000000007"
KINDS = ("sendgrid", "ses")


def letter_parcel(seq: int, *, attempt: int = 1, size: int = 0, attachments: tuple[Attachment, ...] = ()) -> Parcel:
    """A parcel with a real letter in it; `size`: about how many bytes of text."""
    source = LetterSource(
        subject="Hello {{ name }}",
        text="Hello {{ name }}.\n" + "0123456789 " * (size // 11),
        from_="Sender <b@sender.test>",
        campaign_uid=UID,
        attachments=attachments,
    )
    to = f"user{seq}@example.test"
    body = compile_letter(source).build(Recipient(seq, to, f"User {seq}", {"name": f"User {seq}"}), 1_790_000_000_000)
    return Parcel(Key(CampaignId(7), seq, attempt), to, "b@sender.test", body)


def dialect(kind: str, url: str, **access: Any) -> SendGrid | Ses:
    told = HttpAccess(endpoint_url=url, secret="not a secret", region="eu-west-1", access_key_id="AKIATEST", **access)
    return SendGrid(told, SystemClock()) if kind == "sendgrid" else Ses(told, SystemClock())


@asynccontextmanager
async def posting(
    kind: str,
    orders: Orders | None = None,
    *,
    connections: int = 10,
    limits: Limits | None = None,
    holding: bool = False,
    record: Path | None = None,
    **access: Any,
) -> Any:
    """Gives (courier, desk, provider)."""
    async with Provider(record, orders) as provider:
        desk = RecordingDesk(holding=holding)
        quick = limits or Limits(timeout=20, sweep=0.02)
        way = dialect(kind, provider.url, **access)
        courier = HttpCourier(way, SenderOptions(connections=connections), desk, World(), limits=quick)
        desk.courier = courier
        try:
            yield courier, desk, provider
        finally:
            await courier.close(0)
