"""What is told of the rate and the end of a campaign that runs: measured, and bounded by what its sender may do."""

from typing import Any

import pytest

from homing.live.progress import figures
from homing.model.ids import CampaignId
from homing.store.senders import Senders
from homing.store.status import CampaignStatus, StatusBoard
from tests.store.ledger import Hand, HandClock, Ledger, deferred


def look(ledger: Ledger, id_: CampaignId) -> CampaignStatus:
    ledger.worker()  # that was seen just now
    return StatusBoard(ledger.db).campaign(id_)


def flowing(ledger: Ledger, hand: Hand, clock: HandClock, id_: CampaignId, *, each: int, seconds: int) -> None:
    """So many a second, for so long."""
    for _ in range(seconds):
        clock.pass_(1)
        hand.send(id_, each)


def change(ledger: Ledger, **options: Any) -> None:
    Senders(ledger.db).set(ledger.sender, options)


@pytest.fixture
def running(ledger: Ledger, clock: HandClock) -> tuple[CampaignId, Hand]:
    """2 a second for 30 s; 40 are left, which took 20 s at this speed."""
    id_ = ledger.started(100)
    hand = ledger.hand()
    flowing(ledger, hand, clock, id_, each=2, seconds=30)
    hand.take_lanes()
    hand.renew()
    return id_, hand


def test_a_speed_that_lasts_predicts_the_end(ledger: Ledger, running: tuple[CampaignId, Hand]) -> None:
    now = look(ledger, running[0])
    assert (now.rate, now.eta_seconds) == (pytest.approx(2.0, abs=0.1), pytest.approx(20, abs=1))


@pytest.mark.parametrize(
    ("slower", "most", "least_seconds"),
    [
        ({"rate": "6/m"}, 0.1, 395),
        ({"pacing": "steady", "per_minute": 6}, 0.1, 395),
        ({"pacing": "gentle"}, 1.0, 78),
        ({"hourly": 80}, 2.1, 3_500),
        ({"daily": 80}, 2.1, 86_000),
    ],
)
def test_right_after_a_slow_down_nothing_is_predicted_that_the_limits_forbid(
    ledger: Ledger, running: tuple[CampaignId, Hand], slower: dict[str, Any], most: float, least_seconds: int
) -> None:
    change(ledger, **slower)
    now = look(ledger, running[0])
    assert now.rate <= most
    assert now.eta_seconds is not None
    assert now.eta_seconds >= least_seconds
    told = figures(now, ledger.world.clock.now())
    assert told["rate"] == now.rate
    assert told["ends_at"] is not None


def test_a_campaign_does_not_end_before_the_last_that_was_put_off_is_due(
    ledger: Ledger, clock: HandClock, running: tuple[CampaignId, Hand]
) -> None:
    """A limit of each domain puts off who finds no room; so does a mail system that is busy."""
    id_, hand = running
    ((seq, attempt), *_) = hand.going(id_, 1)
    hand.settle(id_, deferred(seq, attempt, clock.now() + 600_000))
    now = look(ledger, id_)
    assert now.eta_seconds == pytest.approx(600, abs=1)


def test_a_speed_that_is_over_predicts_nothing(
    ledger: Ledger, clock: HandClock, running: tuple[CampaignId, Hand]
) -> None:
    """What was sent 20 s ago says nothing when, of ten that the last 5 s should have brought, not even half went."""
    id_, hand = running
    clock.pass_(5)
    now = look(ledger, id_)
    assert (now.rate, now.eta_seconds) == (0.0, None)
    hand.take_lanes()
    hand.renew()
    flowing(ledger, hand, clock, id_, each=1, seconds=2)
    now = look(ledger, id_)
    assert now.rate == pytest.approx(0.4)
    assert now.eta_seconds == pytest.approx(38 / 0.4, abs=1)
