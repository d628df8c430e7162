"""The honest duration before the start."""

import pytest

from homing.model.campaign import Window
from homing.model.outlook import DAY_MS, daily_cap, outlook, ramp
from homing.model.pacing import CAREFUL, Pacing, Rate
from homing.model.sender import SenderOptions

NOW = 1_900_000_000_000
HOURS = Window("08:00", "20:00", "Asia/Colombo")


def test_nothing_that_holds_back_promises_nothing() -> None:
    assert outlook(1_000_000, SenderOptions(pacing=Pacing()), NOW) is None


def test_a_rate_decides() -> None:
    found = outlook(7_200, SenderOptions(rate=Rate(2, 1.0)), NOW)
    assert found is not None
    assert found.seconds == pytest.approx(3_600)
    assert found.words == "about 60 min"


def test_a_phone_that_warms_up_takes_days_and_says_so() -> None:
    """20, 30, 45, 67, 101, 150, 150 ... a day."""
    options = SenderOptions(pacing=CAREFUL, hours=HOURS, ramp_from=NOW)
    assert [ramp(day) for day in range(7)] == [20, 30, 45, 67, 101, 150, 150]
    assert daily_cap(options, NOW + 2 * DAY_MS) == 45
    found = outlook(1_000, options, NOW)
    assert found is not None
    assert 8 * 86_400 < found.seconds < 10 * 86_400
    assert found.per_day == 20
    assert found.words.startswith("about 9 days, ends ")


def test_people_that_it_wrote_to_before_do_not_count() -> None:
    """Of 1,000 only 40 are new: two days for those, and meanwhile all others."""
    found = outlook(1_000, SenderOptions(daily_new=20, home="UTC"), NOW, strangers=40)
    assert found is not None
    assert found.per_day == 980
    assert found.seconds <= 2 * 86_400
    assert daily_cap(SenderOptions(daily_new=20), NOW) == 20


def test_a_cap_of_a_person_wins_and_hours_count() -> None:
    options = SenderOptions(pacing=CAREFUL, daily=500, hours=HOURS, ramp_from=NOW)
    found = outlook(2_000, options, NOW)
    assert found is not None
    assert found.per_day == 500
    assert 3 * 86_400 < found.seconds < 4 * 86_400
