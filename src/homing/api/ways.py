"""How somebody can be answered, and why not: STOP, the 24 hours of the Cloud API, no device, no address."""

from dataclasses import dataclass
from typing import Any

from homing.api.ledger import Ledger
from homing.model.device import NO_CONNECTION, Status
from homing.model.errors import Conflict, NotFound
from homing.model.ids import SenderId, WorkspaceId
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.sender import Kind
from homing.store.senders import Sender

WINDOW_MS = 24 * 3_600_000
"""The Cloud API takes free text for so long after the contact's last message."""
_MAIL = frozenset({Kind.SMTP, Kind.SENDGRID, Kind.SES, Kind.SIMULATED})


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody can be answered. `until`: when the 24 hours of the Cloud API are over; `closed`: why not, in words."""

    sender: Sender
    to: str
    until: int | None = None
    closed: str | None = None
    code: str = "closed"


def way_to(ledger: Ledger, workspace_id: WorkspaceId, address: str, channel: str, named: str | None = None) -> Way:
    """How they are answered over a channel. Raises NotFound and Conflict where there is no such way at all."""
    if channel == "email":
        return _by_mail(ledger, workspace_id, address, named)
    last = ledger.conversations.last_from(workspace_id, address)
    sender = _chat_sender(ledger, workspace_id, named, last[0] if last else None)
    stopped = ledger.suppressions.covering(workspace_id, address, channel="whatsapp")
    if stopped is not None:
        return Way(sender, address, closed=_stopped(stopped.reason), code="suppressed")
    if sender.kind is Kind.WHATSAPP_CLOUD:
        wrote = ledger.conversations.last_to(workspace_id, address, sender.id)
        until = None if wrote is None else wrote + WINDOW_MS
        if until is None or until <= ledger.database.world.clock.now():
            return Way(sender, address, until, _WINDOW, "window_closed")
        return Way(sender, address, until)
    if sender.kind is Kind.WHATSAPP_LINKED:
        device = ledger.devices.get(sender.id)
        if device.standing.status in (Status.DISCONNECTED, Status.QR_PENDING) and device.jid is None:
            return Way(sender, address, closed=NO_CONNECTION, code="no_connection")
    return Way(sender, address)


_WINDOW = (
    "More than 24 hours have passed since their last message: WhatsApp takes free text no more. "
    "Send an approved template by a campaign, or wait until they write."
)


def _stopped(reason: str) -> str:
    if reason == "stop_word":
        return "They wrote STOP: nothing is sent to them until they write START."
    return "This number is on the suppression list: take it off there before you write."


def _chat_sender(ledger: Ledger, workspace_id: WorkspaceId, named: str | None, last: SenderId | None) -> Sender:
    """The named one, else the number that they wrote to, else the only one there is. Raises Conflict, NotFound."""
    if named:
        found = ledger.senders.find(workspace_id, named)
        if found.kind.channel != "whatsapp":
            raise wrong("/sender", f"'{found.name}' is no sender for WhatsApp")
        return found
    there = [each for each in ledger.senders.list(workspace_id) if each.kind.channel == "whatsapp"]
    chosen = next((each for each in there if each.id == last), None) or (there[0] if len(there) == 1 else None)
    if chosen is None:
        if not there:
            raise Conflict(NO_CONNECTION, code="no_connection")
        raise wrong("/sender", f"say by which number: {', '.join(each.name for each in there)}")
    return chosen


def _by_mail(ledger: Ledger, workspace_id: WorkspaceId, address: str, named: str | None) -> Way:
    to = ledger.contacts.find(workspace_id, address).email
    if to is None:
        raise NotFound("this contact has no e-mail address")
    mail = [each for each in ledger.senders.list(workspace_id) if each.kind in _MAIL and each.options.get("from")]
    chosen = ledger.senders.find(workspace_id, named) if named else next(iter(mail), None)
    if chosen is None or chosen.kind not in _MAIL:
        raise wrong("/sender", "there is no sender for e-mail with an address of its own (From)")
    stopped = ledger.suppressions.covering(workspace_id, to, channel="email")
    closed = None if stopped is None else "This e-mail address is on the suppression list."
    return Way(chosen, to, closed=closed, code="suppressed")


def told(way: Way) -> dict[str, Any]:
    """A way as JSON."""
    return {
        "sender": way.sender.uid,
        "name": way.sender.name,
        "kind": way.sender.kind,
        "to": way.to,
        "open": way.closed is None,
        "until": rfc3339(way.until),
        "words": way.closed,
        "code": None if way.closed is None else way.code,
    }
