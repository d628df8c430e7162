"""What a person wants to know of, read from the log itself, and how far each has read."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from homing.model.ids import WorkspaceId
from homing.model.news import NOTICED, event_of
from homing.store import events
from homing.store.choices import Choices
from homing.store.database import Database, Transaction
from homing.store.events import BEGINNING, Cursor, Events
from homing.store.notices import told_of
from homing.store.people_tables import read_mark


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news. `at`: wall milliseconds."""

    cursor: Cursor
    at: int
    kind: str
    topic: str
    subject: str
    text: str
    unread: bool


class Bell:
    """Each method is one transaction. `reader`: whose marks, "user:UID" or "local"."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._events = Events(db)
        self._choices = Choices(db)

    def newest(self, workspace_id: WorkspaceId, reader: str, limit: int) -> list[News]:
        """The newest first. Own acts are no news (model/news.py), nor is what this person chose not to see here, so there may
        be fewer than `limit`."""
        shown = self._choices.kinds_shown(workspace_id, reader)
        kinds = tuple(kind.replace(".", "-") if kind.startswith("whatsapp.") else kind for kind in NOTICED)
        facts = self._events.newest_of(workspace_id, (*NOTICED, *kinds), limit * 2)
        with self._db.read() as tx:
            through = _mark(tx, workspace_id, reader)
            found = []
            for fact in facts:
                told = told_of(tx, fact)
                if told is not None and event_of(fact.kind) in shown:
                    unread = fact.cursor > through
                    found.append(News(fact.cursor, fact.at, fact.kind, fact.topic, told.subject, told.text, unread))
        return found[:limit]

    def read_through(self, workspace_id: WorkspaceId, reader: str, cursor: Cursor) -> None:
        """Everything up to `cursor` is read. A mark never goes back."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            if cursor <= _mark(tx, workspace_id, reader):
                return
            mine = (read_mark.c.workspace_id == workspace_id) & (read_mark.c.reader == reader)
            tx.execute(delete(read_mark).where(mine))
            tx.execute(insert(read_mark).values(workspace_id=workspace_id, reader=reader, cursor=str(cursor)))
            body = {"cursor": str(cursor)}
            topic = f"notices:{reader}"
            events.record(tx, workspace_id=workspace_id, at=now, topic=topic, kind="notice.read", body=body)


def _mark(tx: Transaction, workspace_id: WorkspaceId, reader: str) -> Cursor:
    mine = (read_mark.c.workspace_id == workspace_id) & (read_mark.c.reader == reader)
    found = tx.execute(select(read_mark.c.cursor).where(mine)).scalar_one_or_none()
    return BEGINNING if found is None else Cursor.parse(str(found))
