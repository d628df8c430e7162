"""Whom each linked device wrote to, from what it has sent so far.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "acquaintance",
        sa.Column("sender_id", ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_acquaintance_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", "address", name=op.f("pk_acquaintance")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_acquaintance_sender_id_at", "acquaintance", ["sender_id", "at"])
    op.execute(
        "INSERT INTO acquaintance (sender_id, address, at)"
        " SELECT a.sender_id, d.address, min(coalesce(a.ended_at, a.intended_at)) FROM attempt a"
        " JOIN sender s ON s.id = a.sender_id AND s.kind = 'whatsapp_linked'"
        " JOIN delivery d ON d.campaign_id = a.campaign_id AND d.seq = a.seq"
        " WHERE a.state = 'accepted' GROUP BY a.sender_id, d.address"
    )
