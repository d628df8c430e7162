"""Turns on PostgreSQL before anybody has gathered statistics, in a session that began when there was little to read."""

import time

import psycopg
import pytest
from sqlalchemy import text

from homing.model.ids import CampaignId
from homing.store.postgresql import PLANS_FOR
from tests.store.ledger import Hand, HandClock, Ledger, sent

pytestmark = pytest.mark.dialect("postgresql")
FEW, MANY, GROUP, TURNS = 400, 20_000, 50, 20
PLANNED = (
    "SELECT sum(generic_plans) AS kept, sum(custom_plans) AS own FROM pg_prepared_statements WHERE name LIKE 'homing%'"
)
READ = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = %s"
PATIENCE = 60.0  # the server tells its figures about once a second


def test_a_campaign_after_a_small_one_is_not_read_whole_in_each_turn(ledger: Ledger, clock: HandClock) -> None:
    """A small table is read whole, by its contacts' index; that plan was kept until somebody gathered statistics."""
    small = ledger.started(FEW)
    ledger.want_lanes()
    hand = ledger.hand()
    _send(hand, small, FEW // GROUP)
    large = ledger.started(MANY)
    clock.pass_(PLANS_FOR)
    _send(hand, large, TURNS)
    with psycopg.connect(ledger.url, autocommit=True) as raw:

        def read(index: str) -> int:
            raw.execute("SELECT pg_stat_clear_snapshot()")
            found = raw.execute(READ, (index,)).fetchone()
            return 0 if found is None else int(found[0])

        end = time.monotonic() + PATIENCE
        while read("pk_attempt") < FEW + TURNS * GROUP and time.monotonic() < end:
            time.sleep(0.2)
            hand.turn(large)  # whoever did the reading tells its figures with a later transaction
        assert read("pk_attempt") >= FEW + TURNS * GROUP, "the turns are counted"
        # Planning looks at all of them about twenty times, a thousand at a time; with plans that are kept turns did eighty times.
        assert read("uq_delivery_campaign_id_contact_id") < 40 * MANY
    with ledger.db.write(fenced=True) as tx:
        plans = tx.execute(text(PLANNED)).one()
    assert plans.kept > TURNS
    assert plans.own == 0, "no turn pays for a plan of its own"


def _send(hand: Hand, campaign: CampaignId, turns: int) -> None:
    for _ in range(turns):
        keys = hand.going(campaign, GROUP)
        assert len(keys) == GROUP
        hand.settle(campaign, *(sent(*key) for key in keys))
