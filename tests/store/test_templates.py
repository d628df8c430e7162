"""Templates on each dialect: every change a version, nothing lost by going back, and campaigns keep their copy."""

import pytest

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.store.drafting import Drafting
from homing.store.templates import MOST_KEPT, Templates
from homing.store.workspaces import Workspaces
from tests.store.ledger import Ledger

LETTER = {"subject": "Hello {{ name }}", "html": "<p>Hello</p>"}


@pytest.fixture
def here(ledger: Ledger) -> WorkspaceId:
    return Workspaces(ledger.db).add("Templates").id


def test_each_change_is_a_version_and_an_old_one_comes_back_as_a_new_one(ledger: Ledger, here: WorkspaceId) -> None:
    store = Templates(ledger.db)
    first = store.add(here, " Welcome ", "email", {**LETTER, "text": ""}, "ann")
    assert (first.name, first.version, store.version(first).content) == ("Welcome", 1, LETTER)
    second = store.save(first, {"html": "<p>Hi</p>"}, "bob", if_version=1)
    assert (second.version, store.save(second, {"html": "<p>Hi</p>"}, "bob").version) == (2, 2), (
        "the same is no version"
    )
    with pytest.raises(Conflict):
        store.save(first, {"html": "late"}, "ann", if_version=1)
    third = store.restore(second, 1, "ann")
    assert (third.version, store.version(third).content) == (3, LETTER)
    assert [(each.version, each.actor) for each in store.versions(third)] == [(3, "ann"), (2, "bob"), (1, "ann")]
    renamed = store.save(third, {}, "ann", name="Greeting")
    assert (renamed.name, renamed.version) == ("Greeting", 3)
    with pytest.raises(NotFound):
        store.version(third, 9)


def test_names_are_of_one_workspace_and_the_oldest_versions_go(ledger: Ledger, here: WorkspaceId) -> None:
    """R46."""
    store, there = Templates(ledger.db), Workspaces(ledger.db).add("there").id
    mine = store.add(here, "Welcome", "email", LETTER, "ann")
    store.add(there, "Welcome", "email", LETTER, "eve")
    with pytest.raises(Conflict):
        store.add(here, "Welcome", "email", LETTER, "ann")
    with pytest.raises(NotFound):
        store.find(there, mine.uid)
    for number in range(MOST_KEPT + 2):
        mine = store.save(mine, {"text": str(number)}, "ann")
    assert [each.version for each in store.versions(mine)][-1] == mine.version - MOST_KEPT + 1
    assert [each.name for each, _ in store.list(here)] == ["Welcome"]
    store.remove(mine)
    assert store.list(here) == ()


def test_a_campaign_takes_a_copy_that_later_versions_do_not_touch(ledger: Ledger, here: WorkspaceId) -> None:
    store, drafting = Templates(ledger.db), Drafting(ledger.db)
    mine = store.add(here, "Welcome", "email", {**LETTER, "preheader": "Look"}, "ann")
    made = drafting.create(here, {"name": "Spring", "template": "Welcome", "subject": "Another"})
    assert made.content["html"] == "<p>Hello</p>"
    assert (made.content["subject"], made.content["preheader"]) == ("Another", "Look"), "what stands beside it wins"
    mine = store.save(mine, {"html": "<p>New</p>", "preheader": None}, "ann")
    assert store.used_in(here, mine) == ((made.uid, "Spring"),)
    again = drafting.edit(made, {"template": mine.uid})
    assert (again.content["html"], again.content["template"]["version"]) == ("<p>New</p>", 2)
    assert "preheader" not in again.content, "it is the template's message, and nothing of the one before"
    store.remove(mine)
    with pytest.raises(Invalid):
        drafting.edit(made, {"template": "Welcome"})


def test_a_whatsapp_template_is_a_text_and_for_whatsapp_only(ledger: Ledger, here: WorkspaceId) -> None:
    store, drafting = Templates(ledger.db), Drafting(ledger.db)
    with pytest.raises(Invalid):
        store.add(here, "Chat", "whatsapp", LETTER, "ann")
    store.add(here, "Chat", "whatsapp", {"text": "Hello {{ name }}"}, "ann")
    assert drafting.create(here, {"name": "x", "template": "Chat"}).channel == "whatsapp"
    with pytest.raises(Invalid) as refused:
        drafting.create(here, {"name": "x", "channel": "email", "template": "Chat"})
    assert refused.value.faults[0].pointer == "/template"
