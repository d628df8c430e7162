"""The ledger laid beside the inbox: who is lost, who got it twice, and whose fate is uncertain."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homing.model.delivery import ACCEPTED, State
from homing.store.books import Balance
from homing.store.results import Result


@dataclass(frozen=True, slots=True)
class Doubt:
    """One delivery whose hand-over was under way when the worker died. `arrived`: what only the inbox can know."""

    seq: int
    address: str
    arrived: bool

    def as_json(self) -> dict[str, Any]:
        return {"seq": self.seq, "email": self.address, "in_inbox": self.arrived}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the show comes to. `lost` and `twice` are addresses; `accepted` counts the copies that the inbox took."""

    recipients: int
    accepted: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    killed: int
    takeover_seconds: float | None
    audit: Balance

    @property
    def kept(self) -> bool:
        """Whether the promise was kept: nobody lost, nobody twice, and the books close."""
        return not self.lost and not self.twice and self.audit.balanced

    def as_json(self) -> dict[str, Any]:
        """The object of `homing demo --json` (CONTRACT section 3), and the uncertain ones by name."""
        return {
            "recipients": self.recipients,
            "accepted": self.accepted,
            "lost": len(self.lost),
            "twice": len(self.twice),
            "uncertain": len(self.doubts),
            "killed": self.killed,
            "takeover_seconds": self.takeover_seconds,
            "audit": self.audit.as_json(),
            "uncertain_ones": [doubt.as_json() for doubt in self.doubts],
        }


def judge(
    people: Iterable[str],
    ledger: Iterable[Result],
    inbox: Iterable[str],
    *,
    killed: int,
    takeover_seconds: float | None,
    audit: Balance,
) -> Verdict:
    """`people`: every address that was to be reached. `inbox`: the recipient of each copy that the inbox took.

    Lost is who is not in the inbox although the ledger says `sent`, or knows nothing of them.
    """
    asked = list(people)
    copies = Counter(inbox)
    rows = {row.address: row for row in ledger}
    lost = [a for a in asked if not copies[a] and (a not in rows or State(rows[a].state) in ACCEPTED)]
    doubts = [Doubt(r.seq, r.address, copies[r.address] > 0) for r in rows.values() if r.state == State.UNCERTAIN]
    return Verdict(
        recipients=len(asked),
        accepted=copies.total(),
        lost=tuple(lost),
        twice=tuple(address for address, count in copies.items() if count > 1),
        doubts=tuple(sorted(doubts, key=lambda doubt: doubt.seq)),
        killed=killed,
        takeover_seconds=takeover_seconds,
        audit=audit,
    )
