"""Recurring campaigns: each due time makes one campaign, whoever looks, and whatever dies in the middle."""

import threading
from typing import Any

import pytest

from homing.model.campaign import State
from homing.model.errors import Conflict, Invalid, Unreachable
from homing.model.recurring import next_due
from homing.store.recurrences import Recurrences
from tests.store.ledger import PERSON, HandClock, Ledger, Saboteur

HOUR = 3_600_000


def hourly(ledger: Ledger, **more: Any) -> Recurrences:
    found = Recurrences(ledger.db)
    found.add(ledger.get(ledger.draft(audience={"all": True}, **more)), "0 * * * *", "UTC", by=PERSON)
    return found


def campaigns(ledger: Ledger) -> list[State]:
    return [each.state for each in ledger.campaigns.page(ledger.workspace)]


def test_R14_two_schedulers_at_one_due_time_make_one_campaign(ledger: Ledger, clock: HandClock) -> None:
    """Ten due times, each looked at by two processes at once: ten campaigns, each started."""
    hourly(ledger)
    both = [Recurrences(ledger.another_process()) for _ in range(2)]
    for _ in range(10):
        clock.pass_(3600)
        due = [each.due(clock.now()) for each in both]
        assert [len(each) for each in due] == [1, 1]
        gate = threading.Barrier(2)

        def run(number: int, gate: threading.Barrier = gate, due: Any = due) -> None:
            gate.wait()
            both[number].run(due[number][0], 3600.0)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(campaigns(ledger)) == sorted([State.DRAFT, *[State.SENDING] * 10])
    (of,) = both[0].list(ledger.workspace)
    assert len({run.campaign for run in both[0].runs(of)}) == 10


def test_a_scheduler_that_dies_in_the_middle_has_made_nothing(
    ledger: Ledger, clock: HandClock, saboteur: Saboteur
) -> None:
    found = hourly(ledger)
    clock.pass_(3600)
    (due,) = found.due(clock.now())
    saboteur.once("recurrence.run", Unreachable("gone"))
    with pytest.raises(Unreachable):
        found.run(due, 3600.0)
    assert campaigns(ledger) == [State.DRAFT]
    (again,) = found.due(clock.now())
    assert found.run(again, 3600.0) is not None
    assert found.due(clock.now()) == []
    assert sorted(campaigns(ledger)) == [State.DRAFT, State.SENDING]


def test_what_was_missed_for_too_long_is_written_down_and_not_made_up_for(ledger: Ledger, clock: HandClock) -> None:
    found = hourly(ledger)
    clock.pass_(5 * 3600)
    (due,) = found.due(clock.now())
    assert found.run(due, 3600.0) is None
    (of,) = found.list(ledger.workspace)
    assert of.next_at is not None
    assert 0 < of.next_at - clock.now() <= HOUR
    (run,) = found.runs(of)
    assert run.campaign is None
    assert "missed by" in (run.words or "")
    assert campaigns(ledger) == [State.DRAFT]


def test_a_due_time_that_comes_again_makes_nothing_and_keeps_nobody_from_the_next(
    ledger: Ledger, clock: HandClock
) -> None:
    """The clock is set back over it and somebody changes the time: it was refused by the table, which ended the worker."""
    found = hourly(ledger)
    clock.pass_(3600)
    (due,) = found.due(clock.now())
    assert due.next_at is not None
    assert found.run(due, 3600.0) is not None
    clock.pass_((due.next_at - clock.now()) / 1000 - 60)
    found.change(due, on=True, by=PERSON)
    clock.pass_(60)
    (again,) = found.due(clock.now())
    assert again.next_at == due.next_at
    assert found.run(again, 3600.0) is None
    assert found.due(clock.now()) == []
    clock.pass_(3600)
    (following,) = found.due(clock.now())
    assert found.run(following, 3600.0) is not None
    assert sorted(campaigns(ledger)) == [State.DRAFT, State.SENDING, State.SENDING]


def test_a_time_is_read_in_its_zone_over_the_change_of_the_clocks() -> None:
    """Nine in Berlin is 8 UTC in winter and 7 UTC in summer."""
    march = 1_774_600_000_000  # 2026-03-27 08:26:40 UTC
    friday = next_due("0 9 * * *", "Europe/Berlin", march)
    days = [friday]
    for _ in range(3):
        days.append(next_due("0 9 * * *", "Europe/Berlin", days[-1]))
    assert [day // HOUR % 24 for day in days] == [8, 7, 7, 7]


def test_what_could_never_run_is_refused(ledger: Ledger) -> None:
    found = Recurrences(ledger.db)
    model = ledger.get(ledger.draft(audience={"all": True}))
    for cron, zone in (("nine", "UTC"), ("0 0 30 2 *", "UTC"), ("0 9 * * *", "Nowhere")):
        with pytest.raises(Invalid):
            found.add(model, cron, zone, by=PERSON)
    with pytest.raises(Conflict):
        found.add(ledger.get(ledger.started(1)), "0 9 * * *", "UTC", by=PERSON)


def test_it_can_be_switched_off_and_on_and_removed(ledger: Ledger, clock: HandClock) -> None:
    found = hourly(ledger)
    (of,) = found.list(ledger.workspace)
    off = found.change(of, on=False, by=PERSON)
    clock.pass_(2 * 3600)
    assert found.due(clock.now()) == []
    on = found.change(off, on=True, by=PERSON)
    assert on.next_at is not None
    assert on.next_at > clock.now()
    found.remove(on, by=PERSON)
    assert found.list(ledger.workspace) == []
