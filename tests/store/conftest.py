"""A ledger for each dialect: the conformance suite is written once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homing.world import World
from tests.store.ledger import DIALECTS, Hand, HandClock, Ledger, LoadedDice, Saboteur, make_ledger


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def dice() -> LoadedDice:
    return LoadedDice()


@pytest.fixture
def saboteur() -> Saboteur:
    return Saboteur()


@pytest.fixture
def world(clock: HandClock, dice: LoadedDice, saboteur: Saboteur) -> World:
    return World(clock, dice, saboteur)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`ledger`: each test runs on every dialect, or on those that `@pytest.mark.dialect("sqlite")` names."""
    if "ledger" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("dialect")
        metafunc.parametrize("ledger", mark.args if mark is not None else DIALECTS, indirect=True)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Ledger]:
    made = make_ledger(request.param, tmp_path, world)
    yield made
    made.close()


@pytest.fixture
def hand(ledger: Ledger) -> Hand:
    """A worker that holds every lane. Make campaigns first with `ledger.started`: lanes exist from the first start on."""
    ledger.want_lanes()
    return ledger.hand()
