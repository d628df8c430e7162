"""What the inbox does wrong on purpose: refuse, delay, drop before the reply, greylist, be down."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from homing.model.errors import Fault, Invalid

SHARES = ("refuse", "drop", "greylist")
MOST_DELAY_MS = 600_000


@dataclass(frozen=True, slots=True)
class Chaos:
    """The switches. A share is a part of 1: 0 never, 1 always. Raises Invalid for a value that makes no sense.

    `refuse` recipients are answered `code` at RCPT, or at the final dot with `at_dot`; 421 also closes the connection.
    `drop` messages are accepted, recorded, and cut off before the reply: the sender cannot know (FAILURE_MODEL section 2).
    `greylist` addresses get 450 at their first try and are let in at the next. `down`: nobody listens, lines are cut.
    """

    refuse: float = 0.0
    code: int = 550
    at_dot: bool = False
    delay_ms: int = 0
    drop: float = 0.0
    greylist: float = 0.0
    down: bool = False

    def __post_init__(self) -> None:
        faults = [
            Fault(f"/{name}", "a share lies between 0 and 1") for name in SHARES if not 0 <= getattr(self, name) <= 1
        ]
        if not 400 <= self.code <= 599:
            faults.append(Fault("/code", "a refusal is 400 to 599"))
        if not 0 <= self.delay_ms <= MOST_DELAY_MS:
            faults.append(Fault("/delay_ms", f"a delay lies between 0 and {MOST_DELAY_MS} milliseconds"))
        if faults:
            raise Invalid("; ".join(f"{fault.pointer[1:]}: {fault.detail}" for fault in faults), faults=tuple(faults))

    @property
    def calm(self) -> bool:
        """Whether everything is off."""
        return not (self.refuse or self.delay_ms or self.drop or self.greylist or self.down)

    def changed(self, wishes: Mapping[str, Any]) -> "Chaos":
        """These switches with some of them set anew, as a JSON object says it. Raises Invalid for an unknown name or type."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        faults = [Fault(f"/{name}", "no such switch") for name in wishes if name not in kinds]
        values: dict[str, Any] = {}
        for name, wish in wishes.items():
            kind = kinds.get(name)
            if kind is None:
                continue
            fits = (
                isinstance(wish, bool) if kind is bool else isinstance(wish, int | float) and not isinstance(wish, bool)
            )
            if not fits or (kind is int and wish != int(wish)):
                faults.append(
                    Fault(f"/{name}", {bool: "true or false", int: "a whole number", float: "a number"}[kind])
                )
            else:
                values[name] = kind(wish)
        if faults:
            raise Invalid("; ".join(f"{fault.pointer[1:]}: {fault.detail}" for fault in faults), faults=tuple(faults))
        return replace(self, **values)

    def words(self) -> str:
        """The answer to a refused recipient or message."""
        kind = "4.7.0 not now" if self.code < 500 else "5.7.1 refused"
        return f"{self.code} {kind} (chaos)"
