"""The honest duration before the start."""

from dataclasses import replace

import pytest

from homing.model.campaign import Window
from homing.model.outlook import daily_cap, message_cap, outlook
from homing.model.pacing import CAREFUL, DAY_MS, LINKED, Pacing, Rate, WarmUp
from homing.model.sender import SenderOptions

NOW = 1_900_000_000_000
HOURS = Window("08:00", "20:00", "Asia/Colombo")
PHONE = replace(WarmUp.parse(LINKED), people=True)


def test_nothing_that_holds_back_promises_nothing() -> None:
    assert outlook(1_000_000, SenderOptions(pacing=Pacing()), NOW) is None


def test_a_rate_decides() -> None:
    found = outlook(7_200, SenderOptions(rate=Rate(2, 1.0)), NOW)
    assert found is not None
    assert found.seconds == pytest.approx(3_600)
    assert found.words == "about 60 min"


def test_a_phone_that_warms_up_takes_days_and_says_so() -> None:
    """20, 30, 45, 67, 101, 150, 150 ... a day."""
    options = SenderOptions(pacing=CAREFUL, hours=HOURS, warm_up=PHONE, warm_from=NOW)
    assert [PHONE.most(day) for day in range(1, 8)] == [20, 30, 45, 67, 101, 150, 150]
    assert daily_cap(options, NOW + 2 * DAY_MS) == 45
    found = outlook(1_000, options, NOW)
    assert found is not None
    assert 8 * 86_400 < found.seconds < 10 * 86_400
    assert found.per_day == 20
    assert found.words.startswith("about 9 days, ends ")


def test_mail_that_warms_up_says_how_long_too() -> None:
    """100, 200, 400, 400 ... a day: 1,500 take five days."""
    options = SenderOptions(warm_up=WarmUp.parse("100x2..400"))
    found = outlook(1_500, options, NOW)
    assert found is not None
    assert (found.per_day, found.days) == (100, 5)
    older = outlook(1_500, replace(options, warm_from=NOW - 5 * DAY_MS), NOW)
    assert older is not None
    assert (older.per_day, older.days) == (400, 4)
    assert message_cap(replace(options, daily=300, warm_from=NOW), NOW + 2 * DAY_MS) == 300
    assert daily_cap(replace(options, warm_from=NOW), NOW + DAY_MS) == 200


def test_people_that_it_wrote_to_before_do_not_count() -> None:
    """Of 1,000 only 40 are new: two days for those, and meanwhile all others."""
    found = outlook(1_000, SenderOptions(daily_new=20, home="UTC"), NOW, strangers=40)
    assert found is not None
    assert found.per_day == 980
    assert found.seconds <= 2 * 86_400
    assert daily_cap(SenderOptions(daily_new=20), NOW) == 20


def test_a_cap_of_a_person_wins_and_hours_count() -> None:
    options = SenderOptions(pacing=CAREFUL, daily=500, hours=HOURS)
    found = outlook(2_000, options, NOW)
    assert found is not None
    assert found.per_day == 500
    assert 3 * 86_400 < found.seconds < 4 * 86_400
