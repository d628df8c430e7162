"""What messages say beside their rows: files of campaigns, and single messages."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from homing.store.tables import Id, metadata

attachment = Table(
    "attachment",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, nullable=False),
    Column(
        "idempotency", Text, nullable=True
    ),  # who asked and the key that came with it: the same twice is one message
    Column("content", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "idempotency"),
    sqlite_with_rowid=False,
)
