"""Evidence that comes back: late, twice, out of order, of others; and what it makes of deliveries and addresses."""

import itertools
import random

import pytest

from homing.model.ids import CampaignId
from homing.model.receipt import Kind, Mark, Receipt, reason_of
from homing.store.receipts import KEPT_MS, Receipts
from homing.store.suppressions import Suppressions
from tests.store.ledger import START, Hand, HandClock, Ledger, failed, unclear


def tell(ledger: Ledger, *found: Receipt, sender: int | None = -1) -> int:
    """As a hook does: kept, then settled. `sender`: the one whose key signed it."""
    receipts = Receipts(ledger.db)
    receipts.keep(ledger.workspace, "sendgrid", b"raw", sender_id=ledger.sender if sender == -1 else sender)
    (call,) = receipts.waiting()
    return receipts.settle(call, found)


def event(
    ledger: Ledger, id_: CampaignId, kind: Kind, seq: int = 1, attempt: int = 1, n: int = 0, **more: str
) -> Receipt:
    mark = Mark(ledger.get(id_).uid, seq, attempt)
    return Receipt("sendgrid", f"{id_}/{kind}/{seq}/{attempt}/{n}", kind, START, mark, **more)  # type: ignore[arg-type]  # texts


def kept_out(ledger: Ledger) -> dict[str, str]:
    return {each.address: each.reason for each in Suppressions(ledger.db).export(ledger.workspace)}


def test_L11_uncertain_deliveries_are_settled_by_events_that_arrive_later(ledger: Ledger) -> None:
    """Of 500 one in twenty is in doubt; the provider has 20 of those 25, and says so late, twice and in any order (Done 2)."""
    id_ = ledger.started(500)
    hand = ledger.hand()
    keys = [key for _ in range(5) for key in hand.going(id_, 100)]
    doubtful = keys[::20]
    hand.settle(id_, *(unclear(*key) for key in doubtful))
    from tests.store.ledger import sent

    hand.settle(id_, *(sent(*key) for key in keys if key not in set(doubtful)))
    assert ledger.tally(id_) == {"sent": 475, "uncertain": 25}
    proven = doubtful[:20]
    told = [event(ledger, id_, Kind.ACCEPTED, *key) for key in proven] * 2
    told += [event(ledger, id_, Kind.DELIVERED, *key) for key in keys[:300] if key not in doubtful[20:]]
    random.Random(7).shuffle(told)
    for page in range(0, len(told), 50):
        tell(ledger, *told[page : page + 50])
    tally = ledger.tally(id_)
    assert tally["uncertain"] == 5
    assert tally["delivered"] + tally["sent"] == 495
    assert sorted(seq for seq, state in ledger.states(id_).items() if state == "uncertain") == sorted(
        seq for seq, _ in doubtful[20:]
    )
    counters = ledger.counters(id_)
    assert counters["delivered"] == tally["delivered"]
    assert counters["uncertain"] == 5
    assert counters["sent"] == 495


@pytest.mark.parametrize("order", list(itertools.permutations((Kind.ACCEPTED, Kind.DELIVERED, Kind.COMPLAINED))))
def test_the_order_of_events_does_not_matter(ledger: Ledger, order: tuple[Kind, ...]) -> None:
    id_ = ledger.started(1)
    hand = ledger.hand()
    (key,) = hand.going(id_)
    hand.settle(id_, unclear(*key))
    for kind in order:
        tell(ledger, event(ledger, id_, kind))
        tell(ledger, event(ledger, id_, kind))  # told twice
    assert ledger.states(id_) == {1: "complained"}
    assert ledger.counters(id_)["delivered"] == 0
    assert ledger.get(id_).state == "completed"
    assert list(kept_out(ledger).values()) == ["complained"]


