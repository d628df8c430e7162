"""Linked WhatsApp devices: how each stands, who runs it, and which of its messages is which attempt.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column(
            "sender_id",
            _ID,
            sa.ForeignKey("sender.id", name="fk_device_sender_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("workspace_id", _ID, sa.ForeignKey("workspace.id", name="fk_device_workspace_id"), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False, server_default=""),
        sa.Column("desired", sa.Text(), nullable=False, server_default="stopped"),
        sa.Column("status", sa.Text(), nullable=False, server_default="disconnected"),
        sa.Column("reason", sa.Text(), nullable=False, server_default="new"),
        sa.Column("code", sa.Text(), nullable=False, server_default=""),
        sa.Column("more", sa.Text(), nullable=False, server_default=""),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("jid", sa.Text(), nullable=True),
        sa.Column("linked_at", sa.BigInteger(), nullable=True),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_number", sa.Integer(), nullable=True),
        sa.Column("code_until", sa.BigInteger(), nullable=True),
        sa.Column("code_typed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("order_id", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("order_done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("order_name", sa.Text(), nullable=True),
        sa.Column("order_method", sa.Text(), nullable=True),
        sa.Column("order_phone", sa.Text(), nullable=True),
        sa.Column("owner", _ID, nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("owned_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("boot", sa.Text(), nullable=False, server_default=""),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("pid_started", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status = 'connected' OR status = 'reconnecting' OR status = 'disconnected' OR status = 'qr_pending'",
            name=op.f("ck_device_status_known"),
        ),
        sa.CheckConstraint("desired = 'connected' OR desired = 'stopped'", name=op.f("ck_device_desired_known")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_device")),
    )
    op.create_table(
        "device_message",
        sa.Column("sender_id", _ID, sa.ForeignKey("sender.id", name="fk_device_message_sender_id"), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", _ID, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("heard", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "message_id", name=op.f("pk_device_message")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("device_message")
    op.drop_table("device")
