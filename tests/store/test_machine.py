"""Random histories against the real SQL keep every law, and the same machine finds each seeded bug."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.history import History

pytestmark = pytest.mark.proof  # minutes of histories: run by hand, `pytest -m proof tests/store/test_machine.py`


def explore(patches: Mapping[str, tuple[str, str]], examples: int, steps: int, *, shrink: bool = True) -> None:
    machine = type("Seeded", (History,), {"patches": patches})
    phases = (Phase.explicit, Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    wish = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), derandomize=True,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=wish)


def test_random_histories_keep_every_law() -> None:
    """L3, L6-L11, L13, L14, L23: two workers, deaths, take-overs, late results, unknown commits, a person, late proof."""
    explore({}, examples=40, steps=50)


def test_long_random_histories_keep_every_law() -> None:
    explore({}, examples=800, steps=80)


SEEDS: dict[str, Mapping[str, tuple[str, str]]] = {
    "orphans that were sending are queued": {"orphans_move": ("SET state = r.state", "SET state = 'queued'")},
    "fenced by the row and not by the attempt": {
        "settle_look": ("SELECT k.seq, k.attempt, d.attempt,", "SELECT k.seq, k.attempt, k.attempt,"),
        "settle_deliveries": (" AND delivery.attempt = r.expected", ""),
    },
    "no taint": {"settle_look": ("d.doubts,", "0,")},
    "late proof does not stop the resend": {
        "settle_deliveries": (
            "SET state = r.state,",
            "SET state = CASE WHEN r.own THEN r.state ELSE delivery.state END,",
        )
    },
    "the last gate does not look at the campaign": {
        "intend": ("AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending')", ""),
        "campaign_state": ("SELECT state FROM", "SELECT 'sending' FROM"),
    },
    "a claim keeps the number of the last attempt": {
        "claim_mark": ("attempt = attempt + 1", "attempt = max(attempt, 1)")
    },
    "counters forget": {"add_counts": ("failed = failed + :failed", "failed = failed")},
    "completed while rows are held": {
        "complete": ("state IN ('claimed', 'sending')", "state IN ('claimed', 'sending') AND state = 'claimed'")
    },
}


RARE = {"no taint", "late proof does not stop the resend"}
"""Found as surely, but only after a minute of histories."""


@pytest.mark.parametrize("bug", SEEDS)
def test_the_machine_finds(bug: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 - an invariant, a CHECK or a key: whatever sees it first
        explore(SEEDS[bug], examples=600 if bug in RARE else 200, steps=60, shrink=False)
