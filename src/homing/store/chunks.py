"""A chunk of contacts inside the caller's transaction: look up whom its addresses name, sort, write."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from homing.model.ids import WorkspaceId
from homing.store.database import Transaction
from homing.store.lists import ListId, check_owned
from homing.store.matching import By, Candidate, Doubt, Known, Mode, Remark, Sorted, sort_out
from homing.store.tables import contact


@dataclass(frozen=True, slots=True)
class Manner:
    """How a chunk is written. `import_id`: marks what it makes and changes, so that it can be undone.

    `replacing`: who is named is noted, and who is new or back stays hidden until the import's last step.
    """

    workspace_id: WorkspaceId
    by: By = By.AUTO
    mode: Mode = Mode.UPSERT
    list_id: ListId | None = None
    import_id: int | None = None
    replacing: bool = False


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What became of a chunk: created + updated + len(refused) is its number of rows; `unchanged` is part of `updated`."""

    created: int
    updated: int
    unchanged: int
    refused: tuple[Remark, ...]
    warned: tuple[Remark, ...]
    doubts: int = 0
    matched: tuple[int, ...] = ()


_VARIANT = str.maketrans("0123456789abcdef", "89ab" * 4)
_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def preview(tx: Transaction, rows: Sequence[Candidate], manner: Manner) -> ChunkResult:
    """What `write` would answer now; writes nothing. `matched`: ids of the contacts that the rows are."""
    found = sort_out(rows, known(tx, manner.workspace_id, rows), manner.by, manner.mode)
    return _result(found)


def write(tx: Transaction, rows: Sequence[Candidate], manner: Manner, now: int) -> ChunkResult:
    """Writes the rows, the list, and what undo needs. An address that somebody took meanwhile breaks the transaction."""
    if manner.list_id is not None:
        check_owned(tx, manner.workspace_id, manner.list_id)
    found = sort_out(rows, known(tx, manner.workspace_id, rows), manner.by, manner.mode)
    if found.updates:
        _update(tx, found, manner, now)
    made = _insert(tx, found, manner, now) if found.inserts else []
    ids = [*found.same, *found.updates, *made]
    if manner.list_id is not None and ids:
        tx.hot_count(
            "members_insert", {"list": manner.list_id, "w": manner.workspace_id, "now": now, "ids": _dumped(ids)}
        )
    if manner.import_id is not None:
        _note(tx, found, made, manner)
        if manner.replacing:
            tx.hot_many("import_seen_add", [(manner.import_id, id_) for id_ in sorted(ids)])
    return _result(found)


def known(tx: Transaction, workspace_id: WorkspaceId, rows: Sequence[Candidate]) -> Iterator[Known]:
    """The contacts that the rows' addresses name, each once, removed ones too: one probe of an index an address.

    An address that a contact found before has is nobody else's, and is not asked for again.
    """
    phones = [row[2] for row in rows if row[2]]
    by_phone = _named(tx, "contacts_by_phone", workspace_id, phones)
    theirs = {found[1] for found in by_phone}
    emails = [row[1] for row in rows if row[1] and row[1] not in theirs]
    # A contact that was found by its phone number may have another row's e-mail address: it is found twice, and kept once.
    both = {found[0]: found for found in (*by_phone, *_named(tx, "contacts_by_email", workspace_id, emails))}
    return iter(both.values())


def _named(tx: Transaction, statement: str, workspace_id: WorkspaceId, addresses: Sequence[str]) -> list[Known]:
    if not addresses:
        return []
    make = tuple.__new__  # what `_make` does besides costs more than the query
    return [make(Known, found) for found in tx.hot(statement, {"w": workspace_id, "addresses": _dumped(addresses)})]


def _update(tx: Transaction, found: Sorted, manner: Manner, now: int) -> None:
    rows = [(k.id, k.email, k.phone, k.name, k.attributes) for k in found.updates.values()]
    values = {"w": manner.workspace_id, "now": now, "import": manner.import_id, "rows": _dumped(rows)}
    values["hidden"] = int(manner.replacing)
    tx.hot_count("contacts_update", values)
    if manner.import_id is not None:
        before = [(manner.import_id, id_, _dumped(old)) for id_, old in sorted(found.before.items())]
        tx.hot_many("import_before_add", before)


def _insert(tx: Transaction, found: Sorted, manner: Manner, now: int) -> list[int]:
    """Makes the new contacts; returns their ids. They are given out here, for a bulk statement returns none."""
    runs = tx.hot("contacts_reserve", {"n": len(found.inserts)})
    ids = [id_ for first, count in runs for id_ in range(first, first + count)]
    w, import_id = manner.workspace_id, manner.import_id
    uids = _uids(now, len(found.inserts))
    rows = [
        (id_, uid, w, email or None, phone or None, name, attributes, now, now, import_id, import_id)
        for id_, uid, (_, email, phone, name, attributes) in zip(ids, uids, found.inserts, strict=True)
    ]
    if manner.replacing:
        tx.hot_many("contacts_insert_hidden", [(*row, now) for row in rows])
    else:
        tx.hot_many("contacts_insert", rows)
    return ids


def _uids(now: int, count: int) -> list[str]:
    """Fresh UUIDv7s of one moment (RFC 9562 section 5.7), as `new_uid` makes them one by one."""
    time = f"{now & ((1 << 48) - 1):012x}"
    head = f"{time[:8]}-{time[8:]}-7"
    dice = os.urandom(10 * count).hex()
    # 20 hexadecimal digits each: 3, one that holds the variant, 3, 12.
    variants = dice[3::20].translate(_VARIANT)
    return [
        f"{head}{dice[at : at + 3]}-{variant}{dice[at + 4 : at + 7]}-{dice[at + 7 : at + 19]}"
        for at, variant in zip(range(0, 20 * count, 20), variants, strict=True)
    ]


def _note(tx: Transaction, found: Sorted, made: list[int], manner: Manner) -> None:
    """Rows whose other address is somebody else's: who the two are, for a person to merge."""
    if not found.doubts:
        return
    new = {row.number: id_ for row, id_ in zip(found.inserts, made, strict=True)}
    pairs = [(manner.import_id, doubt.number, *_both(doubt, new)) for doubt in found.doubts]
    tx.hot_many("import_conflict_add", [pair for pair in pairs if pair[2] is not None and pair[3] is not None])


def _both(doubt: Doubt, new: dict[int, int]) -> tuple[int | None, int | None]:
    mine = doubt.contact_id if doubt.contact_id is not None else new.get(doubt.number)
    other = doubt.other_id
    if other is None and doubt.other_number is not None:
        other = new.get(doubt.other_number)
    return mine, other


def _result(found: Sorted) -> ChunkResult:
    return ChunkResult(
        created=len(found.inserts),
        updated=found.updated,
        unchanged=found.unchanged,
        refused=tuple(found.refused),
        warned=tuple(found.warned),
        doubts=len(found.doubts),
        matched=(*found.same, *found.updates),
    )


def highest(tx: Transaction) -> int:
    """The highest contact id that is given out so far."""
    return int(tx.execute(select(func.coalesce(func.max(contact.c.id), 0))).scalar_one())
