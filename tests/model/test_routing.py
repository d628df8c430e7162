"""Who holds which shard of a campaign with several senders."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from homing.model.ids import SenderId
from homing.model.routing import BACK_AFTER_MS, Standing, homes, route

NOW = 10_000_000


def standing(id_: int, *, fit: bool = True, since: int = 0, weight: int = 1) -> Standing:
    return Standing(SenderId(id_), fit, since, weight)


def all_of(id_: int) -> list[SenderId]:
    return [SenderId(id_)] * 16


def test_the_first_that_is_well_holds_everything() -> None:
    assert route([standing(1), standing(2)], all_of(1), NOW) == all_of(1)
    assert route([standing(1, fit=False), standing(2)], all_of(1), NOW) == all_of(2)
    assert route([standing(1, fit=False), standing(2, fit=False), standing(3)], all_of(1), NOW) == all_of(3)


def test_when_nobody_is_well_nothing_moves() -> None:
    assert route([standing(1, fit=False), standing(2, fit=False)], all_of(2), NOW) == all_of(2)


def test_the_first_comes_back_after_five_minutes_of_health_or_at_once_when_the_other_fails() -> None:
    fresh, old = standing(1, since=NOW - 1_000), standing(1, since=NOW - BACK_AFTER_MS)
    assert route([fresh, standing(2)], all_of(2), NOW) == all_of(2)
    assert route([old, standing(2)], all_of(2), NOW) == all_of(1)
    assert route([fresh, standing(2, fit=False)], all_of(2), NOW) == all_of(1)


def test_weights_share_the_work_and_only_the_part_of_the_one_that_failed_moves() -> None:
    three = [standing(1, weight=2), standing(2), standing(3)]
    home = homes(three, weighted=True)
    assert Counter(home) == {1: 8, 2: 4, 3: 4}
    without = [three[0], standing(2, fit=False), three[2]]
    after = route(without, home, NOW, weighted=True)
    assert all(new == old for old, new in zip(home, after, strict=True) if old != 2)
    assert 2 not in after
    assert route(three, after, NOW, weighted=True) == home


def test_a_sender_that_was_taken_off_the_campaign_holds_nothing() -> None:
    assert route([standing(1), standing(2)], all_of(9), NOW) == all_of(1)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, NOW), st.integers(1, 16)), min_size=1, max_size=5),
    st.lists(st.integers(1, 6), min_size=16, max_size=16),
    st.booleans(),
)
def test_a_shard_is_with_somebody_well_whenever_anybody_is(
    told: list[tuple[bool, int, int]], before: list[int], weighted: bool
) -> None:
    order = [standing(n, fit=fit, since=since, weight=weight) for n, (fit, since, weight) in enumerate(told, 1)]
    held = [SenderId(each) for each in before]
    after = route(order, held, NOW, weighted=weighted)
    well = {each.id for each in order if each.fit}
    assert len(after) == 16
    assert set(after) <= {each.id for each in order} if well else True
    if well:
        assert set(after) <= well
    assert route(order, after, NOW, weighted=weighted) == after, "asked again at once, nothing moves"
