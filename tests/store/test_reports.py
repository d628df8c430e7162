"""A campaign's report is what its rows and receipts say."""

from sqlalchemy import update

from homing.model.receipt import Kind
from homing.store.addressees import Addressees
from homing.store.reports import HOUR_MS, Reports
from homing.store.tables import delivery
from tests.store.ledger import START, Ledger, failed, sent, unclear
from tests.store.test_receipts import event, tell


def test_a_report_counts_each_recipient_once_under_what_became_of_him(ledger: Ledger) -> None:
    id_ = ledger.started(8)
    with ledger.db.write() as tx:
        other = (delivery.c.campaign_id == id_) & (delivery.c.seq > 6)
        tx.execute(update(delivery).where(other).values(address="x@b.test"))
    hand = ledger.hand()
    keys = hand.going(id_)
    hand.settle(id_, failed(*keys[0]), unclear(*keys[1]), *(sent(*key) for key in keys[2:]))
    tell(
        ledger,
        event(ledger, id_, Kind.DELIVERED, 3),
        event(ledger, id_, Kind.DELIVERED, 4),
        event(ledger, id_, Kind.OPENED, 4),
        event(ledger, id_, Kind.OPENED, 4, n=1),
        event(ledger, id_, Kind.BOUNCED, 5, reason="mailbox_full"),
        event(ledger, id_, Kind.COMPLAINED, 6),
    )
    leaver = Addressees(ledger.db).find(id_, 4)
    assert leaver is not None
    Addressees(ledger.db).leave(leaver, "page")
    found = Reports(ledger.db).of(id_)
    assert found.audience == 8
    assert found.totals == {
        "sent": 6,
        "delivered": 2,
        "bounced": 1,
        "complained": 1,
        "failed": 1,
        "skipped": 0,
        "uncertain": 1,
        "unsubscribed": 1,
        "opened": 1,
        "clicked": 0,
    }
    assert [(each["domain"], each["audience"], each["sent"]) for each in found.domains] == [
        ("a.test", 6, 4),
        ("b.test", 2, 2),
    ]
    (hour,) = found.hours
    assert hour["at"] == START // HOUR_MS * HOUR_MS
    assert (hour["sent"], hour["delivered"], hour["bounced"], hour["opened"]) == (6, 2, 1, 1)


def test_a_campaign_that_never_began_has_an_empty_report(ledger: Ledger) -> None:
    found = Reports(ledger.db).of(ledger.draft())
    assert found.audience == 0
    assert set(found.totals.values()) == {0}
    assert not found.domains
    assert not found.hours


def test_a_report_over_both_channels_counts_each_and_names_no_number_as_a_domain(ledger: Ledger) -> None:
    id_ = ledger.started(3)
    with ledger.db.write() as tx:
        for seq in (2, 3):
            row = (delivery.c.campaign_id == id_) & (delivery.c.seq == seq)
            tx.execute(update(delivery).where(row).values(address=f"+9471100000{seq}"))
    hand = ledger.hand()
    keys = hand.going(id_)
    hand.settle(id_, sent(*keys[0]), sent(*keys[1]), failed(*keys[2]))
    found = Reports(ledger.db).of(id_)
    assert [(each["channel"], each["audience"], each["sent"], each["failed"]) for each in found.channels] == [
        ("email", 1, 1, 0),
        ("whatsapp", 2, 1, 1),
    ]
    assert [each["domain"] for each in found.domains] == ["a.test"]
    assert (found.totals["sent"], found.totals["failed"]) == (2, 1)
