"""The plans of the hot statements: their cost does not grow with the campaign."""

import re
import sqlite3
from importlib import resources
from typing import Any

import pytest
from sqlalchemy import update

from homing.model.delivery import SHARDS
from homing.store.database import Database
from homing.store.statistics import PRETENDED
from homing.store.tables import delivery
from tests.store.ledger import PERSON, Hand, Ledger, released, sent

ACCESS = {
    "row": r"delivery (PRIMARY KEY|INDEX ix_delivery_queued) \(campaign_id=\? AND seq=\?\)",
    "page of rows": r"delivery PRIMARY KEY \(campaign_id=\? AND seq>\? AND seq<\?\)",
    "queued": r"delivery (COVERING )?INDEX ix_delivery_queued \(campaign_id=\?( AND seq<\?)?\)",
    "late": r"delivery (COVERING )?INDEX ix_delivery_late \(campaign_id=\?( AND shard=\? AND due_at<\?)?\)",
    "last late of a shard": r"delivery (COVERING )?INDEX ix_delivery_late \(campaign_id=\? AND shard=\?\)",
    "held": r"delivery (COVERING )?INDEX ix_delivery_held( \(sender_id=\? AND shard=\? AND epoch(>\? AND epoch<|>|=)\?\))?",
    "troubled": r"delivery (COVERING )?INDEX ix_delivery_troubled \(campaign_id=\? AND state=\?\)",
    "attempt": r"attempt PRIMARY KEY \(campaign_id=\? AND seq=\? AND attempt=\?\)",
    "attempts of a row": r"attempt PRIMARY KEY \(campaign_id=\? AND seq=\?\)",
    "anybody refused": r"contact (COVERING )?INDEX ix_contact_refused \(workspace_id=\?\)",
    "anybody suppressed": r"suppression PRIMARY KEY \(workspace_id=\? AND channel=\?\)",
    "contact": r"contact INTEGER PRIMARY KEY \(rowid=\?\)",
    "page of contacts": r"contact COVERING INDEX ix_contact_workspace_id_id \(workspace_id=\? AND id>\?\)",
    "page of a list": r"list_member PRIMARY KEY \(list_id=\? AND contact_id>\?\)",
    "member": r"list_member COVERING INDEX ix_list_member_contact_id \(contact_id=\? AND list_id=\?\)",
    "message": r"message PRIMARY KEY \(campaign_id=\? AND seq=\?\)",
    "suppression": r"suppression PRIMARY KEY \(workspace_id=\? AND channel=\? AND address=\?\)",
}
"""How a large table may be read: each by an index that leads to what is asked for. An index that gets another name, or a new
one, is changed here and nowhere else. What is queued or late is read from its first row on, held rows are few, of the troubled
ones a person asks."""
PLANS: dict[str, tuple[str, ...]] = {
    # a turn
    "campaign_state": (), "lanes_held": (),
    "claim_fresh": ("row", "contact"), "claim_late": ("late", "row", "contact"), "claim_mark": ("row",),
    "messages_of": ("message",),
    "adopt": ("queued", "row", "contact", "suppression"),
    "claim_fresh_mixed": ("row", "contact"), "claim_late_mixed": ("late", "row", "contact"),
    "intend": ("row", "anybody suppressed", "suppression", "anybody refused", "contact"),
    "intended": ("row", "attempt"), "intend_attempts": ("row",),
    "intend_explain": ("row", "suppression", "contact"),
    "sent_attempts": ("attempt",), "sent_deliveries": ("row",),
    "settle_look": ("row", "attempt", "attempts of a row"), "settle_attempts": (), "settle_deliveries": ("row",),
    "suppress_bad": ("row",), "add_counts": (), "usage_add": (), "event_add": (), "floors_raise": (),
    "complete": ("queued", "held"), "unfinished": ("queued", "held"),
    # leases and what the dead left
    "lanes_free": (), "lanes_take": (), "lease_take": (), "leases_release": (), "leases_renew": (), "worker_seen": (),
    "orphans_look": ("held", "attempts of a row"), "orphans_move": ("row",), "orphans_attempts": ("attempt",),
    "held_by": ("held",), "refused_landed": ("attempt",), "senders_wanted": ("held",),
    # looking
    "canary_held": ("queued", "held"), "cancelled_unswept": ("queued",), "has_open": ("queued", "held"),
    "held_count": ("held",), "late_next": ("late",), "late_last": ("last late of a shard",), "next_seq": ("queued",),
    # planning
    "plan_advance": (), "plan_all": ("page of contacts",), "plan_list": ("page of a list",),
    "plan_keep": ("contact", "member"), "plan_insert": ("contact", "anybody suppressed", "suppression"),
    "plan_insert_mixed": ("contact", "anybody suppressed", "suppression"),
    "plan_skipped": ("page of rows",),
    # a person
    "finish_failed": ("late",), "finish_uncertain": ("late",), "sweep_cancelled": ("queued", "row"),
    "resolve": ("troubled", "attempts of a row"), "retry": ("troubled", "suppression", "attempts of a row"),
}  # fmt: skip
"""What each hot statement may read of the large tables."""
COLD = {
    *("attribute_names", "audit_attempts", "audit_deliveries", "audit_unproven"),  # read all, in no hurry
    *("results_page", "results_troubled", "recent_rate", "counters"),  # one page, or the counters
    *("contacts_by_email", "contacts_by_phone", "contacts_insert", "contacts_update"),  # imports: tests/contacts
    *(
        "contacts_insert_hidden",
        "contacts_reserve",
        "contacts_show",
        "import_advance",
        "import_before_add",
        "import_chunk_add",
        "import_conflict_add",
        "import_hold",
        "import_seen_add",
    ),
    *("members_insert", "suppressions_insert"),
    *("workers_alive", "workers_silent"),  # a handful of rows
}
pytestmark = pytest.mark.dialect("sqlite")
ALIASES = {"d": "delivery", "a": "attempt", "o": "attempt", "p": "contact", "m": "list_member", "s": "suppression"}
LARGE = {"delivery", "attempt", "contact", "list_member", "message", "suppression", "event"}
STEP = re.compile(r"(?:SEARCH|SCAN) (\w+)(?: USING)? ?(.*?)(?: LEFT-JOIN)?$")


