"""Tells a restart from a restored copy: a copy starts paused, because what it calls waiting may have been sent since (L21).

Beside the database stands a small file with the machine's id and the highest event that was ever seen there. A database
that is older than that file, that came from another machine, or that carries the mark of a backup is a copy. On PostgreSQL,
which any machine may use, the ledger itself knows where it stood (store/lineage.py).
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import delete, func, select

from homing.model.campaign import PauseReason, State
from homing.store import control, events
from homing.store.campaigns import COLUMNS, Campaign, from_row
from homing.store.database import Database, Transaction, machine_id
from homing.store.lineage import Lineage, remember, remembered
from homing.store.tables import campaign, event, meta

MARK = "restored_from_backup"


@dataclass(frozen=True, slots=True)
class Seen:
    machine: str
    event: int
    copy: str = ""  # on PostgreSQL: the copy in which it was seen


class Witness:
    """One per process that sends. `check` comes before anything is sent, `note` every few seconds after.

    `synchronous`: on PostgreSQL, a standby has every commit when it is promoted: so a new timeline is no reason to pause.
    """

    def __init__(self, db: Database, *, synchronous: bool = False) -> None:
        self._db = db
        self._synchronous = synchronous
        self._file = db.path.with_name(db.path.name + "-seen")

    def check(self) -> list[Campaign]:
        """Pauses every campaign that would send from a restored copy; returns those. An ordinary restart returns none."""
        seen = self._read()
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            here = Lineage.of(tx) if self._db.driver.shared else None
            why = self._why(tx, seen, here)
            paused = [self._pause(tx, row, why, now) for row in _sending(tx)] if why else []
            if why:
                events.begin_epoch(tx)
            tx.execute(delete(meta).where(meta.c.name == MARK))
            if here is not None:
                remember(tx, here)
            highest = _highest(tx)
        if here is not None:
            self._db.driver.trust(str(here))
        self._write(Seen(machine_id(), highest, str(here or "")))
        return paused

    def note(self) -> None:
        """Remembers the highest event. A crash between two notes only makes the witness less strict."""
        with self._db.read() as tx:
            highest = _highest(tx)
        self._write(Seen(machine_id(), highest, self._db.driver.lineage or ""))

    def _why(self, tx: Transaction, seen: Seen | None, here: Lineage | None) -> str | None:
        if tx.execute(select(meta.c.value).where(meta.c.name == MARK)).first() is not None:
            return "this ledger was restored from a backup"
        known = [str(here or "")]
        before = remembered(tx) if here is not None else None
        if here is not None and before is not None:
            why = here.broken(before, synchronous=self._synchronous)
            if why is not None:
                return why
            known.append(str(before))
        if seen is None or seen.copy not in known:
            return None
        highest = _highest(tx)
        if highest < seen.event:
            return f"this ledger ends at event {highest}, and event {seen.event} was seen here: it is an older copy"
        if seen.machine and machine_id() and seen.machine != machine_id():
            return "this ledger was last used on another machine"
        return None

    def _pause(self, tx: Transaction, row: Campaign, why: str, now: int) -> Campaign:
        return control.change(
            tx,
            row,
            control.ENGINE,
            now,
            "campaign.paused",
            state=State.PAUSED,
            reason=PauseReason.RESTORED,
            detail=why,
            activity=None,
            next_at=None,
        )

    def _read(self) -> Seen | None:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            machine = "" if self._db.driver.shared else str(found["machine"])  # any machine may use a PostgreSQL
            return Seen(machine, int(found["event"]), str(found.get("copy", "")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, seen: Seen) -> None:
        """Whole or not at all: a torn file would hide a restore."""
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(asdict(seen)), encoding="utf-8")
            Path.replace(fresh, self._file)


def _highest(tx: Transaction) -> int:
    return int(tx.execute(select(func.coalesce(func.max(event.c.seq), 0))).scalar_one())


def _sending(tx: Transaction) -> list[Campaign]:
    alive = campaign.c.state.in_((State.SENDING, State.SCHEDULED))
    return [from_row(row) for row in tx.execute(select(*COLUMNS).where(alive).order_by(campaign.c.id))]
