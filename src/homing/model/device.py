"""A linked WhatsApp device: its statuses, why it has one, the waits between attempts, and the words for people.

            start, it has a device                  holds for 60 s: attempts = 0
disconnected ---------------------> reconnecting <------------------- connected
  ^    |                            |   ^    | ^ lost                 ^  |
  |    | pair      an attempt ------+   |    | +----------------------|--+
  |    v                                |    +---- connected ---------+
  | qr_pending ---- scanned ------------+
  |    |  no code is left: qr_expired
  +----+---- five attempts failed | logged out | replaced | banned | too old | failed
"""

from dataclasses import dataclass
from enum import StrEnum

WAITS = (5.0, 10.0, 20.0, 40.0, 80.0)
"""Seconds before each attempt to reconnect (R40)."""
ATTEMPTS = len(WAITS)
STEADY = 60.0
"""Seconds that a link must hold before its attempts are forgotten: else one that comes and goes would be tried for ever (R42)."""
PROBE_EVERY = 300.0
"""After the last attempt the device is looked for this often, and goes on by itself."""
LEASE_MS = 20_000
RENEW_EVERY = 5.0

NO_CONNECTION = "No active WhatsApp connection found. Please connect a device first."
RESTORING = "WhatsApp socket not initialized. The connection is being restored. Please try again in a moment."
NOT_FOUND = "Connection not found in database"
"""The three errors of R41; users' scripts look for these words."""


class Status(StrEnum):
    QR_PENDING = "qr_pending"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"


class Reason(StrEnum):
    """Finer than the status; the words for each are in WORDS."""

    WAITING_SCAN = "waiting_scan"
    PAIRING = "pairing"
    QR_EXPIRED = "qr_expired"
    STEADY = "steady"
    DEGRADED = "degraded"
    RESTRICTED = "restricted"
    RESTART = "restart"
    CONNECTING = "connecting"
    NETWORK = "network"
    HALF_OPEN = "half_open"
    CHILD_CRASH = "child_crash"
    MACHINE_AWAY = "machine_away"
    NEW = "new"
    UNREACHABLE = "unreachable"
    LOGGED_OUT = "logged_out"
    REPLACED = "replaced"
    TEMP_BANNED = "temp_banned"
    UPGRADE_REQUIRED = "upgrade_required"
    NOT_INSTALLED = "not_installed"
    FAILED = "failed"
    STOPPED = "stopped"


WORDS: dict[Reason, str] = {
    Reason.WAITING_SCAN: "Scan the QR code: WhatsApp on the phone > Linked devices > Link a device.",
    Reason.PAIRING: "Scanned; the phone and Homing are linking.",
    Reason.QR_EXPIRED: "No code was scanned in time. Show a new code.",
    Reason.STEADY: "Connected.",
    Reason.DEGRADED: "The line is silent; nothing is sent until it answers.",
    Reason.RESTRICTED: "WhatsApp takes no messages to new contacts from this number for a day; what is queued waits.",
    Reason.RESTART: "Being restored after a start.",
    Reason.CONNECTING: "Connecting.",
    Reason.NETWORK: "The line to WhatsApp is lost; it is tried again by itself.",
    Reason.HALF_OPEN: "The line went dead; it is dialled anew.",
    Reason.CHILD_CRASH: "The device's process ended; it is started again by itself.",
    Reason.MACHINE_AWAY: "Its session lives on another machine, and no worker runs there: start `homing worker` on it.",
    Reason.NEW: "Not linked yet. Scan a QR code.",
    Reason.UNREACHABLE: "WhatsApp could not be reached in five attempts; it is looked for every 5 minutes, or reconnect now.",
    Reason.LOGGED_OUT: "Unlinked from the phone. Scan a QR code to link it again; what is queued waits.",
    Reason.REPLACED: "Another process took this device over. Take it back only if that was not meant.",
    Reason.TEMP_BANNED: "WhatsApp banned this number for a time; it is not dialled before that is over.",
    Reason.UPGRADE_REQUIRED: "WhatsApp wants a newer client: update Homing.",
    Reason.NOT_INSTALLED: "Linked devices need an extra: pip install 'homing[whatsapp]', and libmagic.",
    Reason.FAILED: "WhatsApp refused the device. Reconnect now, or remove and link it again.",
    Reason.STOPPED: "Stopped by a person. Reconnect when wanted.",
}

NEEDS_SCAN = frozenset({Reason.NEW, Reason.LOGGED_OUT, Reason.QR_EXPIRED, Reason.WAITING_SCAN})
UNTOLD = "WhatsApp could not be told: remove it on the phone, too, under Linked devices."
LOCKED = "This number may be locked or banned: look at the phone first."


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands. `attempt`: of ATTEMPTS, 0 when none is under way; `wait`: seconds until it; `until`: of a ban."""

    status: Status
    reason: Reason
    attempt: int = 0
    wait: float | None = None
    until: int | None = None
    code: str = ""
    more: str = ""

    @property
    def words(self) -> str:
        """For people: what happened, and what they can do."""
        return " ".join(part for part in (WORDS[self.reason], self.more) if part)

    @property
    def up(self) -> bool:
        """Whether messages may be handed over."""
        return self.status is Status.CONNECTED and self.reason in (Reason.STEADY, Reason.RESTRICTED)
