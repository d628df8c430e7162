"""Who holds which shard of a campaign with several senders, and until when a sender is at a limit.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("holders", sa.Text(), nullable=True))
    op.add_column("sender", sa.Column("limited_until", sa.BigInteger(), nullable=True))
