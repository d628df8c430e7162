"""API tokens: shown once, kept as a SHA-256, each belonging to one workspace (SECURITY section 1)."""

import base64
import contextlib
import hashlib
import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, insert, select, update

from homing.model.errors import Fault, Invalid, Unreachable
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.policy import ALL, Scope
from homing.store import audit_log
from homing.store.database import Database, Transaction
from homing.store.references import look_up, one_line
from homing.store.tables import token

PREFIX = "hm_live_"
_RANDOM_BYTES = 20  # 160 bits
_TOUCH_EVERY_MS = 60_000  # "last used" need not be a write per request


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: never the token itself. Times are wall milliseconds."""

    id: int
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    scopes: tuple[Scope, ...]
    created_at: int
    last_used_at: int | None
    revoked_at: int | None
    expires_at: int | None
    person_id: int | None  # who made it; None: somebody at the shell


_COLUMNS = tuple(
    token.c[name]
    for name in (
        "id",
        "uid",
        "workspace_id",
        "name",
        "scopes",
        "created_at",
        "last_used_at",
        "revoked_at",
        "expires_at",
        "person_id",
    )
)


def _from_row(row: Row[tuple[object, ...]]) -> Token:
    values = dict(row._mapping)
    values["scopes"] = tuple(scope for scope in Scope if scope in json.loads(str(values["scopes"])))
    return Token(**values)


def _new_secret() -> str:
    text = base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()
    return PREFIX + text + _checksum(text)


def _checksum(text: str) -> str:
    """Six digits that tell a typed-wrong or cut-off token without asking the database."""
    return base64.b32encode(zlib.crc32(text.encode()).to_bytes(4, "big")).decode().lower()[:6]


def looks_right(secret: str) -> bool:
    """Whether it can be one of ours at all: prefix, length, checksum."""
    text = secret.removeprefix(PREFIX)
    return (
        text != secret and len(text) == 38 and secrets.compare_digest(_checksum(text[:32]).encode(), text[32:].encode())
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens:
    """Making, checking and revoking tokens. Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(
        self,
        workspace_id: WorkspaceId,
        name: str,
        scopes: Sequence[str] = ALL,
        *,
        actor: str = "cli",
        expires_at: int | None = None,
        person_id: int | None = None,
    ) -> tuple[Token, str]:
        """A new token and its secret, which is nowhere else. Raises Invalid for a bad name or an unknown scope.

        `expires_at`: wall milliseconds; `person_id`: who makes it, so that it never may more than they may.
        """
        label = one_line(name)
        unknown = [word for word in scopes if word not in set(Scope)]
        if unknown or not scopes:
            words = ", ".join(Scope)
            raise Invalid(
                f"'{', '.join(unknown)}' is no scope; there are {words}",
                faults=(Fault("/scopes", f"choose of {words}"),),
            )
        secret = _new_secret()
        now = self._db.world.clock.now()
        values = {
            "uid": new_uid(now),
            "workspace_id": workspace_id,
            "name": label,
            "digest": _digest(secret),
            "scopes": json.dumps(sorted(set(scopes))),
            "created_at": now,
            "expires_at": expires_at,
            "person_id": person_id,
        }
        with self._db.write() as tx:
            made = _from_row(tx.execute(insert(token).values(**values).returning(*_COLUMNS)).one())
            self._log(tx, made, now, actor, "token.created")
        return made, secret

    def check(self, secret: str) -> Token | None:
        """The living token with this secret, or None. Notes the use, at most once a minute."""
        if not looks_right(secret):
            return None
        query = select(*_COLUMNS).where(token.c.digest == _digest(secret), token.c.revoked_at.is_(None))
        with self._db.read() as tx:
            row = tx.execute(query).one_or_none()
        if row is None:
            return None
        found = _from_row(row)
        now = self._db.world.clock.now()
        if found.expires_at is not None and found.expires_at <= now:
            return None
        if now - (found.last_used_at or 0) > _TOUCH_EVERY_MS:
            with contextlib.suppress(Unreachable), self._db.write() as tx:  # a full disk lets nobody's question fail
                tx.execute(update(token).where(token.c.id == found.id).values(last_used_at=now))
        return found

    def any(self) -> bool:
        """Whether any token lives, in any workspace: then every request needs one."""
        with self._db.read() as tx:
            return bool(
                tx.execute(select(func.count()).select_from(token).where(token.c.revoked_at.is_(None))).scalar_one()
            )

    def list(self, workspace_id: WorkspaceId) -> tuple[Token, ...]:
        """All tokens of a workspace, revoked ones too, oldest first."""
        query = select(*_COLUMNS).where(token.c.workspace_id == workspace_id).order_by(token.c.id)
        with self._db.read() as tx:
            return tuple(_from_row(row) for row in tx.execute(query))

    def revoke(self, workspace_id: WorkspaceId, reference: str, *, actor: str = "cli") -> Token:
        """Ends a token, named by id, prefix or name; it is refused from the next request on. Raises NotFound."""
        now = self._db.world.clock.now()
        query = select(*_COLUMNS).where(token.c.workspace_id == workspace_id, token.c.revoked_at.is_(None))
        with self._db.write() as tx:
            found = look_up(tx, query, token, reference, noun="token", hint="`homing token list` shows them")
            change = update(token).where(token.c.id == found.id).values(revoked_at=now).returning(*_COLUMNS)
            ended = _from_row(tx.execute(change).one())
            self._log(tx, ended, now, actor, "token.revoked")
        return ended

    def _log(self, tx: Transaction, of: Token, now: int, actor: str, act: str) -> None:
        body = {"name": of.name, "scopes": list(of.scopes)}
        audit_log.append(
            tx, workspace_id=of.workspace_id, at=now, actor=actor, act=act, subject=f"token:{of.uid}", body=body
        )
