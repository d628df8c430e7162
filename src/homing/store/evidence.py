"""Late truth: proof that a provider took an attempt over settles it, whoever brings it and however late (L9, L11)."""

from homing.model.delivery import State
from homing.model.ids import Key, SenderId, WorkerId
from homing.store import control
from homing.store.campaigns import load, topic
from homing.store.database import Database
from homing.store.settlement import Place, Settlement, apply


class Evidence:
    def __init__(self, db: Database) -> None:
        self._db = db

    def accepted(self, key: Key, *, provider_id: str | None = None, source: str) -> bool:
        """This attempt was accepted. Returns whether its delivery changed. Safe to repeat, in any order."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            row = load(tx, key.campaign)
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
            news = Settlement(
                key.seq, key.attempt, State.SENT, "accepted", reason=source, provider_id=provider_id, charged=0
            )
            settled = apply(tx, place, [news], now)
            control.complete_if_done(tx, row.id, now)
            return bool(settled.states)
