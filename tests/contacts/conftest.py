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


@pytest.fixture(params=DIALECTS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path, saboteur: Saboteur) -> Iterator[Ledger]:
    made = make_ledger(request.param, tmp_path, World(SystemClock(), LoadedDice(), saboteur))
    yield made
    made.close()


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path) -> Bench:
    return Bench(ledger.db, tmp_path / "imports")
