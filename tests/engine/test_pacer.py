"""When a sender may speak next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.engine.pacer import Pacer
from homing.model.errors import Invalid
from homing.model.pacing import Pace, Pacing, Rate, Span, WarmUp
from homing.model.sender import SenderOptions
from homing.world import World
from tests.store.ledger import HandClock, LoadedDice


def pacer(clock: HandClock, options: SenderOptions, **more: int) -> Pacer:
    made = Pacer(options, World(clock, LoadedDice(0.5)), **more)
    made.begin()
    return made


def test_without_pace_or_rate_nothing_waits(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions())
    for _ in range(1_000):
        assert made.wait() == 0.0
        made.spend()
        made.ended(sent=True)
    assert made.capped() is None


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0625])
def test_a_rate_is_kept_by_each_holder_for_its_share(clock: HandClock, share: float) -> None:
    """R13: limits need no coordination: lanes held / lanes of the rate each."""
    made = pacer(clock, SenderOptions(rate=Rate(100, 1.0)))
    made.share = share
    sent, began = 0, clock.up
    while clock.up < began + 20:
        wait = made.wait()
        if wait > 0:
            clock.pass_(min(wait + 1e-6, 1.0))
            continue
        made.spend()
        made.ended(sent=True)
        sent += 1
    assert 0.95 * 2_000 * share - 2 <= sent <= 2_000 * share + 100 * share + 1


def test_after_a_take_over_the_bucket_is_empty(clock: HandClock) -> None:
    assert pacer(clock, SenderOptions(rate=Rate(10, 1.0))).wait() == pytest.approx(0.1)


def test_a_gentle_sender_waits_1_to_3_seconds_and_rests_after_every_50(clock: HandClock) -> None:
    """R21."""
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE)))
    waits = []
    for _ in range(120):
        assert made.wait() <= 1e-6
        made.spend()
        assert made.wait() == float("inf"), "one message at a time"
        made.ended(sent=True)
        waits.append(made.wait())
        clock.pass_(waits[-1])
    assert [n for n, wait in enumerate(waits, 1) if wait > 3] == [50, 100]
    assert waits[49] == pytest.approx(45.0)
    assert waits[0] == pytest.approx(2.0)


def test_a_rest_falls_where_it_would_have_fallen_without_the_restart(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE, delay=Span(1, 1))), sent_before=49)
    assert made.wait() == 1.0, "the last holder may have sent a moment ago"
    clock.pass_(1)
    made.spend()
    made.ended(sent=True)
    assert made.wait() == pytest.approx(45.0)


def test_who_comes_back_has_half_its_connections_its_rate_and_its_pace_for_a_while(clock: HandClock) -> None:
    fast = pacer(clock, SenderOptions(rate=Rate(10, 1.0), connections=8))
    fast.ease(300.0)
    assert fast.connections() == 4
    clock.pass_(10.0)
    for _ in range(5):
        assert fast.wait() == 0.0
        fast.spend()
    assert fast.wait() == pytest.approx(0.2), "five a second instead of ten"
    slow = pacer(clock, SenderOptions(pacing=Pacing(Pace.STEADY, per_minute=60)))
    slow.ease(300.0)
    slow.ended(sent=True)
    assert slow.wait() == 2.0
    clock.pass_(301.0)
    assert fast.connections() == 8
    slow.ended(sent=True)
    assert slow.wait() == 1.0


def test_what_was_not_sent_costs_no_gap(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(pacing=Pacing(Pace.GENTLE)))
    made.spend()
    made.ended(sent=False)
    assert (made.wait(), made.sent_before) == (0.0, 0)


def test_hourly_and_daily_caps_say_which_is_reached(clock: HandClock) -> None:
    made = pacer(clock, SenderOptions(hourly=3, daily=5), sent_hour=2, sent_day=4)
    assert made.capped() is None
    made.ended(sent=True)
    assert made.capped() == "the hourly limit of 3 is reached"
    made.sent_hour = 0
    assert made.capped() == "the daily limit of 5 is reached"


def test_a_cap_holds_over_all_holders_and_after_a_take_over(clock: HandClock) -> None:
    """Each has its part of what was left when all was counted; who takes lanes over counts anew before it uses more."""
    first, second = (pacer(clock, SenderOptions(hourly=100)) for _ in range(2))
    rooms: list[int] = []
    for each in (first, second):
        each.counted(20, 20)
        each.hold(0.5, rooms.append)
    sent = 20
    for each in (first, second):
        while each.capped() is None:
            each.ended(sent=True)
            sent += 1
    assert sent == 100
    assert rooms == [5, 5], "of ten connections"
    third = pacer(clock, SenderOptions(hourly=200))
    third.counted(100, 100)
    third.hold(0.5, rooms.append)
    third.hold(1.0, rooms.append)
    for _ in range(50):
        third.ended(sent=True)
    assert third.capped() is not None, "its last holder may have sent the rest"
    third.counted(180, 180)
    assert third.capped() is None
    third.sent_hour += 20
    assert third.capped() == "the hourly limit of 200 is reached"


def test_a_sender_that_warms_up_has_its_plan_for_the_day(clock: HandClock) -> None:
    options = SenderOptions(warm_up=WarmUp.parse("50x2"))
    pacer = Pacer(options, World(clock, LoadedDice()), first_at=clock.now())
    assert not pacer.free
    pacer.sent_day = 49
    assert pacer.capped() is None
    pacer.ended(sent=True)
    assert pacer.capped() == "warming up: at most 50 on day 1"
    clock.pass_(2 * 86_400.0)
    assert pacer.capped() is None
    pacer.sent_day = 200
    assert pacer.capped() == "warming up: at most 200 on day 3"


def test_a_warm_up_stops_at_bounces_and_at_complaints() -> None:
    plan = WarmUp.parse("50x1.5")
    assert [plan.most(day) for day in (1, 2, 3)] == [50, 75, 112]
    assert plan.harm(40, 40, 0) is None, "too few to judge"
    assert plan.harm(100, 5, 1) is None
    assert "6 of the last 100 bounced" in str(plan.harm(100, 6, 0))
    assert "2 of the last 1000 complained" in str(plan.harm(1000, 0, 2))
    for wrong in ("fifty", "50", "50x0.5", "0x2", "50x2..40", "50x2..", "50x2.."):
        with pytest.raises(Invalid, match="is no warm-up"):
            WarmUp.parse(wrong)


def test_the_limit_of_whatsapp_is_split_by_lanes_and_what_is_in_hand_counts() -> None:
    """Two workers together never write to more people than the number may."""
    pacer = Pacer(SenderOptions(reach=100), World())
    pacer.counted(0, 40)
    assert pacer.reach_left() == 60
    assert pacer.reach_left(under_way=50) == 10
    assert pacer.reached() is None
    pacer.hold(0.5, lambda connections: None)
    pacer.counted(0, 40)
    assert pacer.reach_left() == 30
    for _ in range(30):
        pacer.ended(sent=True)
    assert pacer.reach_left() == 0
    assert "100 people" in (pacer.reached() or "")
    assert pacer.free, "nothing but the claims of templates is held back"
    pacer.counted(0, 0)
    assert pacer.reach_left() == 50, "a day later"
    assert Pacer(SenderOptions(), World()).reach_left(5) is None


class Business:
    """Two numbers and what each has sent or has in hand; each counts, claims all it may, and has it out later."""

    def __init__(self, clock: HandClock, reach: int) -> None:
        self.pacers = [Pacer(SenderOptions(reach=reach), World(clock)) for _ in range(2)]
        self.out = [0, 0]
        self.hand = [0, 0]

    def count(self, which: int) -> None:
        other = 1 - which
        self.pacers[which].counted(0, self.out[which])
        self.pacers[which].among(self.out[other] + self.hand[other], 2)

    def claim(self, which: int) -> int:
        got = self.pacers[which].reach_left(self.hand[which]) or 0
        self.hand[which] += got
        return got

    def settle(self, which: int) -> None:
        for _ in range(self.hand[which]):
            self.pacers[which].ended(sent=True)
        self.out[which] += self.hand[which]
        self.hand[which] = 0


@given(st.lists(st.tuples(st.sampled_from(["count", "claim", "settle", "pass"]), st.integers(0, 1)), max_size=60))
def test_the_numbers_of_a_business_never_use_more_than_its_limit_together(steps: list[tuple[str, int]]) -> None:
    """However they count, claim and wait among each other; a claim is in the ledger when the next portion is counted."""
    clock = HandClock()
    business = Business(clock, 100)
    for which in (0, 1):
        business.count(which)
    for act, which in steps:
        if act == "pass":
            clock.pass_(7.0)
        else:
            getattr(business, act)(which)
        assert sum(business.out) + sum(business.hand) <= 100


def test_one_that_sends_alone_gets_nearly_all_of_the_limit_within_minutes() -> None:
    clock = HandClock()
    business = Business(clock, 100)
    for _ in range(10):
        business.count(0)
        business.claim(0)
        business.settle(0)
        clock.pass_(30.0)
    assert sum(business.out) == 99
    business.count(0)
    assert "this business write to 100 people in 24 hours together" in (business.pacers[0].reached() or "")


def test_a_portion_is_taken_once_and_ends_before_the_next_begins() -> None:
    clock = HandClock()
    clock.pass_(30.0 - clock.now() % 30_000 / 1000)
    pacer = Pacer(SenderOptions(reach=100), World(clock))
    pacer.counted(0, 20)
    pacer.among(40, 2)
    assert (pacer.reach_left(), pacer.reach_left(5), pacer.due()) == (20, 15, False)
    pacer.among(0, 2)
    assert pacer.reach_left() == 20, "counted once more it is no more"
    clock.pass_(25.0)
    assert (pacer.reach_left(), pacer.reached()) == (0, None), "nothing is used up"
    clock.pass_(5.0)
    assert pacer.due()
    pacer.among(0, 2)
    assert pacer.reach_left() == 40
    pacer.among(0, 1)
    assert (pacer.portion, pacer.reach_left()) == (None, 80), "the other number was removed"
