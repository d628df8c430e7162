"""What each person chose to be told of, and Web Push

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notice_choice",
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "event = 'campaign.completed' OR event = 'campaign.paused' OR event = 'sender.health' OR event = 'import' "
            "OR event = 'whatsapp'",
            name=op.f("ck_notice_choice_event_known"),
        ),
        sa.CheckConstraint(
            "way = 'app' OR way = 'browser' OR way = 'push' OR way = 'email'", name=op.f("ck_notice_choice_way_known")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_notice_choice_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "reader", "event", "way", name=op.f("pk_notice_choice")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vapid_key",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vapid_key")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_push_subscription_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("uid", name=op.f("uq_push_subscription_uid")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index("ix_push_subscription_workspace_id", "push_subscription", ["workspace_id", "reader"])
    op.create_table(
        "push_message",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state = 'due' OR state = 'done' OR state = 'given_up'", name=op.f("ck_push_message_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscription.id"],
            name=op.f("fk_push_message_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_message")),
    )
    due = sa.text("state = 'due'")
    op.create_index("ix_push_message_due", "push_message", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("ix_push_message_subscription_id", "push_message", ["subscription_id"])
