"""The tables of sign-up forms, and of who asked and confirmed by them: the proof of a double opt-in."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from homing.store.tables import Id, metadata

signup_form = Table(
    "signup_form",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("workspace_id", Id, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("list_id", Id, ForeignKey("list.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),  # what people agree to
    Column("version", Integer, nullable=False, server_default="1"),  # of the text
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=True),
)

signup = Table(
    "signup",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("form_id", Id, ForeignKey("signup_form.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the token in the mail
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),  # as it was shown
    Column("asked_at", BigInteger, nullable=False),
    Column("asked_from", Text, nullable=True),  # address of the network
    Column("confirmed_at", BigInteger, nullable=True),
    Column("confirmed_from", Text, nullable=True),
    Index("ix_signup_form_id", "form_id", "email", "asked_at"),
)
