"""Contacts: taken in by chunks, found by address, read in pages. Every method is one transaction of one workspace (R46)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, Select, case, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.channel import channel_of
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import ContactId, Uid, WorkspaceId, new_uid
from homing.store import audit_log, chunks
from homing.store.chunks import ChunkResult, Manner
from homing.store.database import Database, Transaction
from homing.store.import_tables import contact_merged
from homing.store.lists import ListId, check_owned
from homing.store.matching import By, Candidate, Row, text_of
from homing.store.references import begins, is_prefix
from homing.store.tables import attempt, campaign, contact, delivery, list_member

CONSENTS = ("unknown", "given", "refused")
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Contact:
    """One person as the ledger holds them. Times are wall milliseconds."""

    id: ContactId
    uid: Uid
    email: str | None
    phone: str | None
    name: str
    attributes: Mapping[str, str]
    consent_email: str
    consent_whatsapp: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Touch:
    """One message to a contact, for their timeline. A waiting row of a cancelled campaign reads `cancelled`.

    `attempts`: those that were under way, as everywhere else; what an outage stopped is none, though it has a number.
    """

    campaign_uid: Uid
    campaign_name: str
    channel: str
    seq: int
    address: str
    state: str
    attempts: int
    reason: str | None
    code: str | None
    words: str | None
    changed_at: int | None


_NAMES = (
    "id",
    "uid",
    "email",
    "phone",
    "name",
    "attributes",
    "consent_email",
    "consent_whatsapp",
    "created_at",
    "updated_at",
)
COLUMNS = tuple(contact.c[name] for name in _NAMES)
_CHANGEABLE = frozenset({"email", "phone", "name", "attributes", "consent_email", "consent_whatsapp"})


def from_contact_row(row: Sequence[Any]) -> Contact:
    values = dict(zip(_NAMES, row, strict=True))
    values["attributes"] = json.loads(values["attributes"])
    return Contact(**values)


_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=dict).encode
THERE = contact.c.removed_at.is_(None)
"""Of contacts that were not removed."""


class Contacts:
    """The contacts of all workspaces; each call names one. Addresses come normalised (contacts/normalise.py)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def upsert_chunk(
        self, workspace_id: WorkspaceId, rows: Sequence[Row], *, by: By = By.AUTO, list_id: ListId | None = None
    ) -> ChunkResult:
        """Takes up to some thousand rows in: all of them durable, or none when it raises. Safe to repeat.

        With `list_id` everybody who is not refused is on that list afterwards. Raises NotFound for a foreign list.
        """
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            return chunks.write(tx, _candidates(rows), Manner(workspace_id, by, list_id=list_id), now)

    def preview_chunk(self, workspace_id: WorkspaceId, rows: Sequence[Row], *, by: By = By.AUTO) -> ChunkResult:
        """What `upsert_chunk` would answer now; writes nothing."""
        with self._db.read() as tx:
            return chunks.preview(tx, _candidates(rows), Manner(workspace_id, by))

    def get(self, workspace_id: WorkspaceId, contact_id: ContactId) -> Contact:
        """Raises NotFound, also for a contact of another workspace."""
        with self._db.read() as tx:
            return load_contact(tx, workspace_id, contact_id)

    def find(self, workspace_id: WorkspaceId, reference: str) -> Contact:
        """By normalised e-mail address, E.164 number, id or unique prefix of the id. Raises NotFound, Conflict.

        The id of a contact that was merged into another finds that other one.
        """
        ours = _of(workspace_id)
        with self._db.read() as tx:
            by_address = contact.c.email == reference if "@" in reference else contact.c.phone == reference
            row = tx.execute(ours.where(by_address)).one_or_none()
            if row is not None:
                return from_contact_row(row)
            rows = (
                tx.execute(ours.where(begins(contact.c.uid, reference)).limit(2)).all() if is_prefix(reference) else ()
            )
            if not rows and is_prefix(reference):
                rows = tx.execute(ours.where(contact.c.id.in_(_merged_as(workspace_id, reference))).limit(2)).all()
        if len(rows) > 1:
            raise Conflict(f"'{reference}' begins the ids of several contacts; give more of it")
        if not rows:
            raise NotFound(f"there is no contact '{reference}' here")
        return from_contact_row(rows[0])

    def add(self, workspace_id: WorkspaceId, row: Row, *, list_id: ListId | None = None) -> Contact:
        """Makes one contact. Raises Conflict when one of its addresses is known already, Invalid when it has none."""
        if not (row.email or row.phone):
            raise Invalid("a contact needs an e-mail address or a phone number")
        now = self._db.world.clock.now()
        made = insert(contact).values(
            uid=new_uid(now),
            workspace_id=workspace_id,
            email=row.email,
            phone=row.phone,
            name=row.name,
            attributes=_dumped(dict(row.attributes)),
            created_at=now,
            updated_at=now,
        )
        try:
            with self._db.write() as tx:
                gone = _take_from_removed(tx, workspace_id, row._asdict())
                found = from_contact_row(tx.execute(made.returning(*COLUMNS)).one())
                bury(tx, gone, found.id, now)
                if list_id is not None:
                    check_owned(tx, workspace_id, list_id)
                    members = {"list": list_id, "w": workspace_id, "now": now, "ids": _dumped([found.id])}
                    tx.hot_count("members_insert", members)
                return found
        except IntegrityError as error:
            raise _taken(error) from error

    def change(self, workspace_id: WorkspaceId, contact_id: ContactId, changes: Mapping[str, Any]) -> Contact:
        """Sets email, phone, name, consent_email, consent_whatsapp; `attributes` are merged by key, None removes a key.

        Raises NotFound, Invalid for an unknown name or for taking the last address away, Conflict for a taken address.
        """
        values = dict(changes)
        _check_changes(values)
        try:
            with self._db.write() as tx:
                old = load_contact(tx, workspace_id, contact_id)
                if not (values.get("email", old.email) or values.get("phone", old.phone)):
                    raise Invalid("a contact keeps at least one of e-mail address and phone number")
                if "attributes" in values:
                    values["attributes"] = _dumped(_with(old.attributes, values["attributes"]))
                values["updated_at"] = now = self._db.world.clock.now()
                bury(tx, _take_from_removed(tx, workspace_id, values), contact_id, now)
                values["changed_by_import"] = None  # what a person changed no undo of an import takes back
                tx.execute(update(contact).where(*_is(workspace_id, contact_id)).values(**values))
                return load_contact(tx, workspace_id, contact_id)
        except IntegrityError as error:
            raise _taken(error) from error

    def count(self, workspace_id: WorkspaceId) -> int:
        with self._db.read() as tx:
            counted = select(func.count()).select_from(contact).where(contact.c.workspace_id == workspace_id, THERE)
            return int(tx.execute(counted).scalar_one())

    def page(
        self,
        workspace_id: WorkspaceId,
        *,
        limit: int = PAGE,
        after: int = 0,
        list_id: ListId | None = None,
        words: str = "",
    ) -> tuple[Contact, ...]:
        """Up to `limit` contacts with an id above `after`, oldest first; only members of `list_id` when it is given.

        `words`: only those whose e-mail, phone or name has them, in small letters or large.
        """
        query = _of(workspace_id)
        key = contact.c.id
        if list_id is not None:
            query = query.join(list_member, list_member.c.contact_id == contact.c.id).where(
                list_member.c.list_id == list_id
            )
            key = list_member.c.contact_id
        if words:
            named = (contact.c.email, contact.c.phone, contact.c.name)
            query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
        with self._db.read() as tx:
            return tuple(
                from_contact_row(row) for row in tx.execute(query.where(key > after).order_by(key).limit(limit))
            )

    def export(self, workspace_id: WorkspaceId, *, list_id: ListId | None = None) -> Iterator[Contact]:
        """All contacts, read page by page: memory is that of one page, and no reader holds the log of the database."""
        after = 0
        while page := self.page(workspace_id, after=after, list_id=list_id):
            yield from page
            after = page[-1].id

    def attribute_names(self, workspace_id: WorkspaceId) -> tuple[str, ...]:
        """Every attribute that some contact has, in order of the alphabet."""
        with self._db.read() as tx:
            return tuple(name for (name,) in tx.hot("attribute_names", {"w": workspace_id}))

    def note_export(self, workspace_id: WorkspaceId, *, actor: str, form: str) -> None:
        """Writes down who takes the contacts out, before the first of them leaves. `form`: csv, jsonl or json."""
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            audit_log.append(
                tx,
                workspace_id=workspace_id,
                at=now,
                actor=actor,
                act="contacts.exported",
                subject="contacts",
                body={"form": form},
            )

    def timeline(self, workspace_id: WorkspaceId, contact_id: ContactId, *, limit: int = 100) -> tuple[Touch, ...]:
        """The messages to this contact, of the newest campaign first: "did she get it?"."""
        with self._db.read() as tx:
            merged = select(contact_merged.c.contact_id).where(contact_merged.c.merged_into == contact_id)
            was = tx.execute(merged).scalars().all()
        waiting = (campaign.c.state == "cancelled") & (delivery.c.state == "queued")
        query = (
            select(
                campaign.c.uid,
                campaign.c.name,
                campaign.c.channel,
                delivery.c.seq,
                delivery.c.address,
                case((waiting, "cancelled"), else_=delivery.c.state),
                _attempts(),
                delivery.c.reason,
                delivery.c.code,
                delivery.c.words,
                delivery.c.changed_at,
            )
            .join(delivery, (delivery.c.campaign_id == campaign.c.id) & delivery.c.contact_id.in_([contact_id, *was]))
            .where(campaign.c.workspace_id == workspace_id)
            .order_by(campaign.c.created_at.desc(), campaign.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as tx:
            return tuple(_touch(*row) for row in tx.execute(query))


_COUNTED = ("sending", "accepted", "refused", "uncertain", "deferred")


def _attempts() -> ScalarSelect[Any]:
    """How many attempts of a delivery count, as sql/*/results_page.sql counts them."""
    counted = select(func.count()).select_from(attempt)
    counted = counted.where(attempt.c.campaign_id == delivery.c.campaign_id, attempt.c.seq == delivery.c.seq)
    return counted.where(attempt.c.state.in_(_COUNTED)).scalar_subquery()


def _touch(uid: Uid, name: str, channel: str, seq: int, address: str, *rest: Any) -> Touch:
    """A message goes by the channel of its address, also of a campaign over both."""
    return Touch(uid, name, channel_of(address) if address else channel, seq, address, *rest)


def _candidates(rows: Sequence[Row]) -> list[Candidate]:
    return [
        Candidate(n, row.email or None, row.phone or None, row.name, text_of(row.attributes))
        for n, row in enumerate(rows)
    ]


def _merged_as(workspace_id: WorkspaceId, reference: str) -> Select[*tuple[Any, ...]]:
    return select(contact_merged.c.merged_into).where(
        contact_merged.c.workspace_id == workspace_id, begins(contact_merged.c.uid, reference)
    )


def _take_from_removed(tx: Transaction, workspace_id: WorkspaceId, values: Mapping[str, Any]) -> list[Any]:
    """A contact that was removed keeps no address from somebody who is there: it makes room. Returns those that did."""
    theirs = [contact.c[name] == values[name] for name in ("email", "phone") if values.get(name)]
    if not theirs:
        return []
    removed = select(contact).where(contact.c.workspace_id == workspace_id, ~THERE, or_(*theirs))
    rows = list(tx.execute(removed).mappings().all())
    tx.execute(delete(contact).where(contact.c.id.in_([row["id"] for row in rows])))
    return rows


def bury(tx: Transaction, rows: Sequence[Mapping[str, Any]], into: int, now: int) -> None:
    """Notes contacts whose rows are gone as merged into another: their ids and deliveries lead to that one."""
    for row in rows:
        was = {name: row[name] for name in ("email", "phone", "name", "attributes", "created_at")}
        values = {"contact_id": row["id"], "uid": row["uid"], "workspace_id": row["workspace_id"]}
        tx.execute(insert(contact_merged).values(**values, merged_into=into, before=_dumped(was), at=now))
        earlier = update(contact_merged).where(contact_merged.c.merged_into == row["id"])
        tx.execute(earlier.values(merged_into=into))


def _of(workspace_id: WorkspaceId) -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).where(contact.c.workspace_id == workspace_id, THERE)


def _is(workspace_id: WorkspaceId, contact_id: ContactId) -> tuple[Any, ...]:
    return contact.c.workspace_id == workspace_id, contact.c.id == contact_id


def load_contact(tx: Transaction, workspace_id: WorkspaceId, contact_id: ContactId) -> Contact:
    row = tx.execute(_of(workspace_id).where(contact.c.id == contact_id)).one_or_none()
    if row is None:
        raise NotFound("this contact does not exist here")
    return from_contact_row(row)


def _check_changes(values: Mapping[str, Any]) -> None:
    strange = set(values) - _CHANGEABLE
    if strange:
        raise Invalid(f"a contact has no '{min(strange)}' that could be set")
    for name in ("consent_email", "consent_whatsapp"):
        if name in values and values[name] not in CONSENTS:
            raise Invalid(f"{name} is one of {', '.join(CONSENTS)}")


def _with(old: Mapping[str, str], new: Mapping[str, str | None]) -> dict[str, str]:
    both = {**old, **new}
    return {key: value for key, value in both.items() if value is not None}


def _taken(error: IntegrityError) -> Conflict:
    """Names which address is somebody else's; the driver's words name the columns."""
    what = "phone number" if "phone" in str(error.orig) else "e-mail address"
    return Conflict(f"another contact has this {what} already", code="taken")
