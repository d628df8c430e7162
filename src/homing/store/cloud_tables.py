"""What WhatsApp told of the numbers of the Cloud API. Times are wall milliseconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from homing.store.tables import Id, metadata

cloud_account = Table(
    "cloud_account",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("tried_at", BigInteger, nullable=False),  # 0: look as soon as somebody can
    Column("checked_at", BigInteger, nullable=True),
    Column("trouble", Text, nullable=True),
    Column("quality", Text, nullable=False, server_default=""),
    Column("limit_word", Text, nullable=False, server_default=""),
    Column("reach", Integer, nullable=True),
    Column("phone", Text, nullable=False, server_default=""),
    Column("verified_name", Text, nullable=False, server_default=""),
    Column("templates", Text, nullable=True),  # JSON, all of them as of one look
)
