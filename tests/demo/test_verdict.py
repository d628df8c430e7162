"""The verdict: the inbox is believed, the ledger is judged."""

import io

from homing.demo.teller import PlainTeller, meaning, sheet
from homing.demo.verdict import Verdict, judge
from homing.store.books import Balance
from homing.store.results import Result

PEOPLE = ["a@example.org", "b@example.org", "c@example.org"]


def row(seq: int, address: str, state: str) -> Result:
    return Result(seq, address, state, None, None, None, None, 1, 0, address, None, 1)


def balance(sent: int, uncertain: int = 0, faults: tuple[str, ...] = ()) -> Balance:
    return Balance("id", "n", "completed", sent + uncertain, sent, 0, 0, 0, uncertain, 0, 0, 0, sent, 100, faults)


def verdict(states: list[str], inbox: list[str], audit: Balance) -> Verdict:
    rows = [row(seq, address, state) for seq, (address, state) in enumerate(zip(PEOPLE, states, strict=False), 1)]
    return judge(PEOPLE, rows, inbox, killed=1, takeover_seconds=2.1, audit=audit)


def test_everybody_once_is_what_was_promised() -> None:
    found = verdict(["sent"] * 3, PEOPLE, balance(3))
    assert found.kept
    assert {name: found.as_json()[name] for name in ("accepted", "lost", "twice", "uncertain")} == {
        "accepted": 3,
        "lost": 0,
        "twice": 0,
        "uncertain": 0,
    }
    assert "Nobody of 3 was lost" in meaning(found)


def test_sent_in_the_ledger_and_not_in_the_inbox_is_lost() -> None:
    found = verdict(["sent"] * 3, PEOPLE[:2], balance(3))
    assert found.lost == ("c@example.org",)
    assert not found.kept
    assert "BROKEN" in meaning(found)


def test_whom_the_ledger_does_not_know_is_lost() -> None:
    assert verdict(["sent"] * 2, PEOPLE[:2], balance(2)).lost == ("c@example.org",)


def test_two_copies_are_twice_whatever_the_ledger_says() -> None:
    found = verdict(["sent"] * 3, [*PEOPLE, PEOPLE[0]], balance(3))
    assert (found.twice, found.accepted, found.kept) == (("a@example.org",), 4, False)


def test_an_uncertain_one_is_named_with_what_only_the_inbox_knows_and_is_not_lost() -> None:
    found = verdict(["sent", "uncertain", "uncertain"], PEOPLE[:2], balance(1, 2))
    assert found.kept
    assert [(doubt.seq, doubt.arrived) for doubt in found.doubts] == [(2, True), (3, False)]
    assert "no. 3  c@example.org  is not in the inbox" in meaning(found)


def test_books_that_do_not_close_are_shouted() -> None:
    found = verdict(["sent"] * 3, PEOPLE, balance(3, faults=("the audience is 4, and the rows are 3",)))
    assert not found.kept
    assert "DO NOT CLOSE" in sheet(found)
    assert "the audience is 4" in sheet(found)


def test_a_plain_teller_tells_each_tenth_once() -> None:
    out = io.StringIO()
    teller = PlainTeller(out, lambda: 1.5)
    for count in (0, 9, 10, 10, 11, 35, 100):
        teller.arrived(count, 100)
    assert out.getvalue().splitlines() == [
        "[  1.5 s] 10 of 100 have arrived.",
        "[  1.5 s] 35 of 100 have arrived.",
        "[  1.5 s] 100 of 100 have arrived.",
    ]
