"""Segments: stored filters over contacts, compiled to bound expressions of either dialect; counted, sampled, planned from."""

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NewType

from sqlalchemy import ColumnElement, Float, Text, and_, delete, false, func, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from homing.model import segment as language
from homing.model.delivery import ACCEPTED
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.segment import All, Compare, Filter, History, IsSet, Not, OneOf, OnList, Silence, parse
from homing.store.contacts import COLUMNS, Contact, from_contact_row
from homing.store.database import Database, Transaction
from homing.store.import_tables import contact_merged, segment
from homing.store.references import look_up, one_line
from homing.store.tables import campaign, contact, delivery, list_, list_member, receipt

SegmentId = NewType("SegmentId", int)
_DAY_MS = 86_400_000
_HINT = "`homing segment list` shows them"
_COLUMNS = {"email": contact.c.email, "phone": contact.c.phone, "name": contact.c.name}
_CONSENTS = {"consent_email": contact.c.consent_email, "consent_whatsapp": contact.c.consent_whatsapp}
_TIMES = {"created": contact.c.created_at, "updated": contact.c.updated_at}
_UNSEALED = ("draft", "scheduled", "sending", "paused")


class attribute_of(GenericFunction[str]):  # noqa: N801 - a function of SQL
    """The text of an attribute, or null: attribute_of(attributes, name)."""

    type = Text()
    inherit_cache = True


class number_of(GenericFunction[float]):  # noqa: N801 - a function of SQL
    """The number that a text is, or null: never an error, whatever a file brought."""

    type = Float()
    inherit_cache = True


class domain_of(GenericFunction[str]):  # noqa: N801 - a function of SQL
    """What stands behind the @."""

    type = Text()
    inherit_cache = True


@compiles(attribute_of, "sqlite")
def _attribute_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    column, name = (compiler.process(part, **more) for part in element.clauses)
    return f"CAST((SELECT value FROM json_each({column}) WHERE key = {name}) AS TEXT)"  # noqa: S608 - compiled parts, values are bound


@compiles(attribute_of, "postgresql")
def _attribute_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    column, name = (compiler.process(part, **more) for part in element.clauses)
    return f"(CAST({column} AS json) ->> CAST({name} AS text))"


@compiles(number_of, "sqlite")
def _number_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    (text,) = (compiler.process(part, **more) for part in element.clauses)
    plain = f"trim({text}, '0123456789.-') = '' AND {text} GLOB '*[0-9]' AND {text} NOT GLOB '?*-*' AND {text} NOT GLOB '*.*.*'"
    return f"CASE WHEN {plain} THEN CAST({text} AS REAL) END"


@compiles(number_of, "postgresql")
def _number_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    (text,) = (compiler.process(part, **more) for part in element.clauses)
    return f"CASE WHEN {text} ~ '^-?[0-9]*[.]?[0-9]+$' THEN CAST({text} AS double precision) END"


@compiles(domain_of, "sqlite")
def _domain_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    (text,) = (compiler.process(part, **more) for part in element.clauses)
    return f"substr({text}, instr({text}, '@') + 1)"


