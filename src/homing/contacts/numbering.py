"""The quick way to E.164: one pattern a calling code, compiled from the library's own metadata at first use.

It answers only where the library's answer is certain; everything else it leaves to the library. Nothing here is a table of
prefixes by hand, so a new version of the library brings its new numbering plans by itself.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_DIGITS = re.compile(r"\d{6,16}", re.ASCII)
_LEAST, _MOST = 5, 15
# What people write between digits, and the library passes over as well.
_BETWEEN = {ord(char): None for char in " -.()\u00a0\u2010\u2011\u2012\u2013\u2014\u2212"}
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail",
)  # fmt: skip


class _Plan(NamedTuple):
    """The numbers of one calling code that are certain, without it. `fits` takes a whole number."""

    code: str
    fits: re.Pattern[str]


class _Home(NamedTuple):
    """How numbers without a calling code are read in one country."""

    plan: _Plan
    trunk: str
    abroad: re.Pattern[str] | None


def quick(text: str, country: str | None) -> str | None:
    """The number in E.164 where that is certain, else None. `text` is stripped; `country`: two letters, or None.

    Without `country` a number without "+" is not decided here.
    """
    digits = text.translate(_BETWEEN)
    if digits[:1] == "+":
        fits = certain(digits[:4])
        return digits if fits is not None and fits(digits) else None
    if country is None or not _DIGITS.fullmatch(digits):
        return None
    home = _home(country)
    return None if home is None else _national(digits, home)


@lru_cache(maxsize=4096)
def certain(head: str) -> Callable[[str], object] | None:
    """What says of a number that begins with this head ("+" and three digits) whether it is E.164 for certain.

    None: no number that begins so is.
    """
    digits = head[1:]
    if head[:1] != "+" or not (digits.isascii() and digits.isdigit()):
        return None
    plan = next((found for length in (1, 2, 3) if (found := _plan(digits[:length])) is not None), None)
    if plan is None:
        return None
    return re.compile(rf"\+{plan.code}(?=\d{{1,{_MOST - len(plan.code)}}}$){plan.fits.pattern}", re.ASCII).fullmatch


def _national(digits: str, home: _Home) -> str | None:
    """Within a country: the trunk prefix goes, then the number has to be one of its plan."""
    plan = home.plan
    if digits.startswith(plan.code) or (home.abroad is not None and home.abroad.match(digits)):
        return None
    rest = digits[len(home.trunk) :] if home.trunk and digits.startswith(home.trunk) else digits
    return f"+{plan.code}{rest}" if plan.fits.fullmatch(rest) else None


@lru_cache(maxsize=2048)
def _plan(code: str) -> _Plan | None:
    """The plan of a calling code's main country; None when there is no such code or its numbers are never certain."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdigit() and code[:1] != "0" else None
    if not regions:
        return None
    found: Any = (
        PhoneMetadata.metadata_for_nongeo_region(int(code))
        if regions[0] == "001"
        else PhoneMetadata.metadata_for_region(regions[0])
    )
    if found is None or found.leading_digits is not None or (shape := _general(found)) is None:
        return _Plan(code, re.compile(r"(?!)"))
    prefix = found.national_prefix_for_parsing
    # A zero, or what the library may cut off first: not certain.
    return _Plan(code, re.compile(f"(?!0{f'|{prefix}' if prefix else ''}){shape}", re.ASCII))


@lru_cache(maxsize=512)
def _home(country: str) -> _Home | None:
    """How a country's own numbers are read; None where trunk prefixes are more than a literal."""
    found: Any = PhoneMetadata.metadata_for_region(country)
    if found is None:
        return None
    plan = _plan(str(found.country_code))
    regions = COUNTRY_CODE_TO_REGION_CODE.get(found.country_code, ())
    trunk = found.national_prefix or ""
    plain = (found.national_prefix_for_parsing or "") == trunk and found.national_prefix_transform_rule is None
    if plan is None or not plain or regions[0] != country:
        return None
    abroad = found.international_prefix
    return _Home(plan, trunk, re.compile(abroad) if abroad else None)


def _general(found: Any) -> str | None:
    """Every number that has a type in this country: the general shape, one of the types, each with its lengths."""
    general = found.general_desc
    if general is None or not general.national_number_pattern:
        return None
    kinds = [shape for name in _TYPES if (shape := _shape(getattr(found, name)))]
    if not kinds:
        return None
    return f"(?={_shape(general)}$)(?:{'|'.join(kinds)})"


def _shape(desc: Any) -> str:
    """One kind of number: its pattern and how long it may be; "" when the country has none of the kind."""
    if desc is None or not desc.national_number_pattern or desc.possible_length == (-1,):
        return ""
    lengths = "|".join(rf"\d{{{length}}}$" for length in desc.possible_length if length >= _LEAST)
    if desc.possible_length and not lengths:
        return ""
    return f"(?:{f'(?={lengths})' if lengths else ''}(?:{desc.national_number_pattern}))"
