"""Segments on each dialect: attributes, lists, and what was sent."""

import pytest
from sqlalchemy import insert

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.store.contacts import Contacts
from homing.store.control import Control
from homing.store.lists import Lists
from homing.store.matching import Row
from homing.store.removing import Removing
from homing.store.segments import Segments
from homing.store.tables import campaign, delivery
from homing.store.workspaces import Workspaces
from tests.store.ledger import PERSON, Ledger

DAY = 86_400_000


@pytest.fixture
def here(ledger: Ledger) -> WorkspaceId:
    workspace = Workspaces(ledger.db).add("Segments").id
    contacts = Contacts(ledger.db)
    contacts.upsert_chunk(
        workspace,
        [
            Row("ann@x.test", "+491701234567", "Ann", {"city": "Bonn", "age": "30", "vip": True}),
            Row("bob@y.test", None, "Bob", {"city": "Köln", "age": "9"}),
            Row("cy@x.test", None, "Cy", {"age": "unknown", "score": 7.5}),
            Row(None, "+491701234568", "", {"city": "bonn"}),
        ],
    )
    lists = Lists(ledger.db)
    lists.put(workspace, lists.add(workspace, "News").id, [contacts.find(workspace, "bob@y.test").id])
    return workspace


def _found(ledger: Ledger, workspace: WorkspaceId, text: str) -> set[str]:
    segments = Segments(ledger.db)
    found = {c.name or "-" for c in segments.page(workspace, text)}
    answer = segments.ask(workspace, text)
    assert answer.count == len(found)
    assert {c.name or "-" for c in answer.sample} == found
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('city = "Bonn"', {"Ann"}),
        ('city != "Bonn"', {"Bob", "Cy", "-"}),
        ('city contains "ON"', {"Ann", "-"}),
        ('city in ("Bonn", "Köln")', {"Ann", "Bob"}),
        ("age > 10", {"Ann"}),
        ("age >= 9", {"Ann", "Bob"}),
        ("score > 7", {"Cy"}),
        ("not age > 10", {"Bob", "Cy", "-"}),
        ("vip = true", {"Ann"}),
        ("vip != true", {"Bob", "Cy", "-"}),
        ('domain = "x.test"', {"Ann", "Cy"}),
        ("phone is set and name is set", {"Ann"}),
        ("email is not set", {"-"}),
        ('name starts with "a" or name ends with "Y"', {"Ann", "Cy"}),
        ('on list "News"', {"Bob"}),
        ('not on list "News"', {"Ann", "Cy", "-"}),
        ('created > "2000-01-01"', {"Ann", "Bob", "Cy", "-"}),
        ('created > "2099-01-01"', set()),
        ("\"no such\" = 'x'", set()),
        ('name = "\' OR 1=1 --"', set()),
        ('name contains "%"', set()),
    ],
)
def test_a_filter_finds_contacts(ledger: Ledger, here: WorkspaceId, text: str, names: set[str]) -> None:
    assert _found(ledger, here, text) == names


def test_a_filter_over_what_was_sent(ledger: Ledger, here: WorkspaceId) -> None:
    ids = {c.name: c.id for c in Contacts(ledger.db).export(here)}
    now = ledger.db.world.clock.now()
    with ledger.db.write() as tx:
        for id_, name, at in ((901, "Old", now - 40 * DAY), (902, "New", now - DAY)):
            values = {
                "id": id_,
                "uid": f"c{id_}",
                "workspace_id": here,
                "name": name,
                "created_at": at,
                "state": "completed",
            }
            tx.execute(
                insert(campaign).values(**values, planned_at=at, planned_through=3, started_at=at, completed_at=at)
            )
            for seq, (who, state) in enumerate((("Ann", "sent"), ("Bob", "failed"), ("Cy", "read")), 1):
                if (id_, who) == (902, "Ann"):
                    continue
                row = {
                    "campaign_id": id_,
                    "seq": seq,
                    "contact_id": ids[who],
                    "address": who,
                    "shard": seq,
                    "state": state,
                }
                tx.execute(insert(delivery).values(**row, changed_at=at))
    assert _found(ledger, here, 'got "Old"') == {"Ann", "Cy"}
    assert _found(ledger, here, 'did not get "New"') == {"Ann", "Bob", "-"}
    assert _found(ledger, here, 'failed in "Old"') == {"Bob"}
    assert _found(ledger, here, 'opened "Old"') == {"Cy"}
    assert _found(ledger, here, "no message for 30 days") == {"Ann", "Bob", "-"}
    assert _found(ledger, here, "no message for 60 days") == {"Bob", "-"}
    with pytest.raises(Invalid, match="no campaign 'Nope'"):
        Segments(ledger.db).ask(here, 'got "Nope"')


def test_a_segment_is_kept_changed_and_removed_and_belongs_to_its_workspace(ledger: Ledger, here: WorkspaceId) -> None:
    segments = Segments(ledger.db)
    made = segments.add(here, "Bonners", 'city = "Bonn"')
    assert segments.find(here, "Bonners") == segments.find(here, made.uid) == made
    with pytest.raises(Conflict):
        segments.add(here, "Bonners", "age > 1")
    with pytest.raises(Invalid):
        segments.add(here, "Bad", "city =")
    with pytest.raises(Invalid, match="no list 'Nobody'"):
        segments.add(here, "Bad", 'on list "Nobody"')
    after = segments.change(here, made.id, {"filter": "age > 1", "name": "Old enough"})
    assert (after.name, after.filter) == ("Old enough", "age > 1")
    other = Workspaces(ledger.db).add("Elsewhere").id
    with pytest.raises(NotFound):
        segments.find(other, made.uid)
    assert segments.page(other, "age > 1") == ()
    segments.remove(here, made.id)
    assert segments.list(here) == ()


def test_a_campaign_goes_to_a_segment_and_holds_it_until_it_is_sealed(ledger: Ledger) -> None:
    """R46 too: only of its own workspace."""
    contacts = Contacts(ledger.db)
    for n in range(10):
        contacts.add(ledger.workspace, Row(f"s{n}@x.test", None, "", {"n": str(n)}))
    segments = Segments(ledger.db)
    made = segments.add(ledger.workspace, "Upper", "n >= 7")
    draft = ledger.draft(audience={"segment": made.id})
    with pytest.raises(Conflict, match="needs this segment"):
        segments.remove(ledger.workspace, made.id)
    with pytest.raises(Conflict):
        segments.change(ledger.workspace, made.id, {"filter": "n >= 1"})
    Control(ledger.db).start(draft, PERSON)
    ledger.plan(draft)
    assert [row["address"] for row in ledger.rows(draft).values()] == ["s7@x.test", "s8@x.test", "s9@x.test"]
    segments.remove(ledger.workspace, made.id)


def test_who_is_removed_is_in_no_segment(ledger: Ledger, here: WorkspaceId) -> None:
    contacts = Contacts(ledger.db)
    Removing(ledger.db).remove(here, contacts.find(here, "ann@x.test").id, actor="cli:tester")
    assert _found(ledger, here, "name is set") == {"Bob", "Cy"}
