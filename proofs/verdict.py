"""The verdict: compares what the sink wrote down before it replied with the rows of the ledger, and nothing else."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

ACCEPTED = frozenset({"sent", "delivered", "read", "bounced", "complained"})
OPEN = frozenset({"queued", "claimed", "sending"})
COUNTED = ("failed", "skipped", "cancelled", "uncertain")
SUMS = """SELECT sum(sent), sum(failed), sum(skipped), sum(cancelled), sum(uncertain)
            FROM campaign_count WHERE campaign_id = ?"""


class Rows(Protocol):
    """A ledger with one campaign in it (proofs.rig.Ledger)."""

    campaign: Any
    uid: str

    def moment(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]: ...


class Record(Protocol):
    """What was accepted (proofs.rig.Sink)."""

    def keys(self) -> Counter[str]: ...


@dataclass(slots=True)
class Verdict:
    """dup: accepted twice; lost: `sent` without acceptance, or absent; false: `failed` (or the like) though accepted."""

    dup: int = 0
    lost: int = 0
    false: int = 0
    uncertain: int = 0
    unnamed: int = 0  # uncertain rows without a reason, or without an attempt that says so
    open: int = 0
    accepted: int = 0
    books: bool = True
    states: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """0 / 0 / 0, every doubt named, the books closed."""
        return not (self.dup or self.lost or self.false or self.unnamed) and self.books

    def told(self) -> dict[str, Any]:
        return asdict(self)


def judge(ledger: Rows, record: Record, recipients: int) -> Verdict:
    """Reads one moment of the ledger, then what the sink has accepted until after it: acceptance comes before `sent`."""
    c = ledger.campaign
    rows, in_doubt, campaign, sums = ledger.moment(
        ("SELECT seq, state, reason FROM delivery WHERE campaign_id = ?", c),
        ("SELECT seq FROM attempt WHERE campaign_id = ? AND state = 'uncertain'", c),
        ("SELECT planned_at IS NOT NULL, planned_through, state FROM campaign WHERE id = ?", c),
        (SUMS, c),
    )
    accepted = record.keys()
    doubted = {seq for (seq,) in in_doubt}
    sealed, planned, state = campaign[0]
    verdict = Verdict(
        dup=sum(1 for times in accepted.values() if times > 1),
        accepted=len(accepted),
        states=dict(Counter(row[1] for row in rows)),
    )
    for seq, stands, reason in rows:
        _weigh(verdict, stands, arrived=f"{ledger.uid}/{seq}" in accepted, named=bool(reason) and seq in doubted)
    known = {f"{ledger.uid}/{seq}" for seq, _, _ in rows}
    verdict.lost += (recipients - len(rows)) if sealed else 0
    verdict.false += sum(1 for key in accepted if key not in known)
    verdict.books = (
        tuple(sums[0]) == _counted(verdict.states)
        and planned == len(rows)
        and (state != "completed" or verdict.open == 0)
    )
    return verdict


def _weigh(verdict: Verdict, stands: str, *, arrived: bool, named: bool) -> None:
    verdict.lost += stands in ACCEPTED and not arrived
    verdict.false += stands in ("failed", "skipped", "cancelled") and arrived
    verdict.uncertain += stands == "uncertain"
    verdict.unnamed += stands == "uncertain" and not named
    verdict.open += stands in OPEN


def _counted(states: dict[str, int]) -> tuple[int, ...]:
    """Law L23: what the counters must say, by the rows."""
    return (sum(states.get(state, 0) for state in ACCEPTED), *(states.get(state, 0) for state in COUNTED))
