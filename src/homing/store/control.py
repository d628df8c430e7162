"""What people and the engine decide about a whole campaign: start, pause, resume, approve, finish, cancel, rescue.

Each method is one transaction and safe to repeat; the fact is recorded as an event in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from homing.model.campaign import RESCUABLE, Activity, Mode, PauseReason, State
from homing.model.channel import CHANNELS
from homing.model.delivery import SHARDS
from homing.model.errors import Conflict, Fault, Invalid
from homing.model.ids import CampaignId, WorkspaceId
from homing.model.intent import wrong
from homing.store import audit_log, events
from homing.store.campaigns import COLUMNS, Campaign, from_row, load, topic
from homing.store.database import Database, Transaction
from homing.store.failover import channels_of, opening
from homing.store.tables import COUNTED, campaign, campaign_count, lease, worker

IDLE_MS = 30_000  # a campaign that should move and did not for so long stands still
ALIVE_MS = 5_000  # a worker that was seen so recently lives
_PATIENT = frozenset({Activity.WAITING_FOR_WINDOW, Activity.WAITING_FOR_RETRY, Activity.PACING})


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: 'cli:alice', 'token:ci', 'engine'. A person's act is written to the audit log and raises the version."""

    name: str
    person: bool = True


ENGINE = By("engine", person=False)


def want_lanes(tx: Transaction, sender_id: int) -> None:
    """Makes the sender's lease rows, which are never deleted: a re-created epoch would unfence."""
    tx.insert_new(
        lease, [{"kind": "lane", "key": f"{sender_id}/{shard}", "group": str(sender_id)} for shard in range(SHARDS)]
    )


def change(
    tx: Transaction, old: Campaign, by: By, now: int, kind: str, told: Mapping[str, Any] | None = None, **values: Any
) -> Campaign:
    """Writes a change of state, its event and, for a person, its line in the audit log.

    `kind`: 'campaign.paused' ...; `told`: what the event says besides state, reason and who it was.
    """
    if by.person:
        values["control"] = campaign.c.control + 1
    if values:
        tx.execute(update(campaign).where(campaign.c.id == old.id).values(**values))
    new = load(tx, old.id)
    body = {"state": new.state, "reason": new.reason, "detail": new.detail, "by": by.name, **(told or {})}
    events.record(tx, workspace_id=old.workspace_id, at=now, topic=topic(old.uid), kind=kind, body=body)
    if by.person:
        audit_log.append(
            tx, workspace_id=old.workspace_id, at=now, actor=by.name, act=kind, subject=topic(old.uid), body=body
        )
    return new


def reopen(tx: Transaction, old: Campaign, now: int, by: By) -> None:
    """A completed campaign goes back to sending in the transaction of the row that reopens it."""
    if old.state is State.COMPLETED:
        change(tx, old, by, now, "campaign.reopened", state=State.SENDING, completed_at=None, nudged_at=now)


def open_rows(tx: Transaction, campaign_id: CampaignId) -> bool:
    """Whether any delivery is still open, asked of the rows (two index probes)."""
    return bool(tx.hot("has_open", {"c": campaign_id})[0][0])


def complete_if_done(tx: Transaction, campaign_id: CampaignId, now: int) -> bool:
    """Completes a sealed campaign without open rows: sealing and rows are tested in this statement (L23)."""
    if not tx.lock("lock_tail", {"c": campaign_id}) or not tx.hot_count("complete", {"c": campaign_id, "now": now}):
        return False
    found = load(tx, campaign_id)
    events.record(
        tx,
        workspace_id=found.workspace_id,
        at=now,
        topic=topic(found.uid),
        kind="campaign.completed",
        body={"name": found.name},
    )
    return True


