"""How far the mailboxes that bounces come back to are read.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "mailbox_place",
        sa.Column("sender_id", big, autoincrement=False, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("uid", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_mailbox_place_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_mailbox_place")),
    )
