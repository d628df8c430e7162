"""What monitoring is told: what waits and is in doubt, how long a message takes, attempts, take-overs, what lags behind."""

import psycopg
import pytest
from sqlalchemy import text, update

from homing.store import events
from homing.store.figures import NEWEST, RECENT_MS, Figures
from homing.store.log_tail import LogTail
from homing.store.tables import campaign
from proofs.patience import until
from tests.store.ledger import LEASE, HandClock, Ledger, deferred, failed, sent, unclear


def test_each_channel_tells_its_queue_its_doubts_and_its_seconds(ledger: Ledger, clock: HandClock) -> None:
    mail, chat = ledger.started(6), ledger.started(4)
    with ledger.db.write() as tx:
        tx.execute(update(campaign).where(campaign.c.id == chat).values(channel="whatsapp"))
    hand = ledger.hand()
    keys = hand.going(mail)
    clock.pass_(0.5)
    hand.settle(mail, sent(*keys[0]), failed(*keys[1]), unclear(*keys[2]), deferred(*keys[3], clock.now() + 60_000))
    others = hand.going(chat)
    clock.pass_(2.0)
    hand.settle(chat, sent(*others[0]))
    found = Figures(ledger.db).look()
    assert found.queue == {"email": 3, "whatsapp": 3}
    assert found.uncertain == {"email": 1, "whatsapp": 0}
    assert found.oldest_seconds == {"email": 2.5, "whatsapp": 2.5}
    assert found.send_seconds == {"email": [0.5, 0.5, 0.5], "whatsapp": [2.0]}, "what was put off was not sent"


def test_both_channels_of_one_campaign_are_told_as_such_and_an_idle_house_tells_zeros(ledger: Ledger) -> None:
    assert Figures(ledger.db).look().queue == {"email": 0, "whatsapp": 0}
    id_ = ledger.started(2)
    with ledger.db.write() as tx:
        options = '{"prefer": ["email", "whatsapp"]}'
        tx.execute(update(campaign).where(campaign.c.id == id_).values(options=options))
    assert Figures(ledger.db).look().queue == {"email": 0, "whatsapp": 0, "mixed": 2}


def test_a_campaign_that_just_ended_still_tells_how_long_it_took_and_only_its_newest_are_read(
    ledger: Ledger, clock: HandClock
) -> None:
    id_ = ledger.started(NEWEST + 5)
    hand = ledger.hand()
    while keys := hand.going(id_):
        hand.settle(id_, *(sent(*key) for key in keys))
    assert ledger.get(id_).state == "completed"
    found = Figures(ledger.db).look()
    assert len(found.send_seconds["email"]) == NEWEST
    assert (found.queue["email"], found.oldest_seconds["email"]) == (0, 0.0)
    clock.pass_(RECENT_MS / 1000 + 1)
    assert Figures(ledger.db).look().send_seconds == {}


def test_an_attempt_counts_by_what_the_provider_said_and_one_in_doubt_when_it_is_known(ledger: Ledger) -> None:
    id_ = ledger.started(5)
    hand = ledger.hand()
    keys = hand.going(id_)
    hand.settle(id_, sent(*keys[0]), failed(*keys[1]), unclear(*keys[2]), deferred(*keys[3], 0))
    found = Figures(ledger.db).look()
    assert (found.accepted, found.turned_down) == ({"email": 1, "whatsapp": 0}, {"email": 2, "whatsapp": 0})
    hand.settle(id_, sent(*keys[2]), sent(*keys[4]))
    found = Figures(ledger.db).look()
    assert (found.accepted["email"], found.turned_down["email"]) == (3, 2)


def test_a_lease_is_stolen_from_a_worker_that_did_not_give_it_back_and_from_no_other(
    ledger: Ledger, clock: HandClock
) -> None:
    assert Figures(ledger.db).look().steals == {"lane": 0, "loop": 0}
    id_ = ledger.started(2)
    first = ledger.hand(lanes=10)
    first.leases.release("lane", [f"{ledger.sender}/{shard}" for shard in first.lanes])
    second = ledger.hand(lanes=6)
    assert Figures(ledger.db).look().steals == {"lane": 0, "plan": 0, "loop": 0}, "what was given back is free"
    assert second.leases.take("plan", str(id_), []) is not None
    clock.pass_(LEASE + 1)
    assert second.leases.take("plan", str(id_), []) is not None, "its own, late"
    clock.pass_(LEASE + 1)
    third = ledger.hand()
    assert third.leases.take("plan", str(id_), []) is not None
    assert Figures(ledger.db).look().steals == {"lane": 6, "plan": 1, "loop": 0}


def test_what_nobody_reads_lags_behind(ledger: Ledger, clock: HandClock) -> None:
    ledger.started(1)
    clock.pass_(3)
    log, tail = events.Events(ledger.db), LogTail(ledger.db, ())
    until(lambda: Figures(ledger.db).look().event_lag == 3, 60, "the facts are through the fence")
    newest = ledger.facts(events.BEGINNING)[-1].cursor
    until(lambda: tail.step() == 0 and log.latest() == newest and not tail.is_behind(), 60, "all are read")
    assert Figures(ledger.db).look().event_lag == 0


@pytest.mark.dialect("postgresql")
def test_an_open_transaction_holds_facts_back_and_the_lag_says_how_long(ledger: Ledger, clock: HandClock) -> None:
    with psycopg.connect(ledger.url) as other:
        other.execute("SELECT pg_current_xact_id()")
        ledger.started(1)
        clock.pass_(7)
        assert Figures(ledger.db).look().fence_lag == 7
    until(lambda: Figures(ledger.db).look().fence_lag == 0, 60, "the fence lets go when no transaction is open")


@pytest.mark.dialect("postgresql")
def test_the_fence_is_asked_of_the_newest_facts_alone(ledger: Ledger) -> None:
    with ledger.db.write() as tx:
        tx.execute(
            text(
                "INSERT INTO event (workspace_id, at, topic, kind, xid) SELECT 1, 0, 't', 'k', n FROM generate_series(1, 20000) n"
            )
        )
    asked = events.Events(ledger.db)._fenced().compile(compile_kwargs={"literal_binds": True})
    with ledger.db.write() as tx:
        tx.execute(text("ANALYZE event"))
        plan = "\n".join(tx.execute(text(f"EXPLAIN {asked}")).scalars())
    assert "Index Scan using ix_event_xid" in plan
    assert "Index Cond: (xid >=" in plan
    assert "Sort" not in plan


@pytest.mark.dialect("sqlite")
def test_sqlite_has_no_fence(ledger: Ledger) -> None:
    ledger.started(1)
    assert Figures(ledger.db).look().fence_lag == 0
