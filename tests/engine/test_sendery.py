"""What a sender's worker writes about the campaigns that wait."""

from homing.engine.sendery import Told
from homing.model.campaign import Activity

NOW = 1_900_000_000_000


def waits(next_at: int | None, detail: str = "refused") -> Told:
    return Told(Activity.WAITING_FOR_CONNECTION, detail, next_at)


def test_a_moment_that_only_drifts_is_not_written_again() -> None:
    """Two clocks are never quite alike: a row that is rewritten every second costs a flush of the disk for nothing."""
    before = waits(NOW + 8_000)
    assert not any(waits(NOW + 8_000 + drift).differs(before, NOW) for drift in (-999, -2, 0, 1, 500, 999))
    assert not waits(NOW + 3).differs(waits(NOW - 4_000), NOW + 3), "the look is under way: now stays now"


def test_what_a_person_sees_is_written() -> None:
    before = waits(NOW + 2_000)
    assert waits(NOW + 12_000).differs(before, NOW)
    assert waits(NOW + 2_000, "dns").differs(before, NOW)
    assert waits(None).differs(before, NOW)
    assert Told(Activity.SENDING, None, None).differs(before, NOW)
