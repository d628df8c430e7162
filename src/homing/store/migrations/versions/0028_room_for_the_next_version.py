"""Room beside each row of `delivery` and `attempt` for its next version; of PostgreSQL only.

Revision: 0028, after 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("delivery", "attempt"):  # pages that are full already stay so: nothing is rewritten, nobody waits
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")
