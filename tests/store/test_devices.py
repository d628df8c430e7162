"""Linked devices in the ledger: who owns one, what people order, codes that die, and receipts that settle."""

import pytest
from sqlalchemy import select, update

from homing.model.device import LEASE_MS, NOT_FOUND, Reason, Standing, Status
from homing.model.errors import Conflict, NotFound
from homing.model.ids import Key, SenderId, WorkerId
from homing.store import device_tables, tables
from homing.store.device_messages import DeviceMessages
from homing.store.devices import Device, Devices
from homing.store.evidence import Evidence
from homing.store.lookout import Lookout
from homing.store.seal import Seal
from homing.store.senders import Senders
from tests.store.ledger import HandClock, Ledger, sent, unclear

UP = Standing(Status.CONNECTED, Reason.STEADY)
LOST = Standing(Status.RECONNECTING, Reason.NETWORK, 2, 10.0)
GONE = Standing(Status.DISCONNECTED, Reason.LOGGED_OUT)


@pytest.fixture
def devices(ledger: Ledger) -> Devices:
    return Devices(ledger.db, Seal("a key"))


@pytest.fixture
def phone(ledger: Ledger, devices: Devices) -> Device:
    made = Senders(ledger.db).add(ledger.workspace, "Primary Device", "whatsapp_linked", {}, {})
    return devices.get(made.id)


def test_one_worker_owns_a_device_and_a_dead_or_silent_one_loses_it(
    ledger: Ledger, devices: Devices, phone: Device, clock: HandClock
) -> None:
    """A lease of 20 s; the epoch fences whoever had it before."""
    one, two = ledger.worker(), ledger.worker()
    first = devices.own(phone.sender_id, one, [])
    assert first is not None
    assert devices.own(phone.sender_id, two, []) is None
    clock.pass_(LEASE_MS / 1000 - 1)
    assert devices.renew(one) == {phone.sender_id: first.epoch}
    assert devices.own(phone.sender_id, two, []) is None
    clock.pass_(LEASE_MS / 1000 + 1)
    second = devices.own(phone.sender_id, two, [])
    assert second is not None
    assert devices.renew(one) == {}
    assert not devices.stands(phone.sender_id, first.epoch, UP), "who was taken over changes nothing"
    assert devices.get(phone.sender_id).standing.status is Status.DISCONNECTED
    assert devices.own(phone.sender_id, one, [two]) is not None, "a worker that is dead for sure loses it at once"


def test_a_device_stays_on_the_machine_of_its_session(ledger: Ledger, devices: Devices, phone: Device) -> None:
    with ledger.db.write() as tx:
        tx.execute(update(device_tables.device).values(machine="another", desired="connected"))
    assert devices.own(phone.sender_id, ledger.worker(), []) is None
    devices.note_away()
    found = devices.get(phone.sender_id).standing
    assert (found.status, found.reason) == (Status.RECONNECTING, Reason.MACHINE_AWAY)
    assert "another machine" in found.words


def test_how_it_stands_is_told_with_the_founding_names(ledger: Ledger, devices: Devices, phone: Device) -> None:
    """R44: whatsapp-connected {connectionId, phoneNumber}, whatsapp-disconnected {connectionId}: not during repair."""
    own = devices.own(phone.sender_id, ledger.worker(), [])
    assert own is not None
    devices.linked(phone.sender_id, own.epoch, "94700000001:5@s.whatsapp.net", "94700000001")
    for standing in (UP, LOST, UP, GONE):
        assert devices.stands(phone.sender_id, own.epoch, standing)
    counts = {kind: ledger.events(f"whatsapp-{kind}") for kind in ("connected", "disconnected", "status")}
    assert counts == {"connected": 2, "disconnected": 1, "status": 4}
    with ledger.db.read() as tx:
        body = tx.execute(
            select(tables.event.c.body).where(tables.event.c.kind == "whatsapp-connected").limit(1)
        ).scalar_one()
    assert body == f'{{"connectionId":"{phone.uid}","phoneNumber":"+94700000001"}}'
    assert devices.get(phone.sender_id).jid is None, "a logout leaves nothing that a proof could rest on"


def test_a_code_is_sealed_and_dies(ledger: Ledger, devices: Devices, phone: Device, clock: HandClock) -> None:
    """The code is a credential: in the ledger only sealed, in no fact, and gone after its time."""
    own = devices.own(phone.sender_id, ledger.worker(), [])
    assert own is not None
    devices.order(devices.get(phone.sender_id), "pair")
    devices.show_code(phone.sender_id, own.epoch, "secret-of-the-code", 1, 60.0, typed=False)
    assert devices.code(phone.sender_id) == "secret-of-the-code"
    with ledger.db.read() as tx:
        bodies = tx.execute(select(tables.event.c.body)).scalars().all()
        sealed = tx.execute(select(device_tables.device.c.code_sealed)).scalar_one()
    assert not any("secret-of-the-code" in body for body in bodies)
    assert b"secret-of-the-code" not in sealed
    clock.pass_(60)
    assert devices.code(phone.sender_id) is None


