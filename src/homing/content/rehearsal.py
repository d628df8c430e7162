"""The dry run: goes over an audience before the start and says what its members lack, without building a message."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homing.content.chat import Chat
from homing.content.failure import RenderError
from homing.content.letter import Letter
from homing.content.recipient import Recipient

_DISTINCT = 4096  # different answers held before they are summed up: memory does not depend on the audience


@dataclass(frozen=True, slots=True)
class Problem:
    """One recipient whose message cannot be made."""

    seq: int
    reason: str  # as in RenderError
    variable: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a dry run found. Counts are recipients, each counted once a variable."""

    total: int
    failing: int  # recipients whose message cannot be made, for whatever reason
    missing: Mapping[str, int]  # variable without fallback -> recipients that lack it
    fallback: Mapping[str, tuple[int, str]]  # variable -> recipients for whom its fallback is used, and the text
    blank: Mapping[str, int]  # variable without fallback -> recipients for whom it is there, but empty
    reasons: Mapping[str, int]  # reason of failure -> recipients
    errors: tuple[Problem, ...]  # the first of the failing


def rehearse(letter: Letter | Chat, recipients: Iterable[Recipient], *, keep: int = 20) -> Rehearsal:
    """Reads `recipients` once, as a stream. `keep`: how many failing ones are named. Takes about 10 us a recipient."""
    return _Run(letter, keep).over(recipients)


def together(runs: Iterable[Rehearsal]) -> Rehearsal:
    """Of several messages, each to its own people."""
    found = list(runs)
    fallback: dict[str, tuple[int, str]] = {}
    for each in found:
        for name, (count, text) in each.fallback.items():
            fallback[name] = (fallback.get(name, (0, ""))[0] + count, text)
    missing, blank, reasons = Counter[str](), Counter[str](), Counter[str]()
    for each in found:
        missing.update(each.missing)
        blank.update(each.blank)
        reasons.update(each.reasons)
    errors = tuple(error for each in found for error in each.errors)
    total, failing = sum(each.total for each in found), sum(each.failing for each in found)
    return Rehearsal(total, failing, missing, fallback, blank, reasons, errors)


class _Run:
    def __init__(self, letter: Letter | Chat, keep: int) -> None:
        self.letter = letter
        self.keep = keep
        self.told: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.errors: list[Problem] = []

    def over(self, recipients: Iterable[Recipient]) -> Rehearsal:
        total = 0
        for recipient in recipients:
            total += 1
            try:
                told = self.letter.wanting(recipient)
            except RenderError as error:
                self.failed(recipient, error.reason, error.variable)
                continue
            if told:
                self.note(recipient, told)
        self.sum_up()
        texts = self.letter.fallbacks()
        return Rehearsal(
            total=total,
            failing=self.reasons.total(),
            missing=self.of("-"),
            fallback={name: (count, texts.get(name, "")) for name, count in self.of("?").items()},
            blank=self.of("0"),
            reasons=dict(self.reasons),
            errors=tuple(self.errors),
        )

    def note(self, recipient: Recipient, told: str) -> None:
        self.told[told] += 1
        if len(self.told) >= _DISTINCT:
            self.sum_up()
        at = told.find("-")
        if at >= 0:
            self.failed(recipient, "missing_variable", told[at + 1 :].partition(";")[0])

    def failed(self, recipient: Recipient, reason: str, variable: str) -> None:
        self.reasons[reason] += 1
        if len(self.errors) < self.keep:
            self.errors.append(Problem(recipient.seq, reason, variable))

    def sum_up(self) -> None:
        for told, count in self.told.items():
            for finding in set(told.split(";")) - {""}:
                self.sums[finding] += count
        self.told.clear()

    def of(self, mark: str) -> dict[str, int]:
        return {finding[1:]: count for finding, count in sorted(self.sums.items()) if finding[0] == mark}
