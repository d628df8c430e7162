"""Suppressions: addresses and domains that must not be sent to."""

from pathlib import Path

import pytest

from homing.model.errors import Invalid
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.database import Database
from homing.store.suppressions import Suppressions
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


def test_an_address_is_suppressed_once_and_its_first_reason_stays(database: Database, here: WorkspaceId) -> None:
    suppressions = Suppressions(database)
    assert suppressions.add(here, ["a@x.test", "b@x.test"], reason="complained") == 2
    assert suppressions.add(here, ["a@x.test", "c@x.test"], reason="by_person") == 1
    assert [(s.address, s.reason) for s in suppressions.export(here)] == [
        ("a@x.test", "complained"),
        ("b@x.test", "complained"),
        ("c@x.test", "by_person"),
    ]
    assert suppressions.remove(here, "a@x.test") is True
    assert suppressions.remove(here, "a@x.test") is False
    assert suppressions.count(here) == 2


def test_an_address_is_covered_by_itself_or_by_its_domain_but_not_by_a_domain_above(
    database: Database, here: WorkspaceId
) -> None:
    suppressions = Suppressions(database)
    suppressions.add(here, ["@x.test", "a@x.test"])
    for address, cover in (
        ("a@x.test", "a@x.test"),
        ("b@x.test", "@x.test"),
        ("b@mail.x.test", None),
        ("b@y.test", None),
    ):
        found = suppressions.covering(here, address)
        assert (found.address if found else None) == cover
    assert suppressions.covering(here, "a@x.test", channel="whatsapp") is None


def test_pages_follow_each_other_over_channels(database: Database, here: WorkspaceId) -> None:
    suppressions = Suppressions(database)
    suppressions.add(here, [f"p{n}@x.test" for n in range(2500)])
    suppressions.add(here, ["+491701234567"], channel="whatsapp")
    everyone = list(suppressions.export(here))
    assert len({s.address for s in everyone}) == len(everyone) == 2501
    assert everyone[-1].channel == "whatsapp"


def test_nonsense_is_refused(database: Database, here: WorkspaceId) -> None:
    with pytest.raises(Invalid):
        Suppressions(database).add(here, ["a@x.test"], channel="pigeon")
    with pytest.raises(Invalid):
        Suppressions(database).add(here, ["a@x.test", ""])


def test_r46_suppressions_of_another_workspace_do_not_count_here(database: Database, here: WorkspaceId) -> None:
    """R46: what one business profile may not send to, another may."""
    there = Workspaces(database).add("Other").id
    suppressions = Suppressions(database)
    suppressions.add(there, ["a@x.test", "@x.test"])
    assert suppressions.covering(here, "a@x.test") is None
    assert suppressions.page(here) == ()
    assert suppressions.count(here) == 0
    assert suppressions.remove(here, "a@x.test") is False
    assert suppressions.count(there) == 2
