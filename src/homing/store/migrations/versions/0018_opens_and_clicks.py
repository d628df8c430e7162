"""Opens and clicks: found by campaign, purged by age, and counted for good when they are.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    tracked = sa.text("kind IN ('opened', 'clicked')")
    op.create_index("ix_receipt_campaign", "receipt", ["campaign_id", "kind", "seq"])
    op.create_index("ix_receipt_tracked", "receipt", ["at"], sqlite_where=tracked, postgresql_where=tracked)
    op.create_table(
        "tracked_total",
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "domain", "hour", name=op.f("pk_tracked_total")),
    )
