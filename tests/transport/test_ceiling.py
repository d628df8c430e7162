"""How many connections at once: quickly up where nobody objects, half at a word, and slowly up again."""

from homing.transport.ceiling import Ceiling


def accepted(of: Ceiling, times: int) -> int:
    for _ in range(times):
        of.accepted()
    return of.now


def test_an_eager_one_doubles_with_each_round_until_the_first_word_and_then_grows_by_one() -> None:
    of = Ceiling(10, 100, 10.0, eager=True)
    assert accepted(of, 10) == 20
    assert accepted(of, 20) == 40
    assert of.halve(100.0)
    assert of.now == 20
    assert accepted(of, 19) == 20
    assert accepted(of, 1) == 21, "one more for a whole round"
    assert not of.halve(105.0), "what was refused together counts once"
    assert accepted(Ceiling(10, 100, 10.0, eager=True), 1_000) == 100


def test_a_plain_one_grows_by_one_a_round_from_the_start() -> None:
    of = Ceiling(5, 10, 10.0)
    assert accepted(of, 4) == 5
    assert accepted(of, 1) == 6


def test_after_a_collapse_it_goes_one_by_one() -> None:
    of = Ceiling(10, 100, 10.0, eager=True)
    of.collapse()
    assert of.now == 1
    assert accepted(of, 1) == 2
    assert accepted(of, 1) == 2
    assert accepted(of, 1) == 3
