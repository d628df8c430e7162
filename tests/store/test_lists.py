"""Lists: made once, counted, and not removed under a campaign that still has to read them."""

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from homing.model.errors import Conflict, NotFound
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.store.lists import Lists
from homing.store.matching import Row
from homing.store.removing import Removing
from homing.store.tables import campaign
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


@pytest.fixture
def here(database: Database) -> WorkspaceId:
    return Workspaces(database).ensure_default().id


def test_a_list_is_made_once_and_counts_its_members(database: Database, here: WorkspaceId) -> None:
    lists, contacts = Lists(database), Contacts(database)
    news = lists.ensure(here, "News")
    assert lists.ensure(here, "News") == news
    with pytest.raises(Conflict):
        lists.add(here, "News")
    ann, bob = (contacts.add(here, Row(f"{name}@x.test", None)) for name in ("ann", "bob"))
    assert lists.put(here, news.id, [ann.id, bob.id]) == 2
    assert lists.put(here, news.id, [ann.id]) == 0
    assert [(found.name, found.members) for found in lists.list(here)] == [("News", 2)]
    assert lists.take_off(here, news.id, ann.id) is True
    assert lists.take_off(here, news.id, ann.id) is False
    assert [c.email for c in contacts.page(here, list_id=news.id)] == ["bob@x.test"]


def test_a_removed_contact_leaves_its_lists_and_a_removed_list_leaves_its_contacts(
    database: Database, here: WorkspaceId
) -> None:
    lists, contacts = Lists(database), Contacts(database)
    news = lists.add(here, "News")
    ann = contacts.add(here, Row("ann@x.test", None), list_id=news.id)
    bob = contacts.add(here, Row("bob@x.test", None), list_id=news.id)
    Removing(database).remove(here, ann.id, actor="cli:tester")
    assert lists.find(here, news.uid).members == 1
    lists.remove(here, news.id)
    assert contacts.get(here, bob.id) == bob
    assert lists.add(here, "Other").id > news.id


@pytest.mark.parametrize("key", ["lists", "exclude_lists"])
def test_a_list_stays_while_a_campaign_still_has_to_read_it(database: Database, here: WorkspaceId, key: str) -> None:
    lists = Lists(database)
    news = lists.add(here, "News")
    with database.write() as tx:
        audience = f'{{"{key}": [{news.id}]}}'
        made = {
            "uid": "c",
            "workspace_id": here,
            "name": "Spring",
            "audience": audience,
            "content": "{}",
            "created_at": 1,
        }
        tx.execute(insert(campaign).values(**made))
    with pytest.raises(Conflict, match="Spring"):
        lists.remove(here, news.id)
    with database.write() as tx:
        tx.execute(update(campaign).values(planned_at=2))
    lists.remove(here, news.id)


def test_r46_lists_of_another_workspace_are_neither_found_nor_changed(database: Database, here: WorkspaceId) -> None:
    """R46: a list belongs to one workspace; the same name may live in both."""
    there = Workspaces(database).add("Other").id
    lists, contacts = Lists(database), Contacts(database)
    theirs = lists.add(there, "News")
    ours = lists.add(here, "News")
    ann = contacts.add(here, Row("ann@x.test", None))
    assert lists.find(here, "News") == ours
    assert [found.uid for found in lists.list(here)] == [ours.uid]
    with pytest.raises(NotFound):
        lists.find(here, theirs.uid)
    for act in (
        lambda: lists.remove(here, theirs.id),
        lambda: lists.put(here, theirs.id, [ann.id]),
        lambda: lists.take_off(here, theirs.id, ann.id),
    ):
        with pytest.raises(NotFound):
            act()
    assert lists.find(there, "News") == theirs
