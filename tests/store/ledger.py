"""A real ledger to test with: settable clocks and dice, a saboteur, and the few verbs that tests need to make a campaign.

Nothing here speaks a dialect: the conformance suite runs against any database that `DIALECTS` names.
"""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, case, func, insert, select, update

from homing.model.campaign import State as CampaignState
from homing.model.delivery import ACCEPTED, SHARDS, State
from homing.model.ids import CampaignId, SenderId, WorkerId, WorkspaceId, new_uid
from homing.store import migrate, tables
from homing.store.books import Books
from homing.store.campaigns import Campaign, Campaigns, Draft
from homing.store.control import By, Control, want_lanes
from homing.store.database import Database, Transaction
from homing.store.events import Cursor, Event, Events
from homing.store.leases import LEASE_MS, Leases, Take
from homing.store.lists import Lists
from homing.store.planning import Planning
from homing.store.senders import Senders
from homing.store.settlement import Settlement
from homing.store.share import Answer, Claimed, ClaimWish, Share
from homing.store.turn import Turns
from homing.store.workers import Workers
from homing.store.workspaces import Workspaces
from homing.world import World
from proofs.patience import until
from tests import postgres

DIALECTS = ("sqlite", "postgresql")
PERSON = By("cli:tester")
START = 1_900_000_000_000


class HandClock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.wall = START
        self.up = 1_000.0

    def now(self) -> int:
        return self.wall

    def uptime(self) -> float:
        return self.up

    def pass_(self, seconds: float) -> None:
        """Time goes by, on both clocks."""
        self.wall += int(seconds * 1000)
        self.up += seconds


class LoadedDice:
    def __init__(self, fraction: float = 0.0) -> None:
        self.value = fraction

    def fraction(self) -> float:
        return self.value


class FullDisk(Database):
    """Refuses each commit while `full`."""

    full = False

    @contextmanager
    def write(self, *, fenced: bool = False, **more: Any) -> Iterator[Transaction]:
        with super().write(fenced=fenced, **more) as tx:
            yield tx
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")


class Saboteur:
    """Counts the points that are reached, and does what is planted there."""

    def __init__(self) -> None:
        self.reached: Counter[str] = Counter()
        self.plants: dict[str, Callable[[], None]] = {}

    def reach(self, point: str) -> None:
        self.reached[point] += 1
        plant = self.plants.get(point)
        if plant is not None:
            plant()

    def once(self, point: str, error: Exception) -> None:
        """Raises at the next arrival at `point`, and only then."""

        def strike() -> None:
            del self.plants[point]
            raise error

        self.plants[point] = strike


