"""Facts carry the number of their transaction, which orders them where several commit at once (PostgreSQL).

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("event", sa.Column("xid", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE event ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint")
        op.create_index("ix_event_xid", "event", ["xid", "seq"])