def plan(db: Database, name: str) -> list[str]:
    sql = db.statement(name)
    values = dict.fromkeys(re.findall(r":(\w+)", re.sub(r"--[^\n]*", "", sql)), 1)
    values |= {
        key: "{}" if key == "ids" else "[]"
        for key in values
        if key in {"ids", "rows", "keys", "seqs", "shards", "contacts", "excluded", "dead", "floors"}
    }
    with db.write() as tx:
        return [row[3] for row in tx._raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.fixture(scope="module", params=["never filled", "all queued", "all sent"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same plans whatever the tables hold: the statistics are written down, not gathered."""
    from homing.world import World
    from tests.store.ledger import make_ledger

    ledger = make_ledger("sqlite", tmp_path_factory.mktemp("plans"), World())
    if request.param != "never filled":
        id_ = ledger.started(3_000)
        if request.param == "all sent":
            hand = ledger.hand()
            while hand.send(id_, 500):
                pass
    yield ledger.db
    ledger.close()


def accesses(steps: list[str]) -> list[str]:
    """How the large tables are read, in the words of ACCESS; in SQLite's own words where it is none of them."""
    found = []
    for step in steps:
        parts = STEP.match(step)
        if parts is None or "VIRTUAL TABLE" in step:
            continue
        table = ALIASES.get(parts[1], parts[1])
        if table in LARGE:
            words = f"{table} {parts[2]}"
            found.append(next((name for name, way in ACCESS.items() if re.fullmatch(way, words)), step))
    return found


@pytest.mark.parametrize("name", PLANS)
def test_a_hot_statement_reads_large_tables_only_by_the_index_that_is_there_for_it(filled: Database, name: str) -> None:
    steps = plan(filled, name)
    assert set(accesses(steps)) <= set(PLANS[name]), steps


def test_every_statement_is_hot_or_known_to_be_cold(ledger: Ledger) -> None:
    files = resources.files("homing.store").joinpath("sql", ledger.db.dialect).iterdir()
    names = {file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql")}
    assert names == set(PLANS) | COLD


def test_the_planner_has_the_statistics_that_are_written_down_and_each_is_of_an_index_that_exists(
    ledger: Ledger,
) -> None:
    with ledger.db.read() as tx:
        loaded = {tuple(row) for row in tx._raw.execute("SELECT tbl, idx, stat FROM sqlite_stat1")}
        there = {name for (name,) in tx._raw.execute("SELECT name FROM sqlite_master")}
    assert loaded == set(PRETENDED)
    assert {name for table, index, _ in PRETENDED for name in (table, index) if name} <= there
    of_deliveries = {name for name in there if name.startswith("ix_delivery_")}
    assert of_deliveries <= {index for _, index, _ in PRETENDED}, "an index without statistics is planned by a guess"


class Meter:
    """Counts what SQLite's virtual machine does, in steps of a hundred."""

    def __init__(self, db: Database) -> None:
        with db.write() as tx:
            self._raw: sqlite3.Connection = tx._raw
        self.count = 0

    def __enter__(self) -> "Meter":
        self.count = 0
        self._raw.set_progress_handler(self._tick, 100)
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.set_progress_handler(None, 0)

    def _tick(self) -> int:
        self.count += 1
        return 0


def cost_of_a_round(ledger: Ledger, hand: Hand, id_: Any, start: int) -> dict[str, int]:
    """Steps of a claim, an intend, a settle and a claim of released rows, in the middle of a campaign."""
    meter, costs = Meter(ledger.db), {}
    fresh = range(start, start + 100)
    with meter:
        keys = [(row.seq, row.attempt) for row in hand.claim(id_, 100, fresh=fresh)]
    costs["claim"] = meter.count
    with meter:
        assert len(hand.turn(id_, intend=keys).go) == 100
    costs["intend"] = meter.count
    with meter:
        hand.settle(id_, *(sent(*key) for key in keys[:90]), *(released(*key) for key in keys[90:]))
    costs["settle"] = meter.count
    with meter:
        assert len(hand.claim(id_, 10, fresh=[])) == 10
    costs["claim late"] = meter.count
    return costs


def test_L18_the_cost_of_a_round_does_not_grow_with_the_campaign(ledger: Ledger) -> None:
    small, large = ledger.started(1_000), ledger.started(12_000)
    hand = ledger.hand()
    few = cost_of_a_round(ledger, hand, small, 500)
    many = cost_of_a_round(ledger, hand, large, 6_000)
    for act, steps in many.items():
        assert steps <= few[act] * 1.3 + 5, (act, few, many)


FAR = 10**14  # wall milliseconds: no test lives so long
SHAPES: dict[str, tuple[dict[str, Any], range, int]] = {
    # what all rows but the last hundred are set to, which positions are asked for, how many come
    "the last fresh rows": ({"state": "sent", "attempt": 1}, range(-100, 0), 100),
    "positions that others took": ({"state": "sent", "attempt": 1}, range(1, 101), 0),
    "every row is due again": ({"attempt": 1, "due_at": 5}, range(0), 100),
    "no row is due yet": ({"attempt": 1, "due_at": FAR}, range(0), 0),
    "every row is due again, and many lanes are not ours": ({"attempt": 1, "due_at": 5}, range(0), 100),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_L18_a_claim_reads_about_as_many_rows_as_it_brings(ledger: Ledger, shape: str) -> None:
    """Steps of SQLite's machine, of which each row that is read costs at least a few, whatever the campaign looks like."""
    values, asked, come = SHAPES[shape]
    meter, costs = Meter(ledger.db), []
    for count in (600, 6_000):
        id_ = ledger.started(count)
        with ledger.db.write() as tx:
            where = (delivery.c.campaign_id == id_) & (delivery.c.seq <= count - 100)
            tx.execute(update(delivery).where(where).values(values))
        hand = ledger.hand(lanes=4 if "not ours" in shape else SHARDS)
        fresh = [seq if seq > 0 else count + 1 + seq for seq in asked]
        with meter:
            assert len(hand.claim(id_, 100, fresh=fresh)) == come
        costs.append(meter.count)
        hand.leases.release("lane", [f"{hand.sender}/{shard}" for shard in hand.lanes])
    few, many = costs
    assert many <= few * 1.3 + 5, costs
    assert many <= 500, "a hundred rows at most are asked for: that is 500 steps each"


def test_L18_the_end_of_a_large_campaign_is_noticed_at_the_same_cost(ledger: Ledger) -> None:
    meter = Meter(ledger.db)
    costs = []
    for count in (500, 5_000):
        id_ = ledger.started(count)
        hand = ledger.hand()
        ledger.control.cancel(id_, PERSON)
        while ledger.control.sweep_cancelled(id_, 1_000):
            pass
        with meter:
            ledger.control.rescue(PERSON)
            hand.take_lanes()
            hand.renew()
        costs.append(meter.count)
    assert costs[1] <= costs[0] * 1.5 + 10
