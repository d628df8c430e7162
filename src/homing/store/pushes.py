"""Browsers that are told while no page is open: their subscriptions, our key, and what is owed to each (Web Push)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from sqlalchemy import ColumnElement, Row, delete, exists, insert, literal, select, update

from homing.model.errors import NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.intent import wrong
from homing.model.news import Way, event_of
from homing.store.choices import may_hear, wants
from homing.store.database import Database, Transaction
from homing.store.events import Event
from homing.store.notices import WAITS, told_of
from homing.store.push_tables import push_message, push_subscription, vapid_key
from homing.store.seal import Seal
from homing.store.webhooks import check_url
from homing.transport.web_push import from_text, is_point, public_text

MOST_EACH = 20  # browsers of one person; the oldest is forgotten first
LONGEST_WORDS = 1_500


class Keys(NamedTuple):
    """What a browser gave us to encrypt with, in base64url."""

    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser. `told_at`: when its push service last took something."""

    id: int
    uid: Uid
    endpoint: str
    agent: str
    created_at: int
    told_at: int | None


@dataclass(frozen=True, slots=True)
class DuePush:
    """One message to one browser. `body`: JSON."""

    id: int
    subscription_id: int
    endpoint: str
    body: str
    tries: int


_COLUMNS = tuple(push_subscription.c[name] for name in ("id", "uid", "endpoint", "agent", "created_at", "told_at"))


class PushNotices:
    """A reader of the log: owes a push to each browser whose person wants to know of a fact in this way."""

    def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
        for fact in facts:
            event = event_of(fact.kind)
            told = told_of(tx, fact) if event is not None else None
            if event is None or told is None:
                continue
            c = push_subscription.c
            rows = tx.execute(select(c.id, c.reader).where(c.workspace_id == fact.workspace_id)).all()
            body = body_of(told.subject, told.text, place_of(fact.topic), str(fact.cursor))
            for id_, reader in rows:
                if may_hear(tx, fact.workspace_id, reader) and wants(tx, fact.workspace_id, reader, event, Way.PUSH):
                    _owe(tx, id_, body, fact.at)


def body_of(title: str, words: str, url: str, tag: str) -> str:
    """What the service worker shows."""
    return json.dumps({"title": title, "body": words[:LONGEST_WORDS], "url": url, "tag": tag}, ensure_ascii=False)


def place_of(topic: str) -> str:
    """Where the page shows what a fact is about."""
    family, _, uid = topic.partition(":")
    return {"campaign": f"/campaigns/{uid}", "import": f"/imports/{uid}", "sender": "/senders"}.get(family, "/")


def _owe(tx: Transaction, subscription_id: int, body: str, at: int) -> None:
    tx.execute(insert(push_message).values(subscription_id=subscription_id, at=at, body=body, due_at=at))


