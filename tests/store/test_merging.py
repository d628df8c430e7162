"""Two contacts become one, and nothing that either of them held is lost."""

import pytest
from sqlalchemy import update

from homing.model.errors import Conflict, Invalid, NotFound
from homing.store.contacts import Contacts
from homing.store.lists import Lists
from homing.store.matching import Row
from homing.store.merging import Merging
from homing.store.suppressions import Suppressions
from homing.store.tables import campaign
from homing.store.workspaces import Workspaces
from tests.store.ledger import Ledger


def test_the_older_stays_and_no_value_is_lost(ledger: Ledger) -> None:
    contacts, lists, here = Contacts(ledger.db), Lists(ledger.db), ledger.workspace
    old = contacts.add(here, Row("ann@x.test", None, "Ann", {"city": "Bonn", "pet": "cat"}))
    young = contacts.add(here, Row("ann@y.test", "+491701234567", "Anna", {"city": "Köln", "age": "30"}))
    contacts.change(here, young.id, {"consent_email": "refused"})
    lists.put(here, lists.add(here, "One").id, [old.id, young.id])
    lists.put(here, lists.add(here, "Two").id, [young.id])
    Suppressions(ledger.db).add(here, ["ann@y.test"], reason="asked")
    after = Merging(ledger.db).merge(here, young.id, old.id, actor="tester")
    assert (after.id, after.email, after.phone, after.name) == (old.id, "ann@x.test", "+491701234567", "Ann")
    assert after.attributes == {
        "city": "Bonn", "pet": "cat", "age": "30", "other_city": "Köln", "other_email": "ann@y.test", "other_name": "Anna",
    }  # fmt: skip
    assert after.consent_email == "refused"
    assert sorted(lists.of(here, old.id)) == ["One", "Two"]
    assert Suppressions(ledger.db).covering(here, "ann@x.test") is not None
    assert Suppressions(ledger.db).covering(here, "ann@y.test") is not None
    assert contacts.find(here, young.uid) == after
    again = contacts.add(here, Row("ann@y.test", None))
    assert again.id not in (old.id, young.id)


def test_deliveries_of_both_are_on_the_timeline_of_the_one_that_stays(ledger: Ledger) -> None:
    contacts, here = Contacts(ledger.db), ledger.workspace
    ids = ledger.contacts(2)
    ledger.started(audience={"contacts": ids})
    Merging(ledger.db).merge(here, contacts.get(here, ids[0]).id, contacts.get(here, ids[1]).id, actor="tester")  # type: ignore[arg-type] # ids of contacts
    assert len(contacts.timeline(here, contacts.get(here, ids[0]).id)) == 2  # type: ignore[arg-type] # an id of a contact


def test_nobody_is_merged_while_a_campaign_takes_its_audience(ledger: Ledger) -> None:
    """Whose id moves behind the planner's cursor would be missed."""
    contacts, here = Contacts(ledger.db), ledger.workspace
    one, other = (contacts.get(here, id_) for id_ in ledger.contacts(2))  # type: ignore[arg-type] # ids of contacts
    id_ = ledger.draft()
    with ledger.db.write() as tx:
        tx.execute(update(campaign).where(campaign.c.id == id_).values(state="sending"))
    with pytest.raises(Conflict, match="taking its audience"):
        Merging(ledger.db).merge(here, one.id, other.id, actor="tester")


def test_only_two_contacts_of_one_workspace_are_merged(ledger: Ledger) -> None:
    contacts = Contacts(ledger.db)
    mine = contacts.add(ledger.workspace, Row("a@x.test", None))
    theirs = contacts.add(Workspaces(ledger.db).add("Other").id, Row("a@x.test", None))
    with pytest.raises(NotFound):
        Merging(ledger.db).merge(ledger.workspace, mine.id, theirs.id, actor="tester")
    with pytest.raises(Invalid):
        Merging(ledger.db).merge(ledger.workspace, mine.id, mine.id, actor="tester")
