"""The tables of recurring campaigns: when they are due, and which campaign each due time made."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from homing.store.tables import Id, metadata

recurrence = Table(
    "recurrence",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("model_id", Id, ForeignKey("campaign.id"), nullable=False),  # a draft; each run is a copy of it
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("next_at", BigInteger, nullable=True),  # wall ms; null: switched off
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=True),
)

recurrence_run = Table(
    "recurrence_run",
    metadata,
    Column("recurrence_id", Id, ForeignKey("recurrence.id"), primary_key=True),
    Column("due_at", BigInteger, primary_key=True),  # never twice for one due time
    Column("campaign_id", Id, nullable=True),  # null: missed, or it could not start
    Column("words", Text, nullable=True),
    sqlite_with_rowid=False,
)