class Control:
    """The switches of a campaign."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def start(
        self, campaign_id: CampaignId, by: By, *, now_or_later: bool = True, despite: Sequence[str] = ()
    ) -> Campaign:
        """Starts a draft (or schedules it when its time is ahead), resumes what was paused, nudges what stands still.

        `despite`: errors of the check that a person overrode; the audit log keeps them. Safe to repeat (R34). A completed or
        cancelled campaign, and a canary that waits for approval, stay as they are.
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            match old.state:
                case State.DRAFT | State.SCHEDULED:
                    if now_or_later and old.start_at is not None and old.start_at > now:
                        return self._schedule(tx, old, by, now, despite)
                    return begin(tx, old, by, now, despite)
                case State.PAUSED if old.reason is not PauseReason.CANARY:
                    return self._resume(tx, old, by, now)
                case State.SENDING if stands_still(tx, old, now, self._alive(tx, now)):
                    return self._nudge(tx, old, by, now)
                case _:
                    return old

    def _schedule(self, tx: Transaction, old: Campaign, by: By, now: int, despite: Sequence[str]) -> Campaign:
        if old.state is State.SCHEDULED:
            return old
        check_ready(old)
        _check_carried(tx, old)
        return change(tx, old, by, now, "campaign.scheduled", _overridden(despite), state=State.SCHEDULED)

    def pause(
        self, campaign_id: CampaignId, by: By, reason: PauseReason = PauseReason.BY_PERSON, detail: str | None = None
    ) -> Campaign:
        """From sending (or scheduled) to paused. The next intend statement already sees it. A person's pause replaces another."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is State.PAUSED and (old.reason is reason or not by.person):
                return old
            if old.state not in (State.SENDING, State.SCHEDULED, State.PAUSED):
                if not by.person:
                    return old
                raise Conflict(f"a campaign that is {old.state} cannot be paused")
            return change(
                tx,
                old,
                by,
                now,
                "campaign.paused",
                state=State.PAUSED,
                reason=reason,
                detail=detail,
                activity=None,
                next_at=None,
            )

    def resume(self, campaign_id: CampaignId, by: By) -> Campaign:
        """From paused to sending; nothing to do when it is sending already."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is State.SENDING:
                return old
            if old.state is not State.PAUSED:
                raise Conflict(f"a campaign that is {old.state} cannot be resumed; only a paused one can")
            if old.reason is PauseReason.CANARY and by.person:
                raise Conflict("the first messages wait for your approval: use approve")
            return self._resume(tx, old, by, now)

    def approve(self, campaign_id: CampaignId, by: By) -> Campaign:
        """Lets a canary go on with everybody else."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is State.SENDING and old.canary_through is None:
                return old
            if old.state is not State.PAUSED or old.reason is not PauseReason.CANARY:
                raise Conflict("this campaign does not wait for an approval")
            tx.execute(update(campaign).where(campaign.c.id == old.id).values(canary_through=None))
            return self._resume(tx, old, by, now)

    def _resume(self, tx: Transaction, old: Campaign, by: By, now: int) -> Campaign:
        if old.started_at is None:
            return begin(tx, old, by, now)
        if old.reason is PauseReason.WATCHER_GONE:
            raise Conflict(
                'nobody watches this campaign: open it and choose "Watch from here", '
                "or let the server send it (`homing mode CAMPAIGN server`)",
                code="nobody_watches",
            )
        return go_on(tx, old, by, now)

    def _nudge(self, tx: Transaction, old: Campaign, by: By, now: int) -> Campaign:
        return change(tx, old, by, now, "campaign.nudged", nudged_at=now, activity=None, next_at=None)

    def cancel(self, campaign_id: CampaignId, by: By) -> Campaign:
        """Ends it for good: from this commit on nothing is handed over; what waits reads cancelled."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is State.CANCELLED:
                return old
            if old.state is State.COMPLETED:
                raise Conflict("this campaign is completed; there is nothing to cancel")
            return change(
                tx,
                old,
                by,
                now,
                "campaign.cancelled",
                state=State.CANCELLED,
                reason=None,
                detail=None,
                activity=None,
                next_at=None,
            )

    def sweep_cancelled(self, campaign_id: CampaignId, limit: int = 5_000) -> int:
        """Writes `cancelled` on the next `limit` waiting rows of a cancelled campaign; 0 when all are done."""
        with self._db.write() as tx:
            swept = tx.hot("sweep_cancelled", {"c": campaign_id, "n": limit, "now": self._db.world.clock.now()})
            doubted = sum(1 for (state,) in swept if state == "uncertain")
            if swept:
                tx.hot("add_counts", counts(campaign_id, cancelled=len(swept) - doubted, uncertain=doubted))
            return len(swept)

    def finish(self, campaign_id: CampaignId, by: By) -> Campaign:
        """Ends the waiting for deferred rows: they become failed(deferred); completes what has nothing else open."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state not in (State.SENDING, State.PAUSED):
                raise Conflict(f"a campaign that is {old.state} has nothing to finish")
            failed = tx.hot_count("finish_failed", {"c": campaign_id, "now": now})
            doubted = tx.hot_count("finish_uncertain", {"c": campaign_id, "now": now})
            tx.hot("add_counts", counts(campaign_id, failed=failed, uncertain=doubted))
            change(tx, old, by, now, "campaign.finished")
            complete_if_done(tx, campaign_id, now)
            return load(tx, campaign_id)

    def rescue(self, by: By, workspace_id: WorkspaceId | None = None) -> list[Campaign]:
        """Sets moving what may be moved without asking a person (CONTRACT: cron route, `resume --stuck`); returns those."""
        now = self._db.world.clock.now()
        query = select(*COLUMNS).where(
            campaign.c.state.in_((State.SENDING, State.PAUSED)),
            (campaign.c.kind == "bulk") | (campaign.c.state == State.PAUSED),  # single messages may have nothing to do
        )
        query = query.order_by(campaign.c.id)
        if workspace_id is not None:
            query = query.where(campaign.c.workspace_id == workspace_id)
        moved = []
        with self._db.write() as tx:
            alive = self._alive(tx, now)
            for old in [from_row(row) for row in tx.execute(query)]:
                if old.state is State.PAUSED and old.reason in RESCUABLE:
                    moved.append(self._resume(tx, old, by, now))
                elif old.state is State.SENDING and stands_still(tx, old, now, alive):
                    moved.append(self._nudge(tx, old, by, now))
        return moved

    def _alive(self, tx: Transaction, now: int) -> bool:
        return any_worker(tx, now)


def go_on(tx: Transaction, old: Campaign, by: By, now: int) -> Campaign:
    """From paused to sending; completes what has nothing open."""
    change(
        tx,
        old,
        by,
        now,
        "campaign.resumed",
        state=State.SENDING,
        reason=None,
        detail=None,
        activity=None,
        nudged_at=now,
    )
    complete_if_done(tx, old.id, now)
    return load(tx, old.id)


def any_worker(tx: Transaction, now: int) -> bool:
    """Whether a worker was seen in the last seconds and has not left."""
    seen = tx.execute(
        select(func.count()).select_from(worker).where(worker.c.left_at.is_(None), worker.c.seen_at > now - ALIVE_MS)
    ).scalar_one()
    return bool(seen)


def stands_still(tx: Transaction, row: Campaign, now: int, alive: bool) -> bool:
    """Whether a campaign in `sending` that has open rows does not move though nothing it waits for explains it."""
    if row.state is not State.SENDING or not (row.planned_at is None or open_rows(tx, row.id)):
        return False
    since_nudge = now - (row.nudged_at or 0)
    if not alive:
        return since_nudge > IDLE_MS and now - (row.started_at or 0) > ALIVE_MS
    if row.activity in _PATIENT and (row.next_at or 0) > now:
        return False
    settled = tx.execute(
        select(func.max(campaign_count.c.settled_at)).where(campaign_count.c.campaign_id == row.id)
    ).scalar_one()
    since = max(settled or 0, row.started_at or 0, row.nudged_at or 0)
    if row.activity == Activity.PACING:  # a rest is longer than this patience: it begins when the rest ends
        since = max(since, row.next_at or 0, row.activity_at or 0)
    return now - since > IDLE_MS


def check_ready(row: Campaign) -> None:
    """Raises Invalid naming everything that is missing before a start."""
    faults = []
    if row.sender_id is None:
        faults.append(Fault("/senders", "choose a sender; `homing sender add` makes one"))
    content = row.content
    if row.mixed:
        faults += _of_both(row)
    elif not any(content.get(key) for key in ("text", "html", "whatsapp_template")):
        faults.append(Fault("/text", "write a text or an HTML body"))
    if (row.mixed or row.channel == "email") and not content.get("subject"):
        faults.append(Fault("/subject", "write a subject"))
    if not any(row.audience.get(key) for key in ("all", "lists", "contacts", "segment", "messages")):
        faults.append(Fault("/audience", "choose lists, or all contacts"))
    if faults:
        raise Invalid("the campaign cannot start yet: " + "; ".join(f.detail for f in faults), faults=tuple(faults))


def _overridden(despite: Sequence[str]) -> dict[str, Any] | None:
    return {"despite": list(despite)} if despite else None


def _of_both(row: Campaign) -> list[Fault]:
    """What a campaign over both channels lacks."""
    faults = []
    if not any(row.content.get(key) for key in ("text", "html")):
        faults.append(Fault("/text", "write a text or an HTML body of the e-mail"))
    chat = row.content.get("whatsapp") or {}
    if not any(chat.get(key) is not None for key in ("text", "whatsapp_template", "file")):
        faults.append(Fault("/whatsapp", "write the WhatsApp message: a text, a file or a template"))
    if row.mode is Mode.ATTENDED:
        faults.append(Fault("/mode", "a campaign over both channels is sent by the server; nobody has to watch"))
    return faults


def _check_carried(tx: Transaction, row: Campaign) -> None:
    """A campaign over both channels needs a sender of each. Raises Invalid."""
    lacking = set(CHANNELS) - set(channels_of(tx, row.senders).values()) if row.mixed else set()
    for channel in lacking:
        raise wrong("/senders", f"this campaign goes by e-mail and WhatsApp, and no sender of it is for {channel}")


def begin(tx: Transaction, old: Campaign, by: By, now: int, despite: Sequence[str] = ()) -> Campaign:
    """draft, scheduled or missed -> sending: makes the counters, the lanes and the plan's lease."""
    check_ready(old)
    _check_carried(tx, old)
    assert old.sender_id is not None  # noqa: S101 - check_ready saw it
    tx.insert_new(campaign_count, [{"campaign_id": old.id, "shard": shard} for shard in range(SHARDS)])
    for sender_id in {old.sender_id, *old.senders}:
        want_lanes(tx, sender_id)
    tx.insert_new(lease, {"kind": "plan", "key": str(old.id), "group": "plan"})
    holders = opening(tx, old, now)
    canary = old.options.get("canary")
    return change(
        tx,
        old,
        by,
        now,
        "campaign.started",
        _overridden(despite),
        state=State.SENDING,
        reason=None,
        detail=None,
        started_at=now,
        canary_through=int(canary) if canary else None,
        activity=Activity.PLANNING,
        activity_at=now,
        **holders,
    )


def counts(
    campaign_id: CampaignId, shard: int = 0, settled_at: int | None = None, **deltas: int
) -> dict[str, int | None]:
    """Values of the statement add_counts: what each counter of the campaign moves by, and when results made it move."""
    return {
        "c": campaign_id,
        "shard": shard,
        "settled_at": settled_at,
        **{name: deltas.get(name, 0) for name in COUNTED},
    }
