"""What only a database with many writers can get wrong: both write the last result, both take the last lane."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from homing.model.campaign import State as CampaignState
from homing.model.delivery import SHARDS
from homing.store import control
from homing.store.audit_log import verify
from homing.store.control import Control
from homing.store.events import Cursor, Events, record
from homing.store.finishing import Finishing
from homing.store.lookout import Lookout
from homing.store.postgresql_text import storable
from tests.store.ledger import PERSON, Hand, Ledger, sent


@pytest.mark.dialect("postgresql")
def test_L23_two_last_results_at_once_leave_a_campaign_that_the_next_look_completes(ledger: Ledger) -> None:
    id_ = ledger.started(2)
    first, second = (Hand(ledger, ledger.another_process(), ledger.sender) for _ in range(2))
    first.take_lanes(2)
    second.take_lanes(SHARDS)
    both = threading.Barrier(2)
    keys = {hand: hand.going(id_) for hand in (first, second)}
    assert sorted(key for found in keys.values() for key in found) == [(1, 1), (2, 1)]

    def end(hand: Hand) -> None:
        with hand.db.write(fenced=True) as tx:
            (seq, attempt), *_ = keys[hand]
            fence = {"c": id_, "attempt": attempt, "seqs": f"[{seq}]", "now": 1}
            tx.hot("sent_deliveries", fence)
            tx.hot("sent_attempts", {**fence, "ids": "{}"})
            tx.hot("add_counts", control.counts(id_, seq % SHARDS, 1, sent=1, attempts=1))
            both.wait(30)  # neither is committed when both look
            assert not control.complete_if_done(tx, id_, 1)
            both.wait(30)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(end, (first, second)))
    assert ledger.get(id_).state is CampaignState.SENDING
    assert Finishing(ledger.db).look() == 1
    assert ledger.get(id_).state is CampaignState.COMPLETED
    ledger.check_books(id_)


def test_acts_of_people_at_once_are_one_after_the_other(ledger: Ledger) -> None:
    """Each reads, decides and writes: no act is lost, and the chain of the audit log has no fork."""
    id_ = ledger.started(3)
    before = ledger.get(id_).control

    def act(n: int) -> None:
        switch = Control(ledger.another_process())
        for _ in range(5):
            (switch.pause if n % 2 else switch.resume)(id_, PERSON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    acts = ledger.events("campaign.paused") + ledger.events("campaign.resumed")
    assert ledger.get(id_).control == before + acts
    assert verify(ledger.db) is None


def test_L03_lanes_taken_at_once_have_one_owner_each(ledger: Ledger) -> None:
    ledger.started(1)
    hands = [Hand(ledger, ledger.another_process(), ledger.sender) for _ in range(4)]
    start = threading.Barrier(4)

    def take(hand: Hand) -> set[int]:
        start.wait(30)
        return set(hand.take_lanes(6).lanes)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(take, hands))
    assert sum(map(len, found)) == len(set().union(*found)) == SHARDS


def test_lanes_of_a_paced_sender_that_are_taken_at_once_go_to_one_whole(ledger: Ledger) -> None:
    ledger.started(1)
    for _ in range(5):
        hands = [Hand(ledger, ledger.another_process(), ledger.sender) for _ in range(3)]
        start = threading.Barrier(3)

        def take(hand: Hand, start: threading.Barrier = start) -> int:
            start.wait(30)
            return len(hand.take_lanes(whole=True).lanes)

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(take, hands)) in ([0, 0, 0], [0, 0, SHARDS])
        for hand in hands:
            hand.leases.release("lane", [f"{ledger.sender}/{shard}" for shard in hand.lanes])


def test_a_pause_beside_a_turn_waits_for_nobody_and_loses_nothing(ledger: Ledger) -> None:
    id_ = ledger.started(200)
    hand = ledger.hand(ledger.another_process())
    people = Control(ledger.db)

    def quarrel() -> None:
        for _ in range(20):
            people.pause(id_, PERSON)
            people.resume(id_, PERSON)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(quarrel)
        while not done.done():
            hand.send(id_, 5)
        done.result()
    while hand.send(id_, 50):
        pass
    assert ledger.tally(id_) == {"sent": 200}
    ledger.check_books(id_)


def test_eight_writers_at_once_and_a_reader_that_follows_misses_nothing(ledger: Ledger) -> None:
    """Numbers are given out before the commits: who followed them alone would pass over what commits late."""
    writing = threading.Event()
    writing.set()

    def write(n: int) -> int:
        db, written = ledger.another_process(), 0
        while writing.is_set():
            with db.write(fenced=True) as tx:
                for _ in range(2):
                    record(tx, workspace_id=ledger.workspace, at=1, topic="test", kind="noise", body={"by": n})
                    written += 1
                if n % 3 == 0:
                    time.sleep(0.002)
        return written

    events = Events(ledger.another_process())
    cursor, seen, order = events.latest(), [], []
    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, n) for n in range(8)]
        until = time.monotonic() + 1.0
        while time.monotonic() < until or not all(each.done() for each in writers):
            if time.monotonic() >= until:
                writing.clear()
            found = events.after(cursor, ledger.workspace)
            seen += [
                fact.seq for fact in found if fact.kind == "noise"
            ]  # older ones may come from behind the fence, too
            order += [fact.cursor for fact in found]
            cursor = found[-1].cursor if found else cursor
    written, until = sum(each.result() for each in writers), time.monotonic() + 120
    while len(seen) < written and time.monotonic() < until:  # transactions of other databases of the server hold it up
        for fact in events.after(cursor, ledger.workspace):
            seen += [fact.seq] if fact.kind == "noise" else []
            cursor = fact.cursor
        time.sleep(0.01)
    assert order == sorted(order)
    assert len(seen) == len(set(seen)) == written >= 16
    assert Cursor.parse(str(cursor)) == cursor


def test_what_postgresql_takes_in_no_text_is_replaced_and_the_rest_is_left() -> None:
    assert storable("a\0b") == "a\ufffdb"
    assert storable('["\\u0000"]') == '["\\u0000"]'
    for text, kept in {
        '["\\u0000x"]': '["\ufffdx"]',
        '["\\\\u0000x"]': '["\\\\u0000x"]',
        '["\\\\\\u0000x"]': '["\\\\\ufffdx"]',
        '["\\ud83d\\ude00"]': '["\\ud83d\\ude00"]',
        '["\\ud83dx\\ude00"]': '["\ufffdx\ufffd"]',
        '["\\u00e9"]': '["\\u00e9"]',
    }.items():
        assert storable(text, json=True) == kept
    assert storable(7) == 7


@pytest.mark.dialect("postgresql")
def test_a_providers_words_with_a_nul_are_kept_as_far_as_they_can_be(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    keys = hand.going(id_)
    hand.settle(
        id_, *(sent(*key, "a\0b") for key in keys[:1]), *(sent(*key)._replace(words="x\0y") for key in keys[1:])
    )
    assert ledger.tally(id_) == {"sent": 2}


def test_a_turn_raises_the_floors_of_its_own_lanes_and_waits_for_no_other_workers_counters(ledger: Ledger) -> None:
    """The counters of each worker stand in the row of one of its lanes. Two that also wrote each other's waited crosswise,
    once a second, until the database ended one of them."""
    id_ = ledger.started(40)
    hand, other = (Hand(ledger, ledger.another_process(), ledger.sender) for _ in range(2))
    mine, others = set(hand.take_lanes(8).lanes), set(other.take_lanes(8).lanes)
    share = hand.share(id_)
    share.floors = dict.fromkeys(range(SHARDS), 7)
    hand.turns.take([share])
    floors = Lookout(ledger.db).floors(id_)
    assert {shard for shard, floor in floors.items() if floor == 7} == mine
    assert {floors[shard] for shard in others} == {0}
