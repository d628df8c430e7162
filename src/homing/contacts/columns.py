"""Which column of a file is what: e-mail, phone and name are known by many headings, every other is an attribute."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from homing.model.errors import Invalid

MOST_COLUMNS, MOST_ATTRIBUTES, LONGEST_NAME = 500, 100, 64
_KNOWN = {
    "email": "email e_mail mail email_address e_mail_address emailaddress email_1 e_mail_1 e_mail_1_value email_1_value",
    "phone": "phone phone_number phonenumber mobile mobile_number mobile_phone cell cell_phone cellphone telephone "
    "telephone_number tel msisdn whatsapp whatsapp_number whats_app whats_app_number phone_1_value",
    "name": "name full_name fullname display_name contact_name",
    "first_name": "first_name firstname given_name forename",
    "last_name": "last_name lastname surname family_name",
}
_ALIASES = {alias: field for field, aliases in _KNOWN.items() for alias in aliases.split()}
_APART = re.compile(r"\W+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OURS = "homing_"  # columns that a list of rejected rows adds: it can be imported again as it is


@dataclass(frozen=True, slots=True)
class Columns:
    """A header understood: the position of each known column, and of each attribute."""

    email: int | None
    phone: int | None
    name: int | None
    attributes: Mapping[str, int]
    width: int

    def named(self) -> dict[str, int]:
        """Every column that is used, by the field that it fills."""
        known = {"email": self.email, "phone": self.phone, "name": self.name}
        return {**{field: at for field, at in known.items() if at is not None}, **self.attributes}


def key_of(heading: str) -> str:
    """A heading as the name of a template variable: lower case, `_` for blanks and signs. "First Name" and "firstName" agree."""
    words = _APART.split(_CAMEL.sub(" ", heading.strip()).lower())
    key = "_".join(word for word in words if word)[:LONGEST_NAME]
    return f"_{key}" if key[:1].isdigit() else key


def understand(header: Sequence[str], chosen: Mapping[str, str] | None = None) -> Columns:
    """Maps a header row. A heading that comes again gets a number. Raises Invalid when no column can name anybody.

    `chosen`: a heading, or a column's number from 1, to the field that it fills; "" leaves the column out.
    """
    if len(header) > MOST_COLUMNS:
        raise Invalid(f"the file has {len(header)} columns; {MOST_COLUMNS} are the most", code="limit")
    keys = _chosen([key_of(heading) for heading in header], header, chosen or {})
    known = {field: at for field in _KNOWN if (at := _best(field, keys)) is not None}
    if "email" not in known and "phone" not in known:
        raise Invalid(_lost(header), code="no_key_column")
    # First and last name fill the name and stay variables of their own: a letter greets by the first name.
    used = {at: field for field, at in known.items()}
    attributes: dict[str, int] = {}
    for at, key in enumerate(keys):
        field = used.get(at)
        if not key or key.startswith(_OURS) or field in ("email", "phone", "name"):
            continue
        attributes[_free(field or key, attributes)] = at
    if len(attributes) > MOST_ATTRIBUTES:
        raise Invalid(
            f"the file has {len(attributes)} columns besides e-mail, phone and name; {MOST_ATTRIBUTES} are the most: "
            "leave some out",
            code="limit",
        )
    return Columns(known.get("email"), known.get("phone"), known.get("name"), attributes, len(header))


def _chosen(keys: list[str], header: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
    """The keys after what a person said of some columns: a field that was given to one column is no other's."""
    places = {heading.strip(): at for at, heading in reversed(list(enumerate(header)))}
    for column, field in chosen.items():
        at = places.get(column.strip())
        if at is None and column.isdecimal() and 1 <= int(column) <= len(header):
            at = int(column) - 1
        if at is None:
            raise Invalid(f"the file has no column '{column[:40]}'", code="bad_option")
        wanted = key_of(field)
        if wanted in _KNOWN:
            keys = ["" if _ALIASES.get(key) == wanted else key for key in keys]
        keys[at] = wanted
    return keys


def _best(field: str, keys: Sequence[str]) -> int | None:
    """Where a field is: the heading that is its very name, else the first that is one of its other names."""
    if field in keys:
        return keys.index(field)
    return next((at for at, key in enumerate(keys) if _ALIASES.get(key) == field), None)


def _free(key: str, taken: Mapping[str, int]) -> str:
    wanted = f"{key}_2" if key in ("email", "phone", "name") else key
    number = 2
    while wanted in taken:
        wanted = f"{key}_{number}"
        number += 1
    return wanted


def _lost(header: Sequence[str]) -> str:
    if any("@" in cell for cell in header):
        return "the first row is a contact already; put a row of headings above it, one of them `email`"
    seen = ", ".join(f"'{cell.strip()[:30]}'" for cell in header[:8])
    return f"no column is called `email` or `phone`; the headings are {seen or 'empty'}"
