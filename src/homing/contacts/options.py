"""How one import is done: what a person chose, checked, and as JSON beside the import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from homing.contacts.encoding import check as check_encoding
from homing.contacts.normalise import check_country
from homing.model.errors import Invalid
from homing.model.intent import wrong
from homing.store.matching import By, Mode

CHUNK, BIG_CHUNK, BIG_AFTER = 500, 5_000, 20_000
MOST_IN_CHUNK = 20_000
DROP, REJECT = "drop", "reject"


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported. `chunk` None: 500 rows a transaction, 5,000 for a file of more than 20,000 rows.

    `by`: what a row is known by; `default_country`: of phone numbers without "+", two letters; `encoding`, `delimiter`,
    `sheet` None: found out; `columns`: heading or number of a column to the field that it fills ("" leaves it out);
    `on_bad`: a wrong value beside a good key is dropped with a warning, or rejects its row. Raises Invalid.
    """

    by: By = By.AUTO
    mode: Mode = Mode.UPSERT
    replace_all: bool = False
    list_id: int | None = None
    list_name: str | None = None
    default_country: str | None = None
    chunk: int | None = None
    on_bad: str = DROP
    encoding: str | None = None
    delimiter: str | None = None
    sheet: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "default_country", check_country(self.default_country))
        object.__setattr__(self, "by", By(self.by))
        object.__setattr__(self, "mode", Mode(self.mode))
        if self.chunk is not None and not 1 <= self.chunk <= MOST_IN_CHUNK:
            raise Invalid(f"a chunk has 1 to {MOST_IN_CHUNK} rows", code="bad_option")
        if self.on_bad not in (DROP, REJECT):
            raise Invalid("a bad value is dropped (drop) or rejects its row (reject)", code="bad_option")
        if self.replace_all and self.mode is not Mode.UPSERT:
            raise Invalid("replacing all adds and updates: it goes with no other mode", code="bad_option")
        if self.encoding:
            check_encoding(self.encoding)
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise Invalid("a separator is one character, and no quote", code="bad_option")

    def chunk_for(self, rows: int) -> int:
        """How many rows a transaction takes, of a file with so many."""
        return self.chunk or (BIG_CHUNK if rows > BIG_AFTER else CHUNK)

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the default, with the names of this class."""
        plain = Options()
        return {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Options":
        """From an import's options, which hold more than these."""
        return cls(**{name: value for name, value in found.items() if name in cls.__slots__})


NAMES = {
    "upsertBy": "by",
    "mode": "mode",
    "replaceAll": "replace_all",
    "list": "list_name",
    "defaultCountry": "default_country",
    "chunkSize": "chunk",
    "onBadValue": "on_bad",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "sheet": "sheet",
    "columns": "columns",
    "dryRun": "dry_run",
}
"""What the API calls each, and its name here."""

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


def read_options(given: Mapping[str, Any], base: Options | None = None) -> Options:
    """Options from the names and values of the API; texts of a form are understood too. Raises Invalid (bad_option)."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or name not in NAMES:
            continue
        try:
            read[NAMES[name]] = _READERS[name](value)
        except (ValueError, TypeError, AttributeError) as error:
            raise Invalid(f"'{name}' cannot be {str(value)[:40]!r}; {_HINTS[name]}", code="bad_option") from error
    return replace(base or Options(), **read)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def truth(value: Any) -> bool:
    """A yes or no, also as the text of a form. Raises ValueError."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(text)
    return text in _TRUE


def _columns(value: Any) -> dict[str, str]:
    return {str(key): str(to or "") for key, to in value.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value.strip()


def _text_or_none(value: Any) -> str | None:
    """Empty: what was chosen before is taken back."""
    return None if value == "" else _text(value)


def _tab(value: Any) -> str:
    return {"tab": "\t", "\\t": "\t"}.get(str(value), str(value))


_READERS = {
    "upsertBy": By, "mode": Mode, "replaceAll": truth, "list": _text_or_none, "defaultCountry": _text_or_none,
    "chunkSize": _whole, "onBadValue": _text, "encoding": _text, "delimiter": _tab, "sheet": _whole,
    "columns": _columns, "dryRun": truth,
}  # fmt: skip
_HINTS = {
    "upsertBy": "write phone or email",
    "mode": "write upsert, createOnly or updateOnly",
    "replaceAll": "write true or false",
    "list": "write the name of a list; empty: none",
    "defaultCountry": "write two letters, like LK; empty: none",
    "chunkSize": f"write a number from 1 to {MOST_IN_CHUNK}",
    "onBadValue": "write drop or reject",
    "encoding": "write its name, like utf-8",
    "delimiter": "write one character, or tab",
    "sheet": "write the number of the sheet, from 1",
    "columns": "write an object from headings to fields",
    "dryRun": "write true or false",
}


def told(options: Options) -> dict[str, Any]:
    """All of them under the API's names."""
    return {name: (dict(v) if isinstance(v := getattr(options, attr), Mapping) else v) for name, attr in NAMES.items()}


def count_of(value: Any, name: str) -> int | None:
    """A number of contacts, or None when not given. Raises Invalid naming the field."""
    if value is None or value == "":
        return None
    try:
        found = _whole(value)
    except (ValueError, TypeError) as error:
        raise wrong(f"/{name}", "this is a number of contacts") from error
    if found < 0:
        raise wrong(f"/{name}", "this is a number of contacts")
    return found
