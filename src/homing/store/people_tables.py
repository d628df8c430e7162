"""The tables of the people in front: who they are, where they are signed in, and who watches what."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from homing.model.policy import Role
from homing.store.tables import Id, metadata, one_of

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

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("password", Text, nullable=True),  # argon2id; null: not chosen yet
    Column("sealed", LargeBinary, nullable=True),  # the seed of the one-time codes (store/seal.py)
    Column("totp_on", Integer, nullable=False, server_default="0"),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # of the last code: each works once
    Column("created_at", BigInteger, nullable=False),
    Column("password_at", BigInteger, nullable=True),
    Column("disabled_at", BigInteger, nullable=True),
    CheckConstraint("totp_on = 0 OR sealed IS NOT NULL", name="codes_have_a_seed"),
    sqlite_autoincrement=True,  # audit lines and sessions name people: no new one inherits an old one's id
)

membership = Table(
    "membership",
    metadata,
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), primary_key=True),
    Column("role", Text, nullable=False),
    one_of("role", (role.value for role in Role)),
    Index(None, "workspace_id"),
    sqlite_with_rowid=False,
)

session = Table(
    "session",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the cookie, hex
    Column("uid", Text, nullable=False, unique=True),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),  # when the password was last given here
    Column("agent", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Index(None, "person_id"),
    sqlite_with_rowid=False,
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text, primary_key=True),
    sqlite_with_rowid=False,
)

LINK_KINDS = ("first_run", "invite", "reset")

link = Table(
    "link",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), nullable=True),  # null: first_run
    Column("made_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    one_of("kind", LINK_KINDS),
    sqlite_with_rowid=False,
)

guess = Table(
    "guess",
    metadata,
    Column("key", Text, primary_key=True),  # "account:DIGEST" or "address:IP"
    Column("failures", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # nobody is let in before
    sqlite_with_rowid=False,
)

read_mark = Table(
    "read_mark",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspace.id"), primary_key=True),
    Column("reader", Text, primary_key=True),  # "user:UID", "local"
    Column("cursor", Text, nullable=False),
    sqlite_with_rowid=False,
)
