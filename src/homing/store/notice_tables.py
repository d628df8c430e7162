"""The tables of what goes out to people and machines: webhooks with their calls and tries, and notices by e-mail."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from homing.store.tables import Id, metadata, one_of

CALL_STATES = ("due", "done", "given_up")

webhook = Table(
    "webhook",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column(
        "kinds", Text, nullable=False, server_default="[]"
    ),  # "campaign.*", "import.completed"; none: all that are public
    Column("sealed", LargeBinary, nullable=True),  # its secrets, newest first (store/seal.py)
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger, nullable=True),
    Column("disabled_why", Text, nullable=True),
    Column("removed_at", BigInteger, nullable=True),
)

webhook_call = Table(
    "webhook_call",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("webhook_id", Id, ForeignKey("webhook.id"), nullable=False),
    Column("event_id", Text, nullable=False),  # the event's cursor: its webhook-id
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # when it happened
    Column("body", Text, nullable=False),  # what is posted, byte for byte at each try
    Column("state", Text, nullable=False, server_default="due"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    one_of("state", CALL_STATES),
    UniqueConstraint("webhook_id", "event_id"),
    Index("ix_webhook_call_due", "due_at", sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'")),
)

webhook_try = Table(
    "webhook_try",
    metadata,
    Column("call_id", Id, ForeignKey("webhook_call.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer, nullable=True),  # HTTP status; null: nobody answered
    Column("words", Text, nullable=True),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("about_sender_uid", Text, nullable=True),  # never by this one when another is up
    Column("state", Text, nullable=False, server_default="due"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("words", Text, nullable=True),
    one_of("state", CALL_STATES),
    Index("ix_notice_due", "due_at", sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'")),
)
