"""Who watches an attended campaign, and until when that is believed (R2): a lease that acknowledgements renew.

A browser (or a terminal) that attends has a name of its own, made at random. Each of its acknowledgements moves the end of
the lease `grace` ahead by the lease clock. The worker reads the end twice a second and looks at it before each intent, so
that nothing leaves after it, whatever became of the process that took the acknowledgements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, insert, select, update

from homing.model.campaign import Mode, PauseReason, State
from homing.model.errors import Conflict
from homing.model.ids import CampaignId, WorkspaceId
from homing.model.intent import wrong
from homing.store import control
from homing.store.campaigns import COLUMNS as CAMPAIGN
from homing.store.campaigns import Campaign, from_row, load
from homing.store.database import Database, Transaction
from homing.store.people_tables import attendance
from homing.store.tables import COUNTED, campaign, campaign_count

GRACE_MS = 2_500
_LONGEST_NAME = 80
_ALIVE = (State.SENDING, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Ack:
    """What an acknowledgement did for one campaign. `held`: the lease is this attendant's; else `why` not."""

    campaign: str
    state: State
    held: bool
    why: str | None = None  # elsewhere, server_mode, over


def check_attendant(name: str) -> str:
    """A name that an attendant may have. Raises Invalid."""
    if not 8 <= len(name) <= _LONGEST_NAME or not name.isascii() or not name.isprintable() or " " in name:
        raise wrong("/attendant", f"an attendant is a random word of 8 to {_LONGEST_NAME} characters")
    return name


