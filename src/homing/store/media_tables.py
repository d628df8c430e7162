"""The table of the media library: pictures and documents that messages show by a public address."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from homing.store.tables import Id, metadata

media = Table(
    "media",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("key", Text, nullable=False, unique=True),  # 160 random bits: the public address
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),  # by its content
    Column("size", Integer, nullable=False),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("digest", Text, nullable=False),  # SHA-256 of what was uploaded: the same file twice is one
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the last column: lists never read its pages
    UniqueConstraint("workspace_id", "digest"),
    Index("ix_media_workspace_id", "workspace_id", "id"),
)
