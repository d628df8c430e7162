"""One spelling for every address: e-mail in lower case with the domain in ASCII, phone numbers in E.164.

Two spellings of one address must never become two contacts, and a suppression must find every spelling.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import email_validator
import phonenumbers

from homing.contacts.numbering import certain, quick
from homing.model.errors import Invalid

# The library refuses .test, .local, .internal and the like, by a list that it documents as ours to change: a server of one's
# own may well serve such a name, and a name that leads nowhere fails at sending, with its reason.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

# RFC 5322 section 3.2.3 dot-atom in ASCII: what this pattern takes the library takes as well, unchanged but for the case.
_DOT_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,20}", re.ASCII
)
_LOCAL_LIMIT, _WHOLE_LIMIT = 64, 254  # RFC 5321 section 4.5.3.1
_INVISIBLE = {ord(char): None for char in "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e"}
_SCIENTIFIC = re.compile(r"\+?\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"\D")
_IMPOSSIBLE = {
    phonenumbers.ValidationResult.TOO_SHORT: ("phone_too_short", "it has too few digits"),
    phonenumbers.ValidationResult.TOO_LONG: ("phone_too_long", "it has too many digits"),
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: ("phone_bad_country_code", "it begins with no country code"),
}
_UNPARSED = {
    phonenumbers.NumberParseException.TOO_SHORT_NSN: _IMPOSSIBLE[phonenumbers.ValidationResult.TOO_SHORT],
    phonenumbers.NumberParseException.TOO_LONG: _IMPOSSIBLE[phonenumbers.ValidationResult.TOO_LONG],
}
_LONGEST = 1000  # nothing longer is looked at: no address is, and patterns cost time by length


class Flaw(Exception):
    """Why a text is no address. `type` is of IMPORTS' vocabulary (docs/howto/import-contacts.md), the text is for people."""

    def __init__(self, type_: str, detail: str) -> None:
        super().__init__(detail)
        self.type = type_
        self.detail = detail


def email(text: str) -> str:
    """The address as the ledger keeps it; no DNS is asked. Raises Flaw.

    Takes what RFC 5322 and RFC 6531 call a dot-atom; quoted local parts and address literals are refused, as is a domain
    without a dot.
    """
    stripped = (text if text.isascii() else text.translate(_INVISIBLE)).strip()
    local, at, domain = stripped.rpartition("@")
    if not at:
        raise Flaw("email_no_at_sign", "there is no @ in it")
    short = len(local) <= _LOCAL_LIMIT and len(stripped) <= _WHOLE_LIMIT
    if short and domain.isascii() and _DOT_ATOM.fullmatch(local):
        return f"{local.lower()}@{_domain(domain)}"
    return _slow(stripped)


def emails(texts: Iterable[str]) -> list[str | None]:
    """Many addresses without blanks around: as `email` keeps them, None for an empty text, "" for what `email` must judge."""
    found: list[str | None] = []
    add, fits, judge = found.append, _DOT_ATOM.fullmatch, _judged
    for text in texts:
        if not text:
            add(None)
            continue
        local, _, domain = text.rpartition("@")
        if len(local) <= _LOCAL_LIMIT and len(text) <= _WHOLE_LIMIT and fits(local) and domain.isascii():
            verdict = judge(domain)
            add(f"{local.lower()}@{verdict}" if type(verdict) is str else "")
        else:
            add("")
    return found


