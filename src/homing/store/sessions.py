"""Where people are signed in, the single-use links that let them choose a password, and the brake on guessing.

A session is 256 random bits in a cookie, of which only the SHA-256 is kept. It ends after 12 idle hours, after 7 days, when its
person signs out or is shut out, and with each change of password or role (SECURITY section 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from homing.model.errors import NotFound
from homing.model.ids import Uid, new_uid
from homing.store import audit_log
from homing.store.database import Database
from homing.store.passwords import digest, new_secret
from homing.store.people import Person
from homing.store.people_tables import guess, link, session

IDLE_MS = 12 * 3_600_000
LONGEST_MS = 7 * 86_400_000
TOUCH_MS = 60_000
FRESH_MS = 15 * 60_000  # so long after the password was given it need not be given again
LINK_MS = {"first_run": 30 * 60_000, "invite": 7 * 86_400_000, "reset": 60 * 60_000}
FREE_GUESSES = 5
GUESS_WINDOW_MS = 15 * 60_000
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 15 * 60_000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in at one browser. Times are wall milliseconds."""

    uid: Uid
    digest: str
    person_id: int
    created_at: int
    seen_at: int
    confirmed_at: int
    agent: str
    address: str


_COLUMNS = (
    session.c.uid,
    session.c.digest,
    session.c.person_id,
    session.c.created_at,
    session.c.seen_at,
    session.c.confirmed_at,
    session.c.agent,
    session.c.address,
)


class Sessions:
    """Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, who: Person, *, agent: str = "", address: str = "") -> str:
        """A new session's secret, for the cookie."""
        secret, now = new_secret(), self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(delete(session).where(session.c.created_at < now - LONGEST_MS))
            tx.execute(
                insert(session).values(
                    digest=digest(secret),
                    uid=new_uid(now),
                    person_id=who.id,
                    created_at=now,
                    seen_at=now,
                    confirmed_at=now,
                    agent=agent[:200],
                    address=address[:60],
                )
            )
            audit_log.append(tx, workspace_id=None, at=now, actor=who.actor, act="user.signed_in", subject=who.actor)
        return secret

    def check(self, secret: str) -> Session | None:
        """The living session with this secret, or None. Notes the use, at most once a minute."""
        now = self._db.world.clock.now()
        with self._db.read() as tx:
            row = tx.execute(select(*_COLUMNS).where(session.c.digest == digest(secret))).one_or_none()
        if row is None:
            return None
        found = Session(*row)
        if now - found.seen_at > IDLE_MS or now - found.created_at > LONGEST_MS:
            return None
        if now - found.seen_at > TOUCH_MS:
            with self._db.write() as tx:
                tx.execute(update(session).where(session.c.digest == found.digest).values(seen_at=now))
        return found

    def is_fresh(self, of: Session) -> bool:
        """Whether the password was given here a short while ago."""
        return self._db.world.clock.now() - of.confirmed_at <= FRESH_MS

    def confirm(self, of: Session) -> None:
        """The password was given again."""
        with self._db.write() as tx:
            now = self._db.world.clock.now()
            tx.execute(update(session).where(session.c.digest == of.digest).values(confirmed_at=now))

    def list(self, person_id: int) -> Sequence[Session]:
        """Where somebody is signed in, newest first."""
        least = self._db.world.clock.now() - IDLE_MS
        query = select(*_COLUMNS).where(session.c.person_id == person_id, session.c.seen_at >= least)
        with self._db.read() as tx:
            return [Session(*row) for row in tx.execute(query.order_by(session.c.created_at.desc()))]

    def end(self, who: Person, uid: str | None = None, *, keep: str | None = None) -> int:
        """Ends one session of somebody, or all but `keep` (a digest); returns how many. Raises NotFound for one not theirs."""
        chosen = session.c.person_id == who.id
        if uid is not None:
            chosen &= session.c.uid == uid
        if keep is not None:
            chosen &= session.c.digest != keep
        with self._db.write() as tx:
            gone = tx.execute(delete(session).where(chosen)).rowcount
            if uid is not None and not gone:
                raise NotFound("there is no such session of yours")
            now = self._db.world.clock.now()
            audit_log.append(tx, workspace_id=None, at=now, actor=who.actor, act="user.signed_out", subject=who.actor)
            return int(gone)


@dataclass(frozen=True, slots=True)
class Link:
    """What a single-use link is good for. `person_id`: None for the first owner."""

    kind: str
    person_id: int | None
    expires_at: int


class Links:
    """Links that are good once: of each kind and person only the newest. Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def make(self, kind: str, person_id: int | None, *, by: str) -> str:
        """A new link's secret; older ones of the same kind for the same person end."""
        secret, now = new_secret(), self._db.world.clock.now()
        with self._db.write() as tx:
            whose = link.c.person_id.is_(None) if person_id is None else link.c.person_id == person_id
            tx.execute(delete(link).where(link.c.kind == kind, whose))
            tx.execute(delete(link).where(link.c.expires_at < now))
            tx.execute(
                insert(link).values(
                    digest=digest(secret),
                    kind=kind,
                    person_id=person_id,
                    made_by=by,
                    created_at=now,
                    expires_at=now + LINK_MS[kind],
                )
            )
        return secret

    def look(self, secret: str) -> Link:
        """What it is good for; it stays good. Raises NotFound for one that is used, replaced or too old."""
        with self._db.read() as tx:
            row = tx.execute(
                select(link.c.kind, link.c.person_id, link.c.expires_at).where(link.c.digest == digest(secret))
            ).one_or_none()
        if row is None or row.expires_at < self._db.world.clock.now():
            raise NotFound("this link was used, replaced, or is too old; ask for a new one", code="link_over")
        return Link(*row)

    def use(self, secret: str) -> Link:
        """As `look`, and it is good no more: of two at once only one gets through. Raises NotFound."""
        found = self.look(secret)
        with self._db.write() as tx:
            if not tx.execute(delete(link).where(link.c.digest == digest(secret))).rowcount:
                raise NotFound("this link was used, replaced, or is too old; ask for a new one", code="link_over")
        return found


class Guesses:
    """Five wrong guesses in a quarter of an hour are free, per account and per address; then the waits grow."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def wait(self, keys: Sequence[str]) -> int:
        """Milliseconds until another guess is looked at; 0: now."""
        now = self._db.world.clock.now()
        with self._db.read() as tx:
            found = tx.execute(select(guess.c.until).where(guess.c.key.in_(list(keys)))).scalars()
            return int(max((until - now for until in found), default=0))

    def failed(self, keys: Sequence[str]) -> None:
        """Another wrong one."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            tx.execute(delete(guess).where(guess.c.first_at < now - 86_400_000))
            for key in keys:
                row = tx.execute(select(guess.c.failures, guess.c.first_at).where(guess.c.key == key)).one_or_none()
                old = row is None or (now - row.first_at > GUESS_WINDOW_MS and row.failures < FREE_GUESSES)
                count = 1 if old or row is None else row.failures + 1
                over = count - FREE_GUESSES
                wait = 0 if over < 0 else min(FIRST_WAIT_MS * 2 ** min(over, 10), LONGEST_WAIT_MS)
                tx.execute(delete(guess).where(guess.c.key == key))
                first = now if old or row is None else row.first_at
                tx.execute(insert(guess).values(key=key, failures=count, first_at=first, until=now + wait))

    def forget(self, keys: Sequence[str]) -> None:
        """The right one was given."""
        with self._db.write() as tx:
            tx.execute(delete(guess).where(guess.c.key.in_(list(keys))))
