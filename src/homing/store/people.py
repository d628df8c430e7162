"""People: who they are, what they may do in which workspace, their passwords and their one-time codes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyotp
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.errors import Conflict, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.intent import wrong
from homing.model.policy import Role
from homing.store import audit_log, passwords
from homing.store.database import Database, Transaction
from homing.store.people_tables import membership, person, recovery_code, session
from homing.store.references import NAME_LIMIT, is_prefix
from homing.store.seal import Seal

_STEP = 30  # seconds that a code lives (RFC 6238)
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. Times are wall milliseconds. `codes`: signing in asks for a one-time code too."""

    id: int
    uid: Uid
    email: str
    name: str
    has_password: bool
    codes: bool
    created_at: int
    disabled_at: int | None

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        return f"user:{self.uid}"


@dataclass(frozen=True, slots=True)
class Member:
    """A person as one workspace knows them."""

    person: Person
    role: Role


_COLUMNS = (
    person.c.id,
    person.c.uid,
    person.c.email,
    person.c.name,
    person.c.password.is_not(None),
    person.c.totp_on,
    person.c.created_at,
    person.c.disabled_at,
)


def _from_row(row: Row[Any]) -> Person:
    id_, uid, email, name, has_password, codes, created_at, disabled_at = tuple(row)[:8]
    return Person(id_, uid, email, name, bool(has_password), bool(codes), created_at, disabled_at)


def normal_email(text: str) -> str:
    """An address to sign in with. Raises Invalid."""
    found = text.strip().lower()
    name, at, domain = found.partition("@")
    fits = name and at and domain and "@" not in domain and " " not in found and found.isprintable()
    if not fits or len(found) > NAME_LIMIT:
        raise wrong("/email", f"'{text[:80]}' is no e-mail address")
    return found


