"""The time zone of a workspace's people.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("workspace", sa.Column("zone", sa.Text(), nullable=True))
