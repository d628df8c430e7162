"""Senders: the accounts that messages leave through, their options in the open and their credentials sealed."""

import json
import logging
from collections.abc import Container, Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.campaign import State
from homing.model.errors import Conflict, Fault, Invalid, Misconfigured, NotFound
from homing.model.ids import SenderId, Uid, WorkspaceId, new_uid
from homing.model.sender import Health, HttpAccess, Kind, SenderOptions, SmtpAccess
from homing.store import audit_log, events
from homing.store.database import Database, Transaction
from homing.store.devices import begin as begin_device
from homing.store.references import look_up, one_line
from homing.store.seal import Seal
from homing.store.sender_access import access_of, http_access_of
from homing.store.sender_options import (
    CREDENTIALS,
    DESTINATIONS,
    KNOWN,
    check,
    check_whole,
    options_of,
)
from homing.store.tables import campaign, sender

log = logging.getLogger(__name__)
_SEALED_AT = "_credentials_at"  # kept with the options: "set on DATE" is all that is ever told of credentials
_ALIVE = (State.SCHEDULED, State.SENDING, State.PAUSED)
_HINT = "`homing sender list` shows them"


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender as people may see it. `options`: what was set, by name; `credentials_at`: when a secret was last set."""

    id: SenderId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    kind: Kind
    options: Mapping[str, Any]
    credentials_at: int | None
    version: int
    health: Health
    health_detail: str | None
    health_since: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class OpenedSender:
    """A sender ready for use. `access`: of SMTP; `http`: of SendGrid and SES; `simulation`: what a simulated one was told."""

    sender: Sender
    options: SenderOptions
    access: SmtpAccess | None = None
    http: HttpAccess | None = None
    simulation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def from_(self) -> str | None:
        """The From of campaigns that name none."""
        return self.sender.options.get("from")

    @property
    def server(self) -> str:
        """Whom it speaks to, for people: 'mail.example:587', or the provider's name; "" where there is none."""
        if self.access is not None:
            return f"{self.access.host}:{self.access.port}"
        endpoint = self.http.endpoint_url if self.http is not None else None
        named = urlsplit(endpoint).netloc.rpartition("@")[2] if endpoint else None
        return named or _PROVIDERS.get(self.sender.kind, "")


_PROVIDERS = {Kind.SENDGRID: "SendGrid", Kind.SES: "Amazon SES", Kind.WHATSAPP_CLOUD: "WhatsApp"}

_NAMES = (
    "id",
    "uid",
    "workspace_id",
    "name",
    "kind",
    "options",
    "version",
    "health",
    "health_detail",
    "health_since",
    "created_at",
)
_COLUMNS = tuple(sender.c[name] for name in _NAMES)


def _from_row(row: Row[Any]) -> Sender:
    values = {name: getattr(row, name) for name in _NAMES}
    options = json.loads(values["options"])
    values["credentials_at"] = options.pop(_SEALED_AT, None)
    values["options"] = options
    values["kind"] = Kind(values["kind"])
    values["health"] = Health(values["health"])
    return Sender(**values)


def kind_of(word: str) -> Kind:
    """The kind of that name. Raises Invalid naming those there are."""
    if word not in [kind.value for kind in Kind]:
        words = ", ".join(Kind)
        raise Invalid(
            f"'{word}' is no kind of sender here; choose {words}", faults=(Fault("/kind", f"choose {words}"),)
        )
    return Kind(word)