class Attendances:
    """Taking, renewing and ending the watch. Each method is one transaction."""

    def __init__(self, db: Database, grace_ms: int = GRACE_MS) -> None:
        self._db = db
        self._grace = grace_ms

    @property
    def grace_ms(self) -> int:
        """How long after an acknowledgement somebody is believed to watch."""
        return self._grace

    def acknowledge(self, workspace_id: WorkspaceId, attendant: str, uids: Sequence[str]) -> list[Ack]:
        """Renews what this attendant watches, takes what nobody ever watched, and lets go on what paused because it was gone.

        Campaigns of another workspace are left out of the answer.
        """
        check_attendant(attendant)
        query = select(*CAMPAIGN).where(campaign.c.workspace_id == workspace_id, campaign.c.uid.in_(list(uids)))
        with self._db.write() as tx:
            return [
                self._acknowledge(tx, from_row(row), attendant)
                for row in tx.execute(query.order_by(campaign.c.id)).all()
            ]

    def _acknowledge(self, tx: Transaction, of: Campaign, attendant: str) -> Ack:
        if of.mode is not Mode.ATTENDED:
            return Ack(of.uid, of.state, held=False, why="server_mode")
        if of.state in (State.COMPLETED, State.CANCELLED):
            return Ack(of.uid, of.state, held=False, why="over")
        holder = _holder(tx, of.id)
        if holder not in (None, attendant):
            return Ack(of.uid, of.state, held=False, why="elsewhere")
        self._renew(tx, of.id, attendant)
        state: State = of.state
        if state is State.PAUSED and of.reason is PauseReason.WATCHER_GONE:
            state = control.go_on(tx, of, control.By("attendant", person=False), self._db.world.clock.now()).state
        return Ack(of.uid, state, held=True)

    def watch(self, campaign_id: CampaignId, attendant: str, by: control.By) -> Campaign:
        """Makes this attendant the one, whoever it was before; a campaign that paused for want of one goes on.

        Raises Conflict when the server sends it, or it is over.
        """
        check_attendant(attendant)
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.mode is not Mode.ATTENDED:
                raise Conflict("the server sends this campaign, whoever watches; switch its mode to attended first")
            if old.state in (State.COMPLETED, State.CANCELLED):
                raise Conflict(f"a campaign that is {old.state} needs nobody who watches")
            self.put(tx, old, attendant, by, now)
            if old.state is State.PAUSED and old.reason is PauseReason.WATCHER_GONE:
                return control.go_on(tx, old, by, now)
            return load(tx, campaign_id)

    def put(self, tx: Transaction, old: Campaign, attendant: str, by: control.By, now: int) -> None:
        """Inside the caller's transaction: the watch is this attendant's from now on."""
        if _holder(tx, old.id) != attendant:
            control.change(tx, old, by, now, "campaign.watched", told={"attendant": attendant})
        self._renew(tx, old.id, attendant)

    def change_mode(
        self, campaign_id: CampaignId, mode: Mode, by: control.By, attendant: str | None = None
    ) -> Campaign:
        """ "Send via Cloud", or back: at any moment. What paused for want of a watcher goes on when the server takes it.

        Raises Conflict when it is over.
        """
        if attendant is not None:
            check_attendant(attendant)
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state in (State.COMPLETED, State.CANCELLED):
                raise Conflict(f"a campaign that is {old.state} has nothing left to send in another mode")
            new = old
            if old.mode is not mode:
                new = control.change(tx, old, by, now, "campaign.mode", told={"mode": mode}, mode=mode)
            if mode is Mode.ATTENDED and attendant is not None:
                self.put(tx, new, attendant, by, now)
            elif mode is Mode.SERVER:
                tx.execute(delete(attendance).where(attendance.c.campaign_id == old.id))
                if new.state is State.PAUSED and new.reason is PauseReason.WATCHER_GONE:
                    control.go_on(tx, new, by, now)
            return load(tx, campaign_id)

    def start(self, campaign_id: CampaignId, attendant: str, by: control.By) -> None:
        """Takes the watch of a campaign that is about to be started; nothing when the server sends it."""
        check_attendant(attendant)
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.mode is Mode.ATTENDED and old.state not in (State.COMPLETED, State.CANCELLED):
                self.put(tx, old, attendant, by, self._db.world.clock.now())

    def pause_unwatched(self, campaign_id: CampaignId) -> Campaign | None:
        """Pauses an attended campaign that nobody watches any more; None when somebody came back meanwhile."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            left = remaining(tx, self._db, [campaign_id]).get(campaign_id, 0)
            if old.state is not State.SENDING or old.mode is not Mode.ATTENDED or left > 0:
                return None
            through = _settled(tx, campaign_id)
            return control.change(
                tx,
                old,
                control.ENGINE,
                now,
                "campaign.paused",
                told={"seq": through},
                state=State.PAUSED,
                reason=PauseReason.WATCHER_GONE,
                detail=f"after {through} of {old.planned_through}; it goes on with the next one",
                activity=None,
                next_at=None,
            )

    def by_attendant(self) -> dict[str, list[str]]:
        """Who attends which campaigns that are not over."""
        query = (
            select(attendance.c.attendant, campaign.c.uid)
            .join(campaign, campaign.c.id == attendance.c.campaign_id)
            .where(campaign.c.mode == Mode.ATTENDED, campaign.c.state.in_(_ALIVE))
            .order_by(campaign.c.id)
        )
        found: dict[str, list[str]] = {}
        with self._db.read() as tx:
            for attendant, uid in tx.execute(query):
                found.setdefault(attendant, []).append(uid)
        return found

    def _renew(self, tx: Transaction, campaign_id: CampaignId, attendant: str) -> None:
        values = {
            "attendant": attendant,
            "until": tx.lease_now() + self._grace,
            "boot": self._db.boot,
            "acknowledged_at": self._db.world.clock.now(),
        }
        moved = tx.execute(update(attendance).where(attendance.c.campaign_id == campaign_id).values(**values)).rowcount
        if not moved:
            tx.execute(insert(attendance).values(campaign_id=campaign_id, **values))


def remaining(tx: Transaction, db: Database, campaigns: Sequence[CampaignId]) -> dict[CampaignId, int]:
    """How many milliseconds the watch of each campaign is still believed, counted by the lease clock; at most 0: gone."""
    query = select(attendance.c.campaign_id, attendance.c.until).where(
        and_(attendance.c.campaign_id.in_(list(campaigns)), attendance.c.boot == db.boot)
    )
    now = tx.lease_now()
    return {CampaignId(id_): until - now for id_, until in tx.execute(query)}


def _holder(tx: Transaction, campaign_id: CampaignId) -> str | None:
    return tx.execute(
        select(attendance.c.attendant).where(attendance.c.campaign_id == campaign_id)
    ).scalar_one_or_none()


def _settled(tx: Transaction, campaign_id: CampaignId) -> int:
    """How many recipients are decided: in an attended campaign, the place in the queue."""
    parts = [campaign_count.c[name] for name in COUNTED[:5]]
    total = sum(parts[1:], parts[0])
    query = select(func.coalesce(func.sum(total), 0)).where(campaign_count.c.campaign_id == campaign_id)
    return int(tx.execute(query).scalar_one())
