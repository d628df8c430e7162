"""A bench for imports on each dialect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homing.world import SystemClock, World
from tests.contacts.bench import Bench
from tests.store.ledger import DIALECTS, Ledger, LoadedDice, Saboteur, make_ledger


@pytest.fixture
def saboteur() -> Saboteur:
    return Saboteur()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`ledger`: each test runs on every dialect, or on those that `@pytest.mark.dialect("sqlite")` names."""
    if "ledger" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("dialect")
        metafunc.parametrize("ledger", mark.args if mark is not None else DIALECTS, indirect=True)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path, saboteur: Saboteur) -> Iterator[Ledger]:
    made = make_ledger(request.param, tmp_path, World(SystemClock(), LoadedDice(), saboteur))
    yield made
    made.close()


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path) -> Bench:
    return Bench(ledger.db, tmp_path / "imports")
