"""Mail systems that bounced a sender's mail for their policy.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "wary_domain",
        sa.Column("sender_id", big, autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_wary_domain_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", "domain", name=op.f("pk_wary_domain")),
    )
