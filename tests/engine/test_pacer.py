"""When a sender may speak next."""

import pytest

from homing.engine.pacer import Pacer
from homing.model.pacing import Pace, Pacing, Rate, Span
from homing.model.sender import SenderOptions
from homing.world import World
from tests.store.ledger import HandClock, LoadedDice


def pacer(clock: HandClock, options: SenderOptions, **more: int) -> Pacer:
    made = Pacer(options, World(clock, LoadedDice(0.5)), **more)
    made.begin()
    return made


def test_without_pace_or_rate_nothing_waits(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions())
    for _ in range(1_000):
        assert made.wait() == 0.0
        made.spend()
        made.ended(sent=True)
    assert made.capped() is None


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0625])
def test_a_rate_is_kept_by_each_holder_for_its_share(clock: HandClock, share: float) -> None:
    """R13: limits need no coordination: lanes held / lanes of the rate each."""
    made = pacer(clock, SenderOptions(rate=Rate(100, 1.0)))
    made.share = share
    sent, began = 0, clock.up
    while clock.up < began + 20:
        wait = made.wait()
        if wait > 0:
            clock.pass_(min(wait + 1e-6, 1.0))
            continue
        made.spend()
        made.ended(sent=True)
        sent += 1
    assert 0.95 * 2_000 * share - 2 <= sent <= 2_000 * share + 100 * share + 1


def test_after_a_take_over_the_bucket_is_empty(clock: HandClock) -> None:
    assert pacer(clock, SenderOptions(rate=Rate(10, 1.0))).wait() == pytest.approx(0.1)


def test_a_gentle_sender_waits_1_to_3_seconds_and_rests_after_every_50(clock: HandClock) -> None:
    """R21."""
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE)))
    waits = []
    for _ in range(120):
        assert made.wait() <= 1e-6
        made.spend()
        assert made.wait() == float("inf"), "one message at a time"
        made.ended(sent=True)
        waits.append(made.wait())
        clock.pass_(waits[-1])
    assert [n for n, wait in enumerate(waits, 1) if wait > 3] == [50, 100]
    assert waits[49] == pytest.approx(45.0)
    assert waits[0] == pytest.approx(2.0)


def test_a_rest_falls_where_it_would_have_fallen_without_the_restart(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE, delay=Span(1, 1))), sent_before=49)
    assert made.wait() == 1.0, "the last holder may have sent a moment ago"
    clock.pass_(1)
    made.spend()
    made.ended(sent=True)
    assert made.wait() == pytest.approx(45.0)


def test_what_was_not_sent_costs_no_gap(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE)))
    made.spend()
    made.ended(sent=False)
    assert (made.wait(), made.sent_before) == (0.0, 0)


def test_hourly_and_daily_caps_say_which_is_reached(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(hourly=3, daily=5), sent_hour=2, sent_day=4)
    assert made.capped() is None
    made.ended(sent=True)
    assert made.capped() == "the hourly limit of 3 is reached"
    made.sent_hour = 0
    assert made.capped() == "the daily limit of 5 is reached"
