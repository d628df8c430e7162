"""A campaign with two senders: one row changes, and no delivery can ever be claimed by both."""

import pytest

from homing.model.ids import CampaignId, SenderId
from homing.model.sender import Health
from homing.store.failover import BACK, Failover
from homing.store.lookout import Lookout
from homing.store.senders import Senders
from tests.store.ledger import Ledger, outage, sent


class Pair:
    """Two senders of one campaign, each with a worker that holds all its lanes."""

    def __init__(self, ledger: Ledger, **options: object) -> None:
        self.ledger = ledger
        self.second = ledger.add_sender("spare")
        self.id: CampaignId = ledger.started(40, senders=[ledger.sender, self.second], options=options)
        self.one = ledger.hand()
        self.two = ledger.hand(sender=self.second)
        self.failover = Failover(ledger.db)
        self.senders = Senders(ledger.db)

    def health(self, sender: SenderId, health: Health) -> None:
        self.senders.set_health(sender, health, "tested")


@pytest.fixture
def pair(ledger: Ledger) -> Pair:
    return Pair(ledger)


def test_only_the_holder_claims(pair: Pair) -> None:
    assert pair.two.claim(pair.id, 40) == []
    assert len(pair.one.claim(pair.id, 10)) == 10


def test_a_sender_that_is_down_hands_over_by_one_row_and_what_is_in_flight_stays(pair: Pair) -> None:
    flying = pair.one.going(pair.id, 5)
    pair.health(pair.ledger.sender, Health.DOWN)
    assert pair.failover.needed(pair.ledger.sender)
    (moved,) = pair.failover.route(pair.ledger.sender)
    assert moved.gained == {pair.second: 16}
    assert not pair.failover.needed(pair.ledger.sender)
    assert pair.ledger.get(pair.id).sender_id == pair.second
    assert pair.ledger.events("campaign.sender_changed") == 1
    assert pair.one.claim(pair.id, 40) == [], "who does not hold it claims nothing, though it has its lanes"
    rest = pair.two.send(pair.id, 40)
    assert {seq for seq, _ in rest} == set(range(6, 41))
    pair.one.settle(pair.id, *[sent(seq, attempt) for seq, attempt in flying])
    assert pair.ledger.tally(pair.id) == {"sent": 40}
    pair.ledger.check_books(pair.id)


def test_what_comes_back_unsent_is_sent_by_the_other(pair: Pair) -> None:
    flying = pair.one.going(pair.id, 5)
    pair.health(pair.ledger.sender, Health.BLOCKED)
    pair.failover.route(pair.ledger.sender)
    pair.one.settle(pair.id, *[outage(seq, attempt) for seq, attempt in flying])
    assert {seq for seq, _ in pair.two.send(pair.id, 40)} == set(range(1, 41))
    pair.ledger.check_books(pair.id)


def test_L03_a_claim_that_was_made_before_the_hand_over_may_still_leave_once_and_only_there(pair: Pair) -> None:
    keys = [(row.seq, row.attempt) for row in pair.one.claim(pair.id, 5)]
    pair.health(pair.ledger.sender, Health.DOWN)
    pair.failover.route(pair.ledger.sender)
    others = pair.two.claim(pair.id, 40)
    assert not {row.seq for row in others} & {seq for seq, _ in keys}
    assert pair.two.turn(pair.id, intend=keys).go == set(), "a key of the other sender"
    assert pair.one.turn(pair.id, intend=keys).go == set(keys)


def test_it_goes_back_after_five_minutes_of_health(pair: Pair) -> None:
    pair.health(pair.ledger.sender, Health.DOWN)
    pair.failover.route(pair.ledger.sender)
    pair.health(pair.ledger.sender, Health.UP)
    pair.ledger.world.clock.pass_(299.0)  # type: ignore[attr-defined]  # the ledger's clock is held by hand
    assert pair.failover.route(pair.ledger.sender) == []
    pair.ledger.world.clock.pass_(2.0)  # type: ignore[attr-defined]
    assert pair.ledger.get(pair.id).options[BACK]["senders"] == [], "who stepped in had not been away"
    assert pair.failover.route(pair.second)[0].gained == {pair.ledger.sender: 16}
    told = pair.ledger.get(pair.id).options[BACK]
    assert told == {"at": pair.ledger.world.clock.now(), "senders": [pair.ledger.sender]}


def test_a_limit_is_a_reason_to_step_in(pair: Pair) -> None:
    now = pair.ledger.world.clock.now()
    pair.failover.limit(pair.ledger.sender, now + 60_000)
    assert pair.failover.route(pair.second)[0].gained == {pair.second: 16}


def test_weights_give_each_its_shards_and_both_may_claim_at_once(ledger: Ledger) -> None:
    pair = Pair(ledger, weights=[3, 1])
    pair.failover.route(pair.second)
    one, two = pair.one.claim(pair.id, 40), pair.two.claim(pair.id, 40)
    mine, theirs = {row.shard for row in one}, {row.shard for row in two}
    assert (len(mine), len(theirs)) == (12, 4)
    assert not mine & theirs
    assert {row.seq for row in one} | {row.seq for row in two} == set(range(1, 41))


def test_two_senders_can_be_exchanged_while_it_runs_and_a_new_one_gets_its_lanes(pair: Pair) -> None:
    third = pair.ledger.add_sender("third")
    pair.ledger.campaigns.edit(pair.id, {"senders": [third, pair.ledger.sender]})
    assert pair.ledger.get(pair.id).sender_id == pair.ledger.sender
    assert len(pair.ledger.hand(sender=third).lanes) == 16


def test_the_harm_of_a_senders_last_messages_is_counted_from_the_rows(ledger: Ledger) -> None:
    id_ = ledger.started(30)
    hand = ledger.hand()
    hand.send(id_, 20)
    for seq in (3, 4):
        ledger.set_delivery(id_, seq, state="bounced")
    ledger.set_delivery(id_, 9, state="complained")
    lookout = Lookout(ledger.db)
    assert lookout.harm(ledger.sender, id_) == (20, 2, 1)
    assert lookout.harm(ledger.sender, id_, last=12) == (12, 0, 1), "the newest only"
    assert lookout.harm(ledger.add_sender("other"), id_) == (0, 0, 0)
    assert lookout.first_use(ledger.sender) is not None
