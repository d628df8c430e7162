"""What is counted is exact, and what is written down can be read again."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.inbox.chaos import Chaos
from homing.inbox.record import Line, Record, replay
from homing.inbox.tally import Key, Tally, read_key
from homing.model.errors import Invalid

KEYS = st.builds(Key, st.sampled_from(["1", "2", "0192-ab"]), st.sampled_from([0, 1, 2, 4095, 4096, 999_999_999_999]))
FOREIGN = st.tuples(st.sampled_from(["a@example.org", "b@example.org"]), st.sampled_from(["<1@x>", "<2@x>"]))


@given(st.lists(KEYS | FOREIGN))
def test_the_tally_agrees_with_plain_counting(arrivals: list[Key | tuple[str, str]]) -> None:
    tally, plain = Tally(), Counter[Key | tuple[str, str]]()
    for arrival in arrivals:
        plain[arrival] += 1
        key, (recipient, message_id) = (arrival, ("x", "y")) if isinstance(arrival, Key) else (None, arrival)
        assert tally.note(key, recipient, message_id) == plain[arrival]
    counts = tally.counts()
    assert (counts.accepted, counts.distinct) == (plain.total(), len(plain))
    assert counts.twice == sum(copies > 1 for copies in plain.values())
    assert counts.accepted == sum(part.accepted for part in counts.by_campaign.values())


def test_a_delivery_is_counted_beyond_what_its_byte_holds() -> None:
    tally = Tally()
    for _ in range(300):
        tally.note(Key("1", 1), "a@example.org", "")
    assert (tally.counts().accepted, tally.counts().distinct, tally.counts().twice) == (300, 1, 1)


@pytest.mark.parametrize(
    ("text", "key"),
    [("7/46", Key("7", 46)), ("0192-ab/1/3", Key("0192-ab", 1)), (" 7/1 ", Key("7", 1)),
     ("", None), ("7", None), ("7/x", None), ("/1", None),
     ("7/" + "9" * 13, None)],
)  # fmt: skip
def test_only_a_well_formed_key_is_a_key(text: str, key: Key | None) -> None:
    assert read_key(text) == key


@given(st.lists(st.builds(Line, st.integers(0, 2**50), st.text(), st.text(), st.text()), max_size=5))
def test_no_text_can_forge_a_line_of_the_record(lines: list[Line]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record"
        record = Record(path)
        record.append(line for line in lines)
        record.close()
        assert [line.at for line in replay(path)] == [line.at for line in lines]


@pytest.mark.parametrize(
    "wishes",
    [{"refuse": 1.1}, {"drop": -0.1}, {"greylist": "1"}, {"code": 250}, {"code": 550.5}, {"delay_ms": -1}, {"down": 1},
     {"refuse": True}, {"fire": 1}, {"drop": float("nan")}],
)  # fmt: skip
def test_switches_that_make_no_sense_are_refused(wishes: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        Chaos().changed(wishes)
    assert caught.value.faults[0].pointer == f"/{next(iter(wishes))}"


def test_switches_change_one_at_a_time() -> None:
    chaos = Chaos().changed({"refuse": 1, "code": 450}).changed({"refuse": 0, "delay_ms": 20})
    assert chaos == Chaos(code=450, delay_ms=20)
    assert not chaos.calm
    assert Chaos(code=450).calm
