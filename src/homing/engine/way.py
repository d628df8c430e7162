"""A sender as the engine sees it: its limits, and how to open its way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homing.content.dkim import Signer
from homing.content.links import Links
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
    channel: str = "email"
    device: bool = False  # a linked device: only the worker that runs it sends through it
    signers: Callable[[int], Mapping[str, tuple[Signer, ...]]] | None = (
        None  # who sign mail of a workspace, by domain (DKIM)
    )


OpenWay = Callable[[SenderId], Way]
"""Reads a sender from the ledger and unseals its credentials. Raises model errors when that is not possible."""