def test_orders_and_what_is_not_found(ledger: Ledger, devices: Devices, phone: Device) -> None:
    """R41: the words of the founding document."""
    assert devices.order(phone, "pair").ordered
    own = devices.own(phone.sender_id, ledger.worker(), [])
    assert own is not None
    devices.done(phone.sender_id, own.epoch, own.order_id)
    assert not devices.get(phone.sender_id).ordered
    devices.linked(phone.sender_id, own.epoch, "94700000001:5@s.whatsapp.net", "94700000001")
    with pytest.raises(Conflict):
        devices.order(devices.get(phone.sender_id), "pair")
    with pytest.raises(NotFound) as caught:
        devices.find(ledger.workspace, "nobody")
    assert caught.value.detail == NOT_FOUND == "Connection not found in database"


# ---- messages and receipts


def chat(ledger: Ledger, sender: SenderId, doubtful: bool = True) -> tuple[Key, Key]:
    """A campaign over the device, two messages; uncertain, or sent."""
    people = [ledger.contacts(1, phone=f"+9471100000{n}")[0] for n in range(2)]
    wish = {"channel": "whatsapp", "sender": sender, "content": {"text": "Hi"}}
    campaign = ledger.started(audience={"contacts": people}, **wish)
    ledger.want_lanes()
    hand = ledger.hand(sender=sender)
    keys = hand.send(campaign) if not doubtful else hand.going(campaign)
    if doubtful:
        hand.settle(campaign, *(unclear(seq, attempt) for seq, attempt in keys))
    found = [Key(campaign, seq, attempt) for seq, attempt in keys]
    return found[0], found[1]


def test_L11_a_receipt_settles_what_was_uncertain_whatever_came_first(ledger: Ledger, phone: Device) -> None:
    """A receipt of an id that nobody knows yet is kept; ranks only climb (R45)."""
    first, second = chat(ledger, phone.sender_id)
    messages = DeviceMessages(ledger.db)
    assert [doubt.key for doubt in messages.doubts(phone.sender_id)] == [first, second]
    messages.heard(phone.sender_id, "3EB0A", "read")
    messages.identified(phone.sender_id, "3EB0A", first)
    messages.heard(phone.sender_id, "3EB0A", "delivered")
    messages.identified(phone.sender_id, "3EB0B", second)
    assert messages.doubts(phone.sender_id) == [], "its id is known: its receipt will come"
    assert ledger.states(first.campaign) == {first.seq: "read", second.seq: "uncertain"}
    messages.heard(phone.sender_id, "3EB0B", "delivered")
    messages.heard(phone.sender_id, "3EB0B", "delivered")
    assert ledger.states(first.campaign) == {first.seq: "read", second.seq: "delivered"}
    assert ledger.counters(first.campaign)["delivered"] == 2
    assert Lookout(ledger.db).sent_since(phone.sender_id, 0) == 2, "the caps hear of it, once"
    ledger.check_books(first.campaign)


def test_L11_proof_that_it_never_left_sends_it_again_and_only_once(ledger: Ledger, phone: Device) -> None:
    first, second = chat(ledger, phone.sender_id)
    evidence = Evidence(ledger.db)
    assert Lookout(ledger.db).sent_since(phone.sender_id, 0) == 0, "in doubt"
    assert evidence.never_left(first, source="never_left")
    assert not evidence.never_left(first, source="never_left")
    assert ledger.states(first.campaign)[first.seq] == "queued"
    assert evidence.accepted(second, source="receipt")
    assert not evidence.never_left(second, source="never_left"), "accepted stays accepted"
    ledger.check_books(first.campaign)


def test_a_receipt_may_be_quicker_than_the_result(ledger: Ledger, phone: Device) -> None:
    """The recipient's phone answers before our own settlement is written."""
    people = ledger.contacts(1, phone="+94711000001")
    wish = {"channel": "whatsapp", "sender": phone.sender_id, "content": {"text": "Hi"}}
    campaign = ledger.started(audience={"contacts": people}, **wish)
    ledger.want_lanes()
    hand = ledger.hand(sender=phone.sender_id)
    (seq, attempt), *_ = hand.going(campaign)
    messages = DeviceMessages(ledger.db)
    messages.identified(phone.sender_id, "3EB0A", Key(campaign, seq, attempt))
    messages.heard(phone.sender_id, "3EB0A", "delivered")
    hand.settle(campaign, sent(seq, attempt, "3EB0A"))
    assert ledger.states(campaign) == {seq: "delivered"}
    assert Lookout(ledger.db).sent_since(phone.sender_id, 0) == 1, "counted by the receipt, and not again by the result"
    ledger.check_books(campaign)


def test_devices_of_one_workspace_are_absent_in_another(ledger: Ledger, devices: Devices, phone: Device) -> None:
    """R46."""
    from homing.store.workspaces import Workspaces

    other = Workspaces(ledger.db).add("Other")
    assert devices.list(other.id) == ()
    assert [each.sender_id for each in devices.list(ledger.workspace)] == [phone.sender_id]
    assert WorkerId(0) not in devices.renew(WorkerId(0))
