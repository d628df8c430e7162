"""What each person chose to be told of, and by which way; what nobody chose is as model/news.py says."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from homing.model.ids import WorkspaceId
from homing.model.intent import wrong
from homing.model.news import EVENTS, Way, by_default, event_of
from homing.model.policy import Role
from homing.store.database import Database, Transaction
from homing.store.people_tables import membership, person
from homing.store.push_tables import notice_choice


class Choice(NamedTuple):
    """Told of an event by a way, or not."""

    event: str
    way: Way
    on: bool


class Choices:
    """`reader`: "user:UID" or "local". `named`: HOMING_NOTICE_TO names who gets mail, so owners get none unasked."""

    def __init__(self, db: Database, *, named: bool = False) -> None:
        self._db = db
        self._named = named

    def of(self, workspace_id: WorkspaceId, reader: str) -> list[Choice]:
        """The whole matrix as it holds for this person."""
        with self._db.read() as tx:
            chosen = _chosen(tx, workspace_id, reader)
            mailed = not self._named and _is_owner(tx, workspace_id, reader)
        return [
            Choice(event, way, chosen.get((event, way), by_default(event, way, told_by_mail=mailed)))
            for event in EVENTS
            for way in Way
        ]

    def choose(self, workspace_id: WorkspaceId, reader: str, choices: Iterable[Choice]) -> None:
        """Keeps them; what they do not name stays. Raises Invalid for an event that there is not."""
        wanted = list(choices)
        for place, each in enumerate(wanted):
            if each.event not in EVENTS:
                raise wrong(f"/choices/{place}/event", f"there is no '{each.event}'; there are {', '.join(EVENTS)}")
        c = notice_choice.c
        with self._db.write() as tx:
            for event, way, on in wanted:
                same = (c.workspace_id == workspace_id) & (c.reader == reader) & (c.event == event) & (c.way == way)
                tx.execute(delete(notice_choice).where(same))
                values = {"workspace_id": workspace_id, "reader": reader, "event": event, "way": way.value}
                tx.execute(insert(notice_choice).values(**values, chosen=int(on)))

    def kinds_shown(self, workspace_id: WorkspaceId, reader: str) -> frozenset[str]:
        """The events that the bell of this person shows."""
        return frozenset(each.event for each in self.of(workspace_id, reader) if each.way is Way.APP and each.on)

    def addresses(self, tx: Transaction, workspace_id: int, kind: str) -> list[str]:
        """Who gets an e-mail of a fact of this kind, inside the caller's transaction."""
        event = event_of(kind)
        if event is None:
            return []
        rows = tx.execute(
            select(person.c.uid, person.c.email, membership.c.role)
            .join(membership, membership.c.person_id == person.c.id)
            .where(membership.c.workspace_id == workspace_id, person.c.disabled_at.is_(None))
            .order_by(person.c.id)
        ).all()
        found = []
        for uid, email, role in rows:
            default = by_default(event, Way.EMAIL, told_by_mail=not self._named and role == Role.OWNER)
            if _chosen(tx, workspace_id, f"user:{uid}").get((event, Way.EMAIL), default):
                found.append(str(email))
        return found


def wants(tx: Transaction, workspace_id: int, reader: str, event: str, way: Way) -> bool:
    """Whether this person is told of an event by a way that everybody has who chose nothing."""
    return _chosen(tx, workspace_id, reader).get((event, way), True)


def may_hear(tx: Transaction, workspace_id: int, reader: str) -> bool:
    """Whether a reader still belongs here: a member who is not shut out, or the person at this machine while nobody signs in."""
    family, _, uid = reader.partition(":")
    if family == "local":
        return tx.execute(select(person.c.id).limit(1)).first() is None
    member = (
        select(person.c.id)
        .join(membership, membership.c.person_id == person.c.id)
        .where(person.c.uid == uid, membership.c.workspace_id == workspace_id, person.c.disabled_at.is_(None))
    )
    return family == "user" and tx.execute(member).first() is not None


def _chosen(tx: Transaction, workspace_id: int, reader: str) -> dict[tuple[str, str], bool]:
    c = notice_choice.c
    rows = tx.execute(select(c.event, c.way, c.chosen).where(c.workspace_id == workspace_id, c.reader == reader))
    return {(event, way): bool(chosen) for event, way, chosen in rows}


def _is_owner(tx: Transaction, workspace_id: int, reader: str) -> bool:
    uid = reader.partition(":")[2]
    query = select(membership.c.role).join(person, person.c.id == membership.c.person_id)
    role = tx.execute(query.where(person.c.uid == uid, membership.c.workspace_id == workspace_id)).scalar()
    return role == Role.OWNER