class People:
    """Each method is one transaction. `actor`: who does it, for the audit log."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def any(self) -> bool:
        """Whether anybody can sign in at all: then everybody has to."""
        with self._db.read() as tx:
            return tx.execute(select(person.c.id).limit(1)).first() is not None

    def add(
        self,
        workspace_id: WorkspaceId,
        email: str,
        role: Role,
        *,
        name: str = "",
        password: str | None = None,
        actor: str,
    ) -> Person:
        """Makes somebody a member, who may be known from another workspace already. Raises Invalid, Conflict."""
        address = normal_email(email)
        kept = None if password is None else passwords.make_hash(passwords.check_new(password, email=address))
        now = self._db.world.clock.now()
        try:
            with self._db.write() as tx:
                found = tx.execute(select(*_COLUMNS).where(person.c.email == address)).one_or_none()
                if found is None:
                    values = {
                        "uid": new_uid(now),
                        "email": address,
                        "name": name.strip()[:NAME_LIMIT],
                        "created_at": now,
                    }
                    tx.execute(insert(person).values(**values, password=kept, password_at=now if kept else None))
                    found = tx.execute(select(*_COLUMNS).where(person.c.email == address)).one()
                who = _from_row(found)
                tx.execute(insert(membership).values(person_id=who.id, workspace_id=workspace_id, role=role))
                self._log(tx, workspace_id, actor, "user.added", who, {"role": role})
                return who
        except IntegrityError as error:
            raise Conflict(f"'{address}' is a user of this workspace already") from error

    def members(self, workspace_id: WorkspaceId) -> list[Member]:
        """The people of a workspace, oldest first."""
        query = (
            select(*_COLUMNS, membership.c.role)
            .join(membership, membership.c.person_id == person.c.id)
            .where(membership.c.workspace_id == workspace_id)
            .order_by(person.c.id)
        )
        with self._db.read() as tx:
            return [Member(_from_row(row), Role(row[8])) for row in tx.execute(query)]

    def find(self, workspace_id: WorkspaceId, reference: str) -> Member:
        """A member by e-mail address, id or the beginning of the id. Raises NotFound."""
        found = [
            each
            for each in self.members(workspace_id)
            if each.person.email == reference.strip().lower()
            or (is_prefix(reference) and each.person.uid.startswith(reference.lower()))
        ]
        if len(found) != 1:
            raise NotFound(f"there is no user '{reference}' here; `homing user list` shows them")
        return found[0]

    def by_email(self, email: str) -> Person | None:
        """Whoever signs in with this address."""
        with self._db.read() as tx:
            row = tx.execute(select(*_COLUMNS).where(person.c.email == email.strip().lower())).one_or_none()
            return None if row is None else _from_row(row)

    def get(self, person_id: int) -> Person:
        with self._db.read() as tx:
            row = tx.execute(select(*_COLUMNS).where(person.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFound("this user does not exist any more")
        return _from_row(row)

    def roles(self, person_id: int) -> Mapping[WorkspaceId, Role]:
        """What somebody is, by workspace; nothing once disabled."""
        query = (
            select(membership.c.workspace_id, membership.c.role)
            .join(person, person.c.id == membership.c.person_id)
            .where(membership.c.person_id == person_id, person.c.disabled_at.is_(None))
            .order_by(membership.c.workspace_id)
        )
        with self._db.read() as tx:
            return {WorkspaceId(id_): Role(role) for id_, role in tx.execute(query)}

    def workspaces_of(self, person_id: int) -> frozenset[WorkspaceId]:
        """Where somebody is a member, shut out or not."""
        query = select(membership.c.workspace_id).where(membership.c.person_id == person_id)
        with self._db.read() as tx:
            return frozenset(WorkspaceId(id_) for id_ in tx.execute(query).scalars())

    def set_role(self, workspace_id: WorkspaceId, who: Person, role: Role, *, actor: str) -> None:
        """A new role; sessions end, so that nobody goes on with the old one. Raises Conflict for the last owner."""
        with self._db.write() as tx:
            self._keep_an_owner(tx, workspace_id, who, still=role is Role.OWNER)
            mine = (membership.c.person_id == who.id) & (membership.c.workspace_id == workspace_id)
            tx.execute(update(membership).where(mine).values(role=role))
            tx.execute(delete(session).where(session.c.person_id == who.id))
            self._log(tx, workspace_id, actor, "user.role", who, {"role": role})

    def remove(self, workspace_id: WorkspaceId, who: Person, *, actor: str) -> None:
        """Takes somebody out of a workspace; what they did stays in the audit log. Raises Conflict for the last owner."""
        with self._db.write() as tx:
            self._keep_an_owner(tx, workspace_id, who, still=False)
            mine = (membership.c.person_id == who.id) & (membership.c.workspace_id == workspace_id)
            tx.execute(delete(membership).where(mine))
            tx.execute(delete(session).where(session.c.person_id == who.id))
            self._log(tx, workspace_id, actor, "user.removed", who)

    def set_disabled(self, workspace_id: WorkspaceId, who: Person, *, disabled: bool, actor: str) -> None:
        """Shuts somebody out everywhere, or lets them in again. Raises Conflict for the last owner."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if disabled:
                self._keep_an_owner(tx, workspace_id, who, still=False)
                tx.execute(delete(session).where(session.c.person_id == who.id))
            tx.execute(update(person).where(person.c.id == who.id).values(disabled_at=now if disabled else None))
            self._log(tx, workspace_id, actor, "user.disabled" if disabled else "user.enabled", who)

    # ---- passwords

    def set_password(self, who: Person, password: str, *, actor: str, keep_session: str | None = None) -> None:
        """A new password; every session but `keep_session` (a digest) ends. Raises Invalid."""
        kept = passwords.make_hash(passwords.check_new(password, email=who.email))
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(update(person).where(person.c.id == who.id).values(password=kept, password_at=now))
            others = session.c.person_id == who.id
            if keep_session is not None:
                others &= session.c.digest != keep_session
            tx.execute(delete(session).where(others))
            self._log(tx, None, actor, "user.password", who)

    def check_password(self, who: Person | None, password: str) -> bool:
        """Whether it is theirs; as slow for nobody as for anybody. Made again when its costs are of yesterday."""
        kept = None
        if who is not None:
            with self._db.read() as tx:
                kept = tx.execute(select(person.c.password).where(person.c.id == who.id)).scalar_one_or_none()
        if not passwords.matches(kept, password) or who is None or kept is None:
            return False
        if passwords.is_outdated(kept):
            fresh = passwords.make_hash(password)
            with self._db.write() as tx:
                tx.execute(update(person).where(person.c.id == who.id).values(password=fresh))
        return True

    # ---- one-time codes (RFC 6238)

    def begin_codes(self, who: Person, seal: Seal) -> str:
        """A new seed, in base32; it counts once `confirm_codes` has seen a code of it."""
        seed = pyotp.random_base32()
        sealed = seal.seal(seed.encode(), table="person", column="sealed", row=who.id)
        with self._db.write() as tx:
            if tx.execute(select(person.c.totp_on).where(person.c.id == who.id)).scalar_one():
                raise Conflict("one-time codes are on already; switch them off first")
            tx.execute(update(person).where(person.c.id == who.id).values(sealed=sealed, totp_step=0))
        return seed

    def confirm_codes(self, who: Person, code: str, seal: Seal, *, actor: str) -> list[str]:
        """Switches them on; returns recovery codes, shown this once. Raises Invalid for a wrong code."""
        fresh = [_recovery_code() for _ in range(RECOVERY_CODES)]
        with self._db.write() as tx:
            if not self._code_fits(tx, who, code, seal):
                raise wrong("/code", "this code is not right; look at the clock of your device, and give the next one")
            tx.execute(update(person).where(person.c.id == who.id).values(totp_on=1))
            tx.execute(delete(recovery_code).where(recovery_code.c.person_id == who.id))
            rows = [{"person_id": who.id, "digest": passwords.digest(each)} for each in fresh]
            tx.execute(insert(recovery_code), rows)
            self._log(tx, None, actor, "user.codes_on", who)
        return fresh

    def end_codes(self, who: Person, *, actor: str) -> None:
        """Switches them off and forgets seed and recovery codes."""
        with self._db.write() as tx:
            tx.execute(update(person).where(person.c.id == who.id).values(totp_on=0, sealed=None))
            tx.execute(delete(recovery_code).where(recovery_code.c.person_id == who.id))
            self._log(tx, None, actor, "user.codes_off", who)

    def use_code(self, who: Person, code: str, seal: Seal) -> bool:
        """Whether a one-time code or a recovery code lets them in; either works once."""
        with self._db.write() as tx:
            if self._code_fits(tx, who, code, seal):
                return True
            mine = (recovery_code.c.person_id == who.id) & (
                recovery_code.c.digest == passwords.digest(code.strip().lower())
            )
            return bool(tx.execute(delete(recovery_code).where(mine)).rowcount)

    def _code_fits(self, tx: Transaction, who: Person, code: str, seal: Seal) -> bool:
        """A code of now, the last or the next half minute, and later than the one that worked last."""
        row = tx.execute(select(person.c.sealed, person.c.totp_step).where(person.c.id == who.id)).one()
        if row.sealed is None:
            return False
        codes = pyotp.TOTP(seal.open(row.sealed, table="person", column="sealed", row=who.id).decode())
        given = "".join(code.split())
        now = self._db.world.clock.now() // 1000
        for step in (now // _STEP - 1, now // _STEP, now // _STEP + 1):
            if step > row.totp_step and secrets.compare_digest(codes.at(step * _STEP).encode(), given.encode()):
                tx.execute(update(person).where(person.c.id == who.id).values(totp_step=step))
                return True
        return False

    # ---- inside

    def _keep_an_owner(self, tx: Transaction, workspace_id: WorkspaceId, who: Person, *, still: bool) -> None:
        if still:
            return
        others = (
            select(func.count())
            .select_from(membership)
            .join(person, person.c.id == membership.c.person_id)
            .where(
                membership.c.workspace_id == workspace_id,
                membership.c.role == Role.OWNER,
                membership.c.person_id != who.id,
                person.c.disabled_at.is_(None),
            )
        )
        mine = (membership.c.person_id == who.id) & (membership.c.workspace_id == workspace_id)
        role = tx.execute(select(membership.c.role).where(mine)).scalar_one_or_none()
        if role == Role.OWNER and not tx.execute(others).scalar_one():
            raise Conflict(
                "this is the last owner of the workspace; make somebody else an owner first", code="last_owner"
            )

    def _log(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId | None,
        actor: str,
        act: str,
        who: Person,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        now = self._db.world.clock.now()
        audit_log.append(
            tx, workspace_id=workspace_id, at=now, actor=actor, act=act, subject=who.actor, body=body or {}
        )


def _recovery_code() -> str:
    """112 random bits, so that a plain hash of it is enough; in groups, for it is copied by hand."""
    text = secrets.token_hex(14)
    return "-".join(text[place : place + 7] for place in range(0, 28, 7))


def parse_role(word: str) -> Role:
    """'owner', 'admin', 'sender' or 'viewer'. Raises Invalid."""
    try:
        return Role(word)
    except ValueError:
        raise wrong("/role", f"there is no role '{word}'; there are {', '.join(Role)}") from None
