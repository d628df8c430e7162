"""One recipient, and the flat values that a letter's templates see of him."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from homing.content.emit import Vocabulary
from homing.content.failure import RenderError

LIST_LIMIT = 100
_OUTPUT_BOUND = 8 * 1024 * 1024
_DIGITS = 10
_SMALL = 10 ** (_DIGITS - 1)  # whole numbers below it are plain as they are
_ESCAPED = 6  # the most characters that HTML escaping makes of one


_NO_FIELDS: Mapping[str, Any] = {}


class Recipient(NamedTuple):
    """Whom a letter goes to. `fields`: the contact's attributes, plain JSON values; `name`: "" when unknown."""

    seq: int
    address: str
    name: str = ""
    fields: Mapping[str, Any] = _NO_FIELDS


def _name(person: Recipient) -> object:
    if whole := person.name or person.fields.get("name"):
        return whole
    return " ".join(str(v) for k in ("first_name", "last_name") if (v := person.fields.get(k))) or None


def _whole(person: Recipient) -> str:
    """The name that first and last name are taken from."""
    whole = person.name or person.fields.get("name")
    return whole.strip() if isinstance(whole, str) else ""


def _first_name(person: Recipient) -> object:
    given = person.fields.get("first_name")
    return given or _whole(person).partition(" ")[0] or given


def _last_name(person: Recipient) -> object:
    given = person.fields.get("last_name")
    return given or _whole(person).partition(" ")[2].strip() or given


Find = Callable[[Recipient], object]
_BUILT_IN: dict[str, Find] = {
    "email": lambda person: person.address or None,
    "name": _name,
    "first_name": _first_name,
    "last_name": _last_name,
}
"""Variables beside the contact's fields. `phone` is a field like any other; campaign.name and sender.name are constants."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a letter can print: bounds the memory of one rendering before it begins."""

    prints: int = 0  # values printed or searched, outside loops
    looped: int = 0  # inside loops, per turn
    text: int = 0  # characters of fixed text, loop bodies times LIST_LIMIT

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.prints + other.prints, self.looped + other.looped, self.text + other.text)


class Lookup:
    """Finds a recipient's values for the flat names of a Vocabulary."""

    def __init__(self, words: Vocabulary, constants: Mapping[tuple[str, ...], str], weight: Weight) -> None:
        self._absent: dict[str, Any] = {}  # what stands for values that a recipient lacks, and the constants
        self._entries: list[tuple[str, str, Find | None, tuple[str, ...], bool]] = []
        self._weight = weight
        self._roomy = _OUTPUT_BOUND // 2 // _ESCAPED // max(weight.prints + weight.looped * LIST_LIMIT, 1)
        for path, names in words.paths.items():
            if constant := constants.get(path):
                self._absent |= dict.fromkeys(names.values(), constant)
                continue
            self._absent |= {name: [] if kind == "l" else "" for kind, name in names.items() if kind != "v"}
            self._entries.append((".".join(path), path[0], finder(*path), tuple(names.values()), "l" in names))

    def context(self, person: Recipient) -> dict[str, Any]:
        """Flat name -> plain value. Raises RenderError for values that no template can take."""
        context = self._absent.copy()
        fields = person.fields
        longest = 0
        for variable, root, find, names, listed in self._entries:
            value = fields.get(root) if find is None else find(person)
            if value is None:
                continue
            if type(value) is str and not listed and value.isascii() and "\0" not in value:
                if len(value) > longest:
                    longest = len(value)
            elif type(value) is not int or listed or not -_SMALL < value < _SMALL:
                value = _plain(value, variable, listed=listed, bare=len(names) > listed)
                longest = max(longest, _size(value))
            for name in names:
                context[name] = value
        if longest + _DIGITS > self._roomy:
            self._check_size(context)
        return context

    def _check_size(self, context: dict[str, Any]) -> None:
        lists = [value for value in context.values() if isinstance(value, list)]
        longest = max((len(value) for value in context.values() if isinstance(value, str)), default=0)
        turns = max(map(len, lists), default=0)
        weight = self._weight
        printed = weight.prints * longest + weight.looped * (sum(map(_size, lists)) + turns * longest)
        if printed * _ESCAPED > _OUTPUT_BOUND:
            raise RenderError("too_long")


def finder(root: str, *keys: str) -> Find | None:
    """How a path's value is found; None: it is the field of that name."""
    built_in = _BUILT_IN.get(root)
    if not keys:
        return built_in
    return lambda person: _walk(built_in(person) if built_in is not None else person.fields.get(root), keys)


def _walk(value: object, keys: Sequence[str]) -> object:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _check_text(text: str, variable: str) -> None:
    if "\0" in text:
        raise RenderError("bad_text", variable)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RenderError("bad_text", variable) from None


def _plain(value: object, variable: str, *, listed: bool, bare: bool) -> Any:
    """The value as plain data. `listed`: a loop goes over it; `bare`: it is printed or compared, so no mapping."""
    if listed and not isinstance(value, (list, tuple)):
        raise RenderError("not_a_list", variable)
    if not isinstance(value, (list, tuple)):
        return _scalar(value, variable) if not isinstance(value, Mapping) or not bare else _no_text(variable)
    if len(value) > LIST_LIMIT:
        raise RenderError("list_too_long", variable)
    return [_item(entry, variable, 0) for entry in value]


def _no_text(variable: str) -> NoReturn:
    raise RenderError("not_text", variable)


def _item(value: object, variable: str, depth: int) -> Any:
    if isinstance(value, Mapping):
        if depth > 2 or len(value) > LIST_LIMIT:
            raise RenderError("bad_value", variable)
        return {str(k): _item(v, variable, depth + 1) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        if depth > 2 or len(value) > LIST_LIMIT:
            raise RenderError("bad_value", variable)
        return [_item(v, variable, depth + 1) for v in value]
    return _scalar(value, variable)


def _scalar(value: object, variable: str) -> str | int | float:
    match value:
        case None:
            return ""
        case str():
            text = "".join(value)  # a subclass could tell the engine that it needs no escaping
            _check_text(text, variable)
            return text
        case bool():
            return value
        case int() if -(1 << 63) <= value < 1 << 63:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case Decimal() | int():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            raise RenderError("bad_value", variable)


def _size(value: object) -> int:
    if type(value) is str:
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else len(str(value))
