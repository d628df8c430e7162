"""The balance sheet: closed when all is well, and it names each way in which something is wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, update

from homing.model.ids import CampaignId
from homing.store.books import Books
from homing.store.decisions import Decisions
from homing.store.tables import attempt, campaign, campaign_count, delivery
from tests.store.ledger import PERSON, Hand, Ledger, failed, sent, unclear


def settled(ledger: Ledger, hand: Hand) -> CampaignId:
    """Seven recipients: three sent, one refused, one uncertain, two still queued."""
    id_ = ledger.started(7)
    one, two, three, four, five = hand.going(id_, 5)
    hand.settle(id_, sent(*one), sent(*two), sent(*three), failed(*four), unclear(*five))
    return id_


def test_L23_the_sheet_says_what_the_rows_say_and_closes(ledger: Ledger, hand: Hand) -> None:
    id_ = settled(ledger, hand)
    sheet = Books(ledger.db).audit(id_)
    assert sheet.balanced
    assert (sheet.audience, sheet.sent, sheet.failed, sheet.skipped, sheet.cancelled, sheet.uncertain, sheet.open) == (
        7, 3, 1, 0, 0, 1, 2,
    )  # fmt: skip
    assert sheet.attempts == 5
    assert sheet.as_json()["balanced"] is True


DAMAGE: dict[str, tuple[str, Callable[[Any, CampaignId], None]]] = {
    "a row is lost": (
        "the audience is 7, and the rows are 6",
        lambda tx, id_: tx.execute(delete(delivery).where(delivery.c.campaign_id == id_, delivery.c.seq == 7)),
    ),
    "a row says sent by itself": (
        "1 rows say sent, and no accepted attempt",
        lambda tx, id_: tx.execute(
            update(delivery).where(delivery.c.campaign_id == id_, delivery.c.seq == 7).values(state="sent")
        ),
    ),
    "the history of a sent row is lost": (
        "1 rows say sent, and no accepted attempt",
        lambda tx, id_: tx.execute(delete(attempt).where(attempt.c.campaign_id == id_, attempt.c.seq == 1)),
    ),
    "an uncertain row is called queued": (
        "the counters say 1 uncertain, and the rows 0",
        lambda tx, id_: tx.execute(
            update(delivery).where(delivery.c.campaign_id == id_, delivery.c.seq == 5).values(state="queued")
        ),
    ),
    "a counter is ahead": (
        "the counters say 4 sent, and the rows 3",
        lambda tx, id_: tx.execute(
            update(campaign_count)
            .where(campaign_count.c.campaign_id == id_, campaign_count.c.sent > 0)
            .values(sent=campaign_count.c.sent + 1)
        ),
    ),
    "completed too soon": (
        "the campaign is completed, and 2 rows are open",
        lambda tx, id_: tx.execute(update(campaign).where(campaign.c.id == id_).values(state="completed")),
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_L23_the_audit_names_what_does_not_close(ledger: Ledger, hand: Hand, damage: str) -> None:
    id_ = settled(ledger, hand)
    words, harm = DAMAGE[damage]
    with ledger.db.write() as tx:
        harm(tx, id_)
    sheet = Books(ledger.db).audit(id_)
    assert not sheet.balanced
    assert any(fault.startswith(words) for fault in sheet.faults), sheet.faults


def test_what_a_person_called_sent_needs_no_accepted_attempt(ledger: Ledger, hand: Hand) -> None:
    id_ = settled(ledger, hand)
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="sent")
    sheet = Books(ledger.db).audit(id_)
    assert (sheet.balanced, sheet.sent, sheet.uncertain) == (True, 4, 0)


def test_rows_that_a_cancel_has_not_swept_yet_count_as_cancelled(ledger: Ledger, hand: Hand) -> None:
    id_ = settled(ledger, hand)
    ledger.control.cancel(id_, PERSON)
    before = Books(ledger.db).audit(id_)
    while ledger.control.sweep_cancelled(id_):
        pass
    after = Books(ledger.db).audit(id_)
    assert before.balanced
    assert after.balanced
    assert before.cancelled == after.cancelled == 2
    assert before.open == after.open == 0
