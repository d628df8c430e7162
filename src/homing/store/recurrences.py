"""Recurring campaigns: a draft as the model, a cron expression with its zone, and each run a campaign of its own.

A run is one transaction: it moves `next_at` from the due time that it saw, copies the model and starts the copy. Two schedulers
that see the same due time: the second moves nothing. A scheduler that dies in the middle has done nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from homing.model.campaign import State
from homing.model.errors import Conflict, HomingError
from homing.model.ids import CampaignId, Uid, WorkspaceId, new_uid
from homing.model.intent import parse_zone
from homing.model.recurring import next_due
from homing.store import audit_log, control, events
from homing.store.campaigns import Campaign, load
from homing.store.database import Database, Transaction
from homing.store.message_tables import attachment
from homing.store.recurring_tables import recurrence, recurrence_run
from homing.store.references import NAME_LIMIT, look_up, one_line
from homing.store.tables import campaign

_COPIED = ("workspace_id", "channel", "mode", "audience", "content", "options", "senders", "sender_id")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One recurring campaign. Times are wall milliseconds; `next_at` None: switched off."""

    id: int
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    model_id: CampaignId
    cron: str
    zone: str
    next_at: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one due time made: a campaign, or why there is none."""

    due_at: int
    campaign: str | None
    words: str | None


_COLUMNS = tuple(
    recurrence.c[name]
    for name in ("id", "uid", "workspace_id", "name", "model_id", "cron", "zone", "next_at", "created_at")
)


def _from_row(row: Row[Any]) -> Recurrence:
    return Recurrence(*tuple(row))


class Recurrences:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, model: Campaign, cron: str, zone: str, *, name: str | None = None, by: control.By) -> Recurrence:
        """Makes a draft recur. Raises Invalid for a wrong time or a draft that could not start, Conflict for no draft."""
        parse_zone(zone)
        now = self._db.world.clock.now()
        first = next_due(cron, zone, now)
        label = one_line(name if name is not None else model.name)
        with self._db.write() as tx:
            found = load(tx, model.id)
            if found.state is not State.DRAFT:
                raise Conflict("only a draft can be the model of a recurring campaign")
            control.check_ready(found)
            uid = new_uid(now)
            values = {"name": label, "model_id": model.id, "cron": cron, "zone": zone, "next_at": first}
            tx.execute(insert(recurrence).values(uid=uid, workspace_id=model.workspace_id, created_at=now, **values))
            made = _from_row(tx.execute(select(*_COLUMNS).where(recurrence.c.uid == uid)).one())
            self._log(tx, made, by, "recurrence.added", now)
            return made

    def list(self, workspace_id: WorkspaceId) -> Sequence[Recurrence]:
        """Those in use, oldest first."""
        with self._db.read() as tx:
            return [_from_row(row) for row in tx.execute(self._ours(workspace_id).order_by(recurrence.c.id))]

    def find(self, workspace_id: WorkspaceId, reference: str) -> Recurrence:
        """By name, id or the beginning of the id. Raises NotFound, Conflict."""
        with self._db.read() as tx:
            ours = self._ours(workspace_id)
            row = look_up(
                tx, ours, recurrence, reference, noun="recurring campaign", hint="GET /recurrences lists them"
            )
            return _from_row(row)

    def change(
        self,
        old: Recurrence,
        *,
        cron: str | None = None,
        zone: str | None = None,
        on: bool | None = None,
        by: control.By,
    ) -> Recurrence:
        """Another time, off, or on again: the next due time is counted from now. Raises Invalid."""
        now = self._db.world.clock.now()
        cron, zone = cron or old.cron, zone or old.zone
        parse_zone(zone)
        runs = old.next_at is not None if on is None else on
        values = {"cron": cron, "zone": zone, "next_at": next_due(cron, zone, now) if runs else None}
        with self._db.write() as tx:
            tx.execute(update(recurrence).where(recurrence.c.id == old.id).values(**values))
            made = _from_row(tx.execute(select(*_COLUMNS).where(recurrence.c.id == old.id)).one())
            self._log(tx, made, by, "recurrence.changed", now)
            return made

    def remove(self, old: Recurrence, *, by: control.By) -> None:
        """Ends it; the campaigns that it made stay."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(recurrence).where(recurrence.c.id == old.id).values(removed_at=now, next_at=None))
            self._log(tx, old, by, "recurrence.removed", now)

    def runs(self, of: Recurrence, limit: int = 50) -> Sequence[Run]:
        """What it made, newest first."""
        query = (
            select(recurrence_run.c.due_at, campaign.c.uid, recurrence_run.c.words)
            .outerjoin(campaign, campaign.c.id == recurrence_run.c.campaign_id)
            .where(recurrence_run.c.recurrence_id == of.id)
            .order_by(recurrence_run.c.due_at.desc())
            .limit(limit)
        )
        with self._db.read() as tx:
            return [Run(*tuple(row)) for row in tx.execute(query)]

    # ---- what the scheduler does

    def due(self, now: int) -> Sequence[Recurrence]:
        """Those whose time has come."""
        with self._db.read() as tx:
            return [_from_row(row) for row in tx.execute(select(*_COLUMNS).where(recurrence.c.next_at <= now))]

    def run(self, of: Recurrence, missed_after: float) -> CampaignId | None:
        """Makes and starts the campaign of this due time; None when it was made before, or there is none to make.

        What was missed for more than `missed_after` seconds, and a model that cannot start, is written down and told; the
        times between are not made up for.
        """
        assert of.next_at is not None  # noqa: S101 - it is due
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            at_due = (recurrence.c.id == of.id) & (recurrence.c.next_at == of.next_at)
            moved = update(recurrence).where(at_due).values(next_at=next_due(of.cron, of.zone, now))
            if not tx.execute(moved).rowcount:
                return None
            if self._has_run(tx, of):
                return None
            late = (now - of.next_at) / 1000
            made, words = None, f"missed by {late / 3600:.1f} h while Homing was down"
            if late <= missed_after:
                made, words = self._start(tx, of, now)
            tx.execute(
                insert(recurrence_run).values(
                    recurrence_id=of.id, due_at=of.next_at, campaign_id=made, words=None if made else words
                )
            )
            kind = "recurrence.run" if made else "recurrence.missed"
            body = {"name": of.name, "due_at": of.next_at, "detail": None if made else words}
            events.record(tx, workspace_id=of.workspace_id, at=now, topic=f"recurrence:{of.uid}", kind=kind, body=body)
            self._db.world.faults.reach("recurrence.run")
        return made

    def _has_run(self, tx: Transaction, of: Recurrence) -> bool:
        """Whether this due time was worked off: a clock that was set back, or a change in its second, sets it anew."""
        done = (recurrence_run.c.recurrence_id == of.id) & (recurrence_run.c.due_at == of.next_at)
        return tx.execute(select(recurrence_run.c.due_at).where(done)).first() is not None

    def _start(self, tx: Transaction, of: Recurrence, now: int) -> tuple[CampaignId | None, str]:
        """A copy of the model, started; or why not, with nothing made."""
        model = load(tx, of.model_id)
        try:
            control.check_ready(model)
        except HomingError as error:
            return None, error.detail
        raw = tx.execute(select(*(campaign.c[name] for name in _COPIED)).where(campaign.c.id == model.id)).one()
        day = datetime.fromtimestamp((of.next_at or now) / 1000, UTC).astimezone(parse_zone(of.zone))
        name = f"{of.name[: NAME_LIMIT - 20]} {day:%Y-%m-%d %H:%M}"
        values = dict(zip(_COPIED, tuple(raw), strict=True))
        uid = new_uid(now)
        tx.execute(insert(campaign).values(uid=uid, name=name, created_at=now, **values))
        made = CampaignId(tx.execute(select(campaign.c.id).where(campaign.c.uid == uid)).scalar_one())
        columns = ("position", "filename", "content_type", "content")
        files = select(*(attachment.c[name] for name in columns)).where(attachment.c.campaign_id == model.id)
        for row in tx.execute(files).all():
            tx.execute(insert(attachment).values(campaign_id=made, **dict(zip(columns, tuple(row), strict=True))))
        control.begin(tx, load(tx, made), control.ENGINE, now)
        return made, ""

    def _ours(self, workspace_id: WorkspaceId) -> Any:
        ours = (recurrence.c.workspace_id == workspace_id) & recurrence.c.removed_at.is_(None)
        return select(*_COLUMNS).where(ours)

    def _log(self, tx: Transaction, of: Recurrence, by: control.By, act: str, now: int) -> None:
        body = {"name": of.name, "cron": of.cron, "zone": of.zone, "on": of.next_at is not None}
        subject = f"recurrence:{of.uid}"
        audit_log.append(tx, workspace_id=of.workspace_id, at=now, actor=by.name, act=act, subject=subject, body=body)
