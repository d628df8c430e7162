"""What every body of a request is held to."""

import math
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

_DEEPEST = 32


class Sound(BaseModel):
    """A body whose values can be kept and told again: whole characters, finite numbers, not endlessly nested."""

    @model_validator(mode="before")
    @classmethod
    def _sound(cls, given: Any) -> Any:
        level = [given]
        for _ in range(_DEEPEST):
            level = [part for value in level for part in _parts(value)]
            if not level:
                return given
        raise ValueError(f"this is nested more than {_DEEPEST} deep")


def _parts(value: Any) -> Iterable[Any]:
    """What is inside a value. Raises ValueError for half a character (RFC 8259 section 8.2) and for NaN and the infinities."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("this has half a character (a lone surrogate) in it") from None
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is finite")
    elif isinstance(value, dict):
        return (*value.keys(), *value.values())
    elif isinstance(value, list):
        return value
    return ()


class Body(Sound):
    """A body that knows all its names: a misspelt one is told, not ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def given(self) -> dict[str, Any]:
        """Only what the caller wrote, under the names that the caller wrote."""
        return self.model_dump(exclude_unset=True, by_alias=True)
