"""The media library in the ledger, on both databases."""

import pytest

from homing.model.errors import Conflict, NotFound
from homing.store import library as room
from homing.store.library import Library, New
from homing.store.workspaces import Workspaces
from tests.store.ledger import Ledger


def new(digest: str, content: bytes = b"pixels") -> New:
    return New("logo.png", "image/png", content, 4, 2, digest)


def test_a_file_is_kept_once_told_and_erased(ledger: Ledger) -> None:
    library = Library(ledger.db)
    made, fresh = library.add(ledger.workspace, new("a"), actor="t")
    again, second = library.add(ledger.workspace, new("a"), actor="t")
    assert (fresh, second, again.uid) == (True, False, made.uid)
    found = library.public(made.key)
    assert found == made
    assert library.content(made) == b"pixels"
    other = Workspaces(ledger.db).add("other")
    assert library.add(other.id, new("a"), actor="t")[1]
    with pytest.raises(NotFound):
        library.find(other.id, made.uid)
    library.remove(made, actor="t")
    library.remove(made, actor="t")
    assert library.public(made.key) is None
    with pytest.raises(NotFound):
        library.content(made)
    assert ledger.events("media.removed") == 1


def test_the_newest_come_first_page_by_page(ledger: Ledger) -> None:
    library = Library(ledger.db)
    uids = [library.add(ledger.workspace, new(str(n)), actor="t")[0].uid for n in range(5)]
    first = library.page(ledger.workspace, limit=3)
    rest = library.page(ledger.workspace, limit=3, before=first[-1].id)
    assert [each.uid for each in (*first, *rest)] == uids[::-1]


def test_a_full_library_says_so(ledger: Ledger) -> None:
    library = Library(ledger.db)
    large, _ = library.add(ledger.workspace, new("a"), actor="t")
    with ledger.db.write() as tx:
        tx._connection.exec_driver_sql(
            f"UPDATE media SET size = {min(room.MOST_TOTAL, 2**31 - 1)} WHERE id = {large.id}"
        )
    with pytest.raises(Conflict, match="2 GB"):
        library.add(ledger.workspace, new("b"), actor="t")
