"""The tables of imports and segments: uploads with their cursor and report, the journal of chunks, and what undo needs."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from homing.model.imports import Reason, State
from homing.store.tables import Id, contact, metadata, one_of

import_ = Table(
    "import",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("kind", Text, nullable=False, server_default="contacts"),  # contacts, batch
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=True),  # of paused and failed
    Column("detail", Text, nullable=True),  # the reason in words
    Column("stage", Text, nullable=True),  # what is done now: reading, sorting, comparing, checked, writing, swapping
    Column("actor", Text, nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("file_name", Text, nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("sha256", Text, nullable=True),
    Column("upload_offset", BigInteger, nullable=False, server_default="0"),  # durable bytes
    Column("wanted", Integer, nullable=False, server_default="0"),  # 1: start as soon as everything is checked
    Column("inline", Integer, nullable=False, server_default="0"),  # 1: a request waits for it
    Column("epoch", BigInteger, nullable=False, server_default="0"),  # the fence: grows with each process that takes it
    Column("cursor", BigInteger, nullable=False, server_default="0"),  # place in key order behind the last chunk
    Column("chunks", Integer, nullable=False, server_default="0"),  # seq of the last chunk
    Column("found", Text, nullable=False, server_default="{}"),  # what the check found
    Column("report", Text, nullable=False, server_default="{}"),  # what the chunks did
    Column("top_contact", BigInteger, nullable=False, server_default="0"),  # highest contact id when it was made
    Column("confirmed", BigInteger, nullable=True),  # removals that a person agreed to
    Column("request_key", Text, nullable=True),  # principal and Idempotency-Key
    Column("machine", Text, nullable=False, server_default=""),  # where its folder is
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=True),
    Column("changed_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=True),
    Column("undo", Text, nullable=True),  # {"state": "running" | "done", ...}
    one_of("state", (s.value for s in State)),
    one_of("kind", ("contacts", "batch")),
    CheckConstraint(
        "reason IS NULL OR " + " OR ".join(f"reason = '{reason.value}'" for reason in Reason), name="reason_known"
    ),
    CheckConstraint("(state = 'paused' OR state = 'failed') = (reason IS NOT NULL)", name="reason_of_rest"),
    Index(None, "workspace_id", "id"),
    Index(None, "state"),
    Index("uq_import_request_key", "workspace_id", "request_key", unique=True),
    sqlite_autoincrement=True,
)

import_chunk = Table(
    "import_chunk",
    metadata,
    Column("import_id", Id, ForeignKey("import.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("conflicts", Integer, nullable=False),
    Column(
        "remarks", Text, nullable=False, server_default="[]"
    ),  # rows refused while writing: [[row, type, field, value]]
    sqlite_with_rowid=False,
)

import_before = Table(
    "import_before",
    metadata,
    Column("import_id", Id, ForeignKey("import.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", Id, primary_key=True),
    Column("before", Text, nullable=False),
    sqlite_with_rowid=False,
)

import_conflict = Table(
    "import_conflict",
    metadata,
    Column("import_id", Id, ForeignKey("import.id", ondelete="CASCADE"), primary_key=True),
    Column("row", BigInteger, primary_key=True),
    Column("contact_id", Id, nullable=False),
    Column("other_contact", Id, nullable=False),
    sqlite_with_rowid=False,
)

import_seen = Table(
    "import_seen",
    metadata,
    Column("import_id", Id, ForeignKey("import.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", Id, primary_key=True),
    sqlite_with_rowid=False,
)
"""Whom a replacing import names; everybody else is removed by its last transaction."""

contact_merged = Table(
    "contact_merged",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("merged_into", Id, nullable=False),
    Column("before", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "merged_into"),
)
"""The tombstones of merged contacts: their deliveries keep their id, their addresses are free for the one that stays."""

segment = Table(
    "segment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("filter", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    sqlite_autoincrement=True,
)

_REMOVED = text("removed_at IS NOT NULL")
Index("ix_contact_removed", contact.c.workspace_id, contact.c.id, sqlite_where=_REMOVED, postgresql_where=_REMOVED)
