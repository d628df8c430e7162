"""The quick ways of judging addresses agree with the libraries: on every kind of number of every country, and on hostile mail."""

import random
from collections.abc import Iterator

import email_validator
import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from homing.contacts.normalise import Flaw, email, emails, phone, phones, slow_phone

FORMATS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
KINDS = tuple(kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN)
_COUNTRIES = ("LK", "DE", "US", "IT", "AR", "BR", "MX", "RU")
Verdict = tuple[str, str | None]


def _examples() -> list[tuple[str, phonenumbers.PhoneNumber]]:
    """An example of every kind of number that the library's metadata has, with its country ("" of none)."""
    found = [
        (region, number)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in KINDS
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    codes = sorted(PhoneMetadata._country_code_metadata)
    return found + [("", number) for code in codes if (number := phonenumbers.example_number_for_non_geo_entity(code))]


def _spellings(number: phonenumbers.PhoneNumber, dice: random.Random) -> Iterator[str]:
    """How people write it, and what is close to it and perhaps none."""
    e164, international, national = (phonenumbers.format_number(number, form) for form in FORMATS)
    yield from (e164, international, national, e164[1:], "00" + e164[1:], national.replace(" ", ""))
    yield from (international.replace(" ", "-"), f"({e164})", f"{national} ext. 12", f"\u202a{e164}\u202c")
    text = dice.choice((e164, e164, national))
    at = dice.randrange(1, len(text))
    yield text[:at] + text[at + 1 :]
    yield text[:at] + dice.choice("0123456789") + text[at:]
    yield text[:at] + dice.choice("0123456789- x") + text[at + 1 :]
    yield text + dice.choice("0123456789")


def _verdict(text: str, country: str | None, *, by_library: bool) -> Verdict:
    try:
        return (slow_phone if by_library else phone)(text, country)
    except Flaw as flaw:
        return "", flaw.type


def _compare_numbers(rounds: int) -> tuple[int, int]:
    """How many spellings were judged, and how many of them quickly."""
    dice = random.Random(16)
    judged = quick = 0
    for _ in range(rounds):
        for region, number in _examples():
            texts = list(_spellings(number, dice))
            for country in (None, region if region and dice.random() < 0.7 else dice.choice(_COUNTRIES)):
                expected = [_verdict(text, country, by_library=True) for text in texts]
                assert [_verdict(text, country, by_library=False) for text in texts] == expected, (texts, country)
                for text, answer, verdict in zip(texts, phones(map(str.strip, texts), country), expected, strict=True):
                    assert answer == "" or (answer, None) == verdict, (text, country)
                    quick += answer != ""
                judged += len(texts)
    return judged, quick


@pytest.mark.slow
def test_numbers_of_every_country_and_kind_are_judged_as_by_the_library() -> None:
    judged, quick = _compare_numbers(1)
    assert judged > 30_000
    assert quick > judged / 10


@pytest.mark.proof  # minutes: `pytest -m proof tests/contacts`
def test_a_million_spellings_of_numbers_are_judged_as_by_the_library() -> None:
    judged, _ = _compare_numbers(30)
    assert judged > 1_000_000


_LOCAL = [
    "ann",
    "ANN",
    "o'brien+tag",
    "a.b",
    ".a",
    "a.",
    "a..b",
    "a b",
    '"a"',
    "a" * 64,
    "a" * 65,
    "änn",
    "a\u200db",
    "",
    "x&y",
    "İ",
]
_ALPHABET = "abzABZ019.-_+'\"@ äİ\u200d,;:\\/()<>!#$%&*=?^`{|}~"
_DOMAINS = [
    "example.com", "Example.COM", "bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "a..b", "-a.com", "a-.com",
    "localhost", "", "a.1", "x_y.com", "ab--c.com", "a" * 63 + ".com", "a" * 64 + ".com", "[127.0.0.1]", "1.2.3.4", "a.b.c.d.e.f",
    "example.com.", ".example.com", "ex ample.com", "例え.テスト", "host.local", "a." * 120 + "com",
]  # fmt: skip


def _mail(count: int) -> Iterator[str]:
    dice = random.Random(16)
    yield from (f"{local}@{domain}" for local in _LOCAL for domain in _DOMAINS)
    for _ in range(count):
        local = (
            dice.choice(_LOCAL) if dice.random() < 0.3 else "".join(dice.choices(_ALPHABET, k=dice.randrange(1, 12)))
        )
        domain = dice.choice(_DOMAINS)
        if dice.random() < 0.2:
            at = dice.randrange(len(domain) + 1)
            domain = domain[:at] + dice.choice(_ALPHABET) + domain[at:]
        yield dice.choice(("", "", "", " ")) + f"{local}@{domain}"


def _by_library(text: str) -> str | None:
    try:
        found = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain}"


def _compare_mail(count: int) -> int:
    texts = list(_mail(count))
    for text, answer in zip(texts, emails(map(str.strip, texts)), strict=True):
        expected = _by_library(text.replace("\u200d", "").strip())
        try:
            found: str | None = email(text)
        except Flaw:
            found = None
        assert found == expected, text
        assert answer in ("", expected), text
    return len(texts)


@pytest.mark.slow
def test_hostile_mail_addresses_are_judged_as_by_the_library() -> None:
    assert _compare_mail(15_000) > 15_000


@pytest.mark.proof  # minutes: `pytest -m proof tests/contacts`
def test_two_hundred_thousand_mail_addresses_are_judged_as_by_the_library() -> None:
    assert _compare_mail(200_000) > 200_000
