"""A sender as the engine sees it: its limits, and how to open its way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homing.content.dkim import Signer
from homing.content.links import Links
from homing.model.campaign import Activity
from homing.model.courier import Courier, Desk
from homing.model.ids import SenderId
from homing.model.sender import SenderOptions


@dataclass(frozen=True, slots=True)
class Way:
    """`envelope_from`: the address of MAIL FROM when the campaign names none. `version` grows with each change of the sender."""

    sender_id: SenderId
    name: str
    version: int
    options: SenderOptions
    open: Callable[[Desk], Courier]
    default_from: str = ""
    links: Callable[[], Links] | None = None  # how the links of recipients are made; asked when a letter is compiled
    bounce_domain: str = ""
    server: str = ""  # whom it speaks to, for people: 'mail.example:587'
    channel: str = "email"
    device: bool = False  # a linked device: only the worker that runs it sends through it
    signers: Callable[[int], Mapping[str, tuple[Signer, ...]]] | None = (
        None  # who sign mail of a workspace, by domain (DKIM)
    )
    trouble: Callable[[], str | None] | None = None  # what keeps it closed, in words, where that is known without a try

    def bounces(self, campaign_id: int, campaign_uid: str) -> Callable[[int, int], str] | None:
        """From position and attempt to the address of MAIL FROM (VERP); None: the sender has no domain for bounces."""
        if not self.bounce_domain or self.links is None:
            return None
        return self.links().of(campaign_id, campaign_uid).envelope(self.bounce_domain)

    def closed(self) -> tuple[Activity, str, None] | None:
        """What a campaign waits for while the way is known to be closed: a message may be in there and say nothing yet."""
        words = self.trouble() if self.trouble is not None else None
        return (Activity.WAITING_FOR_SENDER, f"Waiting for the sender... {words}", None) if words is not None else None


OpenWay = Callable[[SenderId], Way]
"""Reads a sender from the ledger and unseals its credentials. Raises model errors when that is not possible."""
