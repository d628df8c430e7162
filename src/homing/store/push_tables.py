"""The tables of what each person chose to be told of, and of browsers that are told while no page is open (Web Push)."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from homing.model.news import EVENTS, Way
from homing.store.notice_tables import CALL_STATES
from homing.store.tables import Id, metadata, one_of

notice_choice = Table(
    "notice_choice",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspace.id"), primary_key=True),
    Column("reader", Text, primary_key=True),  # "user:UID", "local"
    Column("event", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("chosen", Integer, nullable=False),  # 1: tell me so; 0: do not
    one_of("event", EVENTS),
    one_of("way", [way.value for way in Way]),
    sqlite_with_rowid=False,
)

vapid_key = Table(
    "vapid_key",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("public", Text, nullable=False),  # base64url: browsers subscribe with it
    Column("sealed", LargeBinary, nullable=True),  # PKCS #8 (store/seal.py)
    Column("created_at", BigInteger, nullable=False),
)

push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("reader", Text, nullable=False),
    Column("endpoint", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=True),  # the browser's keys (store/seal.py)
    Column("agent", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=True),  # when it last took one
    Index("ix_push_subscription_workspace_id", "workspace_id", "reader"),
)

push_message = Table(
    "push_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subscription_id", Id, ForeignKey("push_subscription.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON for the service worker
    Column("state", Text, nullable=False, server_default="due"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("words", Text, nullable=True),
    one_of("state", CALL_STATES),
    Index("ix_push_message_due", "due_at", sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'")),
    Index("ix_push_message_subscription_id", "subscription_id"),
)
