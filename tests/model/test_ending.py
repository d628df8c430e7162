"""No prediction is earlier than the senders' limits allow."""

import pytest

from homing.model.ending import Limited, fastest, soonest
from homing.model.pacing import DAY_MS, Pace, Pacing, Rate, Span, WarmUp
from homing.model.sender import SenderOptions

NOW = 1_900_000_020_000  # at the full minute
MINUTE = NOW // 60_000
HOUR, DAY = 3_600.0, 86_400.0
GENTLE = Pacing(Pace.GENTLE)


@pytest.mark.parametrize(
    ("options", "count", "seconds"),
    [
        (SenderOptions(), 1_000_000, 0.0),
        (SenderOptions(rate=Rate(6, 60.0)), 30, 300.0),
        (SenderOptions(pacing=Pacing(Pace.STEADY, per_minute=20)), 40, 120.0),
        (SenderOptions(pacing=GENTLE), 20, 40.0),  # no rest lies in between
        (SenderOptions(pacing=GENTLE), 120, 2 * (50 * 2 + 45) + 20 * 2),
        (SenderOptions(pacing=GENTLE, rate=Rate(1, 60.0)), 20, 1_200.0),
        (SenderOptions(hourly=100), 100, 0.0),
        (SenderOptions(hourly=100), 250, 2 * HOUR),
        (SenderOptions(daily=100), 250, 2 * DAY),
        (SenderOptions(warm_up=WarmUp(50, 2.0), warm_from=NOW), 140, DAY),  # 50, then 100
        (SenderOptions(warm_up=WarmUp(50, 2.0), warm_from=NOW - 2 * DAY_MS), 140, 0.0),
    ],
)
def test_one_senders_limits_say_how_soon(options: SenderOptions, count: int, seconds: float) -> None:
    assert soonest(count, [Limited(options)], NOW) == pytest.approx(seconds, rel=0.01, abs=1.0)


def test_what_was_sent_before_counts_until_it_leaves_the_hour() -> None:
    """60 were sent 50 minutes ago: 40 may go now, 60 more in ten minutes, the next ones an hour from now."""
    of = Limited(SenderOptions(hourly=100), [(MINUTE - 50, 60)])
    assert soonest(40, [of], NOW) == pytest.approx(0, abs=1)
    assert soonest(41, [of], NOW) == pytest.approx(600, abs=1)
    assert soonest(100, [of], NOW) == pytest.approx(600, abs=1)
    assert soonest(101, [of], NOW) == pytest.approx(3_600, abs=1)


def test_several_senders_share_what_is_left() -> None:
    slow, slower = SenderOptions(rate=Rate(2, 1.0)), SenderOptions(rate=Rate(1, 1.0))
    assert soonest(300, [Limited(slow), Limited(slower)], NOW) == pytest.approx(100, rel=0.01)
    assert soonest(300, [Limited(slow), Limited(SenderOptions())], NOW) == 0.0
    assert fastest([slow, slower]) == 3.0
    assert fastest([slow, SenderOptions()]) is None
    assert fastest([SenderOptions(pacing=Pacing(Pace.GENTLE, Span(0.5, 3.0)))]) == 2.0
