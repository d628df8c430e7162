"""Answers in conversations, and how far somebody has read.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("conversation_message", sa.Column("direction", sa.Text(), nullable=False, server_default="in"))
    op.add_column("conversation_message", sa.Column("campaign_id", _ID, nullable=True))
    op.add_column("conversation_message", sa.Column("seq", sa.BigInteger(), nullable=True))
    op.add_column("conversation_message", sa.Column("actor", sa.Text(), nullable=True))
    op.create_table(
        "conversation_read",
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_conversation_read_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "address", name=op.f("pk_conversation_read")),
        sqlite_with_rowid=False,
    )
