"""One spelling for every address; the fast way agrees with the library."""

import email_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homing.contacts import normalise
from homing.contacts.normalise import Flaw
from homing.model.errors import Invalid


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("  ann@example.com\u200b ", "ann@example.com"),
        ("\ufeffann@example.com", "ann@example.com"),
        ("o'brien+tag@sub.example.co.uk", "o'brien+tag@sub.example.co.uk"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ÄNNE@example.com", "änne@example.com"),
        ("ann@mail.test", "ann@mail.test"),
        ("ann@host.local", "ann@host.local"),
    ],
)
def test_every_spelling_of_an_address_becomes_one(text: str, kept: str) -> None:
    assert normalise.email(text) == kept
    assert normalise.email(kept) == kept


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("ann.example.com", "email_no_at_sign"),
        ("ann@", "email_bad_domain"),
        ("ann@localhost", "email_bad_domain"),
        ("ann@example..com", "email_bad_domain"),
        ("ann@-example.com", "email_bad_domain"),
        ("ann@example.123", "email_bad_domain"),
        ("@example.com", "email_invalid"),
        ("ann..lee@example.com", "email_invalid"),
        (".ann@example.com", "email_invalid"),
        ("ann lee@example.com", "email_invalid"),
        ("Ann <ann@example.com>", "email_invalid"),
        ("ann@example.com\nBcc: x@example.com", "email_invalid"),
        ("ann\r\n@example.com", "email_invalid"),
        ('"ann"@example.com', "email_invalid"),
        ("a@" + "x" * 64 + ".com", "email_bad_domain"),
        ("x" * 100_000 + "@example.com", "email_invalid"),
    ],
)
def test_what_is_no_address_says_why(text: str, type_: str) -> None:
    with pytest.raises(Flaw) as flaw:
        normalise.email(text)
    bad_domain_seen_by_the_slow_way = {"email_bad_domain", "email_invalid"}
    assert flaw.value.type == type_ or {flaw.value.type, type_} <= bad_domain_seen_by_the_slow_way


_PIECES = st.text(alphabet="aZ09.-_+'\"@<> ü\u0130\u200d,;:\\/xn", max_size=24)
_DOMAINS = st.sampled_from(
    [
        "example.com",
        "Example.COM",
        "x.test",
        "bücher.example",
        "a..b",
        "-a.com",
        "a-.com",
        "localhost",
        "",
        "a.1",
        "x_y.com",
        "ab--c.com",
    ]
)


@settings(max_examples=800, deadline=None)
@given(st.one_of(st.builds(lambda a, d: f"{a}@{d}", _PIECES, _DOMAINS), _PIECES))
def test_the_fast_way_and_the_library_agree(text: str) -> None:
    stripped = text.translate(normalise._INVISIBLE).strip()
    try:
        found = email_validator.validate_email(stripped, check_deliverability=False)
        expected = f"{found.local_part.lower()}@{found.ascii_domain}"
    except email_validator.EmailNotValidError:
        expected = None
    try:
        got = normalise.email(text)
    except Flaw:
        got = None
    assert got == expected


@pytest.mark.parametrize(
    ("text", "country", "kept", "remark"),
    [
        ("+94 77 123 4567", None, "+94771234567", None),
        ("0094771234567", None, "+94771234567", None),
        ("077 123 4567", "LK", "+94771234567", None),
        ("(0)170 1234567", "DE", "+491701234567", None),
        ("94771234567", None, "+94771234567", "phone_assumed_international"),
        ("\u202a+94771234567\u202c", None, "+94771234567", None),
        ("+1 650 253 0000 ext. 12", None, "+16502530000", "phone_extension_dropped"),
    ],
)
def test_every_spelling_of_a_number_becomes_one(text: str, country: str | None, kept: str, remark: str | None) -> None:
    assert normalise.phone(text, country) == (kept, remark)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("hello", "phone_unparseable"),
        ("", "phone_unparseable"),
        ("+9477", "phone_too_short"),
        ("+947712345678901", "phone_too_long"),
        ("+94001234567", "phone_not_in_numbering_plan"),
        ("+999123456789", "phone_bad_country_code"),
        ("9.47712E+10", "phone_excel_scientific"),
        ("9,47712E+10", "phone_excel_scientific"),
    ],
)
def test_what_is_no_number_says_why(text: str, type_: str) -> None:
    with pytest.raises(Flaw) as flaw:
        normalise.phone(text)
    assert flaw.value.type == type_


def test_a_domain_for_suppressions_has_one_spelling() -> None:
    assert normalise.domain("@Example.COM ") == normalise.domain("example.com") == "@example.com"
    assert normalise.address("@Bücher.example") == "@xn--bcher-kva.example"
    assert normalise.address("ANN@x.test") == "ann@x.test"
    assert normalise.address("0771234567", "LK") == "+94771234567"
    with pytest.raises(Invalid):
        normalise.address("ann@@x.test")


def test_a_country_without_phones_is_refused() -> None:
    assert normalise.check_country("lk") == "LK"
    with pytest.raises(Invalid):
        normalise.check_country("XX")