@compiles(domain_of, "postgresql")
def _domain_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    (text,) = (compiler.process(part, **more) for part in element.clauses)
    return f"split_part({text}, '@', 2)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored filter. Times are wall milliseconds."""

    id: SegmentId
    uid: Uid
    name: str
    filter: str
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a filter finds now: its words, how many, and the first few."""

    explained: str
    count: int
    sample: tuple[Contact, ...]


_OF_SEGMENT = tuple(segment.c[name] for name in Segment.__slots__)


class Segments:
    """The segments of all workspaces; each call names one (R46)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, workspace_id: WorkspaceId, name: str, text: str) -> Segment:
        """Keeps a filter under a name. Raises Invalid for a filter that cannot be read, Conflict for a name in use."""
        now, checked = self._db.world.clock.now(), one_line(name)
        values = {"uid": new_uid(now), "workspace_id": workspace_id, "name": checked, "filter": text}
        try:
            with self._db.write() as tx:
                condition(tx, workspace_id, parse(text), now)
                made = insert(segment).values(**values, created_at=now, changed_at=now).returning(*_OF_SEGMENT)
                return Segment(*tx.execute(made).one())
        except IntegrityError as error:
            raise Conflict(f"there is a segment '{checked}' already") from error

    def change(self, workspace_id: WorkspaceId, segment_id: SegmentId, changes: Mapping[str, str]) -> Segment:
        """Sets name or filter. Raises Conflict while a campaign that is not sealed yet needs it."""
        now = self._db.world.clock.now()
        values = {name: changes[name] for name in ("name", "filter") if name in changes}
        if "name" in values:
            values["name"] = one_line(values["name"])
        try:
            with self._db.write() as tx:
                if "filter" in values:
                    condition(tx, workspace_id, parse(values["filter"]), now)
                    _check_free(tx, workspace_id, segment_id)
                mine = update(segment).where(segment.c.id == segment_id, segment.c.workspace_id == workspace_id)
                row = tx.execute(mine.values(**values, changed_at=now).returning(*_OF_SEGMENT)).one_or_none()
        except IntegrityError as error:
            raise Conflict(f"there is a segment '{values.get('name')}' already") from error
        if row is None:
            raise NotFound(f"this segment does not exist here; {_HINT}")
        return Segment(*row)

    def remove(self, workspace_id: WorkspaceId, segment_id: SegmentId) -> None:
        """Raises NotFound, and Conflict while a campaign needs it."""
        with self._db.write() as tx:
            _check_free(tx, workspace_id, segment_id)
            gone = delete(segment).where(segment.c.id == segment_id, segment.c.workspace_id == workspace_id)
            if not tx.execute(gone).rowcount:
                raise NotFound(f"this segment does not exist here; {_HINT}")

    def find(self, workspace_id: WorkspaceId, reference: str) -> Segment:
        """By name, id or a prefix of it. Raises NotFound, Conflict."""
        ours = select(*_OF_SEGMENT).where(segment.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            return Segment(*look_up(tx, ours, segment, reference, noun="segment", hint=_HINT))

    def list(self, workspace_id: WorkspaceId) -> tuple[Segment, ...]:
        """All of the workspace by name."""
        ours = select(*_OF_SEGMENT).where(segment.c.workspace_id == workspace_id).order_by(segment.c.name)
        with self._db.read() as tx:
            return tuple(Segment(*row) for row in tx.execute(ours))

    def ask(self, workspace_id: WorkspaceId, text: str, sample: int = 5) -> Answer:
        """What a filter finds now. Raises Invalid."""
        found = parse(text)
        with self._db.read() as tx:
            wanted = [*_there(workspace_id), condition(tx, workspace_id, found, self._db.world.clock.now())]
            count = int(tx.execute(select(func.count()).select_from(contact).where(*wanted)).scalar_one())
            first = tx.execute(select(*COLUMNS).where(*wanted).order_by(contact.c.id).limit(sample))
            return Answer(language.words(found), count, tuple(from_contact_row(row) for row in first))

    def page(self, workspace_id: WorkspaceId, text: str, *, after: int = 0, limit: int = 1000) -> tuple[Contact, ...]:
        """Contacts of a filter with an id above `after`, oldest first."""
        with self._db.read() as tx:
            wanted = [*_there(workspace_id), condition(tx, workspace_id, parse(text), self._db.world.clock.now())]
            rows = tx.execute(select(*COLUMNS).where(*wanted, contact.c.id > after).order_by(contact.c.id).limit(limit))
            return tuple(from_contact_row(row) for row in rows)


def named(tx: Transaction, workspace_id: WorkspaceId, segment_id: int, now: int) -> ColumnElement[bool]:
    """The condition of a stored segment, for an audience. Whoever has removed it meanwhile finds nobody in it."""
    ours = select(segment.c.filter).where(segment.c.id == segment_id, segment.c.workspace_id == workspace_id)
    text = tx.execute(ours).scalar()
    return false() if text is None else condition(tx, workspace_id, parse(text), now, lenient=True)


def ids(tx: Transaction, workspace_id: WorkspaceId, segment_id: int, now: int, *, after: int, limit: int) -> list[int]:
    """The next contacts of a stored segment in the order of their ids, for the planner."""
    wanted = [*_there(workspace_id), named(tx, workspace_id, segment_id, now), contact.c.id > after]
    return list(tx.execute(select(contact.c.id).where(*wanted).order_by(contact.c.id).limit(limit)).scalars())


def _there(workspace_id: WorkspaceId) -> list[ColumnElement[bool]]:
    return [contact.c.workspace_id == workspace_id, contact.c.removed_at.is_(None)]


def _check_free(tx: Transaction, workspace_id: WorkspaceId, segment_id: int) -> None:
    """Raises Conflict while a campaign that has still to read it names the segment."""
    waiting = select(campaign.c.name, campaign.c.audience).where(
        campaign.c.workspace_id == workspace_id, campaign.c.planned_at.is_(None), campaign.c.state.in_(_UNSEALED)
    )
    for name, audience in tx.execute(waiting):
        if json.loads(audience).get("segment") == segment_id:
            raise Conflict(f"the campaign '{name}' needs this segment until its audience is sealed", code="in_use")


def condition(
    tx: Transaction, workspace_id: WorkspaceId, found: Filter, now: int, *, lenient: bool = False
) -> ColumnElement[bool]:
    """A filter as an expression over `contact`. Names of campaigns and lists are looked up in the workspace.

    Raises Invalid for a name that is nobody's; `lenient`: such a campaign or list has nobody in it.
    """
    return _Compiler(tx, workspace_id, now, lenient=lenient).of(found)


class _Compiler:
    def __init__(self, tx: Transaction, workspace_id: WorkspaceId, now: int, *, lenient: bool) -> None:
        self._tx = tx
        self._workspace_id = workspace_id
        self._now = now
        self._lenient = lenient

    def of(self, found: Filter) -> ColumnElement[bool]:
        match found:
            case All(parts):
                return and_(*(self.of(part) for part in parts))
            case language.Any(parts):
                return or_(*(self.of(part) for part in parts))
            case Not(one):
                return not_(func.coalesce(self.of(one), false()))
            case _:
                return self._test(found)

    def _test(self, found: Filter) -> ColumnElement[bool]:
        match found:
            case Compare(field, sign, value):
                return _compare(field, sign, value)
            case OneOf(field, values):
                return or_(*(_compare(field, "=", value) for value in values))
            case IsSet(field):
                return func.coalesce(_text(field), "") != ""
            case OnList(name):
                return self._on_list(name)
            case History(what, name):
                return self._history(what, name)
            case Silence(days):
                return self._silence(days)
            case _:
                raise AssertionError(found)

    def _on_list(self, name: str) -> ColumnElement[bool]:
        ours = select(list_.c.id).where(
            list_.c.workspace_id == self._workspace_id, or_(list_.c.name == name, list_.c.uid == name)
        )
        id_ = self._id(ours, f"there is no list '{name}' here")
        if id_ is None:
            return false()
        on = list_member.c.list_id == id_
        return select(1).where(on, list_member.c.contact_id == contact.c.id).correlate(contact).exists()

    def _history(self, what: str, name: str) -> ColumnElement[bool]:
        ours = select(campaign.c.id).where(
            campaign.c.workspace_id == self._workspace_id, or_(campaign.c.name == name, campaign.c.uid == name)
        )
        id_ = self._id(ours.order_by(campaign.c.id.desc()).limit(1), f"there is no campaign '{name}' here")
        if id_ is None:
            return false() if what != "missed" else ~false()
        mine = select(1).where(delivery.c.campaign_id == id_, _to_them())
        match what:
            case "got":
                return mine.where(delivery.c.state.in_(_ACCEPTED)).correlate(contact).exists()
            case "missed":
                return ~mine.where(delivery.c.state.in_(_ACCEPTED)).correlate(contact).exists()
            case "failed":
                return mine.where(delivery.c.state.in_(("failed", "bounced"))).correlate(contact).exists()
            case _:
                seen = select(1).where(
                    receipt.c.campaign_id == delivery.c.campaign_id,
                    receipt.c.seq == delivery.c.seq,
                    receipt.c.kind.in_(("open", "opened", "read", "click", "clicked")),
                )
                opened = or_(delivery.c.state == "read", seen.correlate(delivery).exists())
                return mine.where(opened).correlate(contact).exists()

    def _silence(self, days: float) -> ColumnElement[bool]:
        since = self._now - int(days * _DAY_MS)
        late = or_(campaign.c.completed_at.is_(None), campaign.c.completed_at >= since)
        sent = (
            select(1)
            .select_from(campaign)
            .join(delivery, (delivery.c.campaign_id == campaign.c.id) & _to_them())
            .where(campaign.c.workspace_id == self._workspace_id, late)
            .where(delivery.c.state.in_(_ACCEPTED), delivery.c.changed_at >= since)
        )
        return ~sent.correlate(contact).exists()

    def _id(self, query: Any, words: str) -> int | None:
        found: int | None = self._tx.execute(query).scalar()
        if found is None and not self._lenient:
            raise Invalid(words, code="bad_filter")
        return found


_ACCEPTED = tuple(state.value for state in ACCEPTED)


def _to_them() -> ColumnElement[bool]:
    """A delivery to the contact, or to one that was merged into it."""
    was = select(contact_merged.c.contact_id).where(contact_merged.c.merged_into == contact.c.id).correlate(contact)
    return or_(delivery.c.contact_id == contact.c.id, delivery.c.contact_id.in_(was))


def _text(field: str) -> ColumnElement[Any]:
    if field in _COLUMNS:
        return _COLUMNS[field]
    if field in _CONSENTS:
        return _CONSENTS[field]
    if field == "domain":
        return domain_of(contact.c.email)
    return attribute_of(contact.c.attributes, field)


def _compare(field: str, sign: str, value: str | float) -> ColumnElement[bool]:
    if field in _TIMES:
        return _signed(_TIMES[field], sign, _moment(value))
    left = _text(field)
    if isinstance(value, float) and sign not in ("contains", "starts", "ends"):
        return _signed(number_of(left), sign, value)
    text = f"{value:g}" if isinstance(value, float) else value
    match sign:
        case "contains":
            return func.lower(left).contains(text.lower(), autoescape=True)
        case "starts":
            return func.lower(left).startswith(text.lower(), autoescape=True)
        case "ends":
            return func.lower(left).endswith(text.lower(), autoescape=True)
        case _:
            return _truth(left, sign, text) if text in ("true", "false") else _signed(left, sign, text)


def _truth(left: ColumnElement[Any], sign: str, text: str) -> ColumnElement[bool]:
    """true and false of JSON read 1 and 0 in SQLite."""
    same = left.in_([text, "1" if text == "true" else "0"])
    return same if sign == "=" else not_(func.coalesce(same, false()))


_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _signed(left: ColumnElement[Any], sign: str, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _SIGNS[sign](left, value)
    return or_(found, left.is_(None)) if sign == "!=" else found


def _moment(value: str | float) -> int:
    """A day or moment, as wall milliseconds."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid(f"'{value}' is no date; write one like \"2026-01-31\"", code="bad_filter") from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
