"""Answers kept by their key."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from homing.model.errors import Conflict, Invalid
from homing.store import migrate
from homing.store.database import Database
from homing.store.idempotency import ABANDONED_MS, KEPT_MS, Answer, Idempotency
from homing.world import World


@dataclass
class Hand:
    """A clock that is set by hand."""

    millis: int = 1_800_000_000_000

    def now(self) -> int:
        return self.millis

    def uptime(self) -> float:
        return self.millis / 1000


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def kept(tmp_path: Path, clock: Hand) -> Idempotency:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World(clock=clock))
    migrate.upgrade(made)
    return Idempotency(made)


def test_the_same_request_gets_the_same_answer(kept: Idempotency) -> None:
    assert kept.begin("token:1", "k", "f") is None
    kept.finish("token:1", "k", Answer(202, {"id": "x"}))
    assert kept.begin("token:1", "k", "f") == Answer(202, {"id": "x"})
    assert kept.begin("token:2", "k", "f") is None


def test_the_same_key_for_another_request_is_refused(kept: Idempotency) -> None:
    kept.begin("t", "k", "f")
    with pytest.raises(Invalid) as refused:
        kept.begin("t", "k", "g")
    assert refused.value.code == "idempotency_key_reused"


def test_a_request_in_flight_is_not_done_twice(kept: Idempotency, clock: Hand) -> None:
    kept.begin("t", "k", "f")
    with pytest.raises(Conflict):
        kept.begin("t", "k", "f")
    clock.millis += ABANDONED_MS
    assert kept.begin("t", "k", "f") is None, "its server died: the next one goes on"


def test_a_request_that_failed_before_its_deed_may_come_again(kept: Idempotency) -> None:
    kept.begin("t", "k", "f")
    kept.forget("t", "k")
    assert kept.begin("t", "k", "g") is None


def test_answers_are_kept_for_seven_days(kept: Idempotency, clock: Hand) -> None:
    kept.begin("t", "k", "f")
    kept.finish("t", "k", Answer(200, 1))
    clock.millis += KEPT_MS - 1
    assert kept.begin("t", "k", "f") == Answer(200, 1)
    clock.millis += 2
    assert kept.begin("t", "k", "f") is None