class Ledger:
    """One installation: a migrated database, a workspace, a sender."""

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world
        self.db = database(url, world)
        self.workspace: WorkspaceId = Workspaces(self.db).ensure_default().id
        self.sender: SenderId = self.add_sender("post")
        self.campaigns = Campaigns(self.db)
        self.control = Control(self.db)
        self._opened = [self.db]
        self._workers: dict[WorkerId, Workers] = {}

    # ---- what is there

    def add_sender(self, name: str, **options: Any) -> SenderId:
        return Senders(self.db).add(self.workspace, name, "simulated", options, {}).id

    def another_process(self, world: World | None = None) -> Database:
        """The same database as another process has it: its own connections and locks."""
        other = database(self.url, world or self.world)
        self._opened.append(other)
        return other

    def farewell(self) -> None:
        """All workers that entered leave."""
        for me, workers in self._workers.items():
            workers.leave(me)
        self._workers.clear()

    def close(self) -> None:
        self.farewell()
        for db in self._opened:
            db.close()
        if self.db.dialect == "postgresql":
            postgres.drop(self.url)

    def contacts(self, count: int, **values: Any) -> list[int]:
        """Contacts u1@a.test, u2@a.test ...; returns their ids."""
        with self.db.write() as tx:
            first = tx.execute(select(func.coalesce(func.max(tables.contact.c.id), 0))).scalar_one()
            rows = [
                {
                    "uid": new_uid(),
                    "workspace_id": self.workspace,
                    "email": f"u{first + n}@a.test",
                    "phone": None,
                    "created_at": START,
                    "updated_at": START,
                    **values,
                }
                for n in range(1, count + 1)
            ]
            for at in range(0, len(rows), 5_000):
                tx.execute(insert(tables.contact), rows[at : at + 5_000])
            found = tx.execute(
                select(tables.contact.c.id).where(tables.contact.c.id > first).order_by(tables.contact.c.id)
            )
            return list(found.scalars())

    def list_of(self, name: str, contacts: Sequence[int]) -> int:
        made = Lists(self.db).ensure(self.workspace, name)
        with self.db.write() as tx:
            rows = [
                {"list_id": made.id, "contact_id": id_, "workspace_id": self.workspace, "added_at": START}
                for id_ in contacts
            ]
            if rows:
                tx.execute(insert(tables.list_member), rows)
        return made.id

    def suppress(self, address: str) -> None:
        with self.db.write() as tx:
            tx.execute(
                insert(tables.suppression).values(
                    workspace_id=self.workspace, channel="email", address=address, reason="unsubscribed", since=START
                )
            )

    # ---- campaigns

    def draft(
        self,
        audience: dict[str, Any] | None = None,
        *,
        sender: SenderId | None = None,
        senders: Sequence[SenderId] = (),
        **more: Any,
    ) -> CampaignId:
        values: dict[str, Any] = {"content": {"subject": "Hello", "text": "Hi", "from": "b@sender.test"}, **more}
        wish = Draft(
            more.pop("name", "news"),
            audience=audience or {"all": True},
            senders=senders or [sender or self.sender],
            **values,
        )
        return self.campaigns.create(self.workspace, wish).id

    def started(self, count: int = 0, **more: Any) -> CampaignId:
        """A campaign to `count` new contacts (and those of `audience`) that is sending and planned to its end."""
        if count:
            ids = self.contacts(count)
            more.setdefault("audience", {"contacts": ids})
        id_ = self.draft(**more)
        self.control.start(id_, PERSON)
        self.plan(id_)
        return id_

    def plan(self, id_: CampaignId, worker: WorkerId | None = None) -> None:
        """Plans to the end, as a worker of its own that leaves again: one that stays would get its share of the lanes."""
        me = worker or self.worker()
        epoch = Leases(self.db, me).take("plan", str(id_), [])
        assert epoch is not None
        while not Planning(self.db, me).plan_page(id_, epoch).sealed:
            pass
        Leases(self.db, me).release("plan", [str(id_)])
        if worker is None:
            self._workers.pop(me).leave(me)

    def get(self, id_: CampaignId) -> Campaign:
        return self.campaigns.get(id_)

    def worker(self, db: Database | None = None) -> WorkerId:
        workers = Workers(db or self.db)
        me = workers.enter(host="here", version="0")
        self._workers[me] = workers
        return me

    def hand(self, db: Database | None = None, *, sender: SenderId | None = None, lanes: int = SHARDS) -> "Hand":
        """A worker that holds up to `lanes` lanes of the sender."""
        made = Hand(self, db or self.db, sender or self.sender)
        made.take_lanes(lanes)
        return made

    def want_lanes(self) -> None:
        """What the first start of a campaign does: the sender's lanes exist from here on."""
        with self.db.write() as tx:
            want_lanes(tx, self.sender)

    # ---- what the rows say

    def rows(self, id_: CampaignId) -> dict[int, dict[str, Any]]:
        with self.db.read() as tx:
            found = tx.execute(select(tables.delivery).where(tables.delivery.c.campaign_id == id_))
            return {row.seq: dict(row._mapping) for row in found}

    def states(self, id_: CampaignId) -> dict[int, str]:
        return {seq: row["state"] for seq, row in self.rows(id_).items()}

    def tally(self, id_: CampaignId) -> Counter[str]:
        return Counter(self.states(id_).values())

    def attempts(self, id_: CampaignId) -> dict[tuple[int, int], str]:
        with self.db.read() as tx:
            found = tx.execute(select(tables.attempt).where(tables.attempt.c.campaign_id == id_))
            return {(row.seq, row.attempt): row.state for row in found}

    def counters(self, id_: CampaignId) -> Counter[str]:
        sums = [func.coalesce(func.sum(tables.campaign_count.c[name]), 0) for name in tables.COUNTED]
        with self.db.read() as tx:
            row = tx.execute(select(*sums).where(tables.campaign_count.c.campaign_id == id_)).one()
        return Counter(dict(zip(tables.COUNTED, row, strict=True)))

    def facts(self, since: Cursor) -> list[Event]:
        """All that was told since then. On PostgreSQL a fact shows when no older transaction of the whole server is open."""
        with self.db.read() as tx:
            newest = tx.execute(select(func.max(tables.event.c.seq))).scalar() or 0
        found: list[Event] = []
        until(
            lambda: (
                found.extend(Events(self.db).after(found[-1].cursor if found else since, self.workspace))
                or (found[-1].seq if found else since.seq) >= newest
            ),
            60,
            "facts come from behind the fence",
        )
        return found

    def events(self, kind: str) -> int:
        with self.db.read() as tx:
            query = select(func.count()).select_from(tables.event).where(tables.event.c.kind == kind)
            return int(tx.execute(query).scalar_one())

    def set_delivery(self, id_: CampaignId, seq: int, **values: Any) -> None:
        with self.db.write() as tx:
            where = (tables.delivery.c.campaign_id == id_) & (tables.delivery.c.seq == seq)
            tx.execute(update(tables.delivery).where(where).values(**values))

    def lanes(self, me: WorkerId, sender: SenderId) -> tuple[int, int]:
        """How many lanes of a sender this worker could take now, and how many it holds."""
        with self.db.read() as tx:
            free, held = tx.execute(_LANES, {"me": me, "group": str(sender), "now": self.db.lease_now()}).one()
        return int(free), int(held)

    def snapshot(self, id_: CampaignId) -> "Snapshot":
        """One moment of a campaign's rows, history and counters."""
        with self.db.read() as tx:
            state, top = tx.execute(_OF, {"id": id_}).one()
            rows = tx.execute(_ROWS, {"id": id_}).all()
            attempts = {(row[0], row[1]): row[2] for row in tx.execute(_HISTORY, {"id": id_})}
            sums = tx.execute(_COUNTERS, {"id": id_}).one()
        return Snapshot(
            CampaignState(state),
            top,
            {row[0]: row[1] for row in rows},
            {row[0]: row[2] for row in rows},
            attempts,
            Counter(dict(zip(tables.COUNTED, sums, strict=True))),
        )

    def check_books(self, id_: CampaignId) -> None:
        """L13 and L23: the sum closes and the counters say what the rows say; the product's own audit agrees."""
        self.snapshot(id_).check()
        balance = Books(self.db).audit(id_)
        assert balance.balanced, balance.faults


