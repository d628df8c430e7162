"""Freezing an audience into deliveries."""

import pytest
from sqlalchemy import delete, update

from homing.model.campaign import State as CampaignState
from homing.model.ids import CampaignId
from homing.store import tables
from homing.store.leases import Leases
from homing.store.planning import Ahead, Planning
from tests.store.ledger import LEASE, PERSON, HandClock, Ledger, Saboteur


def begin(ledger: Ledger, **more: object) -> CampaignId:
    id_ = ledger.draft(**more)  # type: ignore[arg-type]
    ledger.control.start(id_, PERSON)
    return id_


def planner(ledger: Ledger, id_: CampaignId) -> tuple[Planning, int]:
    me = ledger.worker()
    epoch = Leases(ledger.db, me).take("plan", str(id_), [])
    assert epoch is not None
    return Planning(ledger.db, me), epoch


def test_pages_follow_each_other_without_gap_or_repeat(ledger: Ledger) -> None:
    ids = ledger.contacts(25)
    id_ = begin(ledger)
    plan, epoch = planner(ledger, id_)
    pages = [plan.plan_page(id_, epoch, page=10) for _ in range(3)]
    assert [(page.planned, page.sealed) for page in pages] == [(10, False), (10, False), (5, True)]
    rows = ledger.rows(id_)
    assert [rows[seq]["contact_id"] for seq in range(1, 26)] == ids
    assert all(row["shard"] == seq % 16 for seq, row in rows.items())
    of = ledger.get(id_)
    assert (of.planned_through, of.planned_at is not None) == (25, True)
    assert plan.plan_page(id_, epoch).sealed, "asked again, nothing more is planned"
    assert ledger.get(id_).planned_through == 25
    ledger.check_books(id_)


def test_L13_a_page_that_is_cut_off_leaves_neither_rows_nor_cursor(ledger: Ledger, saboteur: Saboteur) -> None:
    ledger.contacts(25)
    id_ = begin(ledger)
    plan, epoch = planner(ledger, id_)
    plan.plan_page(id_, epoch, page=10)
    saboteur.once("plan.page", OSError("killed here"))
    with pytest.raises(Exception, match="killed here"):
        plan.plan_page(id_, epoch, page=10)
    assert len(ledger.rows(id_)) == ledger.get(id_).planned_through == 10
    while not plan.plan_page(id_, epoch, page=10).sealed:
        pass
    assert len(ledger.rows(id_)) == 25
    ledger.check_books(id_)


def test_a_second_planner_is_stopped_by_the_lease_and_by_the_cursor(ledger: Ledger, clock: HandClock) -> None:
    ledger.contacts(30)
    id_ = begin(ledger)
    frozen, old = planner(ledger, id_)
    frozen.plan_page(id_, old, page=10)
    clock.pass_(LEASE + 1)
    next_, new = planner(ledger, id_)
    next_.plan_page(id_, new, page=10)
    with pytest.raises(Ahead):
        frozen.plan_page(id_, old, page=10)
    assert ledger.get(id_).planned_through == 20
    while not next_.plan_page(id_, new, page=10).sealed:
        pass
    assert len({row["contact_id"] for row in ledger.rows(id_).values()}) == 30
    ledger.check_books(id_)


def test_whoever_must_not_or_cannot_get_it_is_skipped_with_the_reason(ledger: Ledger) -> None:
    ledger.contacts(1)
    ledger.contacts(1, consent_email="refused")
    ledger.contacts(1, email=None, phone="+4915112345678")
    ledger.contacts(1, email="gone@b.test")
    ledger.contacts(1, email="x@blocked.test")
    ledger.contacts(1, consent_email="given")
    ledger.suppress("gone@b.test")
    ledger.suppress("@blocked.test")
    id_ = begin(ledger)
    ledger.plan(id_)
    rows = ledger.rows(id_)
    assert {seq: (row["state"], row["reason"]) for seq, row in rows.items()} == {
        1: ("queued", None),
        2: ("skipped", "no_consent"),
        3: ("skipped", "no_address"),
        4: ("skipped", "suppressed"),
        5: ("skipped", "suppressed"),
        6: ("queued", None),
    }
    ledger.check_books(id_)
    strict = begin(ledger, options={"require_consent": True})
    ledger.plan(strict)
    assert [row["reason"] for row in ledger.rows(strict).values()] == [
        "no_consent", "no_consent", "no_address", "no_consent", "no_consent", None,
    ]  # fmt: skip
    ledger.check_books(strict)


