"""The tables of the people in front: who watches what."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from homing.store.tables import Id, metadata

# Beside the campaign's row, which carries its bodies: this one is written each second while somebody watches.
attendance = Table(
    "attendance",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("attendant", Text, nullable=False),  # the random name of a browser or a terminal
    Column("until", BigInteger, nullable=False),  # lease clock, ms
    Column("boot", Text, nullable=False),
    Column("acknowledged_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
