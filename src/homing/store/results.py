"""What happened to each recipient: pages and exports, one row a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from homing.model.ids import CampaignId
from homing.store.database import Database

PAGE = 1_000
_TROUBLED = frozenset({"failed", "uncertain", "bounced"})


@dataclass(frozen=True, slots=True)
class Result:
    """One recipient. Times are wall milliseconds; `attempts` counts as CONTRACT section 3 says."""

    seq: int
    address: str
    state: str
    reason: str | None
    code: str | None
    words: str | None
    provider_id: str | None
    changed_at: int | None
    due_at: int
    email: str | None
    phone: str | None
    attempts: int


class Results:
    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self,
        campaign_id: CampaignId,
        *,
        state: str | None = None,
        reason: str | None = None,
        after: int = 0,
        limit: int = PAGE,
    ) -> list[Result]:
        """The next recipients after position `after`, at most `limit`."""
        name = "results_troubled" if state in _TROUBLED else "results_page"
        values = {"c": campaign_id, "state": state, "reason": reason, "after": after, "n": limit}
        with self._db.read() as tx:
            return [Result(*row) for row in tx.hot(name, values)]

    def export(
        self, campaign_id: CampaignId, *, state: str | None = None, reason: str | None = None
    ) -> Iterator[Result]:
        """Everybody, a page at a time: memory does not grow with the campaign."""
        after = 0
        while page := self.page(campaign_id, state=state, reason=reason, after=after):
            yield from page
            after = page[-1].seq
