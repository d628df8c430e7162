"""One campaign in a dispatcher: positions, hours and the rules that stop it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from homing.engine.line import Line, next_opening
from homing.model.campaign import StopRule, Window
from homing.model.delivery import SHARDS
from homing.store.lookout import Live

TOP = 150


def line(
    floors: dict[int, int] | None = None, *, top: int = TOP, canary: int | None = None, rule: StopRule | None = None
) -> Line:
    live = Live(1, "uid", 1, "email", {}, top, True, canary, 0)  # type: ignore[arg-type]
    return Line(live, None, "b@sender.test", dict(floors or {}), rule or StopRule(), None)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.integers(0, SHARDS - 1), st.integers(0, TOP + 40)),
    st.sets(st.integers(0, SHARDS - 1), min_size=1),
    st.sets(st.integers(0, SHARDS - 1)),
    st.integers(1, 60),
    st.floats(0.01, 1),
)
def test_L13_no_position_is_passed_over_however_far_apart_the_floors_are(
    floors: dict[int, int], lanes: set[int], lost: set[int], most: int, part: float
) -> None:
    """Floors are hints: what is below one was considered, and what was not considered is never below one."""
    made = line(floors)
    start = {shard: floors.get(shard, 0) for shard in range(SHARDS)}
    considered: set[int] = set()
    while wish := made.candidates(lanes, most):
        assert wish == sorted(set(wish))
        assert len(wish) <= most
        assert all(seq % SHARDS in lanes and 1 <= seq <= TOP for seq in wish)
        looked = wish[: max(1, int(len(wish) * part))]  # released rows may have taken the other places
        considered |= {seq for seq in looked if seq % SHARDS not in lost}
        made.looked(wish, looked[-1], lanes - lost)
        for shard in range(SHARDS):
            floor = max(made.floors.get(shard, 0), start[shard])
            passed = {seq for seq in range(max(start[shard], 1), min(floor, TOP + 1)) if seq % SHARDS == shard}
            assert passed <= considered
        if lost:
            break  # lanes that are not held any more give nothing, for ever
    else:
        assert considered == {s for s in range(1, TOP + 1) if s % SHARDS in lanes and s >= start[s % SHARDS]}


def test_a_claim_stops_where_the_canary_ends_and_where_planning_is() -> None:
    assert line(top=20).candidates(range(SHARDS), 100) == list(range(1, 21))
    assert line(top=20, canary=7).candidates(range(SHARDS), 100) == list(range(1, 8))
    assert line(dict.fromkeys(range(SHARDS), 6), canary=7).candidates(range(SHARDS), 100) == [6, 7]
    assert line(top=0).candidates(range(SHARDS), 100) == []


def test_sending_hours_open_and_close_in_their_own_zone_also_over_midnight() -> None:
    day = Window("08:00", "20:00", "Europe/Berlin")
    night = Window("22:00", "06:00", "UTC")
    noon = 1_780_315_200_000  # 2026-06-01 12:00 UTC
    hour = 3_600_000
    assert next_opening(day, noon) is None
    assert next_opening(day, noon + 7 * hour) == noon + 18 * hour, "19:00 UTC is 21:00 there, and opens at 06:00 UTC"
    assert next_opening(day, noon + 5 * hour) is None
    assert next_opening(night, noon) == noon + 10 * hour
    assert next_opening(night, noon + 10 * hour) is None
    assert next_opening(night, noon + 17 * hour) is None
    assert next_opening(night, noon + 18 * hour) == noon + 34 * hour
    assert next_opening(Window("00:00", "00:00"), noon) is None, "the same time twice is the whole day"


def test_hours_follow_the_clock_of_the_place_when_it_changes() -> None:
    day = Window("08:00", "20:00", "Europe/Berlin")
    saturday = 1_774_720_800_000  # 2026-03-28 18:00 UTC, 19:00 there; on Sunday the clocks go forward
    hour = 3_600_000
    assert next_opening(day, saturday) is None
    assert next_opening(day, saturday + 2 * hour) == saturday + 12 * hour, "08:00 there is 06:00 UTC from Sunday on"


def test_L22_the_stop_rule_counts_failures_and_needs_enough_of_them() -> None:
    made = line(rule=StopRule(share=0.05, sample=200, least=20))
    words = [made.failed() for _ in range(20)]
    assert words[:19] == [None] * 19
    assert words[19] == "20 of the last 20 messages failed; the limit is 5%"
    made = line(rule=StopRule(share=0.05, sample=200, least=20))
    for n in range(190):
        assert n % 10 or made.failed() is None, "19 of 190 are too few"
        if n % 10:
            made.went_out()
    assert made.failed() is not None
    off = line(rule=StopRule(share=0.0))
    assert {off.failed() for _ in range(500)} == {None}


def test_old_results_leave_the_sample() -> None:
    made = line(rule=StopRule(share=0.5, sample=40, least=5))
    for _ in range(19):
        made.failed()
        made.went_out()
    for _ in range(100):
        made.went_out()
    assert sum(made.results) == 0


def test_three_faults_of_the_campaign_in_a_row_stop_it() -> None:
    made = line()
    assert made.failed("too_big") is None
    assert made.failed("content") is None
    assert made.failed("content") is None
    made.went_out()
    for _ in range(2):
        assert made.failed("content") is None
    assert "content" in (made.failed("content") or "")
