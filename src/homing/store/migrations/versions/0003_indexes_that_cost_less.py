"""Indexes that cost less

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

from homing.store.statistics import PRETENDED

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    refused = sa.text("consent_email = 'refused' OR consent_whatsapp = 'refused'")
    op.create_index("ix_contact_refused", "contact", ["workspace_id"], sqlite_where=refused, postgresql_where=refused)
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("UPDATE delivery SET epoch = 0 WHERE epoch > 0 AND state <> 'claimed' AND state <> 'sending'")
    op.drop_index("ix_delivery_held", "delivery")
    op.create_index("ix_delivery_held", "delivery", ["sender_id", "shard", "epoch"], sqlite_where=sa.text("epoch > 0"))
    op.drop_index("ix_delivery_troubled", "delivery")
    troubled = sa.text("state = 'failed' OR state = 'uncertain' OR state = 'bounced'")
    op.create_index("ix_delivery_troubled", "delivery", ["campaign_id", "state", "seq"], sqlite_where=troubled)
    # Dropping an index drops its statistics.
    op.execute("DELETE FROM sqlite_stat1")
    rows = [{"tbl": table, "idx": index, "stat": stat} for table, index, stat in PRETENDED]
    op.bulk_insert(sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat")), rows)
