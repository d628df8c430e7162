"""The table of what is left of opens and clicks when they are purged: how many, and nobody's."""

from sqlalchemy import BigInteger, Column, Table, Text

from homing.store.tables import Id, metadata

tracked_total = Table(
    "tracked_total",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("kind", Text, primary_key=True),  # opened, clicked
    Column("domain", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("recipients", BigInteger, nullable=False),
)