@dataclass(frozen=True, slots=True)
class Snapshot:
    state: CampaignState
    planned: int
    rows: dict[int, str]
    fences: dict[int, int]  # the number of each row's last attempt
    attempts: dict[tuple[int, int], str]
    counters: Counter[str]

    @property
    def tally(self) -> Counter[str]:
        return Counter(self.rows.values())

    def check(self) -> None:
        """The books close (L23), and the counters say what the rows say (L13)."""
        tally = self.tally
        tally["sent"] = sum(tally[state] for state in ACCEPTED)  # delivered and read are part of it
        assert len(self.rows) == self.planned
        for name in ("sent", "failed", "skipped", "cancelled", "uncertain"):
            assert self.counters[name] == tally[name], (name, self.counters, tally)
        counted = sum(state not in ("sending", "withdrawn") for state in self.attempts.values())
        assert self.counters["attempts"] == counted, (self.counters["attempts"], self.attempts)
        if self.state is CampaignState.COMPLETED:
            assert not tally["queued"] + tally["claimed"] + tally["sending"], "completed with open rows"


_LEASE = tables.lease.c
_MINE = func.coalesce(_LEASE.owner == bindparam("me"), False)
_FREE = ~_MINE & (_LEASE.owner.is_(None) | (_LEASE.until < bindparam("now")))
_LANES = select(func.count(case((_FREE, 1))), func.count(case((_MINE, 1)))).where(
    _LEASE.kind == "lane", _LEASE.group == bindparam("group")
)
_OF = select(tables.campaign.c.state, tables.campaign.c.planned_through).where(tables.campaign.c.id == bindparam("id"))
_ROWS = select(tables.delivery.c.seq, tables.delivery.c.state, tables.delivery.c.attempt).where(
    tables.delivery.c.campaign_id == bindparam("id")
)
_HISTORY = select(tables.attempt.c.seq, tables.attempt.c.attempt, tables.attempt.c.state).where(
    tables.attempt.c.campaign_id == bindparam("id")
)
_COUNTERS = select(*(func.coalesce(func.sum(tables.campaign_count.c[name]), 0) for name in tables.COUNTED)).where(
    tables.campaign_count.c.campaign_id == bindparam("id")
)


