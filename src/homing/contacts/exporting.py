"""Contacts on the way out, as CSV for spreadsheet programs or as JSON lines for programs."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from homing.store.contacts import Contact

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
_PHONE = re.compile(r"\+\d{4,15}", re.ASCII)


class Out(Protocol):
    """What text is written to."""

    def write(self, text: str, /) -> object: ...


def harmless(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula: `'` goes before = + - @ tab CR NUL, but a phone number stays.

    ASVS 5.0.0 requirement 1.2.10.
    """
    if cell.startswith(_FORMULA) and not _PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell


def write_csv(contacts: Iterable[Contact], attributes: Iterable[str], out: Out) -> int:
    """RFC 4180 with a header: phone, email, name, then the attributes named. Returns how many contacts were written."""
    names = list(attributes)
    writer = csv.writer(out)
    writer.writerow([harmless(cell) for cell in ("phone", "email", "name", *names)])
    count = 0
    for contact in contacts:
        cells = (contact.phone or "", contact.email or "", contact.name, *_values(contact, names))
        writer.writerow([harmless(cell) for cell in cells])
        count += 1
    return count


def write_json(contacts: Iterable[Contact], out: Out) -> int:
    """One JSON array of the same objects, written one by one."""
    count = 0
    for contact in contacts:
        out.write(("[" if count == 0 else ",") + "\n" + _object(contact))
        count += 1
    out.write("[]\n" if count == 0 else "\n]\n")
    return count


def write_jsonl(contacts: Iterable[Contact], out: Out) -> int:
    """One object a line: phone, email, name and the attributes; an attribute never hides one of the three."""
    count = 0
    for contact in contacts:
        out.write(_object(contact) + "\n")
        count += 1
    return count


def _object(contact: Contact) -> str:
    known = {"phone": contact.phone, "email": contact.email, "name": contact.name}
    return json.dumps({**known, **contact.attributes, **known}, ensure_ascii=False)


def _values(contact: Contact, names: list[str]) -> Iterator[str]:
    for name in names:
        value = contact.attributes.get(name, "")
        yield value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
