"""What WhatsApp told of the numbers of the Cloud API: quality, limit, templates.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "cloud_account",
        sa.Column("sender_id", big, autoincrement=False, nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False, server_default=""),
        sa.Column("limit_word", sa.Text(), nullable=False, server_default=""),
        sa.Column("reach", sa.Integer(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False, server_default=""),
        sa.Column("verified_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("templates", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_cloud_account_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_cloud_account")),
    )