class Hand:
    """One worker's hand on the lanes of a sender: the verbs of a turn, one at a time."""

    def __init__(self, ledger: Ledger, db: Database, sender: SenderId) -> None:
        self.ledger = ledger
        self.db = db
        self.sender = sender
        self.me = ledger.worker(db)
        self.leases = Leases(db, self.me)
        self.turns = Turns(db, self.me, sender)
        self.lanes: dict[int, int] = {}

    def take_lanes(self, share: int = SHARDS, *, dead: Sequence[WorkerId] = (), whole: bool = False) -> Take:
        taken = self.leases.take_lanes(self.sender, whole=whole, share=share, held=len(self.lanes), dead=dead)
        self.lanes.update(taken.lanes)
        return taken

    def renew(self) -> dict[int, int]:
        found = self.leases.renew()
        self.lanes = {int(key.partition("/")[2]): epoch for (kind, key), epoch in found.items() if kind == "lane"}
        return self.lanes

    def share(self, id_: CampaignId) -> Share:
        of = self.ledger.get(id_)
        return Share(id_, of.workspace_id, f"campaign:{of.uid}", of.channel)

    def turn(
        self,
        id_: CampaignId,
        *,
        claim: int = 0,
        fresh: Iterable[int] | None = None,
        intend: Iterable[tuple[int, int]] = (),
        settle: Iterable[Settlement] = (),
        late: bool = True,
    ) -> Answer:
        """One turn for one campaign. `fresh`: positions to claim, all that nobody claimed yet when not given."""
        share = self.share(id_)
        if claim:
            rows = self.ledger.rows(id_)
            never = [seq for seq, row in sorted(rows.items()) if row["state"] == "queued" and not row["attempt"]]
            seqs = list(fresh if fresh is not None else never)
            share.claim = ClaimWish(claim, [s for s in seqs if s % SHARDS in self.lanes], late)
        share.intend = list(intend)
        for news in settle:  # as the engine hands it in: acceptances apart from what must be judged
            if news.told == "accepted" and news.verdict is State.SENT:
                share.sent.append((news.seq, news.attempt, news.provider_id))
            else:
                share.settle.append(news)
        return self.turns.take([share]).shares[id_]

    def claim(self, id_: CampaignId, most: int = 500, **more: Any) -> list[Claimed]:
        return self.turn(id_, claim=most, **more).claimed

    def going(self, id_: CampaignId, most: int = 500) -> list[tuple[int, int]]:
        """Claims and intends; returns the keys that may leave."""
        keys = [(row.seq, row.attempt) for row in self.claim(id_, most)]
        return sorted(self.turn(id_, intend=keys).go)

    def settle(self, id_: CampaignId, *news: Settlement) -> Answer:
        return self.turn(id_, settle=news)

    def send(self, id_: CampaignId, most: int = 500) -> list[tuple[int, int]]:
        """Claims, intends and settles as sent."""
        keys = self.going(id_, most)
        self.settle(id_, *(sent(*key) for key in keys))
        return keys


def sent(seq: int, attempt: int, provider_id: str | None = None) -> Settlement:
    return Settlement(seq, attempt, State.SENT, "accepted", provider_id=provider_id, charged=1)


def failed(seq: int, attempt: int, reason: str = "bad_address") -> Settlement:
    return Settlement(seq, attempt, State.FAILED, "refused", reason, charged=1)


def unclear(seq: int, attempt: int) -> Settlement:
    return Settlement(seq, attempt, State.UNCERTAIN, "uncertain", "connection_lost", charged=1)


def deferred(seq: int, attempt: int, due_at: int) -> Settlement:
    return Settlement(seq, attempt, State.QUEUED, "deferred", "greylisted", due_at=due_at, charged=1, tried=True)


def outage(seq: int, attempt: int, *, intended: bool = True) -> Settlement:
    return Settlement(seq, attempt, State.QUEUED, "withdrawn" if intended else None, "connection", counted=False)


def released(seq: int, attempt: int) -> Settlement:
    return Settlement(seq, attempt, State.QUEUED, None, counted=False)


class Clocked(Database):
    """A PostgreSQL whose lease clock is the test's, so that time goes by when the test says so."""

    def lease_now(self) -> int | None:
        return int(self.world.clock.uptime() * 1000)

    def seen_now(self) -> int | None:
        return self.world.clock.now()


def database(url: str, world: World) -> Database:
    """The database; on the test's clock when it has one."""
    return Clocked(url, world) if isinstance(world.clock, HandClock) else Database(url, world)


def make_ledger(dialect: str, folder: Path, world: World) -> Ledger:
    """A fresh, migrated ledger of that dialect. It is migrated once per process and copied from then on."""
    assert dialect in DIALECTS
    if dialect == "postgresql":
        return Ledger(postgres.fresh(postgres.migrated()), world)
    file = folder / "homing.db"
    file.write_bytes(_migrated())
    return Ledger(f"sqlite:///{file}", world)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        db = Database(f"sqlite:///{file}", World())
        migrate.upgrade(db)
        db.close()
        return file.read_bytes()


LEASE = LEASE_MS / 1000
