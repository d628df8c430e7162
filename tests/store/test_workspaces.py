"""Workspaces: one from the start, names unique, found by name or id."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.database import Database
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def workspaces(tmp_path: Path) -> Workspaces:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return Workspaces(made)


def test_one_exists_from_the_start_however_many_ask_at_once(workspaces: Workspaces) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: workspaces.ensure_default(), range(8)))
    assert len(found) == 1
    assert [w.name for w in workspaces.list()] == ["default"]


def test_a_renamed_default_stays_the_default(workspaces: Workspaces) -> None:
    first = workspaces.ensure_default()
    workspaces.change(first.id, name="Acme")
    assert workspaces.ensure_default().id == first.id
    assert [w.name for w in workspaces.list()] == ["Acme"]


def test_it_is_found_by_name_by_id_and_by_the_beginning_of_its_id(workspaces: Workspaces) -> None:
    made = workspaces.add("  Acme Ltd ")
    assert made.name == "Acme Ltd"
    for reference in ("Acme Ltd", made.uid, made.uid[:18]):
        assert workspaces.find(reference) == made
    with pytest.raises(NotFound):
        workspaces.find("Nobody")
    with pytest.raises(NotFound):
        workspaces.find("")


def test_a_prefix_that_fits_several_is_refused(workspaces: Workspaces) -> None:
    first, second = workspaces.add("A1"), workspaces.add("B2")
    shared = "".join(a for a, b in zip(first.uid, second.uid, strict=True) if a == b)[:1]
    with pytest.raises(Conflict):
        workspaces.find(shared)


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 201, "nul\0"])
def test_a_bad_name_is_invalid(workspaces: Workspaces, name: str) -> None:
    with pytest.raises(Invalid):
        workspaces.add(name)


def test_a_name_in_use_is_a_conflict(workspaces: Workspaces) -> None:
    one, two = workspaces.add("Acme"), workspaces.add("Other")
    with pytest.raises(Conflict):
        workspaces.add("Acme")
    with pytest.raises(Conflict):
        workspaces.change(two.id, name="Acme")
    assert workspaces.change(one.id, name="Acme").name == "Acme"


def test_a_workspace_has_the_zone_of_its_people_once_somebody_says_it(workspaces: Workspaces) -> None:
    one = workspaces.add("Acme")
    assert one.zone is None
    assert workspaces.change(one.id, zone="Europe/Berlin").zone == "Europe/Berlin"
    assert workspaces.find("Acme").zone == "Europe/Berlin"
    assert workspaces.change(one.id, name="Acme & Sons").zone == "Europe/Berlin"
    with pytest.raises(Invalid) as told:
        workspaces.change(one.id, zone="Mars/Olympus")
    assert told.value.faults[0].pointer == "/zone"
    with pytest.raises(NotFound):
        workspaces.change(WorkspaceId(one.id + 1), zone="UTC")


def test_of_a_change_that_is_refused_nothing_is_kept(workspaces: Workspaces) -> None:
    one, two = workspaces.add("Acme"), workspaces.add("Bravo")
    with pytest.raises(Conflict):
        workspaces.change(two.id, name=one.name, zone="Europe/Berlin")
    with pytest.raises(Invalid):
        workspaces.change(two.id, name="Charlie", zone="Mars/Olympus")
    assert workspaces.find("Bravo") == two
    assert workspaces.change(two.id, name="Charlie", zone="UTC") == workspaces.find("Charlie")