def _slow(stripped: str) -> str:
    if len(stripped) > _LONGEST:
        raise Flaw("email_invalid", "it is too long")
    try:
        found = email_validator.validate_email(stripped, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise Flaw("email_invalid", str(error)) from error
    return f"{found.local_part.lower()}@{found.ascii_domain}"


def _domain(domain: str) -> str:
    verdict = _judged(domain)
    if isinstance(verdict, Flaw):
        raise Flaw(verdict.type, verdict.detail)  # a kept exception would gather every traceback
    return verdict


@lru_cache(maxsize=20_000)
def _judged(domain: str) -> str | Flaw:
    """The library's verdict on a domain, kept: files have few domains and many addresses."""
    try:
        return email_validator.validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
    except email_validator.EmailNotValidError as error:
        return Flaw("email_bad_domain", str(error))


def domain(text: str) -> str:
    """ "@example.com" in its one spelling, for suppressions. Raises Flaw."""
    return "@" + _domain(text.translate(_INVISIBLE).strip().removeprefix("@"))


def check_country(code: str | None) -> str | None:
    """An ISO 3166 country that has phone numbers, in capitals. Raises Invalid."""
    if code is None:
        return None
    upper = code.strip().upper()
    if upper not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(f"'{code}' is no country with phone numbers; write two letters, like LK or DE")
    return upper


def phone(text: str, country: str | None = None) -> tuple[str, str | None]:
    """The number in E.164, and a remark when something was assumed or left out. Raises Flaw.

    `country` (two letters) is where numbers without "+" are from; without it such a number is taken as international when
    it is valid as one.
    """
    stripped = (text if text.isascii() else text.translate(_INVISIBLE)).strip()
    if stripped[:2] == "00":
        stripped = "+" + stripped[2:]
    assumed = country is None and stripped[:1].isdigit()
    found = quick("+" + stripped if assumed else stripped, country)
    if found is None:
        return slow_phone(stripped, country)
    return found, "phone_assumed_international" if assumed else None


def phones(texts: Iterable[str], country: str | None = None) -> list[str | None]:
    """Many numbers without blanks around them: E.164, None for an empty text, "" for what `phone` must judge."""
    found: list[str | None] = []
    add, heads = found.append, certain
    for text in texts:
        if not text:
            add(None)
        elif (fits := heads(text[:4])) is not None and fits(text):
            add(text)
        elif text.isascii() and (text[0] == "+" or (country is not None and text[:2] != "00")):
            add(quick(text, country) or "")
        else:
            add("")
    return found


def slow_phone(text: str, country: str | None = None) -> tuple[str, str | None]:
    """As `phone`, by the library alone."""
    stripped = text.translate(_INVISIBLE).strip()
    if _SCIENTIFIC.fullmatch(stripped):
        raise Flaw("phone_excel_scientific", "a spreadsheet program has cut its digits off; format the column as text")
    international = stripped.lstrip("(").startswith(("+", "\uff0b")) or stripped.startswith("00")
    if stripped.startswith("00"):
        stripped = "+" + stripped[2:]
    assumed = not international and country is None
    if assumed:
        stripped = "+" + stripped
    number = _parsed(stripped, country)
    _check(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), _remark(number, assumed=assumed)


def _parsed(text: str, country: str | None) -> Any:
    try:
        return phonenumbers.parse(text[:_LONGEST], country)
    except phonenumbers.NumberParseException as error:
        if error.error_type in _UNPARSED:
            raise Flaw(*_UNPARSED[error.error_type]) from error
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and _NOT_DIGITS.sub("", text):
            raise Flaw("phone_bad_country_code", "it begins with no country code; say the country") from error
        raise Flaw("phone_unparseable", "it is no phone number") from error


def _check(number: Any) -> None:
    flaw = _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number))
    if flaw is not None:
        raise Flaw(*flaw)
    if not phonenumbers.is_valid_number(number):
        raise Flaw("phone_not_in_numbering_plan", "its country gives out no such number")


def _remark(number: Any, *, assumed: bool) -> str | None:
    if number.extension:
        return "phone_extension_dropped"
    return "phone_assumed_international" if assumed else None


def address(text: str, country: str | None = None) -> str:
    """Either kind, as a person types it on a command line: with an @ it is an e-mail address. Raises Invalid."""
    try:
        if text.strip().startswith("@"):
            return domain(text)
        return email(text) if "@" in text else phone(text, country)[0]
    except Flaw as flaw:
        raise Invalid(f"'{text}' is no address: {flaw.detail}", code=flaw.type) from flaw