class Pushes:
    """Each method is one transaction. `reader`: "user:UID" or "local"."""

    def __init__(self, db: Database, seal: Seal) -> None:
        self._db = db
        self._seal = seal

    def public_key(self) -> str:
        """What browsers subscribe with; the key is made at the first asking."""
        with self._db.read() as tx:
            found = tx.execute(select(vapid_key.c.public).order_by(vapid_key.c.id).limit(1)).scalar()
        return str(found) if found is not None else self._make_key()

    def _make_key(self) -> str:
        private = ec.generate_private_key(ec.SECP256R1())
        public = public_text(private)
        now = self._db.world.clock.now()
        raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with self._db.write() as tx:
            known = tx.execute(select(vapid_key.c.public).order_by(vapid_key.c.id).limit(1)).scalar()
            if known is not None:
                return str(known)
            made = insert(vapid_key).values(public=public, created_at=now).returning(vapid_key.c.id)
            id_ = tx.execute(made).scalar_one()
            sealed = self._seal.seal(raw, table="vapid_key", column="sealed", row=id_)
            tx.execute(update(vapid_key).where(vapid_key.c.id == id_).values(sealed=sealed))
        return public

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """What we sign with. Raises NotFound when nobody ever subscribed."""
        with self._db.read() as tx:
            row = tx.execute(select(vapid_key.c.id, vapid_key.c.sealed).order_by(vapid_key.c.id).limit(1)).one_or_none()
        if row is None or row.sealed is None:
            raise NotFound("there is no key for Web Push yet")
        found = load_der_private_key(self._seal.open(row.sealed, table="vapid_key", column="sealed", row=row.id), None)
        assert isinstance(found, ec.EllipticCurvePrivateKey)  # noqa: S101 - as it was made above
        return found

    def subscribe(
        self, workspace_id: WorkspaceId, reader: str, endpoint: str, keys: Keys, *, agent: str = ""
    ) -> Subscription:
        """Keeps a browser; the same endpoint again takes the place of the former. Raises Invalid."""
        check_url(endpoint)
        _check(keys)
        now = self._db.world.clock.now()
        c = push_subscription.c
        values = {"uid": new_uid(now), "workspace_id": workspace_id, "reader": reader, "endpoint": endpoint}
        with self._db.write() as tx:
            tx.execute(delete(push_subscription).where(c.endpoint == endpoint))
            mine = select(c.id).where(c.workspace_id == workspace_id, c.reader == reader).order_by(c.id.desc())
            old = tx.execute(mine.offset(MOST_EACH - 1)).scalars().all()
            tx.execute(delete(push_subscription).where(c.id.in_(old)))
            made = tx.execute(
                insert(push_subscription).values(**values, agent=agent[:200], created_at=now).returning(*_COLUMNS)
            ).one()
            raw = json.dumps(keys._asdict()).encode()
            sealed = self._seal.seal(raw, table="push_subscription", column="sealed", row=made.id)
            tx.execute(update(push_subscription).where(c.id == made.id).values(sealed=sealed))
            return _from_row(made)

    def list(self, workspace_id: WorkspaceId, reader: str) -> Sequence[Subscription]:
        """The browsers of this person, the newest first."""
        c = push_subscription.c
        query = select(*_COLUMNS).where(c.workspace_id == workspace_id, c.reader == reader)
        with self._db.read() as tx:
            return [_from_row(row) for row in tx.execute(query.order_by(c.id.desc()))]

    def find(self, workspace_id: WorkspaceId, reader: str, uid: str) -> Subscription:
        """One of them. Raises NotFound."""
        found = next((each for each in self.list(workspace_id, reader) if each.uid == uid), None)
        if found is None:
            raise NotFound("this browser is told nothing any more")
        return found

    def end(self, subscription_id: int) -> None:
        """Forgets a browser, and what is owed to it."""
        with self._db.write() as tx:
            tx.execute(delete(push_message).where(push_message.c.subscription_id == subscription_id))
            tx.execute(delete(push_subscription).where(push_subscription.c.id == subscription_id))

    def tell_test(self, of: Subscription) -> None:
        """Owes it one message, so that a person sees that it works."""
        now = self._db.world.clock.now()
        body = body_of("Homing can reach this browser", "Also while no page of it is open.", "/settings", "test")
        with self._db.write() as tx:
            _owe(tx, of.id, body, now)

    # ---- what is due

    @staticmethod
    def waits(now: int) -> ColumnElement[bool]:
        """Whether a push is due at `now` (wall ms)."""
        return exists(select(literal(1)).where(push_message.c.state == "due", push_message.c.due_at <= now))

    def due(self, limit: int = 50) -> Sequence[DuePush]:
        now = self._db.world.clock.now()
        m, s = push_message.c, push_subscription.c
        query = (
            select(m.id, m.subscription_id, s.endpoint, m.body, m.tries)
            .join(push_subscription, s.id == m.subscription_id)
            .where(m.state == "due", m.due_at <= now)
            .order_by(m.due_at)
            .limit(limit)
        )
        with self._db.read() as tx:
            return [DuePush(*row) for row in tx.execute(query)]

    def keys(self, subscription_id: int) -> Keys:
        """What to encrypt with. Raises NotFound when the browser is forgotten."""
        c = push_subscription.c
        with self._db.read() as tx:
            sealed = tx.execute(select(c.sealed).where(c.id == subscription_id)).scalar()
        if sealed is None:
            raise NotFound("this browser is told nothing any more")
        raw = self._seal.open(sealed, table="push_subscription", column="sealed", row=subscription_id)
        return Keys(**json.loads(raw))

    def sent(self, of: DuePush) -> None:
        """The push service took it."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            self._end(tx, of, "done", None, now)
            mine = push_subscription.c.id == of.subscription_id
            tx.execute(update(push_subscription).where(mine).values(told_at=now))

    def failed(self, of: DuePush, words: str, *, for_good: bool = False) -> None:
        """Another try later, over a day; then it is given up."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if for_good or of.tries >= len(WAITS):
                self._end(tx, of, "given_up", words, now)
                return
            later = {"tries": of.tries + 1, "due_at": now + WAITS[of.tries] * 1000, "words": words[:500]}
            m = push_message.c
            tx.execute(update(push_message).where(m.id == of.id, m.state == "due").values(**later))

    def _end(self, tx: Transaction, of: DuePush, state: str, words: str | None, now: int) -> None:
        m = push_message.c
        values = {"state": state, "ended_at": now, "tries": m.tries + 1, "words": words}
        tx.execute(update(push_message).where(m.id == of.id, m.state == "due").values(**values))


def _from_row(row: Row[int, Uid, str, str, int, int | None]) -> Subscription:
    return Subscription(*row)


def _check(keys: Keys) -> None:
    try:
        point, secret = from_text(keys.p256dh), from_text(keys.auth)
    except ValueError:
        point, secret = b"", b""
    if not is_point(point):
        raise wrong("/keys/p256dh", "this is no public key of a browser (65 bytes, base64url)")
    if len(secret) != 16:
        raise wrong("/keys/auth", "this is no secret of a browser (16 bytes, base64url)")
