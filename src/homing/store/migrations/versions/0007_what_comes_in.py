"""What providers tell, as it came in; and receipts by campaign

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hook_call",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("sender_id", _ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_hook_call_workspace_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_hook_call_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_call")),
    )
    where = sa.text("done_at IS NULL")
    op.create_index("ix_hook_call_open", "hook_call", ["id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_hook_call_done_at", "hook_call", ["done_at"])
    op.create_index("ix_receipt_campaign_id", "receipt", ["campaign_id", "kind"])
