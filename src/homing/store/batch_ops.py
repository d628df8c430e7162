"""Operations of a job on a group of contacts, inside the transaction of their chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from homing.model.ids import new_uid
from homing.store import chunks
from homing.store.chunks import ChunkResult, Manner
from homing.store.database import Transaction
from homing.store.imports import Import
from homing.store.lists import ListId
from homing.store.matching import By, Candidate, Mode, Remark
from homing.store.tables import contact, list_, list_member


@dataclass(frozen=True, slots=True)
class Group:
    """Operations of one kind, and on one list, that follow each other. `uids`: by number, of those that name an id."""

    op: str
    list_name: str
    rows: Sequence[Candidate]
    uids: Mapping[int, str]
    by: By


def do(tx: Transaction, of: Import, group: Group, now: int) -> ChunkResult:
    """Does them. A contact or list that is not there is a refused operation, not an error."""
    list_id = _list(tx, of, group.list_name, now, make=group.op != "removeFromList") if group.list_name else None
    if group.op in ("upsert", "update"):
        mode = Mode.UPSERT if group.op == "upsert" else Mode.UPDATE_ONLY
        rows = _without_repeats(group.rows)
        manner = Manner(of.workspace_id, group.by, mode, list_id, of.id)
        results = [chunks.write(tx, part, manner, now) for part in rows]
        return ChunkResult(
            sum(r.created for r in results),
            sum(r.updated for r in results),
            sum(r.unchanged for r in results),
            tuple(remark for r in results for remark in r.refused),
            tuple(remark for r in results for remark in r.warned),
        )
    ids = _named(tx, of, group)
    found = sorted({id_ for id_ in ids.values() if id_ is not None})
    changed = _act(tx, of, group.op, found, list_id, now) if found else 0
    refused = tuple(Remark(number, "not_found", "contact") for number, id_ in ids.items() if id_ is None)
    done = len(ids) - len(refused)
    return ChunkResult(0, done, max(0, done - changed), refused, ())


def _without_repeats(rows: Sequence[Candidate]) -> list[list[Candidate]]:
    """In a job a later operation on the same contact is meant: it goes into a group of its own."""
    parts: list[list[Candidate]] = [[]]
    seen: set[str] = set()
    for row in rows:
        addresses = {address for address in (row.email, row.phone) if address}
        if addresses & seen:
            parts.append([])
            seen = set()
        parts[-1].append(row)
        seen |= addresses
    return parts


def _named(tx: Transaction, of: Import, group: Group) -> dict[int, int | None]:
    """The contact that each operation names, by its number."""
    by_address: dict[str, int] = {}
    for known in chunks.known(tx, of.workspace_id, group.rows):
        if known.removed_at is None:
            by_address.update({address: known.id for address in (known.email, known.phone) if address})
    wanted = select(contact.c.uid, contact.c.id).where(
        contact.c.workspace_id == of.workspace_id,
        contact.c.removed_at.is_(None),
        contact.c.uid.in_(list(group.uids.values())),
    )
    by_uid: dict[str, int] = {uid: id_ for uid, id_ in tx.execute(wanted)} if group.uids else {}  # noqa: C416 - rows are no pairs to a type checker
    found: dict[int, int | None] = {}
    for row in group.rows:
        uid = group.uids.get(row.number)
        if uid is not None:
            found[row.number] = by_uid.get(uid)
        else:
            found[row.number] = by_address.get(row.phone or "") or by_address.get(row.email or "")
    return found


def _act(tx: Transaction, of: Import, op: str, ids: list[int], list_id: ListId | None, now: int) -> int:
    """How many contacts or memberships changed."""
    match op:
        case "remove":
            gone = update(contact).where(contact.c.id.in_(ids))
            return tx.execute(gone.values(removed_at=now, updated_at=now, removed_by_import=of.id)).rowcount
        case "addToList":
            on = select(list_member.c.contact_id).where(
                list_member.c.list_id == list_id, list_member.c.contact_id.in_(ids)
            )
            there = set(tx.execute(on).scalars())
            rows = [
                {"list_id": list_id, "contact_id": id_, "workspace_id": of.workspace_id, "added_at": now}
                for id_ in ids
                if id_ not in there
            ]
            if rows:
                tx.execute(insert(list_member), rows)
            return len(rows)
        case _:
            off = delete(list_member).where(list_member.c.list_id == list_id, list_member.c.contact_id.in_(ids))
            return tx.execute(off).rowcount


def _list(tx: Transaction, of: Import, name: str, now: int, *, make: bool) -> ListId | None:
    """The list of this name or id; made when there is none."""
    ours = select(list_.c.id).where(
        list_.c.workspace_id == of.workspace_id, (list_.c.name == name) | (list_.c.uid == name)
    )
    found = tx.execute(ours).scalar()
    if found is None and make:
        values = {"uid": new_uid(now), "workspace_id": of.workspace_id, "name": name[:200], "created_at": now}
        found = tx.execute(insert(list_).values(**values).returning(list_.c.id)).scalar_one()
    return None if found is None else ListId(found)
