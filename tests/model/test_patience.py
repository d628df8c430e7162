"""How long to wait, and when to give up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.model.patience import DEFERRALS, Patience, backoff

DAY = 86_400.0


def test_the_quick_retries_wait_1_2_and_4_seconds_and_never_less() -> None:
    """R16: jitter only ever adds, at most a quarter."""
    assert [backoff(n, base=1, cap=60, fraction=0.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert [backoff(n, base=1, cap=60, fraction=1.0) for n in (1, 2, 3)] == [1.25, 2.5, 5]


@given(st.integers(1, 10_000), st.floats(0.001, 1000), st.floats(0.001, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_between_its_step_and_a_quarter_more(n: int, base: float, cap: float, fraction: float) -> None:
    step = min(cap, base * 2.0 ** min(n - 1, 62))
    assert step <= backoff(n, base=base, cap=cap, fraction=fraction) <= step * 1.25


def test_deferrals_follow_5_15_30_60_minutes_then_hourly() -> None:
    patience = Patience()
    waits = [patience.wait_after(tries, 0.0) for tries in range(1, 12)]
    assert waits == [1, 2, 4, 300, 900, 1800, 3600, 3600, 3600, 3600, 3600]
    assert DEFERRALS == (300, 900, 1800, 3600)


@pytest.mark.parametrize(
    ("tries", "stated", "waits"), [(1, 0.2, 0.2), (2, 30.0, 30.0), (4, 10.0, 300.0), (4, 500.0, 500.0), (1, -3.0, 0.0)]
)
def test_a_stated_wait_wins_over_quick_retries_and_never_shortens_a_deferral(
    tries: int, stated: float, waits: float
) -> None:
    assert Patience().wait_after(tries, 0.0, stated=stated) == waits


@given(st.integers(0, 200), st.floats(0, 3 * DAY))
def test_by_default_a_day_decides_and_nothing_else(tries: int, since: float) -> None:
    assert Patience().is_over(tries, since) is (since >= DAY)


def test_without_deferring_the_quick_retries_decide() -> None:
    patience = Patience(defer_for=0.0)
    assert [patience.is_over(tries, 0.0) for tries in range(1, 6)] == [False, False, False, True, True]
    assert patience.is_over(1, 3 * 60.0 + 1), "and a destination that only wastes time does not keep a row for ever"