class Senders:
    """Making, changing and opening senders. Each method is one transaction. `seal` may be None for those who only look."""

    def __init__(self, db: Database, seal: Seal | None = None) -> None:
        self._db = db
        self._seal = seal

    @property
    def database(self) -> Database:
        """Where they are kept."""
        return self._db

    @property
    def seal(self) -> Seal | None:
        """The key of this installation, for others who keep secrets."""
        return self._seal

    def add(
        self,
        workspace_id: WorkspaceId,
        name: str,
        kind: str,
        options: Mapping[str, Any],
        credentials: Mapping[str, str],
        *,
        actor: str = "cli",
    ) -> Sender:
        """Makes a sender. Raises Invalid with a fault for each wrong option, Conflict when the name is in use."""
        which = kind_of(kind)
        label = one_line(name)
        stored = {key: value for key, value in check(which, options).items() if value is not None}
        secret = self._check_credentials(which, credentials)
        check_whole(which, stored, secrets=secret)
        now = self._db.world.clock.now()
        if secret:
            stored[_SEALED_AT] = now
        values = {"uid": new_uid(now), "workspace_id": workspace_id, "name": label, "kind": which, "created_at": now}
        try:
            with self._db.write() as tx:
                row = insert(sender).values(**values, options=json.dumps(stored)).returning(*_COLUMNS)
                made = _from_row(tx.execute(row).one())
                self._put_secret(tx, made.id, secret)
                if which is Kind.WHATSAPP_LINKED:
                    begin_device(tx, made.id, workspace_id)
                self._tell(tx, made, now, actor, "sender.added")
                return made
        except IntegrityError as error:
            raise Conflict(f"there is a sender '{label}' already; `homing sender set` changes it") from error

    def set(
        self,
        sender_id: SenderId,
        options: Mapping[str, Any],
        credentials: Mapping[str, str] | None = None,
        *,
        name: str | None = None,
        actor: str = "cli",
    ) -> Sender:
        """Merges the options; None takes one away. Running campaigns see it within a second by the row's version.

        Where the server changes, the password is asked for again. Raises Invalid, NotFound, Conflict.
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old, sealed = self._row(tx, sender_id)
            given = check(old.kind, options)
            stored = {k: v for k, v in {**old.options, **given}.items() if v is not None}
            secret = self._check_credentials(old.kind, credentials or {})
            before = self._known_secrets(old, sealed, secret)
            moved = {key for key in given if old.options.get(key) != stored.get(key)}
            kept = _still_good(before, moved, stored, secret)
            check_whole(old.kind, stored, secrets=kept | secret)
            sealed_at = now if secret else old.credentials_at
            if sealed_at is not None:
                stored[_SEALED_AT] = sealed_at
            values: dict[str, Any] = {"options": json.dumps(stored), "version": sender.c.version + 1}
            if name is not None:
                values["name"] = one_line(name)
            try:
                tx.execute(update(sender).where(sender.c.id == sender_id).values(**values))
            except IntegrityError as error:
                raise Conflict(f"there is a sender '{name}' already") from error
            if secret or kept != before:
                tx.execute(update(sender).where(sender.c.id == sender_id).values(sealed=None))
                self._put_secret(tx, sender_id, kept | secret)
            new, _ = self._row(tx, sender_id)
            self._tell(tx, new, now, actor, "sender.changed", {"changed": sorted(given), "credentials": bool(secret)})
            return new

    def list(self, workspace_id: WorkspaceId) -> tuple[Sender, ...]:
        """Those in use, oldest first."""
        with self._db.read() as tx:
            rows = tx.execute(self._ours(workspace_id).order_by(sender.c.id))
            return tuple(_from_row(row) for row in rows)

    def find(self, workspace_id: WorkspaceId, reference: str) -> Sender:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        with self._db.read() as tx:
            return _from_row(look_up(tx, self._ours(workspace_id), sender, reference, noun="sender", hint=_HINT))

    def anywhere(self, kind: str, reference: str) -> Sender | None:
        """The sender of this kind with this id, in any workspace; by name when only one has it. None: there is none."""
        alive = select(*_COLUMNS).where(sender.c.kind == kind, sender.c.removed_at.is_(None))
        with self._db.read() as tx:
            rows = (
                tx.execute(alive.where(sender.c.uid == reference)).all()
                or tx.execute(alive.where(sender.c.name == reference).limit(2)).all()
            )
        return _from_row(rows[0]) if len(rows) == 1 else None

    def get(self, sender_id: SenderId) -> Sender:
        """By its inner id. Raises NotFound."""
        with self._db.read() as tx:
            return self._row(tx, sender_id)[0]

    def version(self, sender_id: SenderId) -> int:
        """Grows with each `set`: what is asked often, to see whether to `open` again. Raises NotFound."""
        with self._db.read() as tx:
            found = tx.execute(select(sender.c.version).where(sender.c.id == sender_id)).scalar()
        if found is None:
            raise NotFound("this sender does not exist any more")
        return int(found)

    def open(self, sender_id: SenderId) -> OpenedSender:
        """The sender with its secret opened. Raises NotFound; Misconfigured when another key sealed it."""
        with self._db.read() as tx:
            found, sealed = self._row(tx, sender_id)
        secret = self._opened(sender_id, sealed)
        options = options_of(found.kind, found.options)
        match found.kind:
            case Kind.SMTP:
                return OpenedSender(found, options, access=access_of(found.options, secret.get("password")))
            case Kind.SENDGRID | Kind.SES | Kind.WHATSAPP_CLOUD:
                return OpenedSender(found, options, http=http_access_of(found.kind, found.options, secret))
            case Kind.WHATSAPP_LINKED:
                return OpenedSender(found, options)
            case Kind.SIMULATED:
                return OpenedSender(found, options, simulation=dict(found.options))

    def credential(self, sender_id: SenderId, name: str) -> str | None:
        """One opened secret of a sender: what its webhooks are verified with. Raises as `open` does."""
        with self._db.read() as tx:
            _, sealed = self._row(tx, sender_id)
        return self._opened(sender_id, sealed).get(name) or None

    def _known_secrets(self, of: Sender, sealed: bytes | None, given: Mapping[str, str]) -> dict[str, str]:
        """What is sealed; where its key is lost nothing is known of it, and it stays until another is given."""
        try:
            return self._opened(of.id, sealed)
        except Misconfigured:
            return {} if given else dict.fromkeys(CREDENTIALS[of.kind], "")

    def _opened(self, sender_id: SenderId, sealed: bytes | None) -> dict[str, str]:
        if sealed is None:
            return {}
        assert self._seal is not None  # noqa: S101 - who opens was given the key
        told: dict[str, str] = json.loads(self._seal.open(sealed, table="sender", column="sealed", row=sender_id))
        return told

    def check_unused(self, sender_id: SenderId) -> None:
        """Raises Conflict as `remove` would."""
        with self._db.read() as tx:
            _users(tx, self._row(tx, sender_id)[0])

    def remove(self, sender_id: SenderId, *, actor: str = "cli") -> Sender:
        """Takes it out of use and erases its secret. Refused with Conflict while a campaign that is not over needs it."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old, _ = self._row(tx, sender_id)
            for id_ in _users(tx, old):  # of single messages, with nothing open
                tx.execute(update(campaign).where(campaign.c.id == id_).values(state=State.CANCELLED))
            tx.execute(update(sender).where(sender.c.id == sender_id).values(removed_at=now, sealed=None))
            self._tell(tx, old, now, actor, "sender.removed")
            return old

    def set_health(self, sender_id: SenderId, health: Health, detail: str | None) -> None:
        """What the connector last saw; writes, and tells, only a change."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            old, _ = self._row(tx, sender_id)
            if (old.health, old.health_detail) == (health, detail):
                return
            since = old.health_since if old.health is health else now
            values = {"health": health, "health_detail": detail, "health_since": since}
            tx.execute(update(sender).where(sender.c.id == sender_id).values(**values))
            if old.health is not health:
                body = {"health": health, "detail": detail, "was": old.health}
                events.record(
                    tx,
                    workspace_id=old.workspace_id,
                    at=now,
                    topic=f"sender:{old.uid}",
                    kind="sender.health",
                    body=body,
                )
        if old.health is not health:
            level = logging.INFO if health is Health.UP else logging.WARNING
            log.log(level, "a sender changed", extra={"sender": old.uid, "health": health, "cause": detail})

    def _ours(self, workspace_id: WorkspaceId) -> Any:
        return select(*_COLUMNS).where(sender.c.workspace_id == workspace_id, sender.c.removed_at.is_(None))

    def _row(self, tx: Transaction, sender_id: SenderId) -> tuple[Sender, bytes | None]:
        query = select(*_COLUMNS, sender.c.sealed).where(sender.c.id == sender_id, sender.c.removed_at.is_(None))
        row = tx.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"this sender does not exist any more; {_HINT}")
        return _from_row(row), row.sealed

    def _check_credentials(self, kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
        unknown = sorted(set(given) - CREDENTIALS[kind])
        if unknown:
            raise Invalid(f"a sender of kind {kind} has no {', '.join(unknown)}")
        return {name: value for name, value in given.items() if value}

    def _put_secret(self, tx: Transaction, sender_id: SenderId, secret: Mapping[str, str]) -> None:
        if not secret:
            return
        assert self._seal is not None  # noqa: S101 - who sets credentials was given the key
        sealed = self._seal.seal(json.dumps(dict(secret)).encode(), table="sender", column="sealed", row=sender_id)
        tx.execute(update(sender).where(sender.c.id == sender_id).values(sealed=sealed))

    def _tell(
        self, tx: Transaction, of: Sender, now: int, actor: str, kind: str, more: Mapping[str, Any] | None = None
    ) -> None:
        body = {"name": of.name, "kind": of.kind, **(more or {})}
        topic = f"sender:{of.uid}"
        events.record(tx, workspace_id=of.workspace_id, at=now, topic=topic, kind=kind, body=body)
        audit_log.append(tx, workspace_id=of.workspace_id, at=now, actor=actor, act=kind, subject=topic, body=body)


_NEEDED_BY = {"password": "user", "mailbox_password": "mailbox"}


def _still_good(
    kept: Mapping[str, str], moved: Set[str], stored: Mapping[str, Any], given: Container[str]
) -> dict[str, str]:
    """Secrets that may be kept. One whose server changes is asked for again, one that nothing needs any more is forgotten."""
    good = dict(kept)
    for name in kept:
        if not moved & DESTINATIONS.get(name, frozenset()) or name in given:
            continue
        if name in _NEEDED_BY and not stored.get(_NEEDED_BY[name]):
            del good[name]
            continue
        raise Invalid(
            f"--{name.replace('_', '-')}-file: another server or user needs the secret again",
            faults=(Fault(f"/{name}", "give it again where the server or the user changes"),),
        )
    return good


def _users(tx: Transaction, of: Sender) -> list[int]:
    """Campaigns that name a sender and are not over. Raises Conflict when one of them still needs it."""
    c = campaign.c
    alive = select(c.id, c.name, c.kind, c.sender_id, c.senders).where(
        c.workspace_id == of.workspace_id, c.state.in_(_ALIVE)
    )
    users = [row for row in tx.execute(alive) if of.id in {row.sender_id, *json.loads(row.senders)}]
    for row in users:
        if row.kind == "bulk" or tx.hot("has_open", {"c": row.id})[0][0]:
            raise Conflict(f"the campaign '{row.name}' still sends through this sender; finish or cancel it first")
    return [row.id for row in users]


def split(kind: Kind, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Flat JSON of the API as options and credentials."""
    secret = {name: str(given[name]) for name in CREDENTIALS[kind] if given.get(name) is not None}
    return {name: value for name, value in given.items() if name not in CREDENTIALS[kind]}, secret


__all__ = ["KNOWN", "OpenedSender", "Sender", "Senders", "kind_of", "split"]
