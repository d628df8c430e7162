"""Sign-up forms with double opt-in: who asked is mailed a link, who opens it and confirms is on the list.

The proof stays: which text was agreed to, when it was asked and confirmed, and from where.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from homing.model.errors import NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.store import audit_log, events
from homing.store.addressees import LEFT
from homing.store.database import Database, Transaction
from homing.store.form_tables import signup, signup_form
from homing.store.lists import ListId, check_owned
from homing.store.notice_tables import notice
from homing.store.references import look_up, one_line
from homing.store.tables import contact, list_, suppression

CONFIRM = "form.confirm"
"""The kind of the mail that asks to confirm."""
ASKED_AGAIN_MS = 10 * 60_000  # one mail to an address in this time, however often a form is sent
VALID_MS = 7 * 86_400_000
_HINT = "`homing form list` shows them"
_COLUMNS = tuple(signup_form.c[n] for n in ("id", "uid", "workspace_id", "name", "list_id", "title", "text", "version"))


@dataclass(frozen=True, slots=True)
class Form:
    """`text`: what people agree to; each change of it is a new version."""

    id: int
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    list_id: ListId
    title: str
    text: str
    version: int


def _from_row(row: Row[Any]) -> Form:
    return Form(*tuple(row))


class Forms:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self,
        workspace_id: WorkspaceId,
        name: str,
        list_id: ListId,
        *,
        title: str = "",
        text: str = "",
        actor: str = "cli",
    ) -> Form:
        """A new form for a list. Raises NotFound for a foreign list, Invalid for a bad name."""
        now = self._db.world.clock.now()
        label = one_line(name)
        values = {
            "uid": new_uid(now),
            "workspace_id": workspace_id,
            "name": label,
            "list_id": list_id,
            "title": one_line(title or label, "title"),
            "text": text.strip(),
            "created_at": now,
        }
        with self._db.write() as tx:
            check_owned(tx, workspace_id, list_id)
            made = _from_row(tx.execute(insert(signup_form).values(**values).returning(*_COLUMNS)).one())
            audit_log.append(
                tx, workspace_id=workspace_id, at=now, actor=actor, act="form.added", subject=f"form:{made.uid}"
            )
            return made

    def change_text(self, of: Form, text: str) -> Form:
        """What people agree to from now on, as a new version; what others agreed to stays with their sign-up."""
        values = {"text": text.strip(), "version": signup_form.c.version + 1}
        with self._db.write() as tx:
            changed = update(signup_form).where(signup_form.c.id == of.id).values(**values).returning(*_COLUMNS)
            return _from_row(tx.execute(changed).one())

    def remove(self, of: Form, *, actor: str = "cli") -> None:
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(signup_form).where(signup_form.c.id == of.id).values(removed_at=now))
            audit_log.append(
                tx, workspace_id=of.workspace_id, at=now, actor=actor, act="form.removed", subject=f"form:{of.uid}"
            )

    def list(self, workspace_id: WorkspaceId) -> Sequence[Form]:
        with self._db.read() as tx:
            return [_from_row(row) for row in tx.execute(_ours(workspace_id).order_by(signup_form.c.id))]

    def find(self, workspace_id: WorkspaceId, reference: str) -> Form:
        """By name, id or unique prefix of the id. Raises NotFound, Conflict."""
        with self._db.read() as tx:
            row = look_up(tx, _ours(workspace_id), signup_form, reference, noun="form", hint=_HINT)
            return _from_row(row)

    def at(self, uid: str) -> Form | None:
        """The form in use at this public address, of any workspace."""
        query = select(*_COLUMNS).where(signup_form.c.uid == uid, signup_form.c.removed_at.is_(None))
        with self._db.read() as tx:
            row = tx.execute(query).one_or_none()
            return None if row is None else _from_row(row)

    def ask(self, of: Form, email: str, name: str, link: str, came_from: str) -> bool:
        """Owes the mail that asks to confirm; `link` is made whole with the token. False: it was just asked, nothing is owed."""
        now = self._db.world.clock.now()
        token = secrets.token_urlsafe(21)
        recent = (signup.c.form_id == of.id) & (signup.c.email == email) & (signup.c.asked_at > now - ASKED_AGAIN_MS)
        with self._db.write() as tx:
            if tx.execute(select(signup.c.id).where(recent).limit(1)).one_or_none() is not None:
                return False
            values = {"form_id": of.id, "email": email, "name": name, "digest": _digest(token), "version": of.version}
            tx.execute(insert(signup).values(**values, text=of.text, asked_at=now, asked_from=came_from or None))
            subject = f"Please confirm: {of.title}"
            words = f"Somebody, we hope you, signed this address up: {of.title}.\n\n"
            words += f"To confirm, open this page:\n{link}{token}\n\n"
            words += "If it was not you, do nothing: without it you get no further message."
            tx.execute(
                insert(notice).values(
                    uid=new_uid(now),
                    workspace_id=of.workspace_id,
                    at=now,
                    kind=CONFIRM,
                    address=email,
                    subject=subject,
                    text=words,
                    due_at=now,
                )
            )
            return True

    def asked(self, of: Form, token: str) -> bool:
        """Whether this token was mailed for this form and may still be confirmed."""
        with self._db.read() as tx:
            return self._pending(tx, of, token) is not None

    def confirm(self, of: Form, token: str, came_from: str) -> None:
        """Puts who asked on the list, with consent; takes back that they had left. Safe to repeat. Raises NotFound."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            row = self._pending(tx, of, token)
            if row is None:
                raise NotFound("this link is damaged or too old")
            if row.confirmed_at is not None:
                return
            contact_id = _contact(tx, of, row.email, row.name, now)
            tx.hot_count(
                "members_insert",
                {"list": of.list_id, "w": of.workspace_id, "now": now, "ids": json.dumps([contact_id])},
            )
            tx.execute(
                delete(suppression).where(
                    suppression.c.workspace_id == of.workspace_id,
                    suppression.c.channel == "email",
                    suppression.c.address == row.email,
                    suppression.c.reason == LEFT,
                )
            )
            proof = {"confirmed_at": now, "confirmed_from": came_from or None}
            tx.execute(update(signup).where(signup.c.id == row.id).values(**proof))
            told = {"form": of.uid, "name": of.name, "version": row.version}
            topic = f"form:{of.uid}"
            events.record(tx, workspace_id=of.workspace_id, at=now, topic=topic, kind="contact.signed_up", body=told)

    def _pending(self, tx: Transaction, of: Form, token: str) -> Row[Any] | None:
        oldest = self._db.world.clock.now() - VALID_MS
        where = (signup.c.digest == _digest(token)) & (signup.c.form_id == of.id) & (signup.c.asked_at > oldest)
        return tx.execute(select(signup).where(where)).one_or_none()


def _contact(tx: Transaction, of: Form, email: str, name: str, now: int) -> int:
    """The contact of this address, with consent; made when there is none."""
    where = (contact.c.workspace_id == of.workspace_id) & (contact.c.email == email)
    found = tx.execute(select(contact.c.id, contact.c.name).where(where)).one_or_none()
    if found is not None:
        values = {"consent_email": "given", "name": found.name or name, "updated_at": now}
        tx.execute(update(contact).where(contact.c.id == found.id).values(**values))
        return int(found.id)
    values = {
        "uid": new_uid(now),
        "workspace_id": of.workspace_id,
        "email": email,
        "name": name,
        "consent_email": "given",
    }
    made = insert(contact).values(**values, created_at=now, updated_at=now).returning(contact.c.id)
    return int(tx.execute(made).scalar_one())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _ours(workspace_id: WorkspaceId) -> Any:
    alive = (signup_form.c.workspace_id == workspace_id) & signup_form.c.removed_at.is_(None)
    return select(*_COLUMNS).where(alive, signup_form.c.list_id.in_(select(list_.c.id)))
