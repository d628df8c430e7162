"""An account that messages leave through: its kind, its limits and its patience."""

from dataclasses import dataclass, field
from enum import StrEnum

from homing.model.campaign import Window
from homing.model.pacing import Pacing, Rate, WarmUp
from homing.model.patience import Patience


class Kind(StrEnum):
    SMTP = "smtp"
    SENDGRID = "sendgrid"
    SES = "ses"
    WHATSAPP_CLOUD = "whatsapp_cloud"
    WHATSAPP_LINKED = "whatsapp_linked"
    SIMULATED = "simulated"

    @property
    def channel(self) -> str:
        """What campaigns of this kind of sender are: email or whatsapp. A simulated one takes both."""
        return "whatsapp" if self in (Kind.WHATSAPP_CLOUD, Kind.WHATSAPP_LINKED) else "email"


class Health(StrEnum):
    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    BLOCKED = "blocked"


class Tls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """Where an SMTP sender's server is and how to get in. `password` is the opened secret, in memory only."""

    host: str
    port: int = 25
    tls: Tls = Tls.NONE
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None  # trust this authority instead of the system's
    helo: str | None = None
    high_volume: bool = False  # always mode 2 (EMAIL section 1), else only where a round trip takes 5 ms or more


@dataclass(frozen=True, slots=True)
class HttpAccess:
    """How to get into a provider that takes messages by HTTP. `secret`: API key or secret key, in memory only.

    `endpoint_url`: instead of the provider's own (tests, private gateways). SES: without `access_key_id` botocore looks for
    credentials where AWS programs do; `configuration_set` is where its events come from.
    """

    endpoint_url: str | None = None
    secret: str | None = field(default=None, repr=False)
    region: str | None = None
    access_key_id: str | None = None
    configuration_set: str | None = None
    not_sent_at_5xx: bool = False  # a person vouches that this provider's 5xx means "not accepted"


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """The mailbox that bounces come back to, read by IMAP. `implicit`: TLS from the first byte, else STARTTLS unless `plain`,
    which only a server on this machine is. `password`: in memory only."""

    host: str
    port: int
    user: str
    folder: str = "INBOX"
    implicit: bool = True
    plain: bool = False
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None  # trust this authority instead of the system's


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The connectivity monitor of a sender (R18, R19). Seconds."""

    probes: tuple[tuple[str, int], ...] = (("8.8.8.8", 53),)
    probe_timeout: float = 5.0
    check_every: float = 10.0
    give_up_after: float = 300.0  # 0: never
    resume_when_back: bool = True


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """What every kind of sender can be told; changes while campaigns run take effect within a second."""

    rate: Rate | None = None
    per_domain: Rate | None = None  # to each mail domain
    hourly: int | None = None
    daily: int | None = None
    warm_up: WarmUp | None = None
    warm_from: int | None = None  # wall ms: since when; None: since its first message
    connections: int = 10
    in_flight: int = 100  # most rows in `sending` at once: the most a crash can leave uncertain (L5)
    timeout: float = 30.0  # of each step before the point of no return (R17)
    patience: Patience = Patience()
    pacing: Pacing = Pacing()
    monitoring: Monitoring = Monitoring()
    hours: Window | None = None  # sends only then, whatever the campaign allows
    daily_new: int | None = None  # people that a linked device writes to for the first time, a day
    reach: int | None = None  # people that WhatsApp lets the number of the Cloud API write to first in 24 hours
    home: str | None = None  # of a linked device: the time zone in which its days begin

    @property
    def single_lane(self) -> bool:
        """Paced senders, and those limited below 50 messages a second, are held by one worker as a whole."""
        return not self.pacing.off or (self.rate is not None and self.rate.per_second < 50)
