"""The few errors that callers can cause. What a provider does is never an exception but an Outcome.

HomingError
 |- NotFound       the thing named does not exist (or is not visible from this workspace)
 |- Conflict       it exists, but its state forbids this now
 |- Invalid        a value is wrong; carries the field and the cure
 |- Misconfigured  the installation cannot do this until somebody changes a setting
 |- Unreachable    the database (or the server) does not answer
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class HomingError(Exception):
    """Base of all errors a caller can cause. `code` is stable and machine-readable; the text is for people.

    `more`: facts beside it, by name.
    """

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.more = dict(more or {})
        if code is not None:
            self.code = code


class NotFound(HomingError):
    code = "not_found"


class Conflict(HomingError):
    code = "conflict"


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value: where it stands (a JSON pointer or flag) and what to do about it."""

    pointer: str
    detail: str


class Invalid(HomingError):
    code = "invalid"

    def __init__(self, detail: str, *, faults: tuple[Fault, ...] = (), code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.faults = faults


class Misconfigured(HomingError):
    code = "misconfigured"


class Unreachable(HomingError):
    code = "unreachable"
