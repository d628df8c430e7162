"""Headings: known by many names, kept as variables, never lost to each other."""

import pytest

from homing.contacts.columns import key_of, understand
from homing.model.errors import Invalid


@pytest.mark.parametrize("heading", ["email", "E-Mail", "EMAIL ADDRESS", " e-mail address ", "emailAddress", "Mail"])
def test_an_email_column_is_known_by_many_names(heading: str) -> None:
    assert understand(["x", heading]).email == 1


@pytest.mark.parametrize("heading", ["phone", "Phone Number", "MOBILE", "phoneNumber", "WhatsApp", "tel."])
def test_a_phone_column_is_known_by_many_names(heading: str) -> None:
    assert understand([heading]).phone == 0


def test_the_very_name_wins_and_the_other_becomes_an_attribute() -> None:
    columns = understand(["Mail", "Email", "Mobile", "Phone"])
    assert (columns.email, columns.phone) == (1, 3)
    assert columns.attributes == {"mail": 0, "mobile": 2}


def test_first_and_last_name_stay_variables_however_they_are_spelt() -> None:
    assert understand(["email", "firstName", "Surname"]).attributes == {"first_name": 1, "last_name": 2}


def test_other_headings_become_variables_and_one_that_comes_again_gets_a_number() -> None:
    columns = understand(
        ["email", "Favourite Colour", "city", "City", "CITY ", "email", "2nd", "Größe", "", "homing_row"]
    )
    assert columns.attributes == {
        "favourite_colour": 1, "city": 2, "city_2": 3, "city_3": 4, "email_2": 5, "_2nd": 6, "größe": 7,
    }  # fmt: skip


def test_a_table_that_can_name_nobody_is_refused_with_what_it_has() -> None:
    with pytest.raises(Invalid, match="'city', 'age'"):
        understand(["city", "age"])
    with pytest.raises(Invalid, match="a contact already"):
        understand(["ann@x.test", "Ann"])


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(Invalid):
        understand(["email", *(f"c{n}" for n in range(500))])
    with pytest.raises(Invalid):
        understand(["email", *(f"c{n}" for n in range(101))])


def test_a_key_is_a_variable_name() -> None:
    assert [key_of(text) for text in ("Zip-Code", "a  b", "__x__", "ÄÖ ü", "x" * 99)] == [
        "zip_code", "a_b", "x", "äö_ü", "x" * 64,
    ]  # fmt: skip
