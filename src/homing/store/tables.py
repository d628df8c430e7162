"""Every table of the ledger, for both dialects; CHECK constraints restate the state machines.

Integers inside, `uid` (UUIDv7) outside. Times are milliseconds since 1970 UTC; only `lease.until` is on the lease clock.
Rows of a campaign carry its id first in their key: nothing on the hot path joins across campaigns.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from homing.model import campaign as campaigns
from homing.model.delivery import SHARDS
from homing.model.delivery import State as Delivery

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by INTEGER PRIMARY KEY only; PostgreSQL wants 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")
_ROOM = {"fillfactor": 50}  # rows that are written again and again: their next version finds room beside the last


def one_of(column: str, words: Iterable[str], name: str = "known") -> CheckConstraint:
    """The column holds one of `words`; put the frequent ones first.

    As a chain of comparisons and not as IN: SQLite builds a table of the listed words for each statement and looks every
    row up in it, which was a third of the cost of a hot update.
    """
    listed = " OR ".join(f"{column} = '{word}'" for word in words)
    return CheckConstraint(listed, name=f"{column}_{name}")


def _where(condition: str, *, sqlite: str = "") -> dict[str, Any]:
    """Which rows an index holds. `sqlite`: the same in the words that cost SQLite least."""
    return {"sqlite_where": text(sqlite or condition), "postgresql_where": text(condition)}


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _uid() -> Column[str]:
    return Column("uid", Text, nullable=False, unique=True)


def _workspace() -> Column[int]:
    return Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _json(name: str, default: str = "{}") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

workspace = Table(
    "workspace", metadata, _id(), _uid(), Column("name", Text, nullable=False, unique=True), _time("created_at"),
    Column("zone", Text, nullable=True),  # of its people
)  # fmt: skip

token = Table(
    "token",
    metadata,
    _id(),
    _uid(),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the token, hex; the token itself is nowhere
    _json("scopes", "[]"),
    _time("created_at"),
    _time("last_used_at", nullable=True),
    _time("revoked_at", nullable=True),
    _time("expires_at", nullable=True),
    Column("person_id", Id, nullable=True),  # who made it: it never may more than they may; null: made at the shell
)

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    Column("workspace_id", Id, nullable=True),
    _time("at"),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _json("body"),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=True),  # null: the first request is still in flight
    _json("answer", "null"),
    _time("created_at"),
)

contact = Table(
    "contact",
    metadata,
    _id(),
    _uid(),
    _workspace(),
    Column("phone", Text, nullable=True),
    Column("email", Text, nullable=True),
    Column("name", Text, nullable=False, server_default=""),
    _json("attributes"),
    Column("consent_email", Text, nullable=False, server_default="unknown"),
    Column("consent_whatsapp", Text, nullable=False, server_default="unknown"),
    _time("created_at"),
    _time("updated_at"),
    _time("removed_at", nullable=True),  # soft: its history and its suppressions stay, and it may come back
    *(Column(f"{did}_by_import", Id, nullable=True) for did in ("created", "changed", "removed")),  # import.id
    UniqueConstraint("workspace_id", "phone"),
    UniqueConstraint("workspace_id", "email"),
    one_of("consent_email", ("unknown", "given", "refused")),
    one_of("consent_whatsapp", ("unknown", "given", "refused")),
    CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),
    Index(None, "workspace_id", "id"),
    Index("ix_contact_refused", "workspace_id", **_where("consent_email = 'refused' OR consent_whatsapp = 'refused'")),
    sqlite_autoincrement=True,  # deliveries outlive contacts: a new contact must never inherit a removed one's id
)

list_ = Table(
    "list",
    metadata,
    _id(),
    _uid(),
    _workspace(),
    Column("name", Text, nullable=False),
    _time("created_at"),
    UniqueConstraint("workspace_id", "name"),
    sqlite_autoincrement=True,  # an audience names lists by id: a new list must never inherit a removed one's
)

list_member = Table(
    "list_member",
    metadata,
    Column("list_id", Id, ForeignKey("list.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", Id, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    _workspace(),
    _time("added_at"),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

suppression = Table(
    "suppression",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspace.id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),  # a normalised address, or "@domain"
    Column("reason", Text, nullable=False),
    _time("since"),
    sqlite_with_rowid=False,
)

sender = Table(
    "sender",
    metadata,
    _id(),
    _uid(),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _json("options"),
    Column("sealed", LargeBinary, nullable=True),  # credentials, AES-256-GCM (store/seal.py)
    Column("version", Integer, nullable=False, server_default="1"),  # grows with each `sender set`
    Column("health", Text, nullable=False, server_default="up"),
    Column("health_detail", Text, nullable=True),
    _time("health_since", nullable=True),
    _time("created_at"),
    _time("removed_at", nullable=True),
    _time("limited_until", nullable=True),  # well, but at a cap, a quota or a stated wait until then
    one_of("health", ("up", "slow", "down", "blocked")),
    Index("uq_sender_name_in_use", "workspace_id", "name", unique=True, **_where("removed_at IS NULL")),
)

sender_usage = Table(
    "sender_usage",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True),
    Column("minute", BigInteger, primary_key=True),  # wall minutes since 1970
    Column("sent", Integer, nullable=False),
    sqlite_with_rowid=False,
)

campaign = Table(
    "campaign",
    metadata,
    _id(),
    _uid(),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="email"),
    Column(
        "kind", Text, nullable=False, server_default="bulk"
    ),  # or "messages": single ones, in a campaign without an end
    Column("mode", Text, nullable=False, server_default="server"),
    Column("state", Text, nullable=False, server_default="draft"),
    Column("reason", Text, nullable=True),  # of paused
    Column("detail", Text, nullable=True),  # the reason in words
    _json("audience"),  # {"all": true} or {"lists": [id], "exclude_lists": [id], "contacts": [id]}
    _json("content"),  # {"subject", "text", "html", "preheader", "from", "reply_to", "headers"}
    _json("options"),  # {"canary", "stop_if_failed", "window", "missing", ...}
    _json("senders", "[]"),  # sender ids, first preferred
    Column("sender_id", Id, ForeignKey("sender.id"), nullable=True),  # the one in use; failover changes this row only
    Column(
        "holders", Text, nullable=True
    ),  # of several senders: who may claim from each shard; null: sender_id from all
    Column("control", Integer, nullable=False, server_default="1"),  # grows with each act of a person: the ETag
    Column("activity", Text, nullable=True),  # what its worker last said it is doing
    Column("activity_detail", Text, nullable=True),
    _time("activity_at", nullable=True),
    _time("next_at", nullable=True),  # when the activity expects to end
    Column("planned_through", BigInteger, nullable=False, server_default="0"),  # rows planned so far = highest seq
    Column("plan_cursor", BigInteger, nullable=False, server_default="0"),  # highest contact id looked at
    _time("planned_at", nullable=True),  # the audience is sealed
    Column("canary_through", BigInteger, nullable=True),  # no seq above it is claimed until approved
    _time("start_at", nullable=True),
    _time("created_at"),
    _time("started_at", nullable=True),
    _time("nudged_at", nullable=True),  # last `resume --stuck`: workers look again at once
    _time("completed_at", nullable=True),
    one_of("state", (s.value for s in campaigns.State)),
    one_of("mode", (m.value for m in campaigns.Mode)),
    one_of("channel", ("email", "whatsapp")),
    CheckConstraint("(state = 'paused') = (reason IS NOT NULL)", name="reason_of_pause"),
    CheckConstraint("state <> 'completed' OR planned_at IS NOT NULL", name="completed_is_sealed"),
    Index(None, "workspace_id", "created_at"),
    Index("ix_campaign_alive", "sender_id", **_where("state IN ('sending', 'paused', 'scheduled')")),
)

COUNTED = ("sent", "failed", "skipped", "cancelled", "uncertain", "delivered", "bounced", "attempts")

campaign_count = Table(
    "campaign_count",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("shard", Integer, primary_key=True),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in COUNTED),
    _time("settled_at", nullable=True),  # last progress; here, because the campaign's row carries its bodies
    Column("floor", BigInteger, nullable=False, server_default="0"),  # below it no row of this shard is fresh: a hint
    sqlite_with_rowid=False,
)

# SQLite works the condition of each of these indexes out at every change of a state: a list costs it three times what a
# chain of comparisons does, and an index whose condition does not name the state is not touched by an intend.
_HELD = _where("state IN ('claimed', 'sending')", sqlite="epoch > 0")  # whatever leaves those states sets it to 0
_TROUBLED = _where(
    "state IN ('failed', 'uncertain', 'bounced')", sqlite="state = 'failed' OR state = 'uncertain' OR state = 'bounced'"
)

delivery = Table(
    "delivery",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("contact_id", Id, nullable=False),
    Column("address", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),  # the fence: grows at each claim, never reused
    Column("tries", Integer, nullable=False, server_default="0"),  # charged to the recipient
    Column("doubts", Integer, nullable=False, server_default="0"),  # earlier attempts still uncertain (L10)
    Column("sender_id", Id, nullable=True),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False, server_default="0"),
    Column("first_tried_at", BigInteger, nullable=True),
    Column("changed_at", BigInteger, nullable=True),
    Column("reason", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("words", Text, nullable=True),
    Column("provider_id", Text, nullable=True),
    UniqueConstraint("campaign_id", "contact_id"),
    one_of("state", (s.value for s in Delivery)),
    CheckConstraint(f"shard >= 0 AND shard < {SHARDS}", name="shard_range"),
    CheckConstraint(
        "(attempt > 0 AND sender_id IS NOT NULL) OR state NOT IN ('claimed', 'sending')", name="held_is_fenced"
    ),
    CheckConstraint("state <> 'skipped' OR reason IS NOT NULL", name="skipped_has_reason"),
    Index("ix_delivery_queued", "campaign_id", "seq", **_where("state = 'queued'")),
    Index("ix_delivery_late", "campaign_id", "shard", "due_at", "seq", **_where("state = 'queued' AND attempt > 0")),
    Index("ix_delivery_held", "sender_id", "shard", "epoch", **_HELD),
    Index("ix_delivery_troubled", "campaign_id", "state", "seq", **_TROUBLED),
    sqlite_with_rowid=False,
    postgresql_with=_ROOM,
)

ATTEMPT_STATES = ("sending", "accepted", "refused", "uncertain", "deferred", "withdrawn")

attempt = Table(
    "attempt",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("sender_id", Id, nullable=False),
    Column("worker_id", Id, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    _time("intended_at"),
    _time("ended_at", nullable=True),
    Column("reason", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("words", Text, nullable=True),
    Column("provider_id", Text, nullable=True),
    one_of("state", ATTEMPT_STATES),
    sqlite_with_rowid=False,
    postgresql_with=_ROOM,
)

receipt = Table(
    "receipt",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("workspace_id", Id, nullable=False),
    _time("at"),
    Column("kind", Text, nullable=False),
    Column("campaign_id", Id, nullable=True),
    Column("seq", BigInteger, nullable=True),
    Column("attempt", Integer, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Index("ix_receipt_campaign", "campaign_id", "kind", "seq"),
    Index("ix_receipt_tracked", "at", **_where("kind IN ('opened', 'clicked')")),
)

worker = Table(
    "worker",
    metadata,
    _id(),
    _uid(),
    Column("host", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    _time("started_at"),
    _time("seen_at"),
    _time("left_at", nullable=True),
)

lease = Table(
    "lease",
    metadata,
    Column("kind", Text, primary_key=True),  # lane, plan, schedule
    Column("key", Text, primary_key=True),  # lane: "sender_id/shard"
    Column("group", Text, nullable=False),  # lanes of one sender share a group
    Column("owner", Id, nullable=True),  # worker.id; kept after death, so that orphans are known
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("until", BigInteger, nullable=False, server_default="0"),  # lease clock, ms
    Column("boot", Text, nullable=False, server_default=""),  # SQLite: the boot whose clock `until` is on
    Column("wanted", Integer, nullable=False, server_default="1"),
    Column("steals", BigInteger, nullable=False, server_default="0"),  # taken from who had not given it back
    sqlite_with_rowid=False,
    postgresql_with=_ROOM,
)

event = Table(
    "event",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("workspace_id", Id, nullable=False),
    _time("at"),
    Column("topic", Text, nullable=False),  # "campaign:UID", "sender:UID", "imports"
    Column("kind", Text, nullable=False),  # "campaign.paused", "deliveries.settled"
    _json("body"),
    Column("xid", BigInteger, nullable=False, server_default="0"),  # PostgreSQL: the transaction that wrote it
    sqlite_autoincrement=True,  # a cursor must never be given out twice
)
