"""Storage that refuses, and a ledger that is used from several processes."""

import os
import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from homing.model.errors import Unreachable
from homing.store.database import Database, Transaction
from homing.store.sqlite import Sqlite
from homing.store.turn import Turns
from homing.world import World
from tests.store.ledger import Hand, Ledger, sent


class SmallDisk(Database):
    """A disk that has no room for one more page while `full`."""

    full = False

    @contextmanager
    def write(self, *, fenced: bool = False, **more: Any) -> Iterator[Transaction]:
        with super().write(fenced=fenced, **more) as tx:
            tx.execute(text(f"PRAGMA max_page_count = {1 if self.full else 1 << 30}"))
            yield tx


@pytest.mark.dialect("sqlite")
def test_L19_a_full_disk_refuses_the_whole_turn_and_the_next_one_goes_on(ledger: Ledger) -> None:
    id_ = ledger.started(600)
    disk = SmallDisk(ledger.url, ledger.world)
    ledger._opened.append(disk)
    hand = ledger.hand(disk)
    disk.full = True
    refused = 0
    left: set[tuple[int, int]] = set()
    before = ledger.snapshot(id_)
    while not refused:
        keys = [(row.seq, row.attempt) for row in hand.claim(id_, 100)]
        try:
            left |= hand.turn(id_, intend=keys).go
        except Unreachable as error:
            refused += 1
            assert "full" in error.detail
        assert before != ledger.snapshot(id_)
    now = ledger.snapshot(id_)
    assert {key for key, state in now.attempts.items() if state == "sending"} == left, "all of a turn, or nothing"
    now.check()
    disk.full = False
    held = {(row[4], row[5]) for row in hand.turns.held_now()}
    assert hand.turn(id_, intend=sorted(held - left)).go == held - left
    hand.settle(id_, *(sent(*key) for key in held))
    while hand.send(id_, 100):
        pass
    assert ledger.tally(id_) == {"sent": 600}
    ledger.check_books(id_)


@pytest.mark.dialect("sqlite")
def test_L19_a_handle_that_saw_damage_is_closed_and_opened_again(ledger: Ledger) -> None:
    with pytest.raises(Unreachable, match="disk I/O error"), ledger.db.write():
        raise sqlite3.OperationalError("disk I/O error")
    with ledger.db.write() as tx:
        tx.execute(text("UPDATE workspace SET name = 'again'"))
    with ledger.db.read() as tx:
        assert tx.execute(text("SELECT name FROM workspace")).scalar() == "again"


@pytest.mark.dialect("sqlite")
def test_L19_a_handle_that_saw_damage_does_not_write_the_log_back_as_it_closes(ledger: Ledger) -> None:
    """The file's last handle writes the log back and removes it: that must not be the one whose flush has failed."""
    ledger.db.close()
    log = Path(f"{make_url(ledger.url).database}-wal")
    made: list[Any] = []
    after: list[tuple[bool, bool]] = []

    class Handle(sqlite3.Connection):
        saw_damage = False

        def close(self) -> None:
            super().close()
            after.append((self.saw_damage, log.exists()))

    class Watched(Sqlite):
        def _connect(self, **more: Any) -> sqlite3.Connection:
            made.append(super()._connect(**more, factory=Handle))
            return made[-1]  # type: ignore[no-any-return]

    driver = Watched(ledger.url)
    with pytest.raises(Unreachable), driver.writing(fenced=True) as connection:
        connection.execute(text("UPDATE workspace SET name = 'written'"))
        made[-1].saw_damage = True
        raise sqlite3.OperationalError("disk I/O error")
    driver.close()
    assert after[0] == (True, True), after


def test_a_mistake_of_ours_is_not_called_an_outage(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"no such table|does not exist") as caught, ledger.db.write() as tx:
        tx.execute(text("UPDATE no_such_thing SET x = 1"))
    assert not isinstance(caught.value, Unreachable)


def test_a_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(Unreachable, match=r"read-?only"), ledger.db.read() as tx:
        tx.execute(text("UPDATE workspace SET name = 'x'"))


@pytest.mark.dialect("sqlite")
def test_every_commit_is_flushed(ledger: Ledger) -> None:
    """L1: an intent survives a power cut only with synchronous=FULL on the connection that writes."""
    with ledger.db.write() as tx:
        assert tx.execute(text("PRAGMA synchronous")).scalar() == 2
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_processes_that_write_at_once_wait_for_their_turn_and_lose_nothing(ledger: Ledger) -> None:
    id_ = ledger.started(160)
    hands = [Hand(ledger, ledger.another_process(), ledger.sender) for _ in range(4)]
    for hand in hands:
        hand.take_lanes(4)
    start = threading.Barrier(4)

    def work(hand: Hand) -> int:
        start.wait(30)
        count = 0
        while keys := hand.send(id_, 7):
            count += len(keys)
        return count

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, hands))
    assert counts == [40, 40, 40, 40]
    assert ledger.tally(id_) == {"sent": 160}
    ledger.check_books(id_)


@pytest.mark.dialect("sqlite")
def test_who_holds_the_write_lock_can_be_named(ledger: Ledger) -> None:
    other = Database(ledger.url, World())
    assert other.turnstile.holder() is None
    with ledger.db.write():
        assert other.turnstile.holder() == os.getpid()
    assert other.turnstile.holder() is None


@pytest.mark.dialect("sqlite")
def test_a_closed_ledger_keeps_no_file_open_and_takes_no_turn_from_a_thread(ledger: Ledger) -> None:
    other = Database(ledger.url, World())
    with other.write():
        other.turnstile.close()
        assert ledger.db.turnstile.holder() == os.getpid(), "whoever writes keeps the lock"
    other.close()
    ledger.close()
    open_files = {os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()}
    assert not [each for each in open_files if each.startswith(str(Path(ledger.db.driver.path).parent))]


@pytest.mark.dialect("postgresql")
def test_a_server_with_thousands_of_open_lines_still_reaches_its_database(ledger: Ledger) -> None:
    """Connections get numbers above 1,023, which select() does not take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    lines = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        other = ledger.another_process()
        for _ in range(2):
            with other.read() as tx:
                assert tx.execute(text("SELECT 1")).scalar() == 1
    finally:
        for line in lines:
            os.close(line)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_turns_of_a_sender_do_not_see_another_senders_lanes(ledger: Ledger) -> None:
    id_ = ledger.started(3)
    other = ledger.add_sender("other")
    ledger.started(3, sender=other)
    wrong = Hand(ledger, ledger.db, other)
    wrong.take_lanes()
    wrong.turns = Turns(ledger.db, wrong.me, ledger.sender)
    assert wrong.claim(id_) == []
