"""What WhatsApp says of a number of the Cloud API: its templates, its quality, and how many people it may write to first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from homing.model.moment import rfc3339

APPROVED = "APPROVED"
NO_ACCOUNT = "name the business account, and its templates can be shown: `homing sender set NAME --waba-id ID`"
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
MEDIA = ("image", "video", "document")
"""What the header of a template may be beside a text: a file that comes with each message."""
BUTTONS = ("url", "quick_reply", "copy_code")
"""Buttons that take a value: the end of an address, what comes back when it is tapped (may be left out), a code to copy."""
_VALUES = {"url": "the end of its address", "copy_code": "the code to copy"}
_A = {"image": "a picture (JPEG or PNG)", "video": "a video (MP4 or 3GPP)", "document": "a document (PDF)"}
_SHOWN = {"image/jpeg": "image", "image/png": "image", "video/mp4": "video", "video/3gpp": "video"}
_WORDS = {
    "PENDING": "WhatsApp has not decided on it yet",
    "IN_APPEAL": "WhatsApp has not decided on it yet",
    "REJECTED": "WhatsApp rejected it",
    "PAUSED": "WhatsApp paused it, because people complained of it",
    "DISABLED": "WhatsApp disabled it",
}


@dataclass(frozen=True, slots=True)
class Approved:
    """A template at WhatsApp, in one language. `status`: WhatsApp's word; `named`: its variables have names, not numbers;
    `lacks`: why Homing cannot fill it, in words."""

    name: str
    language: str
    status: str
    category: str = ""
    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    named: bool = False
    lacks: str = ""
    media: str = ""  # of `MEDIA`: its header is such a file
    kinds: tuple[str, ...] = ()  # of its buttons, in their order: of `BUTTONS`, or empty: it takes no value
    located: bool = False  # its header is a place on the map

    @property
    def why_not(self) -> str:
        """Why it cannot be sent, in words; empty: it can."""
        if self.status != APPROVED:
            return _WORDS.get(self.status, f"WhatsApp says {self.status.lower().replace('_', ' ')}")
        return self.lacks

    @property
    def variables(self) -> dict[str, list[str]]:
        """Of its header and its body, in their order: numbers without a gap, or names."""
        return {part: self._variables(getattr(self, part)) for part in ("header", "body")}

    def _variables(self, text: str) -> list[str]:
        found = list(dict.fromkeys(_VARIABLE.findall(text)))
        if self.named:
            return found
        most = max((int(each) for each in found if each.isdecimal() and len(each) < 4), default=0)
        return [str(number) for number in range(1, most + 1)]


@dataclass(frozen=True, slots=True)
class Account:
    """The number as WhatsApp told it. `reach`: people that it may write to first in 24 hours (None: unlimited, or not told:
    then `limit`, WhatsApp's own word, is empty); `templates` None: the business account is not named, so nobody asked.
    Times are wall milliseconds; `trouble`: why the last look brought nothing, in words."""

    tried_at: int = 0
    checked_at: int | None = None
    trouble: str | None = None
    quality: str = ""
    limit: str = ""
    reach: int | None = None
    phone: str = ""
    verified_name: str = ""
    templates: tuple[Approved, ...] | None = None

    def template(self, name: str, language: str) -> Approved | None:
        """The one of that name in that language."""
        named = (each for each in self.templates or () if each.name == name)
        return next((each for each in named if each.language == language), None)


def kind_of(mime: str) -> str:
    """image, video or document: what Meta does not show goes as a file."""
    return _SHOWN.get(mime.partition(";")[0].strip().lower(), "document")


def reach_of(limit: str) -> int | None:
    """'TIER_250', 'TIER_2K', '1000' as people in 24 hours; None: unlimited, or nothing that is known."""
    found = re.fullmatch(r"(?:TIER_)?(\d{1,9})(K?)", limit.strip().upper())
    return int(found[1]) * (1000 if found[2] else 1) if found else None


def fault_of(account: Account | None, told: Mapping[str, Any], mime: str | None = None) -> str | None:
    """What WhatsApp would refuse of a message {"name", "language", "header", "body"}, in words; None: nothing that is known.

    `mime`: of the file that comes with it.
    """
    if account is None or account.templates is None:
        return None
    name, language = str(told["name"]), str(told.get("language") or "en")
    found = account.template(name, language)
    if found is None:
        others = sorted({each.language for each in account.templates if each.name == name})
        if others:
            return f"the template '{name}' has no language {language} at WhatsApp; it has {', '.join(others)}"
        return f"WhatsApp has no template '{name}' of this account"
    if found.why_not:
        return f"the template '{name}' cannot be sent: {found.why_not}"
    faults = (_fault_of_file(found, mime), _fault_of_place(found, told), _fault_of_values(found, told))
    return next((each for each in faults if each is not None), _fault_of_buttons(found, told))


def _fault_of_values(found: Approved, told: Mapping[str, Any]) -> str | None:
    name = found.name
    for part, wanted in found.variables.items():
        given: Sequence[str] | Mapping[str, str] = told.get(part) or ()
        if found.named and wanted and set(given if isinstance(given, Mapping) else ()) != set(wanted):
            return f"the {part} of '{name}' has the variables {', '.join(wanted)}: give each of them by its name"
        if len(given) != len(wanted) or (isinstance(given, Mapping) and not found.named and given):
            return f"the {part} of '{name}' has {_counted(len(wanted))}, and {_counted(len(given))} {_is(len(given))} given"
    return None


def _fault_of_file(of: Approved, mime: str | None) -> str | None:
    if not of.media:
        return None if mime is None else f"the header of '{of.name}' is no file: leave the attachment out"
    if mime is None:
        return f"the header of '{of.name}' is {_A[of.media]}, and none is attached"
    kind = kind_of(mime)
    return (
        None
        if kind == of.media
        else f"the header of '{of.name}' is {_A[of.media]}, and {mime} goes as {_article(kind)}"
    )


def _fault_of_place(of: Approved, told: Mapping[str, Any]) -> str | None:
    if of.located == bool(told.get("location")):
        return None
    wanted = "is a place: give its latitude and longitude" if of.located else "is no place: leave the location out"
    return f"the header of '{of.name}' {wanted}"


def _fault_of_buttons(of: Approved, told: Mapping[str, Any]) -> str | None:
    given = {int(each["place"]): str(each["kind"]) for each in told.get("buttons") or ()}
    for place, kind in given.items():
        if place > len(of.kinds) or not of.kinds[place - 1]:
            return f"'{of.name}' has no button {place} that takes a value"
        if of.kinds[place - 1] != kind:
            return f"button {place} of '{of.name}' is of the kind {of.kinds[place - 1]}, and {kind} is given"
    for place, kind in enumerate(of.kinds, 1):
        if kind in _VALUES and place not in given:
            return f"button {place} of '{of.name}' wants {_VALUES[kind]}"
    return None


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "image" else f"a {kind}"


def _counted(count: int) -> str:
    return "no variable" if count == 0 else "1 variable" if count == 1 else f"{count} variables"


def _is(count: int) -> str:
    return "is" if count < 2 else "are"


def to_plain(templates: Sequence[Approved]) -> list[dict[str, Any]]:
    """For a JSON column."""
    return [{name: value for name, value in asdict(each).items() if value} for each in templates]


def from_plain(told: Sequence[Mapping[str, Any]]) -> tuple[Approved, ...]:
    """Back from a JSON column; what a newer version wrote beside it is passed over."""
    known = Approved.__dataclass_fields__
    rows = ({name: value for name, value in each.items() if name in known} for each in told)
    return tuple(
        Approved(**{"status": "", **row, **{name: tuple(row.get(name, ())) for name in ("buttons", "kinds")}})
        for row in rows
    )


def as_json(sender: str, account: Account | None, *, asks: bool) -> dict[str, Any]:
    """For the API and `--json`. `asks`: the business account is named, so that its templates are asked for."""
    known = account or Account()
    templates = None if known.templates is None else [_template(each) for each in known.templates]
    return {
        "sender": sender,
        "checked_at": rfc3339(known.checked_at),
        "tried_at": rfc3339(known.tried_at or None),
        "trouble": known.trouble,
        "phone": known.phone or None,
        "verified_name": known.verified_name or None,
        "quality": known.quality.lower() or None,
        "limit": known.limit or None,
        "people_per_day": known.reach,
        "templates": templates,
        "advice": None if asks else NO_ACCOUNT,
    }


def _template(of: Approved) -> dict[str, Any]:
    return {
        "name": of.name,
        "language": of.language,
        "status": of.status.lower(),
        "category": of.category.lower() or None,
        "header": of.header or None,
        "media": of.media or None,
        "body": of.body,
        "footer": of.footer or None,
        "buttons": list(of.buttons),
        "button_kinds": [kind or None for kind in of.kinds],
        "location": of.located,
        "named": of.named,
        "variables": of.variables,
        "why_not": of.why_not or None,
    }