def test_lists_are_merged_without_repeats_and_excluded_ones_left_out(ledger: Ledger) -> None:
    ids = ledger.contacts(12)
    one, two = ledger.list_of("one", ids[:6]), ledger.list_of("two", ids[3:9])
    never = ledger.list_of("never", [ids[4], ids[8]])
    id_ = begin(ledger, audience={"lists": [one, two], "exclude_lists": [never], "contacts": [ids[10], ids[0]]})
    plan, epoch = planner(ledger, id_)
    while not plan.plan_page(id_, epoch, page=4).sealed:
        pass
    wanted = [*ids[:4], *ids[5:8], ids[10]]
    assert [row["contact_id"] for _, row in sorted(ledger.rows(id_).items())] == wanted
    ledger.check_books(id_)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20])
def test_L23_the_audience_is_sealed_with_its_last_page_and_completes_only_then(ledger: Ledger, count: int) -> None:
    ids = ledger.contacts(count)
    everybody = ledger.list_of("all", ids)
    id_ = begin(ledger, audience={"lists": [everybody]})
    plan, epoch = planner(ledger, id_)
    hand = ledger.hand()
    for _ in range(count // 10):
        assert not plan.plan_page(id_, epoch, page=10).sealed
        hand.send(id_)
        assert ledger.get(id_).state is CampaignState.SENDING, "open = 0 is not enough while it is not sealed"
        ledger.check_books(id_)
    assert plan.plan_page(id_, epoch, page=10).sealed
    if count % 10:
        assert ledger.get(id_).state is CampaignState.SENDING
        hand.send(id_)
    assert ledger.get(id_).state is CampaignState.COMPLETED
    ledger.check_books(id_)


def test_a_campaign_whose_whole_audience_is_skipped_completes_by_its_seal(ledger: Ledger) -> None:
    ledger.contacts(3, consent_email="refused")
    id_ = begin(ledger)
    ledger.plan(id_)
    assert ledger.get(id_).state is CampaignState.COMPLETED
    assert ledger.tally(id_) == {"skipped": 3}
    ledger.check_books(id_)


def test_a_cancelled_campaign_is_planned_no_further(ledger: Ledger) -> None:
    ledger.contacts(20)
    id_ = begin(ledger)
    plan, epoch = planner(ledger, id_)
    plan.plan_page(id_, epoch, page=10)
    ledger.control.cancel(id_, PERSON)
    assert plan.plan_page(id_, epoch, page=10).ahead
    assert len(ledger.rows(id_)) == 10
    ledger.check_books(id_)


def test_a_paused_campaign_may_be_planned_on(ledger: Ledger) -> None:
    ledger.contacts(20)
    id_ = begin(ledger)
    plan, epoch = planner(ledger, id_)
    plan.plan_page(id_, epoch, page=10)
    ledger.control.pause(id_, PERSON)
    while not plan.plan_page(id_, epoch, page=10).sealed:
        pass
    assert len(ledger.rows(id_)) == 20


def test_contacts_that_come_or_go_while_it_is_planned_are_taken_as_they_stand(ledger: Ledger) -> None:
    ids = ledger.contacts(20)
    id_ = begin(ledger)
    plan, epoch = planner(ledger, id_)
    plan.plan_page(id_, epoch, page=10)
    with ledger.db.write() as tx:
        tx.execute(delete(tables.contact).where(tables.contact.c.id == ids[15]))
        tx.execute(update(tables.contact).where(tables.contact.c.id == ids[2]).values(email="new@a.test"))
    more = ledger.contacts(3)
    while not plan.plan_page(id_, epoch, page=10).sealed:
        pass
    rows = ledger.rows(id_)
    assert [row["contact_id"] for _, row in sorted(rows.items())] == [*ids[:15], *ids[16:], *more]
    assert rows[3]["address"] == "u3@a.test", "the address is as it was when it was planned"
    ledger.check_books(id_)
