"""Leases and the one rule for orphans."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homing.model.campaign import State as CampaignState
from homing.model.delivery import SHARDS
from homing.model.ids import WorkerId
from homing.store.leases import LEASE_MS, TRUST_MS, Leases
from homing.store.workers import Workers
from homing.world import World
from tests.store.ledger import LEASE, PERSON, Hand, HandClock, Ledger, Saboteur, released, sent, unclear

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import sys
from homing.store.database import Database
from homing.store.workers import Workers
from homing.world import World
workers = Workers(Database(sys.argv[1], World()))
print(workers.enter(host="there", version="0"), flush=True)
sys.stdin.read()
"""


@contextmanager
def worker_process(ledger: Ledger) -> Iterator[tuple[WorkerId, "subprocess.Popen[str]"]]:
    """A worker in a process of its own, which may be killed."""
    command = [sys.executable, "-c", WORKER, ledger.url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield WorkerId(int(process.stdout.readline())), process
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_a_lane_has_one_holder_and_each_taking_has_a_new_epoch(ledger: Ledger, clock: HandClock) -> None:
    ledger.want_lanes()
    first = ledger.hand()
    assert first.lanes == dict.fromkeys(range(SHARDS), 1)
    second = ledger.hand()
    assert second.lanes == {}
    clock.pass_(LEASE + 0.1)
    second.take_lanes()
    assert second.lanes == dict.fromkeys(range(SHARDS), 2)
    assert first.renew() == {}


def test_a_holder_trusts_its_lease_less_long_than_the_others_respect_it() -> None:
    assert TRUST_MS < LEASE_MS


def test_a_share_limits_what_is_free_but_orphans_may_exceed_it(ledger: Ledger, clock: HandClock) -> None:
    ledger.want_lanes()
    first, second, third = ledger.hand(lanes=6), ledger.hand(lanes=6), ledger.hand(lanes=6)
    assert [len(hand.lanes) for hand in (first, second, third)] == [6, 6, 4]
    clock.pass_(LEASE - 1)
    third.renew()
    second.renew()
    clock.pass_(2)
    assert len(third.take_lanes(6).lanes) == 6, "the dead worker's lanes do not wait behind a fair share"
    assert len(third.lanes) == 10


def test_orphans_are_taken_before_lanes_that_nobody_held(ledger: Ledger, clock: HandClock) -> None:
    ledger.want_lanes()
    dead = ledger.hand(lanes=3)
    clock.pass_(LEASE + 1)
    next_ = ledger.hand(lanes=3)
    assert set(next_.lanes) == set(dead.lanes)
    assert set(next_.lanes.values()) == {2}


def test_a_paced_sender_is_held_as_a_whole_or_not_at_all(ledger: Ledger, clock: HandClock) -> None:
    ledger.want_lanes()
    ledger.hand(lanes=1)
    whole = Hand(ledger, ledger.db, ledger.sender)
    assert whole.take_lanes(1, whole=True).lanes == {}
    clock.pass_(LEASE + 1)
    assert len(whole.take_lanes(1, whole=True).lanes) == SHARDS


def test_a_renewal_names_what_is_still_held(ledger: Ledger, clock: HandClock) -> None:
    ledger.want_lanes()
    hand = ledger.hand()
    for _ in range(10):
        clock.pass_(LEASE - 0.5)
        assert len(hand.renew()) == SHARDS
    assert ledger.hand().lanes == {}


def test_a_released_lane_is_free_at_once_and_no_orphan(ledger: Ledger) -> None:
    id_ = ledger.started(4)
    hand = ledger.hand()
    hand.claim(id_)
    hand.settle(id_, *(released(seq, 1) for seq in range(1, 5)))
    hand.leases.release("lane", [f"{ledger.sender}/{shard}" for shard in range(SHARDS)])
    taken = Hand(ledger, ledger.db, ledger.sender).take_lanes()
    assert len(taken.lanes) == SHARDS
    assert taken.orphans == {}
    assert hand.renew() == {}


def test_a_lease_by_name_keeps_its_epoch_for_its_holder(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.draft()
    ledger.control.start(id_, PERSON)
    one, two = Leases(ledger.db, ledger.worker()), Leases(ledger.db, ledger.worker())
    first = one.take("plan", str(id_), [])
    assert first is not None
    assert one.take("plan", str(id_), []) == first
    assert two.take("plan", str(id_), []) is None
    clock.pass_(LEASE + 1)
    assert two.take("plan", str(id_), []) == first + 1
    assert one.take("plan", str(id_), []) is None
    assert one.take("plan", "no such thing", []) is None


def test_L07_of_a_dead_worker_claimed_goes_back_and_sending_becomes_uncertain(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.started(10)
    dead = ledger.hand()
    going = dead.going(id_, 4)
    dead.claim(id_, 3)
    dead.settle(id_, sent(*going[0]))
    clock.pass_(LEASE + 1)
    next_ = Hand(ledger, ledger.another_process(), ledger.sender)
    taken = next_.take_lanes()
    assert dict(taken.orphans) == {"uncertain": 3, "queued": 3}
    assert ledger.tally(id_) == {"sent": 1, "uncertain": 3, "queued": 6}
    assert ledger.rows(id_)[2]["reason"] == "worker_died"
    assert ledger.attempts(id_)[2, 1] == "uncertain"
    assert ledger.events("deliveries.orphaned") == 1
    ledger.check_books(id_)
    # Told twice, nothing is turned twice.
    assert next_.take_lanes().orphans == {}
    assert len(next_.send(id_)) == 6
    assert ledger.tally(id_) == {"sent": 7, "uncertain": 3}


@pytest.mark.parametrize("hours", [0.01, 1, 24, 24 * 400])
def test_L07_no_age_and_no_rescue_moves_sending_to_queued(
    ledger: Ledger, hand: Hand, clock: HandClock, hours: float
) -> None:
    id_ = ledger.started(3)
    hand.going(id_, 2)
    for _ in range(3):
        clock.pass_(hours * 1200)
        hand.renew()
        ledger.control.rescue(PERSON)
        ledger.control.start(id_, PERSON)
        hand.take_lanes()
        assert hand.claim(id_, late=True, fresh=[]) == []
    assert ledger.tally(id_) == {"sending": 2, "queued": 1}
    clock.pass_(hours * 3600 + LEASE)
    ledger.hand(ledger.another_process())
    ledger.control.rescue(PERSON)
    assert ledger.tally(id_) == {"uncertain": 2, "queued": 1}


def test_L07_a_straggler_that_commits_after_the_take_over_is_turned_at_the_next_pass(
    ledger: Ledger, clock: HandClock
) -> None:
    """A worker frozen inside its turn wakes up after the take-over: its claim is stopped, or turned by the next pass."""
    id_ = ledger.started(20)
    frozen = ledger.hand()
    frozen.claim(id_, 5)
    clock.pass_(LEASE + 1)
    next_ = ledger.hand(ledger.another_process())
    assert frozen.claim(id_) == [], "its lanes are gone"
    assert ledger.tally(id_) == {"queued": 20}
    assert len(next_.send(id_)) == 20


def test_the_last_orphan_completes_the_campaign(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.started(2)
    ledger.hand().going(id_)
    clock.pass_(LEASE + 1)
    ledger.hand(ledger.another_process())
    assert ledger.get(id_).state is CampaignState.COMPLETED
    ledger.check_books(id_)


def test_orphans_of_a_cancelled_campaign_read_cancelled_or_uncertain(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.started(6)
    dead = ledger.hand()
    dead.going(id_, 2)
    dead.claim(id_, 2)
    ledger.control.cancel(id_, PERSON)
    clock.pass_(LEASE + 1)
    ledger.hand(ledger.another_process())
    ledger.control.sweep_cancelled(id_)
    assert ledger.tally(id_) == {"uncertain": 2, "cancelled": 4}
    ledger.check_books(id_)


def test_L10_an_orphan_with_a_doubt_in_a_cancelled_campaign_stays_in_doubt(ledger: Ledger, clock: HandClock) -> None:
    from homing.store.decisions import Decisions

    id_ = ledger.started(1)
    dead = ledger.hand()
    (key,) = dead.going(id_)
    dead.settle(id_, unclear(*key))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    dead.claim(id_)
    ledger.control.cancel(id_, PERSON)
    clock.pass_(LEASE + 1)
    ledger.hand(ledger.another_process())
    assert ledger.tally(id_) == {"uncertain": 1}
    ledger.check_books(id_)


@pytest.mark.parametrize("jump", [86_400_000, -3_600_000, 10 * 365 * 86_400_000])
def test_L20_a_jump_of_the_wall_clock_leaves_leases_alone(
    ledger: Ledger, hand: Hand, clock: HandClock, jump: int
) -> None:
    id_ = ledger.started(4)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_)]
    clock.wall += jump
    assert ledger.hand(ledger.another_process()).lanes == {}
    assert len(hand.renew()) == SHARDS
    assert hand.turn(id_, intend=keys).go == set(keys)
    hand.settle(id_, *(sent(*key) for key in keys))
    assert ledger.get(id_).state is CampaignState.COMPLETED


@pytest.mark.dialect("sqlite")  # the clock of PostgreSQL does not begin anew
def test_L20_a_lease_of_an_earlier_boot_is_over_whatever_its_number_says(ledger: Ledger, clock: HandClock) -> None:
    id_ = ledger.started(4)
    before = ledger.hand()
    before.going(id_, 2)
    rebooted = ledger.another_process(World(HandClock(), ledger.world.chance, ledger.world.faults))
    rebooted.boot = "another boot"
    clock.up = 5.0  # far below the `until` that was written
    after = ledger.hand(rebooted)
    assert set(after.lanes.values()) == {2}
    assert ledger.tally(id_) == {"uncertain": 2, "queued": 2}


@pytest.mark.dialect("sqlite")  # on PostgreSQL whoever is not seen is not counted
def test_L20_a_worker_of_an_earlier_boot_counts_as_dead(ledger: Ledger) -> None:
    """Counted as alive it would hold back a fair share of the lanes for ever."""
    ledger.worker()
    rebooted = ledger.another_process()
    rebooted.boot = "another boot"
    workers = Workers(rebooted)
    me = workers.enter(host="here", version="0")
    assert [row.id for row in workers.alive()] == [me]
    gone = workers.dead()
    assert me not in gone
    assert gone
    workers.bury(gone)
    assert workers.dead() == []
    workers.leave(me)


def test_L07_a_killed_workers_lanes_are_taken_at_once_because_the_kernel_freed_its_lock(ledger: Ledger) -> None:
    id_ = ledger.started(4)
    workers = Workers(ledger.db)
    with worker_process(ledger) as (pid_, process):
        assert pid_ not in workers.dead()
        theirs = Hand(ledger, ledger.db, ledger.sender)
        theirs.me = pid_
        theirs.leases = Leases(ledger.db, pid_)
        theirs.take_lanes()
        next_ = Hand(ledger, ledger.another_process(), ledger.sender)
        assert next_.take_lanes(dead=workers.dead()).lanes == {}
        process.kill()
        process.wait(10)
        assert pid_ in workers.dead()
        assert pid_ not in [row.id for row in workers.alive()]
        assert len(next_.take_lanes(dead=workers.dead()).lanes) == SHARDS, "with its lease still running"
        workers.bury(workers.dead())
        assert pid_ not in workers.dead()
    assert ledger.tally(id_) == {"queued": 4}


def test_a_worker_that_leaves_in_order_is_neither_alive_nor_dead(ledger: Ledger) -> None:
    workers, others = Workers(ledger.db), Workers(ledger.another_process())
    me = workers.enter(host="here", version="0")
    assert me in [row.id for row in others.alive()]
    assert me not in others.dead()
    workers.leave(me)
    assert me not in [row.id for row in others.alive()]
    assert me not in others.dead()


def test_taking_lanes_is_one_transaction(ledger: Ledger, clock: HandClock, saboteur: Saboteur) -> None:
    """Whoever dies between the new epoch and the turned rows has taken nothing."""
    id_ = ledger.started(4)
    ledger.hand().going(id_)
    clock.pass_(LEASE + 1)
    saboteur.once("lanes.taken", OSError("killed here"))
    next_ = Hand(ledger, ledger.another_process(), ledger.sender)
    with pytest.raises(Exception, match="killed here"):
        next_.take_lanes()
    assert ledger.tally(id_) == {"sending": 4}
    assert len(next_.take_lanes().lanes) == SHARDS
    assert ledger.tally(id_) == {"uncertain": 4}
