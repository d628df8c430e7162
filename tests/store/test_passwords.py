"""Which passwords may be chosen (SECURITY section 3)."""

import pytest

from homing.model.errors import Invalid
from homing.store.passwords import check_new


@pytest.mark.parametrize(
    "password",
    [
        "sonyericsson",
        "1qaz2wsx3edc",
        "Football2026",
        "!!superman22!!",
        "monkeymonkey",
        "princess123456",
        "Password-2026",
        "abcdefghijkl",
        "ada.lovelace1",
        "aaaabbbbaaaa",
    ],
)
def test_what_is_tried_first_cannot_be_chosen(password: str) -> None:
    with pytest.raises(Invalid, match="first that are tried"):
        check_new(password, email="ada.lovelace@example.org")


@pytest.mark.parametrize(
    "password", ["a pigeon finds its way home", "seven grey herons", "tr0ub4dor&3-blue", "Kx9#mP2$vL5q"]
)
def test_everything_else_can_without_rules_of_composition(password: str) -> None:
    assert check_new(password, email="ada.lovelace@example.org") == password


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_its_length_is_told(password: str) -> None:
    with pytest.raises(Invalid, match="12 to 128"):
        check_new(password)
