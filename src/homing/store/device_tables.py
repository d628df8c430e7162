"""The tables of linked devices: how each stands, and which of its messages is which attempt. Times are wall milliseconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from homing.store.tables import Id, metadata, one_of

device = Table(
    "device",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("machine", Text, nullable=False, server_default=""),  # whose disk its session is on; empty: nobody's yet
    Column("desired", Text, nullable=False, server_default="stopped"),  # restored at each start while it is `connected`
    Column("status", Text, nullable=False, server_default="disconnected"),
    Column("reason", Text, nullable=False, server_default="new"),
    Column("code", Text, nullable=False, server_default=""),
    Column("more", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=True),
    Column("until_at", BigInteger, nullable=True),  # of a ban or a restriction
    Column("since", BigInteger, nullable=True),
    Column("phone", Text, nullable=True),
    Column("jid", Text, nullable=True),  # of the device at the server
    Column("linked_at", BigInteger, nullable=True),  # since when that jid: nothing older is proved by its store
    Column("code_sealed", LargeBinary, nullable=True),  # the QR or typed code that is shown now: a credential
    Column("code_number", Integer, nullable=True),
    Column("code_until", BigInteger, nullable=True),
    Column("code_typed", Integer, nullable=False, server_default="0"),
    Column("order_id", Integer, nullable=False, server_default="0"),  # grows with each order of a person
    Column("order_done", Integer, nullable=False, server_default="0"),
    Column("order_name", Text, nullable=True),
    Column("order_method", Text, nullable=True),
    Column("order_phone", Text, nullable=True),
    Column("owner", Id, nullable=True),  # worker.id that runs it
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("owned_until", BigInteger, nullable=False, server_default="0"),  # uptime of its machine, ms
    Column("boot", Text, nullable=False, server_default=""),
    Column("pid", Integer, nullable=True),  # of its process, so that one left behind can be ended
    Column("pid_started", BigInteger, nullable=True),
    one_of("status", ("connected", "reconnecting", "disconnected", "qr_pending")),
    one_of("desired", ("connected", "stopped")),
)

device_message = Table(
    "device_message",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("campaign_id", Id, nullable=True),  # null: a receipt came before anybody knew whose it is
    Column("seq", BigInteger, nullable=True),
    Column("attempt", Integer, nullable=True),
    Column("heard", Text, nullable=True),  # the best receipt: delivered, read
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

acquaintance = Table(
    "acquaintance",
    metadata,
    Column("sender_id", Id, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("address", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),  # when the device wrote to them for the first time
    Index(None, "sender_id", "at"),
    sqlite_with_rowid=False,
)

conversation_message = Table(
    "conversation_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False, server_default="in"),  # in: they wrote; out: it was answered here
    Column("sender_id", Id, ForeignKey("sender.id"), nullable=False),
    Column("address", Text, nullable=False),  # whose conversation it is: a number in E.164
    Column("name", Text, nullable=False, server_default=""),  # as he calls himself
    Column("text", Text, nullable=False),
    Column("media", Text, nullable=True),
    Column("provider_id", Text, nullable=False),
    Column("campaign_id", Id, nullable=True),  # of an answer: the delivery that says what became of it
    Column("seq", BigInteger, nullable=True),
    Column("actor", Text, nullable=True),  # who answered
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("sender_id", "provider_id"),
    Index(None, "workspace_id", "address", "id"),
)

conversation_read = Table(
    "conversation_read",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspace.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("through", BigInteger, nullable=False),  # conversation_message.id up to which somebody has read
    sqlite_with_rowid=False,
)
