"""Recurring campaigns and what each due time made.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recurrence",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model_id", ID, nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_recurrence_workspace_id")),
        sa.ForeignKeyConstraint(["model_id"], ["campaign.id"], name=op.f("fk_recurrence_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrence")),
        sa.UniqueConstraint("uid", name=op.f("uq_recurrence_uid")),
    )
    op.create_table(
        "recurrence_run",
        sa.Column("recurrence_id", ID, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["recurrence_id"], ["recurrence.id"], name=op.f("fk_recurrence_run_recurrence_id")),
        sa.PrimaryKeyConstraint("recurrence_id", "due_at", name=op.f("pk_recurrence_run")),
        sqlite_with_rowid=False,
    )
