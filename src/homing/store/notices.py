"""Notices by e-mail: written when the log is read, sent by a loop of their own, with their tries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, insert, literal, select, update

from homing.model.ids import WorkspaceId, new_uid
from homing.model.news import NOTICED, Notice, fits, notice_of
from homing.store.database import Database, Transaction
from homing.store.events import Event
from homing.store.import_tables import import_
from homing.store.notice_tables import notice
from homing.store.tables import campaign, sender

Recipients = Callable[[Transaction, Event], Sequence[str]]
"""Who gets a notice of a fact by e-mail: addresses. The choice of each person is made here."""
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
"""Seconds between tries: together a day."""


@dataclass(frozen=True, slots=True)
class DueNotice:
    """One e-mail to a person."""

    id: int
    uid: str
    workspace_id: WorkspaceId
    kind: str
    address: str
    subject: str
    text: str
    about_sender_uid: str | None
    tries: int


class NoticeMail:
    """A reader of the log: writes an e-mail for each recipient of a fact that is news to people."""

    def __init__(self, recipients: Recipients) -> None:
        self._recipients = recipients

    def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
        for fact in facts:
            told = told_of(tx, fact)
            for address in self._recipients(tx, fact) if told is not None else ():
                assert told is not None  # noqa: S101 - or there was nobody to tell
                _write(tx, fact, told, address)


def told_of(tx: Transaction, fact: Event) -> Notice | None:
    """The fact in words for a person; None when it is no news to one."""
    return notice_of(fact.kind, fact.topic, fact.body, _name(tx, fact)) if fits(fact.kind, NOTICED) else None


def _name(tx: Transaction, fact: Event) -> str:
    """How people call what a fact is about."""
    family, _, uid = fact.topic.partition(":")
    column = {"campaign": campaign.c.name, "sender": sender.c.name, "import": import_.c.file_name}.get(family)
    found = tx.execute(select(column).where(column.table.c.uid == uid)).scalar() if column is not None else None
    return str(found or fact.body.get("name") or uid)


def _write(tx: Transaction, fact: Event, told: Notice, address: str) -> None:
    tx.execute(
        insert(notice).values(
            uid=new_uid(fact.at),
            workspace_id=fact.workspace_id,
            at=fact.at,
            kind=fact.kind,
            address=address,
            subject=told.subject,
            text=told.text,
            about_sender_uid=told.about_sender,
            due_at=fact.at,
        )
    )


class Notices:
    """What is due, and what became of it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @staticmethod
    def waits(now: int) -> ColumnElement[bool]:
        """Whether a notice is due at `now` (wall ms)."""
        return exists(select(literal(1)).where(notice.c.state == "due", notice.c.due_at <= now))

    def due(self, limit: int = 20) -> list[DueNotice]:
        now = self._db.world.clock.now()
        names = ("id", "uid", "workspace_id", "kind", "address", "subject", "text", "about_sender_uid", "tries")
        query = select(*(notice.c[name] for name in names)).where(notice.c.state == "due", notice.c.due_at <= now)
        with self._db.read() as tx:
            return [DueNotice(*row) for row in tx.execute(query.order_by(notice.c.due_at).limit(limit))]

    def sent(self, notice_id: int) -> None:
        self._end(notice_id, state="done", words=None)

    def failed(self, of: DueNotice, words: str, *, for_good: bool = False) -> None:
        """Another try later, over a day; then it is given up."""
        now = self._db.world.clock.now()
        if for_good or of.tries >= len(WAITS):
            self._end(of.id, state="given_up", words=words)
            return
        values = {"tries": of.tries + 1, "due_at": now + WAITS[of.tries] * 1000, "words": words[:500]}
        with self._db.write() as tx:
            tx.execute(update(notice).where(notice.c.id == of.id, notice.c.state == "due").values(**values))

    def _end(self, notice_id: int, *, state: str, words: str | None) -> None:
        now = self._db.world.clock.now()
        values = {"state": state, "ended_at": now, "tries": notice.c.tries + 1, "words": words}
        with self._db.write() as tx:
            tx.execute(update(notice).where(notice.c.id == notice_id, notice.c.state == "due").values(**values))
