"""What a campaign gives to a template that WhatsApp approved: the form of its values, before anybody is asked about them."""

from collections.abc import Mapping
from typing import Any

from homing.model.approved import BUTTONS
from homing.model.errors import Fault, Invalid

_PARTS = frozenset({"name", "language", "header", "body", "location", "buttons"})
_LOCATION = frozenset({"latitude", "longitude", "name", "address"})
MOST_BUTTONS = 10  # a template has no more


def check_template(value: Mapping[str, Any]) -> None:
    """Raises Invalid, at the part that is wrong."""
    unknown = sorted(set(value) - _PARTS)
    if unknown:
        raise _wrong(unknown[0], f"a template has no '{unknown[0]}' here")
    for part in ("header", "body"):
        given = value.get(part) or ()
        values = given.values() if isinstance(given, Mapping) else given
        if isinstance(given, str) or not all(isinstance(each, str) for each in values):
            raise _wrong(part, 'write ["{{ name }}"], or {"customer": "{{ name }}"} by their names')
    _check_location(value.get("location"))
    _check_buttons(value.get("buttons") or ())


def _check_location(given: Any) -> None:
    if given is None:
        return
    fits = isinstance(given, Mapping) and {"latitude", "longitude"} <= set(given) <= _LOCATION
    if not fits or not all(each is None or isinstance(each, str) for each in given.values()):
        raise _wrong("location", 'write {"latitude": "6.93", "longitude": "79.85", "name": "...", "address": "..."}')


def _check_buttons(given: Any) -> None:
    places = set()
    for n, each in enumerate(given if isinstance(given, list | tuple) else [None]):
        if not isinstance(each, Mapping) or set(each) != {"place", "kind", "value"} or each["kind"] not in BUTTONS:
            words = f'write [{{"place": 1, "kind": "url", "value": "{{{{ code }}}}"}}]; a kind is one of {", ".join(BUTTONS)}'
            raise _wrong(f"buttons/{n}", words)
        place = each["place"]
        if isinstance(place, bool) or not isinstance(place, int) or not 1 <= place <= MOST_BUTTONS or place in places:
            raise _wrong(f"buttons/{n}/place", f"say which button, once each, from 1 to {MOST_BUTTONS}")
        if not isinstance(each["value"], str):
            raise _wrong(f"buttons/{n}/value", "a value is a text")
        places.add(place)


def _wrong(part: str, detail: str) -> Invalid:
    return Invalid(detail, faults=(Fault(f"/whatsapp_template/{part}", detail),))
