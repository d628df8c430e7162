"""What a look at something found: one line a check, ok, warn or fail, with the mend."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from homing.model.errors import Fault, Invalid

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `check`: its stable name; `mend`: what to do, empty when it is ok."""

    check: str
    verdict: str
    words: str
    mend: str = ""

    @property
    def line(self) -> str:
        """For a terminal."""
        return f"{self.verdict:<5} {self.check:<12} {self.words}" + (f". {self.mend}" if self.mend else "")


def failed(findings: Iterable[Finding]) -> bool:
    """Whether one of them says that it does not work."""
    return any(each.verdict == FAIL for each in findings)


_FIELDS = {
    "subject": "subject",
    "from": "from",
    "size": "attachments",
    "attachments": "attachments",
    "text": "text",
    "window": "text",
    "template": "whatsapp_template",
    "quality": "whatsapp_template",
}
"""Which field of a campaign a check speaks of; all others of its HTML."""


def refused_by(findings: Sequence[Finding], *, anyway: bool) -> list[str]:
    """Raises Invalid (code `lint`) when there are errors and nobody insists; else the checks that are overridden."""
    errors = [each for each in findings if each.verdict == FAIL]
    if errors and not anyway:
        faults = tuple(Fault(f"/{_FIELDS.get(each.check, 'html')}", f"{each.words}: {each.mend}") for each in errors)
        detail = "; ".join(fault.detail for fault in faults)
        raise Invalid(f"the campaign was not started: {detail}", faults=faults, code="lint")
    return sorted({each.check for each in errors})
