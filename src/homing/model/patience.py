"""How long and how often a delivery is tried again: quick retries with back-off, then the deferral schedule.

Defaults are FAILURE_MODEL section 6: 3 retries after 1, 2, 4 s (never less; jitter adds up to a quarter), then 5, 15, 30,
60 min, then hourly, for at most 24 h since the first try.
"""

from dataclasses import dataclass

DEFERRALS = (300.0, 900.0, 1800.0, 3600.0)


def backoff(attempt: int, *, base: float, cap: float, fraction: float) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): min(cap, base x 2^(attempt-1)) x (1 + fraction/4)."""
    return min(cap, base * 2.0 ** min(attempt - 1, 62)) * (1 + fraction / 4)


@dataclass(frozen=True, slots=True)
class Patience:
    """A sender's setting. Seconds throughout."""

    retries: int = 3
    base: float = 1.0
    cap: float = 60.0
    defer_for: float = 86_400.0  # 0: fail after the quick retries

    def is_over(self, tries: int, since_first: float) -> bool:
        """Whether a recipient that was charged `tries` times, first `since_first` seconds ago, has had its chances."""
        if self.defer_for > 0:
            return since_first >= self.defer_for
        return tries > self.retries or since_first > self.retries * self.cap

    def wait_after(self, tries: int, fraction: float, stated: float | None = None) -> float:
        """Seconds before the next try. A stated wait of the provider wins over the quick retries, never shortens a deferral."""
        if tries <= self.retries:
            quick = backoff(max(tries, 1), base=self.base, cap=self.cap, fraction=fraction)
            return max(stated, 0.0) if stated is not None else quick
        step = DEFERRALS[min(tries - self.retries - 1, len(DEFERRALS) - 1)]
        return max(step * (1 + fraction / 4), stated or 0.0)
