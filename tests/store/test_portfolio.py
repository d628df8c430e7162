"""Which numbers of the Cloud API are one business to Meta."""

import pytest
from sqlalchemy import update

from homing.model.delivery import SHARDS
from homing.model.ids import SenderId
from homing.store.portfolio import Peers, Portfolio, alike
from homing.store.tables import sender
from tests.store.ledger import HandClock, Ledger

ACCOUNT, OTHER, BUSINESS = ("waba_id", "1"), ("waba_id", "2"), ("business", "1")


@pytest.mark.parametrize(
    ("told", "together"),
    [
        ([[ACCOUNT], [OTHER]], [1]),
        ([[ACCOUNT], [ACCOUNT]], [1, 2]),
        ([[], []], [1]),
        ([[ACCOUNT], [BUSINESS]], [1]),  # the same id of something else
        ([[ACCOUNT, BUSINESS], [OTHER, BUSINESS], [OTHER], [("waba_id", "3")]], [1, 2, 3]),
        ([[("phone_number_id", "7")], [("phone_number_id", "7"), ACCOUNT], [ACCOUNT]], [1, 2, 3]),
    ],
)
def test_who_shares_a_mark_is_of_one_business(told: list[list[tuple[str, str]]], together: list[int]) -> None:
    marks = {SenderId(n): each for n, each in enumerate(told, 1)}
    assert sorted(alike(marks, SenderId(1))) == together


def test_what_peers_sent_and_what_anybody_else_has_in_hand_is_used(ledger: Ledger, clock: HandClock) -> None:
    """Of the sender itself only what other workers hold; a number that was removed has sent all the same."""
    other = ledger.add_sender("other")
    with ledger.db.write() as tx:
        tx.execute(update(sender).values(kind="whatsapp_cloud", options='{"waba_id": "1"}'))
    mine, theirs = ledger.started(32), ledger.started(8, senders=[other])
    ledger.want_lanes()
    here, there, near = ledger.hand(lanes=SHARDS // 2), ledger.hand(sender=other), ledger.hand(lanes=SHARDS // 2)
    there.send(theirs, 5)
    assert len(there.claim(theirs)) == 3
    assert len(here.claim(mine)) == len(near.claim(mine)) == 16
    minute, of = clock.now() // 60_000 - 1439, Portfolio(ledger.db)
    assert of.peers(ledger.sender, minute, here.lanes) == Peers(used=5 + 3 + 16, numbers=2)
    assert of.peers(other, minute, there.lanes) == Peers(used=32, numbers=2)
    assert of.peers(other, minute + 1440, range(SHARDS)).used == 32, "what was sent before does not count"
    with ledger.db.write() as tx:
        tx.execute(update(sender).where(sender.c.id == ledger.sender).values(options="{}"))
    assert of.peers(other, minute, there.lanes) == Peers(), "they are told apart"
    with ledger.db.write() as tx:
        tx.execute(update(sender).values(options='{"business": "1"}'))
        tx.execute(update(sender).where(sender.c.id == other).values(removed_at=clock.now()))
    assert of.peers(ledger.sender, minute, here.lanes) == Peers(used=24, numbers=1), "what it sent stays sent"
