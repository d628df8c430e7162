"""What people write about a campaign's course."""

import pytest

from homing.model.errors import Invalid
from homing.model.intent import parse_count, parse_headers, parse_share, parse_time, parse_window


def test_sending_hours_are_read_from_text_and_from_json() -> None:
    assert parse_window("8:00 - 20:30", "Europe/Berlin") == {
        "opens": "08:00",
        "closes": "20:30",
        "zone": "Europe/Berlin",
    }
    assert parse_window({"opens": "22:00", "closes": "06:00"}) == {"opens": "22:00", "closes": "06:00", "zone": "UTC"}


@pytest.mark.parametrize("text", ["8-20", "25:00-26:00", "", "08:00"])
def test_hours_that_are_none_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="write 08:00-20:00"):
        parse_window(text)


@pytest.mark.parametrize("zone", ["Nowhere/City", "../../etc/passwd", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        parse_window("08:00-20:00", zone)


def test_a_share_is_a_percentage_or_a_fraction() -> None:
    assert [parse_share(text) for text in ("5%", "0.05", 0.05, 0, "0")] == [0.05, 0.05, 0.05, 0.0, 0.0]
    for wrong in ("five", "-1%", "101%", "nan"):
        with pytest.raises(Invalid):
            parse_share(wrong)


def test_a_time_without_an_offset_is_in_the_zone_of_the_campaign() -> None:
    assert parse_time("2030-01-01T00:00:00Z") == 1_893_456_000_000
    assert parse_time("2030-01-01T01:00:00", "Europe/Berlin") == 1_893_456_000_000
    assert parse_time("2030-01-01T02:00:00+02:00", "Asia/Tokyo") == 1_893_456_000_000
    with pytest.raises(Invalid):
        parse_time("soon")


def test_headers_that_homing_writes_are_nobody_elses() -> None:
    assert parse_headers([("X-Tag", " a ")]) == [["X-Tag", "a"]]
    for name in ("From", "bcc", "Content-Type", "X-Homing-Delivery", "Bad Name", ""):
        with pytest.raises(Invalid):
            parse_headers([(name, "x")])
    with pytest.raises(Invalid, match="line break"):
        parse_headers([("X-Tag", "a\r\nBcc: b@c")])


def test_a_count_is_whole_and_positive() -> None:
    assert parse_count("5", "/canary") == 5
    for wrong in (0, -1, "x", True, 1.5):
        with pytest.raises(Invalid):
            parse_count(wrong, "/canary")  # type: ignore[arg-type]
