"""How far each person has read the notices.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "read_mark",
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_read_mark_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "reader", name=op.f("pk_read_mark")),
        sqlite_with_rowid=False,
    )
