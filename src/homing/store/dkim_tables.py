"""The table of keys that mail is signed with."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from homing.store.tables import Id, metadata, one_of

dkim_key = Table(
    "dkim_key",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("domain", Text, nullable=False),
    Column("selector", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("public", Text, nullable=False),  # what stands in p= of the DNS record
    Column("sealed", LargeBinary, nullable=True),  # PKCS #8, AES-256-GCM (store/seal.py); erased when retired
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger, nullable=True),
    one_of("algorithm", ("rsa", "ed25519")),
    Index("uq_dkim_key_selector", "workspace_id", "domain", "selector", unique=True),
)
