"""What happened to each recipient: pages and exports, one row a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, text

from homing.model.ids import CampaignId
from homing.model.receipt import Kind
from homing.store.database import Database
from homing.store.tables import attempt, delivery, receipt, sender

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


@dataclass(frozen=True, slots=True)
class Reason:
    """Recipients that share a state and a reason. `code` and `words`: one example of what the provider said."""

    reason: str | None
    count: int
    code: str | None
    words: str | None

    @property
    def retryable(self) -> bool:
        """Whether a retry without a reason would take them: not those whose own server called them unknown."""
        return self.reason != "bad_address"


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt of a delivery. Times are wall milliseconds; `ended_at` None: no end of it is known."""

    attempt: int
    state: str
    sender: str | None
    intended_at: int
    ended_at: int | None
    reason: str | None
    code: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider, or the recipient's own mail system, told later about a delivery. `at`: wall milliseconds."""

    at: int
    kind: str
    attempt: int | None
    provider: str


_MOST_REASONS = 100
_MOST_TOLD = 200


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

    def reasons(self, campaign_id: CampaignId, state: str) -> list[Reason]:
        """The failed, uncertain or bounced of a campaign by their reason, the most frequent first."""
        troubled = text("state IN ('failed', 'uncertain', 'bounced')")  # as the index says it, so that it is used
        many = func.count()
        query = (
            select(delivery.c.reason, many, func.max(delivery.c.code), func.max(delivery.c.words))
            .where(delivery.c.campaign_id == campaign_id, delivery.c.state == state, troubled)
            .group_by(delivery.c.reason)
            .order_by(many.desc(), delivery.c.reason)
            .limit(_MOST_REASONS)
        )
        with self._db.read() as tx:
            return [Reason(*row) for row in tx.execute(query)]

    def tries(self, campaign_id: CampaignId, seq: int) -> list[Try]:
        """What was attempted for one recipient, in order."""
        columns = (attempt.c.intended_at, attempt.c.ended_at, attempt.c.reason, attempt.c.code, attempt.c.words)
        query = (
            select(attempt.c.attempt, attempt.c.state, sender.c.name, *columns)
            .join(sender, sender.c.id == attempt.c.sender_id, isouter=True)
            .where(attempt.c.campaign_id == campaign_id, attempt.c.seq == seq)
            .order_by(attempt.c.attempt)
        )
        with self._db.read() as tx:
            return [Try(*row) for row in tx.execute(query)]

    def told(self, campaign_id: CampaignId, seq: int) -> list[Told]:
        """What came in about one recipient, in order."""
        c = receipt.c
        query = (
            select(c.at, c.kind, c.attempt, c.provider)
            .where(c.campaign_id == campaign_id, c.kind.in_([kind.value for kind in Kind]), c.seq == seq)
            .order_by(c.at)
            .limit(_MOST_TOLD)
        )
        with self._db.read() as tx:
            return [Told(*row) for row in tx.execute(query)]
