"""The plans of the hot statements on PostgreSQL: whatever its statistics say, their cost does not grow with the campaign."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from homing.store.database import Database
from homing.world import World
from tests.store.ledger import Ledger, make_ledger
from tests.store.test_plans import LARGE
from tests.store.test_plans import PLANS as TWINS

PLANS: dict[str, tuple[str, ...]] = {
    **TWINS,
    "lock_news": ("row",),
    "lock_orphans": ("held",),
    "lock_tail": ("queued",),
    # what SQLite does in one step with the row that it stands on
    "orphans_look": ("held", "attempts of a row", "attempt"),
    "orphans_attempts": ("attempt", "attempts of a row"),
}
"""As on SQLite: what each hot statement may read of the large tables."""
HELD = tuple(
    f"ix_delivery_held({way})"
    for way in ("", "sender_id", "sender_id,shard", "sender_id,shard,epoch", "sender_id,epoch", "epoch")
)
ACCESS: dict[str, tuple[str, ...]] = {
    # not by the held ones: they are few, but their index keeps all that were held since somebody vacuumed it
    "row": ("pk_delivery(campaign_id,seq)", "ix_delivery_queued(campaign_id,seq)"),
    "page of rows": ("pk_delivery(campaign_id,seq)",),
    "queued": ("ix_delivery_queued(campaign_id)", "ix_delivery_queued(campaign_id,seq)"),
    "late": tuple(f"ix_delivery_late(campaign_id{more})" for more in ("", ",due_at", ",shard,due_at", ",shard,due_at,seq")),
    "last late of a shard": ("ix_delivery_late(campaign_id,shard)",),
    "held": HELD,
    "troubled": ("ix_delivery_troubled(campaign_id,state)", "ix_delivery_troubled(campaign_id,state,seq)"),
    "attempt": ("pk_attempt(campaign_id,seq,attempt)",),
    "attempts of a row": ("pk_attempt(campaign_id,seq)",),
    "anybody refused": ("ix_contact_refused(workspace_id)",),
    "anybody suppressed": ("pk_suppression(workspace_id,channel)",),
    # that of refused ones only while it is all but empty: it is planned for these values, at each execution
    "contact": ("pk_contact(id)", "ix_contact_workspace_id_id(workspace_id,id)", "ix_contact_refused()"),
    "page of contacts": ("ix_contact_workspace_id_id(workspace_id,id)", "pk_contact(id)"),
    "page of a list": ("pk_list_member(list_id,contact_id)",),
    "member": ("pk_list_member(list_id,contact_id)", "ix_list_member_contact_id(contact_id)"),
    "message": ("pk_message(campaign_id,seq)",),
    "suppression": ("pk_suppression(workspace_id,channel,address)",),
}  # fmt: skip
"""How the words read in PostgreSQL's plans: an index, and the columns by which it is entered."""
MANY = 20_000
SEQS = list(range(MANY // 2, MANY // 2 + 50))
VALUES: dict[str, Any] = {
    "seqs": json.dumps(SEQS), "contacts": json.dumps(SEQS), "shards": json.dumps(list(range(16))), "excluded": "[1, 2]",
    "keys": json.dumps([[seq, 1] for seq in SEQS]), "ids": json.dumps(dict.fromkeys(SEQS)), "dead": "[]",
    "floors": json.dumps([[n, 1] for n in range(16)]), "rows": "[]", "channel": "email", "group": "1", "kind": "lane",
    "key": "1/1", "topic": "campaign:x", "body": "{}", "last": False, "require_consent": False, "k": 100, "n": 100,
    "target": "queued", "after": MANY // 2, "base": MANY // 2, "top": MANY // 2 + 100, "now": 1_900_000_000_000,
    "through": 100,
}  # fmt: skip
"""Values of a turn in the middle of a campaign; 1 for all others."""
STATE = {"retry": "failed"}  # :state of those that have one
FILL = (
    (
        "INSERT INTO contact (id, uid, workspace_id, email, created_at, updated_at)"
        " SELECT n, 'c' || n, 1, 'u' || n || '@d.test', 0, 0 FROM generate_series(1, {many}) n"
    ),
    (
        "INSERT INTO delivery (campaign_id, seq, contact_id, address, shard, state)"
        " SELECT {c}, n, n, 'u' || n || '@d.test', n % 16, 'queued' FROM generate_series(1, {many}) n"
    ),
    "INSERT INTO list (id, uid, workspace_id, name, created_at) SELECT l, 'l' || l, 1, 'l' || l, 0 FROM generate_series(1, 2) l",
    (
        "INSERT INTO list_member (list_id, contact_id, workspace_id, added_at)"
        " SELECT l, n, 1, 0 FROM generate_series(1, {many}) n, generate_series(1, 2) l"
    ),
    (
        "INSERT INTO suppression (workspace_id, channel, address, reason, since)"
        " SELECT 1, 'email', 'x' || n || '@d.test', 'unsubscribed', 0 FROM generate_series(1, {many}) n"
    ),
    (
        "INSERT INTO message (campaign_id, seq, uid, workspace_id, content, created_at)"
        " SELECT {c}, n, 'm' || n, 1, '{{}}', 0 FROM generate_series(1, {many}) n"
    ),
    (
        "INSERT INTO event (workspace_id, at, topic, kind, body)"
        " SELECT 1, n, 'campaign:x', 'x', '{{}}' FROM generate_series(1, {many}) n"
    ),
)
SENT = (
    "UPDATE delivery SET state = 'sent', attempt = 1, sender_id = 1 WHERE campaign_id = {c} AND seq <= {many} - 200",
    (
        "INSERT INTO attempt (campaign_id, seq, attempt, state, sender_id, worker_id, epoch, intended_at)"
        " SELECT {c}, n, 1, 'accepted', 1, 1, 1, 0 FROM generate_series(1, {many}) n"
    ),
)
ANALYZE = "ANALYZE"
MOMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "never looked at, all queued": (FILL,),
    "never looked at, nearly all sent": (FILL, SENT),
    "of the empty tables, all queued": ((ANALYZE,), FILL),
    "of the empty tables, nearly all sent": ((ANALYZE,), FILL, SENT),
    "of when all was queued": (FILL, (ANALYZE,), SENT),
    "fresh, all queued": (FILL, (ANALYZE,)),
    "fresh, nearly all sent": (FILL, SENT, (ANALYZE,)),
}
"""What the planner knows, and what is there: empty, stale and fresh statistics."""
READS = {
    "has_open",
    "canary_held",
    "held_count",
    "cancelled_unswept",
    "unfinished",
    "next_seq",
    "late_next",
    "late_last",
    "senders_wanted",
    "held_by",
}
"""What runs in reading transactions, too: there nothing forbids the planner to walk through a table."""
QUICK = ("of the empty tables, nearly all sent", "of when all was queued", "fresh, nearly all sent")


@dataclass(frozen=True)
class Desk:
    """A connection as workers have it, on which every hot statement is prepared."""

    raw: "psycopg.Connection[Any]"

    def prepare(self, db: Database) -> None:
        for name in PLANS:
            sql, values = positional(db.statement(name), name)
            types = ", ".join(
                "bigint" if type(v) is int else "boolean" if type(v) is bool else "unknown" for v in values
            )
            self.raw.execute(
                f"PREPARE {name} ({types}) AS {sql}" if types else f"PREPARE {name} AS {sql}", prepare=False
            )

    def nodes(self, db: Database, name: str, mode: str) -> list[dict[str, Any]]:
        """Every node of the statement's plan: planned once for all values, or for these."""
        _, values = positional(db.statement(name), name)
        literals = ", ".join(psycopg.sql.Literal(v).as_string(self.raw) for v in values)
        call = f"{name} ({literals})" if literals else name
        self.raw.execute(f"SET LOCAL plan_cache_mode = {mode}")
        self.raw.execute(f"SET LOCAL enable_seqscan = {'on' if name in READS else 'off'}")
        (found,) = self.raw.execute(f"EXPLAIN (FORMAT JSON) EXECUTE {call}").fetchone() or ([],)
        return list(walk(found[0]["Plan"]))


def positional(statement: str, name: str) -> tuple[str, list[Any]]:
    """The statement with $1, $2 ... as psycopg sends it, and the values."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    sql = re.sub(r"%\((\w+)\)s", lambda m: f"${names.index(m[1]) + 1}", statement).replace("%%", "%")
    return sql, [STATE.get(name, "sent") if n == "state" else VALUES.get(n, 1) for n in names]


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


COLUMN = re.compile(
    r"\b(campaign_id|workspace_id|list_id|contact_id|sender_id|seq|attempt|shard|due_at|epoch|state|channel|address|id)\b(?!\.)"
)


def accesses(nodes: list[dict[str, Any]]) -> set[str]:
    """How the large tables are read, in the words of ACCESS; in PostgreSQL's own words where it is none of them."""
    found = set()
    for node in nodes:
        kind, index = node["Node Type"], node.get("Index Name")
        if kind == "Seq Scan" and node["Relation Name"] in LARGE:
            found.add(f"all of {node['Relation Name']}")
        elif index is not None and any(
            index.removeprefix(f"{p}_").startswith(t) for t in LARGE for p in ("pk", "ix", "uq")
        ):
            entered = sorted(columns(node.get("Index Cond", "")), key=ORDER.index)
            found.add(f"{index}({','.join(entered)})")
    return found


ORDER = [
    "campaign_id",
    "workspace_id",
    "channel",
    "list_id",
    "contact_id",
    "sender_id",
    "shard",
    "due_at",
    "state",
    "seq",
    "attempt",
    "epoch",
    "address",
    "id",
]


def columns(condition: str) -> set[str]:
    """The columns that the index is entered by: those on the left of its comparisons."""
    return {m[1] for m in re.finditer(r"\(\(*(?:\w+\.)?(\w+) (?:=|<=|>=|<|>) ", condition)} & set(ORDER)


def wrong_of(desk: Desk, db: Database) -> list[str]:
    found = []
    for name, words in PLANS.items():
        allowed = {way for word in words for way in ACCESS[word]}
        for mode in ("force_generic_plan", "force_custom_plan"):
            nodes = desk.nodes(db, name, mode)
            if over := accesses(nodes) - allowed:
                found.append(f"{name} ({mode}): {sorted(over)}")
    return found


@pytest.fixture
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Desk]]:
    ledger = make_ledger("postgresql", tmp_path_factory.mktemp("plans"), World())
    c = ledger.started(1)
    with psycopg.connect(ledger.url, autocommit=True) as raw:
        raw.execute("TRUNCATE delivery, contact CASCADE")
        desk = Desk(raw)
        desk.prepare(ledger.db)
        for number, step in enumerate(MOMENTS[request.param]):
            if FILL in MOMENTS[request.param][:number]:
                with raw.transaction():
                    wrong_of(desk, ledger.db)  # plans that are kept, made before the last that happened
            for statement in step:
                raw.execute(statement.format(c=c, many=MANY))
        yield ledger, desk
    ledger.close()


@pytest.mark.parametrize(
    "filled", [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in MOMENTS], indirect=True
)
def test_hot_statements_read_large_tables_only_by_their_indexes_whatever_the_statistics(
    filled: tuple[Ledger, Desk],
) -> None:
    """Empty, stale and fresh statistics; plans for all values, perhaps made long ago, and plans for these."""
    ledger, desk = filled
    with desk.raw.transaction():
        assert wrong_of(desk, ledger.db) == []
