"""The tables of what came in from providers, as it came, kept before anything is made of it; and how far mailboxes are read."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from homing.store.tables import Id, metadata

mailbox_place = Table(
    "mailbox_place",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("mailbox", Text, nullable=False),  # as the sender names it: of another one nothing was read yet
    Column("validity", BigInteger, nullable=False, server_default="0"),  # UIDVALIDITY (RFC 9051 section 2.3.1.1)
    Column("uid", BigInteger, nullable=False, server_default="0"),  # all up to this one are kept
    Column("looked_at", BigInteger, nullable=True),  # when a look last succeeded
    Column("trouble", Text, nullable=True),  # why the newest one did not
)

wary_domain = Table(
    "wary_domain",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("domain", Text, primary_key=True),  # of recipients; it bounced mail of this sender for policy
    Column("at", BigInteger, nullable=False),  # when that was last told
)

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
