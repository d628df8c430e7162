"""What a linked device knows of the people it writes to: only strangers count against `daily_new`."""

from dataclasses import replace
from typing import Any

import pytest

from homing.model.ids import SenderId
from homing.model.newcomers import cap_of
from homing.model.pacing import DAY_MS, LINKED, WarmUp
from homing.model.sender import SenderOptions
from homing.store.conversations import Conversations, Heard
from homing.store.senders import Senders
from homing.store.turn import Turns
from tests.store.ledger import START, Hand, HandClock, Ledger

CONTENT = {"text": "Hi"}


@pytest.fixture
def phone(ledger: Ledger) -> SenderId:
    return Senders(ledger.db).add(ledger.workspace, "phone", "whatsapp_linked", {}, {}).id


def hand(ledger: Ledger, phone: SenderId, cap: int | None) -> Hand:
    made = ledger.hand(sender=phone)
    made.turns = Turns(ledger.db, made.me, phone, SenderOptions(daily_new=cap, home="Asia/Colombo"))
    return made


def campaign(ledger: Ledger, phone: SenderId, people: list[int]) -> Any:
    return ledger.started(audience={"contacts": people}, sender=phone, content=CONTENT, channel="whatsapp")


def test_only_strangers_count_and_what_is_over_waits_for_midnight(ledger: Ledger) -> None:
    """Whom the device wrote to before, or who wrote to us, is claimed whatever the cap; nobody is charged or lost."""
    phone = Senders(ledger.db).add(ledger.workspace, "phone", "whatsapp_linked", {}, {}).id
    people = [ledger.contacts(1, email=None, phone=f"+9471100000{n}")[0] for n in range(8)]
    first = campaign(ledger, phone, people[:3])
    mine = hand(ledger, phone, 4)
    assert len(mine.send(first)) == 3
    heard = Heard("+94711000007", "hello", "x", START)
    Conversations(ledger.db).receive(ledger.workspace, phone, heard)
    second = campaign(ledger, phone, people)
    sent = mine.send(second)
    assert {seq for seq, _ in sent} == {1, 2, 3, 4, 8}, "three known, one who wrote, and the fourth stranger of the day"
    cap = cap_of(SenderOptions(daily_new=4, home="Asia/Colombo"), ledger.world.clock.now())
    assert cap is not None
    waits = {seq: row for seq, row in ledger.rows(second).items() if row["state"] == "queued"}
    assert {seq: (row["tries"], row["due_at"]) for seq, row in waits.items()} == dict.fromkeys(
        (5, 6, 7), (0, cap.until)
    )
    assert mine.claim(second) == []
    clock = ledger.world.clock
    assert isinstance(clock, HandClock)
    clock.wall = cap.until + 1
    mine.leases.renew()
    assert {seq for seq, _ in mine.send(second)} == {5, 6, 7}, "a new day"
    assert ledger.get(second).state == "completed"
    ledger.check_books(second)


def test_what_is_under_way_counts_too(ledger: Ledger, phone: SenderId) -> None:
    people = [ledger.contacts(1, email=None, phone=f"+9471100000{n}")[0] for n in range(4)]
    id_ = campaign(ledger, phone, people)
    mine = hand(ledger, phone, 2)
    assert len(mine.claim(id_, 1)) == 1
    assert len(mine.claim(id_, 3)) == 1, "one is in hand already"
    assert mine.claim(id_, 3) == []


def test_days_begin_at_midnight_where_the_number_is_at_home() -> None:
    plan = replace(WarmUp.parse(LINKED), people=True)
    cap = cap_of(SenderOptions(warm_up=plan, warm_from=START, home="Asia/Colombo"), START)
    assert cap is not None
    assert cap.most == 20
    assert cap.until - cap.since == DAY_MS
    assert (cap.since + 19_800_000) % DAY_MS == 0
    assert cap_of(SenderOptions(home="UTC"), START) is None
