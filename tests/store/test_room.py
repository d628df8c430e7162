"""The next version of a row on PostgreSQL finds room in its own page: less is written, and the tables stay small."""

import pytest
from sqlalchemy import text

from homing.model.ids import CampaignId
from tests.store.ledger import Hand, Ledger, sent

pytestmark = pytest.mark.dialect("postgresql")
COUNT, GROUP = 1_600, 50
Pages = dict[int, int]


def test_what_becomes_of_a_message_is_written_where_it_stands(ledger: Ledger) -> None:
    campaign = ledger.started(COUNT)
    ledger.want_lanes()
    hand = ledger.hand()
    planned = _pages(ledger, "delivery", campaign)
    begun: Pages = {}
    keys: list[tuple[int, int]] = []
    for _ in range(COUNT // GROUP):
        done, keys = keys, hand.going(campaign, GROUP)
        assert len(keys) == GROUP
        begun |= {seq: page for seq, page in _pages(ledger, "attempt", campaign).items() if seq not in begun}
        _settle(hand, campaign, done)
    _settle(hand, campaign, keys)
    assert ledger.tally(campaign) == {"sent": COUNT}
    assert _stayed(planned, _pages(ledger, "delivery", campaign)) > 0.9
    assert _stayed(begun, _pages(ledger, "attempt", campaign)) > 0.9


def _settle(hand: Hand, campaign: CampaignId, keys: list[tuple[int, int]]) -> None:
    if keys:
        hand.settle(campaign, *(sent(*key) for key in keys))


def _pages(ledger: Ledger, table: str, campaign: CampaignId) -> Pages:
    """The page of each row, by its position."""
    query = text(f"SELECT seq, (ctid::text::point)[0]::int AS page FROM {table} WHERE campaign_id = :c")
    with ledger.db.read() as tx:
        return {row.seq: row.page for row in tx.execute(query, {"c": campaign})}


def _stayed(before: Pages, after: Pages) -> float:
    """The part of the rows whose page is the same; a row that is not in both is a fault."""
    assert before.keys() == after.keys()
    assert len(before) == COUNT
    return sum(after[seq] == page for seq, page in before.items()) / COUNT
