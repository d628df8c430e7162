"""Which numbers of the Cloud API are one business to Meta."""

import pytest

from homing.model.ids import SenderId
from homing.store.portfolio import alike

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
