"""Secrets at rest: AES-256-GCM, bound to the very cell they stand in, under a key kept beside the database, not in it.

A sealed value: version byte 1, key id (4 bytes), nonce (12 bytes), ciphertext with tag. Associated data is
"table:column:row id": a value that was moved to another row does not open. SECURITY section 2.
"""

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from homing.model.errors import Misconfigured
from homing.store.database import Database
from homing.store.dkim_tables import dkim_key
from homing.store.notice_tables import webhook
from homing.store.people_tables import person
from homing.store.push_tables import push_subscription, vapid_key
from homing.store.tables import sender

FILE = "secret.key"
_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES = 4, 12
_HEAD = 1 + _ID_BYTES + _NONCE_BYTES


class Seal:
    """Seals and opens with one key. `key`: the text of HOMING_SECRET_KEY or of the key file."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._cipher = AESGCM(self.derive("seal", 32))
        self._id = self.derive("key id", _ID_BYTES)

    @property
    def key_id(self) -> str:
        """Names the key without telling anything about it: 8 hex digits."""
        return self._id.hex()

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """A key of its own for each purpose (HKDF-SHA256, RFC 5869): none of them tells another."""
        info = f"homing {purpose} v1".encode()
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(self._key)

    def seal(self, plain: bytes, *, table: str, column: str, row: int) -> bytes:
        """The sealed form of `plain`, which opens only in that cell."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + self._id + nonce + self._cipher.encrypt(nonce, plain, _cell(table, column, row))

    def open(self, sealed: bytes, *, table: str, column: str, row: int) -> bytes:
        """What was sealed. Raises Misconfigured when it was sealed with another key, or does not belong to this cell."""
        theirs = key_id_of(sealed)
        if not hmac.compare_digest(theirs, self.key_id):
            raise Misconfigured(_other_key(theirs, self.key_id), code="wrong_key")
        nonce = sealed[1 + _ID_BYTES : _HEAD]
        try:
            return self._cipher.decrypt(nonce, sealed[_HEAD:], _cell(table, column, row))
        except InvalidTag:
            raise Misconfigured("a stored secret was damaged or moved; enter it again", code="damaged_secret") from None


def key_id_of(sealed: bytes) -> str:
    """Which key a value was sealed with: 8 hex digits."""
    return sealed[1 : 1 + _ID_BYTES].hex()


_SEALED = tuple(table.c.sealed for table in (sender, webhook, person, dkim_key, vapid_key, push_subscription))


def keys_in_use(database: Database) -> frozenset[str]:
    """The ids of all keys that something in the database is sealed with."""
    with database.read() as tx:
        return frozenset(
            key_id_of(value)
            for column in _SEALED
            for value in tx.execute(select(column).where(column.is_not(None))).scalars()
        )


def open_seal(database: Database, data: Path, setting: str | None) -> Seal:
    """The seal of this installation: from `setting` (HOMING_SECRET_KEY), else from the key file in the data folder.

    A key file is made only while nothing is sealed yet. Otherwise raises Misconfigured, naming the key that is wanted.
    """
    wanted = keys_in_use(database)
    key = setting or _read(data / FILE)
    if key is None:
        if wanted:
            raise Misconfigured(
                f"the database holds secrets sealed with key {', '.join(sorted(wanted))}, and there is no key: "
                f"set HOMING_SECRET_KEY, or put {FILE} back into {data}",
                code="no_key",
            )
        key = _make(data / FILE)
    seal = Seal(key)
    if wanted and seal.key_id not in wanted:
        raise Misconfigured(_other_key(", ".join(sorted(wanted)), seal.key_id), code="wrong_key")
    return seal


def _other_key(wanted: str, ours: str) -> str:
    return (
        f"stored secrets were sealed with key {wanted}, and this installation has key {ours}: "
        "set HOMING_SECRET_KEY to the former key, or enter the credentials of each sender again"
    )


def _cell(table: str, column: str, row: int) -> bytes:
    return f"{table}:{column}:{row}".encode()


def _read(path: Path) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise Misconfigured(f"{path} is empty; put the key back into it, or set HOMING_SECRET_KEY")
        return text
    return None


def _make(path: Path) -> str:
    """Makes the key file, durable before anything is sealed with it. When two processes do so at once, one key wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secrets.token_urlsafe(32).encode() + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    found = _read(path)
    assert found is not None  # noqa: S101 - it was linked above, by us or by somebody who was quicker
    return found
