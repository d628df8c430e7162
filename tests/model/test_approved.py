"""Templates at WhatsApp: what they want, and what would be refused."""

from typing import Any

import pytest

from homing.model.approved import Account, Approved, fault_of, from_plain, reach_of, to_plain
from homing.model.outlook import outlook
from homing.model.pacing import DAY_MS
from homing.model.sender import SenderOptions

OFFER = Approved("offer", "en", "APPROVED", header="For {{1}}", body="Hello {{1}}, see {{2}} or {{1}}")
NAMED = Approved("named", "en", "APPROVED", body="Hello {{ customer }}, {{city}}", named=True)
KINDS = ("url", "quick_reply", "copy_code", "")
SHOP = Approved(
    "shop",
    "en",
    "APPROVED",
    body="Come",
    buttons=("Go", "Yes", "Copy", "Call"),
    kinds=KINDS,
)
PLACE = Approved("place", "en", "APPROVED", body="Come", located=True)
ALL = (
    SHOP,
    PLACE,
    OFFER,
    NAMED,
    Approved("late", "en", "PENDING", body="-"),
    Approved("bad", "en", "PAUSED", body="-"),
)
ACCOUNT = Account(templates=ALL)


def test_variables_are_numbers_without_a_gap_or_names_in_their_order() -> None:
    assert OFFER.variables == {"header": ["1"], "body": ["1", "2"]}
    assert NAMED.variables == {"header": [], "body": ["customer", "city"]}
    assert from_plain(to_plain(ALL)) == ALL


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "offer", "language": "en", "header": ["a"], "body": ["b", "c"]}, None),
        ({"name": "offer", "header": ["a"], "body": ["b", "c"]}, None),
        ({"name": "named", "body": {"city": "x", "customer": "y"}}, None),
        ({"name": "offer", "language": "si"}, "has no language si at WhatsApp; it has en"),
        ({"name": "nothing"}, "WhatsApp has no template 'nothing'"),
        ({"name": "late"}, "has not decided on it yet"),
        ({"name": "bad"}, "paused it"),
        ({"name": "offer", "header": ["a"], "body": ["b"]}, "has 2 variables, and 1 variable is given"),
        ({"name": "offer", "body": ["b", "c"]}, "the header of 'offer' has 1 variable, and no variable is given"),
        ({"name": "offer", "header": ["a"], "body": {"1": "b", "2": "c"}}, "the body of 'offer'"),
        ({"name": "named", "body": ["x", "y"]}, "has the variables customer, city: give each of them by its name"),
        ({"name": "named", "body": {"city": "x"}}, "has the variables customer, city"),
    ],
)
def test_what_whatsapp_would_refuse_is_told_in_words(told: dict[str, Any], words: str | None) -> None:
    found = fault_of(ACCOUNT, told)
    assert (found is None) if words is None else (words in (found or "")), found


GO, COPY = {"place": 1, "kind": "url", "value": "x"}, {"place": 3, "kind": "copy_code", "value": "x"}
YES, CALL = {"place": 2, "kind": "quick_reply", "value": "x"}, {"place": 4, "kind": "url", "value": "x"}
HERE = {"latitude": "6.9", "longitude": "79.8"}


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("shop", {"buttons": [GO, COPY]}, None),
        ("shop", {"buttons": [COPY, YES, GO]}, None),
        ("shop", {"buttons": [COPY]}, "button 1 of 'shop' wants the end of its address"),
        ("shop", {"buttons": [GO]}, "button 3 of 'shop' wants the code to copy"),
        ("shop", {"buttons": [GO, COPY, CALL]}, "'shop' has no button 4 that takes a value"),
        ("shop", {"buttons": [{**GO, "kind": "quick_reply"}, COPY]}, "button 1 of 'shop' is of the kind url"),
        ("offer", {"header": ["a"], "body": ["b", "c"], "buttons": [GO]}, "'offer' has no button 1"),
        ("place", {"location": HERE}, None),
        ("place", {}, "is a place: give its latitude and longitude"),
        ("shop", {"buttons": [GO, COPY], "location": HERE}, "the header of 'shop' is no place: leave the location out"),
    ],
)
def test_what_buttons_and_places_want_is_told_in_words(name: str, told: dict[str, Any], words: str | None) -> None:
    found = fault_of(ACCOUNT, {"name": name, **told})
    assert (found is None) if words is None else (words in (found or "")), found


def test_where_nobody_asked_nothing_is_refused() -> None:
    assert fault_of(None, {"name": "offer"}) is None
    assert fault_of(Account(), {"name": "offer"}) is None


@pytest.mark.parametrize(
    ("limit", "reach"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2_000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None),
        ("1000", 1_000),
        ("", None),
        ("TIER_NOT_SET", None),
        ("-1", None),
    ],
)
def test_the_limit_is_read(limit: str, reach: int | None) -> None:
    assert reach_of(limit) == reach


def test_the_days_that_a_limit_makes_are_told_before_the_start() -> None:
    """1,000 people at 250 a day: on four days, the last of them three days after the start."""
    found = outlook(1_000, SenderOptions(reach=250), 0)
    assert found is not None
    assert (found.days, found.per_day, found.ends_at) == (4, 250, 3 * DAY_MS)
    later = outlook(1_000, SenderOptions(reach=250), 0, used=200)
    assert later is not None
    assert (later.days, later.per_day) == (5, 50)
    full = outlook(10, SenderOptions(reach=250), 0, used=250)
    assert full is not None
    assert (full.days, full.ends_at) == (2, DAY_MS)
    assert outlook(1_000, SenderOptions(), 0) is None
