"""How often a lease was taken from a worker that had not given it back.

Revision: 0026, after 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("lease", sa.Column("steals", sa.BigInteger(), server_default="0", nullable=False))
