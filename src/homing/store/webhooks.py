"""Webhooks out: endpoints of a workspace, the calls that are owed to them, and every try that was made (Standard Webhooks)."""

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from homing.model.errors import Invalid, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.news import PUBLIC, fits
from homing.store import audit_log
from homing.store.database import Database, Transaction
from homing.store.events import Event
from homing.store.notice_tables import webhook, webhook_call
from homing.store.references import look_up, one_line
from homing.store.seal import Seal

OVERLAP = 2  # secrets that sign after a rotation: the new one and the one before
_HINT = "`homing webhook list` shows them"
_COLUMNS = tuple(
    webhook.c[name]
    for name in ("id", "uid", "workspace_id", "name", "url", "kinds", "created_at", "disabled_at", "disabled_why")
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint. `kinds`: patterns of facts; none means all that are public. Its secret is shown once, when made."""

    id: int
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    url: str
    kinds: tuple[str, ...]
    created_at: int
    disabled_at: int | None
    disabled_why: str | None


def _from_row(row: Row[Any]) -> Webhook:
    values = {name: getattr(row, name) for name in Webhook.__dataclass_fields__}
    values["kinds"] = tuple(json.loads(values["kinds"]))
    return Webhook(**values)


class Webhooks:
    """Making and changing endpoints. Each method is one transaction. `seal` may be None for those who only look."""

    def __init__(self, db: Database, seal: Seal | None = None) -> None:
        self._db = db
        self._seal = seal

    def add(
        self, workspace_id: WorkspaceId, url: str, *, name: str = "", kinds: Sequence[str] = (), actor: str = "cli"
    ) -> tuple[Webhook, str]:
        """A new endpoint and its secret (whsec_...). Whether the address may be asked is judged at each try."""
        check_url(url)
        wanted = check_kinds(kinds)
        now = self._db.world.clock.now()
        secret = new_secret()
        values = {
            "uid": new_uid(now),
            "workspace_id": workspace_id,
            "name": one_line(name or url.partition("://")[2][:200]),
            "url": url,
            "kinds": json.dumps(wanted),
            "created_at": now,
        }
        with self._db.write() as tx:
            made = _from_row(tx.execute(insert(webhook).values(**values).returning(*_COLUMNS)).one())
            self._put(tx, made.id, [secret])
            self._log(tx, made, now, actor, "webhook.added")
        return made, secret

    def change(self, of: Webhook, changes: Mapping[str, Any], *, actor: str = "cli") -> Webhook:
        """`changes`: url, name, kinds, enabled. Raises Invalid."""
        values: dict[str, Any] = {}
        now = self._db.world.clock.now()
        if "url" in changes:
            values["url"] = check_url(changes["url"])
        if "name" in changes:
            values["name"] = one_line(changes["name"])
        if "kinds" in changes:
            values["kinds"] = json.dumps(check_kinds(changes["kinds"] or ()))
        if "enabled" in changes:
            values["disabled_at"] = None if changes["enabled"] else now
            values["disabled_why"] = None if changes["enabled"] else "by_person"
        with self._db.write() as tx:
            if values:
                tx.execute(update(webhook).where(webhook.c.id == of.id).values(**values))
            new = _load(tx, of.id)
            self._log(tx, new, now, actor, "webhook.changed", {"changed": sorted(changes)})
            return new

    def rotate(self, of: Webhook, *, actor: str = "cli") -> str:
        """A new secret; the one before signs beside it, so that the other side can change in peace."""
        now = self._db.world.clock.now()
        secret = new_secret()
        with self._db.write() as tx:
            self._put(tx, of.id, [secret, *self._get(tx, of.id)][:OVERLAP])
            self._log(tx, of, now, actor, "webhook.rotated")
        return secret

    def remove(self, of: Webhook, *, actor: str = "cli") -> None:
        """Ends an endpoint and erases its secret; its calls stay to be looked at, and nothing more is sent."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(webhook).where(webhook.c.id == of.id).values(removed_at=now, sealed=None))
            open_calls = (webhook_call.c.webhook_id == of.id) & (webhook_call.c.state == "due")
            tx.execute(update(webhook_call).where(open_calls).values(state="given_up", ended_at=now))
            self._log(tx, of, now, actor, "webhook.removed")

    def list(self, workspace_id: WorkspaceId) -> tuple[Webhook, ...]:
        with self._db.read() as tx:
            return tuple(_from_row(row) for row in tx.execute(_ours(workspace_id).order_by(webhook.c.id)))

    def find(self, workspace_id: WorkspaceId, reference: str) -> Webhook:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        with self._db.read() as tx:
            return _from_row(look_up(tx, _ours(workspace_id), webhook, reference, noun="webhook", hint=_HINT))

    def secrets(self, webhook_id: int) -> tuple[Webhook, Sequence[str]]:
        """An endpoint in use and the secrets that sign for it. Raises NotFound."""
        with self._db.read() as tx:
            return _load(tx, webhook_id), self._get(tx, webhook_id)

    def disable(self, webhook_id: int, why: str) -> None:
        """The endpoint itself said that it is gone (410)."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(webhook).where(webhook.c.id == webhook_id).values(disabled_at=now, disabled_why=why))

    def _put(self, tx: Transaction, webhook_id: int, secrets_: Sequence[str]) -> None:
        assert self._seal is not None  # noqa: S101 - who makes secrets was given the key
        sealed = self._seal.seal(json.dumps(list(secrets_)).encode(), table="webhook", column="sealed", row=webhook_id)
        tx.execute(update(webhook).where(webhook.c.id == webhook_id).values(sealed=sealed))

    def _get(self, tx: Transaction, webhook_id: int) -> Sequence[str]:
        sealed = tx.execute(select(webhook.c.sealed).where(webhook.c.id == webhook_id)).scalar()
        if sealed is None:
            return []
        assert self._seal is not None  # noqa: S101 - who opens was given the key
        found: list[str] = json.loads(self._seal.open(sealed, table="webhook", column="sealed", row=webhook_id))
        return found

    def _log(
        self, tx: Transaction, of: Webhook, now: int, actor: str, act: str, body: Mapping[str, Any] | None = None
    ) -> None:
        told = {"name": of.name, **(body or {})}
        audit_log.append(
            tx, workspace_id=of.workspace_id, at=now, actor=actor, act=act, subject=f"webhook:{of.uid}", body=told
        )


class WebhookCalls:
    """A reader of the log: owes a call to each endpoint that asks for a fact."""

    def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
        public = [fact for fact in facts if fits(fact.kind, PUBLIC)]
        if not public:
            return
        living = select(*_COLUMNS).where(webhook.c.removed_at.is_(None), webhook.c.disabled_at.is_(None))
        endpoints = [_from_row(row) for row in tx.execute(living)]
        for fact in public:
            for each in endpoints:
                if each.workspace_id == fact.workspace_id and (not each.kinds or fits(fact.kind, each.kinds)):
                    owe(tx, each.id, f"evt_{fact.cursor}", fact.kind, fact.at, body_of(fact))


def owe(
    tx: Transaction, webhook_id: int, event_id: str, kind: str, at: int, body: str, due_at: int | None = None
) -> None:
    """Writes a call that is due."""
    values = {"webhook_id": webhook_id, "event_id": event_id, "kind": kind, "at": at, "body": body}
    tx.execute(insert(webhook_call).values(**values, due_at=at if due_at is None else due_at))


def body_of(fact: Event) -> str:
    """What is posted: type, time, and the fact's own data with ids instead of addresses."""
    family, _, uid = fact.topic.partition(":")
    data = {**({family: uid} if uid else {}), **fact.body}
    told = {"type": fact.kind, "timestamp": rfc3339(fact.at), "data": data}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def check_url(url: object) -> str:
    """An address of the web. Raises Invalid."""
    text = str(url).strip()
    if not text.startswith(("https://", "http://")) or len(text) > 2000 or not text.isprintable():
        raise wrong("/url", "write an address like https://example.org/hook")
    return text


def check_kinds(kinds: Sequence[str]) -> list[str]:
    """Kinds, or families of them (`campaign.*`). Raises Invalid for one that never comes."""
    for kind in kinds:
        family = kind.partition(".")[0]
        if not any(fits(kind, (pattern,)) or fits(pattern, (kind,)) or pattern == f"{family}.*" for pattern in PUBLIC):
            raise Invalid(f"'{kind}' is nothing that is told; there are {', '.join(PUBLIC)}")
    return sorted(set(kinds))


def _ours(workspace_id: WorkspaceId) -> Any:
    return select(*_COLUMNS).where(webhook.c.workspace_id == workspace_id, webhook.c.removed_at.is_(None))


def _load(tx: Transaction, webhook_id: int) -> Webhook:
    row = tx.execute(select(*_COLUMNS).where(webhook.c.id == webhook_id, webhook.c.removed_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound("this webhook does not exist any more")
    return _from_row(row)
