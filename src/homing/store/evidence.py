"""Late truth: proof that a provider took an attempt over settles it, whoever brings it and however late (L9, L11)."""

from sqlalchemy import select

from homing.model.delivery import State
from homing.model.ids import CampaignId, Key, SenderId, WorkerId
from homing.store import control
from homing.store.campaigns import Campaign, load, topic
from homing.store.database import Database, Transaction
from homing.store.settlement import Place, Settlement, apply
from homing.store.tables import attempt


class Evidence:
    def __init__(self, db: Database) -> None:
        self._db = db

    def accepted(self, key: Key, *, provider_id: str | None = None, source: str) -> bool:
        """This attempt was accepted. Returns whether its delivery changed. Safe to repeat, in any order."""
        with self._db.write() as tx:
            return prove(
                tx,
                load(tx, key.campaign),
                key,
                provider_id=provider_id,
                source=source,
                now=self._db.world.clock.now(),
            )

    def never_left(self, key: Key, *, source: str) -> bool:
        """A channel's declared proof that this attempt was never handed over (L11): its delivery waits to be sent again."""
        with self._db.write() as tx:
            news = Settlement(key.seq, key.attempt, State.QUEUED, "withdrawn", reason=source, charged=0, counted=False)
            return _settle(tx, load(tx, key.campaign), news, self._db.world.clock.now())


def prove(tx: Transaction, row: Campaign, key: Key, *, provider_id: str | None, source: str, now: int) -> bool:
    """As Evidence.accepted, inside the caller's transaction. `row`: the campaign of `key`."""
    news = Settlement(key.seq, key.attempt, State.SENT, "accepted", reason=source, provider_id=provider_id, charged=0)
    moved = _settle(tx, row, news, now)
    if moved:
        tx.at_end(lambda: _count(tx, key, now))
    return moved


def _count(tx: Transaction, key: Key, now: int) -> None:
    """What was in doubt did go out: the caps of its sender hear of it, as of everything that a turn has settled."""
    one = (attempt.c.campaign_id == key.campaign) & (attempt.c.seq == key.seq) & (attempt.c.attempt == key.attempt)
    sender_id = tx.execute(select(attempt.c.sender_id).where(one)).scalar()
    if sender_id is not None:
        tx.hot("usage_add", {"sender": sender_id, "minute": now // 60_000, "n": 1})


def _settle(tx: Transaction, row: Campaign, news: Settlement, now: int) -> bool:
    place = Place(
        row.id,
        row.workspace_id,
        topic(row.uid),
        row.channel,
        row.state,
        0,
        SenderId(row.sender_id or 0),
        WorkerId(0),
    )
    settled = apply(tx, place, [news], now)
    control.complete_if_done(tx, row.id, now)
    return bool(settled.states)


def doubted(tx: Transaction, campaign_id: CampaignId, seq: int) -> int | None:
    """The newest attempt of a delivery that is in doubt: what a reader's act is proof of, since it names no attempt."""
    return tx.execute(
        select(attempt.c.attempt)
        .where(attempt.c.campaign_id == campaign_id, attempt.c.seq == seq, attempt.c.state == "uncertain")
        .order_by(attempt.c.attempt.desc())
        .limit(1)
    ).scalar()
