"""Single messages: one at a time, by the API, beside campaigns.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("campaign", sa.Column("kind", sa.Text(), nullable=False, server_default="bulk"))
    op.create_table(
        "message",
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("workspace_id", big, nullable=False),
        sa.Column("idempotency", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_message_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "seq", name=op.f("pk_message")),
        sa.UniqueConstraint("uid", name=op.f("uq_message_uid")),
        sa.UniqueConstraint("workspace_id", "idempotency", name=op.f("uq_message_workspace_id_idempotency")),
        sqlite_with_rowid=False,
    )