def test_a_bounce_proves_that_the_message_was_accepted_and_ends_a_bad_address(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    keys = hand.going(id_)
    hand.settle(id_, *(unclear(*key) for key in keys))
    assert tell(
        ledger, event(ledger, id_, Kind.BOUNCED, 1, reason="bad_address", code="550 5.1.1", words="no such user")
    )
    row = ledger.rows(id_)[1]
    assert (row["state"], row["reason"], row["words"]) == ("bounced", "bad_address", "no such user")
    assert kept_out(ledger) == {row["address"]: "bounced"}
    tell(ledger, event(ledger, id_, Kind.DELIVERED, 1))
    assert ledger.states(id_)[1] == "bounced"
    assert ledger.counters(id_)["bounced"] == 1
    assert ledger.events("delivery.bounced") == 1


def test_our_own_reputation_suppresses_nobody(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    hand.send(id_)
    tell(ledger, event(ledger, id_, Kind.BOUNCED, reason="policy"))
    assert ledger.states(id_) == {1: "bounced"}
    assert not kept_out(ledger)


def test_a_full_mailbox_is_let_go_after_three_campaigns(ledger: Ledger, hand: Hand) -> None:
    people = ledger.contacts(1)
    for number in range(3):
        id_ = ledger.started(audience={"contacts": people})
        hand.send(id_)
        assert not kept_out(ledger), number
        tell(ledger, event(ledger, id_, Kind.BOUNCED, reason="mailbox_full"))
    assert list(kept_out(ledger).values()) == ["bounced"]


def test_an_event_of_another_sender_or_workspace_or_of_nobody_changes_nothing(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    hand.settle(id_, unclear(*key))
    other = ledger.add_sender("other")
    tell(ledger, event(ledger, id_, Kind.BOUNCED, reason="bad_address"), sender=other)
    tell(ledger, Receipt("sendgrid", "x1", Kind.BOUNCED, START, Mark("no-such-campaign", 1, 1)))
    tell(ledger, Receipt("sendgrid", "x2", Kind.BOUNCED, START, None))
    tell(ledger, event(ledger, id_, Kind.BOUNCED, 1, 2, n=1))  # an attempt that never was
    tell(ledger, event(ledger, id_, Kind.BOUNCED, 99, n=2))
    assert ledger.states(id_) == {1: "uncertain"}
    assert not kept_out(ledger)


def test_an_event_older_than_a_month_is_kept_and_set_aside(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    id_ = ledger.started(1)
    hand.send(id_)
    clock.pass_(KEPT_MS / 1000 + 60)
    assert tell(ledger, event(ledger, id_, Kind.BOUNCED, reason="bad_address"))
    assert ledger.states(id_) == {1: "sent"}


def test_what_a_provider_refused_is_not_made_sent_by_an_event(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    hand.settle(id_, failed(*key))
    tell(ledger, event(ledger, id_, Kind.DELIVERED))
    assert ledger.states(id_) == {1: "failed"}
    ledger.check_books(id_)


def test_a_bounce_of_an_older_attempt_is_history_once_a_newer_was_accepted(ledger: Ledger, hand: Hand) -> None:
    from homing.store.decisions import Decisions
    from tests.store.ledger import PERSON

    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    hand.settle(id_, unclear(*key))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    (again,) = hand.send(id_)
    tell(ledger, event(ledger, id_, Kind.BOUNCED, 1, key[1], reason="mailbox_full"))
    assert ledger.states(id_) == {1: "sent"}
    tell(ledger, event(ledger, id_, Kind.DELIVERED, 1, again[1]))
    assert ledger.states(id_) == {1: "delivered"}


def test_raw_bodies_are_kept_a_month(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    tell(ledger)
    receipts = Receipts(ledger.db)
    assert receipts.tidy() == 0
    clock.pass_(KEPT_MS / 1000 + 60)
    assert receipts.tidy() == 1


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        ("550 5.1.1", "", "bad_address"),
        ("5.1.10", "", "bad_address"),
        ("552 5.2.2", "", "mailbox_full"),
        ("550 5.7.515", "", "policy"),
        ("552 5.3.4", "", "content"),
        ("550", "User unknown", "bad_address"),
        ("550 5.4.1", "", "routing"),
    ],
)
def test_a_bounce_is_judged_by_its_code(code: str, words: str, reason: str) -> None:
    assert reason_of(code, words) == reason
