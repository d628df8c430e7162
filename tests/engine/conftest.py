"""The engine is tested on a real ledger: the fixtures of the store's conformance suite."""

from tests.store import conftest as store

clock = store.clock
dice = store.dice
saboteur = store.saboteur
world = store.world
ledger = store.ledger
pytest_generate_tests = store.pytest_generate_tests
