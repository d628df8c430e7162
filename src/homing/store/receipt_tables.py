"""The table of what came in from providers, as it came: kept before anything is made of it."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from homing.store.tables import Id, metadata

hook_call = Table(
    "hook_call",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("sender_id", Id, ForeignKey("sender.id"), nullable=True),  # null: a mail, whose address names the attempt
    Column("kind", Text, nullable=False),  # sendgrid, ses, mail
    Column("mark", Text, nullable=True),  # of a mail: CAMPAIGN_ID/SEQ/ATTEMPT, verified
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("done_at", BigInteger, nullable=True),
    Column("found", Integer, nullable=True),  # receipts in it
    Index("ix_hook_call_open", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    Index("ix_hook_call_done_at", "done_at"),
)
