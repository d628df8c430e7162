"""The plans of the hot statements: their cost does not grow with the campaign."""

import re
import sqlite3
from importlib import resources
from typing import Any

import pytest

from homing.store.database import Database
from tests.store.ledger import PERSON, Hand, Ledger, released, sent

HOT = (
    "add_counts", "campaign_state", "canary_held", "cancelled_unswept", "claim_fresh", "claim_late", "claim_mark", "complete",
    "event_add", "finish_failed", "finish_uncertain", "floors_raise", "has_open", "held_by", "held_count", "intend",
    "intend_attempts", "intend_explain", "lanes_free", "lanes_held", "lanes_take", "late_next", "lease_take",
    "leases_release", "leases_renew", "next_seq", "orphans_attempts", "orphans_look", "orphans_move", "plan_advance",
    "plan_all", "plan_insert", "plan_list", "plan_skipped", "resolve", "retry", "senders_wanted", "sent_attempts",
    "sent_deliveries", "settle_attempts",
    "settle_deliveries", "settle_look", "settled_now", "suppress_bad", "sweep_cancelled", "usage_add", "worker_seen",
)  # fmt: skip
LARGE = re.compile(r"^SCAN (delivery|attempt|contact|list_member|suppression|event|d|a|o|p|s|m)\b")
SMALL = re.compile(r"VIRTUAL TABLE|INDEX ix_delivery_held\b")
"""An array, or the few rows that are held at one moment."""
WHOLE_CAMPAIGN = re.compile(r"^SEARCH (delivery|attempt|d|a|o) USING PRIMARY KEY \(campaign_id=\?\)$")


def plan(db: Database, name: str) -> list[str]:
    sql = db.statement(name)
    values = dict.fromkeys(re.findall(r":(\w+)", re.sub(r"--[^\n]*", "", sql)), 1)
    values |= {
        key: "[]"
        for key in values
        if key in {"rows", "keys", "seqs", "shards", "contacts", "excluded", "dead", "floors"}
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


@pytest.mark.parametrize("name", HOT)
def test_no_hot_statement_reads_a_whole_table_or_a_whole_campaign(filled: Database, name: str) -> None:
    found = plan(filled, name)
    assert found or name in {"event_add", "usage_add"}, "it has a plan"
    bad = [step for step in found if (LARGE.match(step) and not SMALL.search(step)) or WHOLE_CAMPAIGN.match(step)]
    assert not bad, f"{name}: {found}"


def test_no_statement_is_left_out_by_accident(ledger: Ledger) -> None:
    cold = {"attribute_names", "audit_attempts", "audit_deliveries", "audit_unproven"}  # reads all, in no hurry
    pages = {"results_page", "results_troubled", "recent_rate", "counters"}  # one page, or the counters
    imports = {
        "contacts_by_email",
        "contacts_by_phone",
        "contacts_insert",
        "contacts_update",
        "members_insert",
        "suppressions_insert",
    }
    files = resources.files("homing.store").joinpath("sql", ledger.db.dialect).iterdir()
    names = {file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql")}
    assert set(HOT) <= names
    assert names - set(HOT) - cold - pages - imports <= RIPENING


RIPENING: set[str] = set()
"""Statements of rooms that are being built, and look after their plans themselves."""


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
