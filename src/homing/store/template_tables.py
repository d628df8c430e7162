"""Tables of templates: a message under a name, and every version of it that was kept."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from homing.store.tables import Id, metadata, one_of

template = Table(
    "template",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="email"),
    Column("version", Integer, nullable=False),  # the newest
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    one_of("channel", ("email", "whatsapp")),
)

template_version = Table(
    "template_version",
    metadata,
    Column("template_id", Id, ForeignKey("template.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # JSON: subject, preheader, text, html
    Column("actor", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
