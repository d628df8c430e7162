"""Turns: claim, intend and settle, with every answer and every fence."""

import math
import sqlite3

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from homing.model.campaign import PauseReason
from homing.model.campaign import State as CampaignState
from homing.model.delivery import SHARDS
from homing.model.errors import Unreachable
from homing.model.ids import Key
from homing.store import tables
from homing.store.decisions import Decisions
from homing.store.evidence import Evidence
from homing.store.results import Results
from homing.store.turn import INTENTS_LIMIT
from tests.store.ledger import (
    LEASE,
    PERSON,
    Hand,
    HandClock,
    Ledger,
    Saboteur,
    deferred,
    failed,
    outage,
    released,
    sent,
    unclear,
)


def test_a_row_goes_from_queued_to_sent_in_three_turns(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(3)
    (row,) = hand.claim(id_, 1)
    assert (row.seq, row.attempt, row.address, row.shard) == (1, 1, "u1@a.test", 1)
    assert ledger.states(id_) == {1: "claimed", 2: "queued", 3: "queued"}
    answer = hand.turn(id_, intend=[(1, 1)])
    assert (answer.go, answer.stopped) == ({(1, 1)}, {})
    assert ledger.states(id_)[1] == "sending"
    assert ledger.attempts(id_) == {(1, 1): "sending"}
    answer = hand.settle(id_, sent(1, 1, "250 ok"))
    assert (dict(answer.settled), answer.ghosts, answer.completed) == ({"sent": 1}, 0, False)
    assert Results(ledger.db).page(id_)[0].provider_id == "250 ok"
    assert ledger.attempts(id_) == {(1, 1): "accepted"}
    ledger.check_books(id_)


def test_a_claim_takes_rows_in_order_of_their_positions_and_only_of_held_shards(ledger: Ledger) -> None:
    id_ = ledger.started(40)
    ledger.want_lanes()
    first, second = ledger.hand(lanes=5), ledger.hand()
    assert len(first.lanes) == 5
    assert len(second.lanes) == 11
    ours = [row.seq for row in first.claim(id_)]
    theirs = [row.seq for row in second.claim(id_)]
    assert ours == [seq for seq in range(1, 41) if seq % SHARDS in first.lanes]
    assert theirs == [seq for seq in range(1, 41) if seq % SHARDS in second.lanes]


def test_a_claim_of_a_shard_that_is_not_held_brings_nothing(ledger: Ledger) -> None:
    id_ = ledger.started(16)
    ledger.want_lanes()
    hand = ledger.hand(lanes=1)
    hand.lanes = dict.fromkeys(range(SHARDS), 1)  # what it wrongly believes
    assert [row.seq for row in hand.claim(id_)] == [16]
    assert ledger.tally(id_) == {"queued": 15, "claimed": 1}


@pytest.mark.parametrize("most", [1, 7, 200])
def test_L18_a_claim_brings_no_more_than_was_asked_for(ledger: Ledger, hand: Hand, most: int) -> None:
    id_ = ledger.started(300)
    assert len(hand.claim(id_, most)) == most
    hand.settle(id_, *(released(s, 1) for s in range(1, most + 1)))
    assert len(hand.claim(id_, most)) == most, "released ones count as well"
    assert ledger.tally(id_)["claimed"] == most


def test_rows_that_come_back_are_claimed_before_fresh_ones_and_in_their_order(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(20)
    hand.claim(id_, 4)
    hand.settle(id_, *(released(seq, 1) for seq in (3, 1, 4, 2)))
    again = hand.claim(id_, 6)
    assert [row.seq for row in again] == [1, 2, 3, 4, 5, 6]
    assert [row.attempt for row in again] == [2, 2, 2, 2, 1, 1]


def test_a_deferred_row_is_not_claimed_before_it_is_due(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    hand.settle(id_, deferred(*key, due_at=clock.now() + 60_000))
    assert hand.claim(id_) == []
    clock.pass_(59.9)
    assert hand.claim(id_) == []
    clock.pass_(0.2)
    (row,) = hand.claim(id_)
    assert (row.attempt, row.tries) == (2, 1)
    assert row.first_tried_at is not None


def test_an_intend_is_refused_to_who_did_not_claim(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    hand.claim(id_, 1)
    answer = hand.turn(id_, intend=[(1, 2), (2, 1), (99, 1)])
    assert answer.go == set()
    assert answer.stopped == {(1, 2): "fenced", (2, 1): "fenced", (99, 1): "fenced"}
    assert ledger.states(id_) == {1: "claimed", 2: "queued"}
    assert ledger.attempts(id_) == {}


def test_L02_an_intend_answers_what_it_moved_and_not_what_had_left_before(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    one, two = ((row.seq, row.attempt) for row in hand.claim(id_))
    assert hand.turn(id_, intend=[one]).go == {one}
    assert hand.turn(id_, intend=[one]).go == set()
    assert hand.turn(id_, intend=[one, two]).go == {two}


def test_L03_every_write_is_fenced_by_campaign_position_and_attempt(
    ledger: Ledger, hand: Hand, clock: HandClock
) -> None:
    """A worker that was frozen past its lease wakes up with attempt 1; the row was claimed again as attempt 2."""
    id_, other = ledger.started(2), ledger.started(2)
    (key, _) = hand.going(id_)
    clock.pass_(LEASE + 1)
    next_ = ledger.hand(ledger.another_process())
    assert ledger.states(id_) == {1: "uncertain", 2: "uncertain"}
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    (again, *_) = next_.going(id_)
    # Late news of the old attempt: keyed by the row alone it would take the new attempt's place.
    hand.settle(id_, failed(*key))
    assert ledger.states(id_)[1] == "sending"
    assert ledger.attempts(id_)[1, 1] == "refused"
    assert ledger.attempts(id_)[again] == "sending"
    assert again != key
    # The same position and attempt of another campaign is another row.
    next_.going(other, 1)
    next_.settle(id_, unclear(*again))
    assert ledger.states(other)[1] == "sending"
    assert ledger.attempts(other) == {(1, 1): "sending"}
    # An answer of intend names attempts, so an older key of the same row never goes.
    assert hand.turn(id_, intend=[key]).go == set()


def test_L04_results_share_a_transaction_with_intents(ledger: Ledger, hand: Hand, saboteur: Saboteur) -> None:
    id_ = ledger.started(4)
    done = hand.going(id_, 2)
    more = [(row.seq, row.attempt) for row in hand.claim(id_, 2)]
    before = saboteur.reached["turn.commit"]
    answer = hand.turn(id_, settle=[sent(*key) for key in done], intend=more, claim=0)
    assert saboteur.reached["turn.commit"] == before + 1
    assert answer.go == set(more)
    assert ledger.states(id_) == {1: "sent", 2: "sent", 3: "sending", 4: "sending"}


def test_L04_a_lost_result_makes_uncertain_and_never_a_lie(
    ledger: Ledger, hand: Hand, clock: HandClock, saboteur: Saboteur
) -> None:
    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    saboteur.once("turn.commit", Unreachable("the machine died here"))
    with pytest.raises(Unreachable):
        hand.settle(id_, sent(*key))
    clock.pass_(LEASE + 1)
    ledger.hand(ledger.another_process())
    assert ledger.states(id_) == {1: "uncertain"}
    ledger.check_books(id_)


def test_L05_a_transaction_is_made_for_at_most_a_hundred_intents() -> None:
    assert INTENTS_LIMIT == 100


@pytest.mark.parametrize("point", ["turn.begin", "turn.commit", "turn.committed"])
def test_L06_an_unknown_commit_is_read_back_by_lane_and_released(
    ledger: Ledger, hand: Hand, saboteur: Saboteur, point: str
) -> None:
    """Whether the commit landed (committed) or not (begin, commit): nothing left, so what stands as ours goes back."""
    id_ = ledger.started(4)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_, 2)]
    saboteur.once(point, Unreachable("gone"))
    with pytest.raises(Unreachable):
        hand.turn(id_, intend=keys, claim=2)
    landed = point == "turn.committed"
    found = {(row[4], row[5]): row[6] for row in hand.turns.held_now()}
    assert found == (
        {(1, 1): "sending", (2, 1): "sending", (3, 1): "claimed", (4, 1): "claimed"}
        if landed
        else {(1, 1): "claimed", (2, 1): "claimed"}
    )
    hand.settle(id_, *(outage(*key, intended=state == "sending") for key, state in found.items()))
    assert ledger.tally(id_) == {"queued": 4}
    assert all(row["tries"] == 0 for row in ledger.rows(id_).values())
    ledger.check_books(id_)


@pytest.mark.parametrize("point", ["turn.begin", "turn.commit", "turn.committed"])
def test_L06_a_settle_of_unknown_fate_is_repeated_and_counts_once(
    ledger: Ledger, hand: Hand, saboteur: Saboteur, point: str
) -> None:
    id_ = ledger.started(4)
    one, two, three, four = hand.going(id_)
    news = [sent(*one), failed(*two), unclear(*three), outage(*four)]
    saboteur.once(point, Unreachable("gone"))
    with pytest.raises(Unreachable):
        hand.settle(id_, *news)
    for _ in range(2):
        hand.settle(id_, *news)
    assert ledger.states(id_) == {1: "sent", 2: "failed", 3: "uncertain", 4: "queued"}
    assert ledger.counters(id_)["attempts"] == 3
    ledger.check_books(id_)


def test_L08_the_living_attempt_may_take_back_what_never_left(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    keys = hand.going(id_)
    hand.settle(id_, *(outage(*key) for key in keys))
    assert ledger.tally(id_) == {"queued": 2}
    assert set(ledger.attempts(id_).values()) == {"withdrawn"}
    again = hand.claim(id_)
    # And nobody else: the same words about an attempt that is over change nothing.
    hand.settle(id_, *(outage(*key) for key in keys))
    assert ledger.tally(id_) == {"claimed": 2}
    assert [row.attempt for row in again] == [2, 2]


def test_L09_late_truth_of_the_same_attempt_lands_whoever_brings_it(
    ledger: Ledger, hand: Hand, clock: HandClock
) -> None:
    id_ = ledger.started(3)
    one, two, three = hand.going(id_)
    clock.pass_(LEASE + 1)
    ledger.hand(ledger.another_process())
    assert ledger.tally(id_) == {"uncertain": 3}
    clock.pass_(3600)
    hand.settle(id_, sent(*one), failed(*two), outage(*three))
    assert ledger.states(id_) == {1: "sent", 2: "failed", 3: "queued"}
    assert ledger.get(id_).state is CampaignState.SENDING, "a late not-sent opens a completed campaign again"
    ledger.check_books(id_)


@pytest.mark.parametrize("at", ["queued", "claimed", "sending", "uncertain", "failed"])
def test_L09_proof_of_an_older_attempt_stops_the_resend_at_its_intend(ledger: Ledger, hand: Hand, at: str) -> None:
    id_ = ledger.started(1)
    (old,) = hand.going(id_)
    hand.settle(id_, unclear(*old))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    key = (0, 0)
    if at != "queued":
        (row,) = hand.claim(id_)
        key = (row.seq, row.attempt)
    if at in ("sending", "uncertain", "failed"):
        assert hand.turn(id_, intend=[key]).go == {key}
    if at in ("uncertain", "failed"):
        hand.settle(id_, (unclear if at == "uncertain" else failed)(*key))
    assert Evidence(ledger.db).accepted(Key(id_, *old), source="dsn")
    if at == "sending":
        # The second copy is on its way: whatever comes of it, the recipient has the message.
        assert ledger.states(id_) == {1: "sending"}
        hand.settle(id_, failed(*key))
    assert ledger.states(id_) == {1: "sent"}
    assert hand.claim(id_) == []
    assert hand.turn(id_, intend=[key]).go == set()
    assert ledger.rows(id_)[1]["doubts"] == 0
    ledger.check_books(id_)


def test_L09_a_late_result_between_a_send_again_and_its_claim_stops_the_resend(
    ledger: Ledger, hand: Hand, clock: HandClock
) -> None:
    """The worker that was taken for dead brings its result after a person sent again, before anybody claimed."""
    id_ = ledger.started(2)
    one, two = hand.going(id_)
    clock.pass_(LEASE + 1)
    other = ledger.hand(ledger.another_process())
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    hand.settle(id_, sent(*one), unclear(*two))
    assert ledger.states(id_) == {1: "sent", 2: "queued"}
    assert ledger.rows(id_)[1]["doubts"] == 0
    assert [row.seq for row in other.claim(id_)] == [2], "what is still in doubt is sent again, as the person wished"
    ledger.check_books(id_)


def test_L10_without_a_doubt_left_a_refusal_fails_the_delivery(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    (old,) = hand.going(id_)
    hand.settle(id_, unclear(*old))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    hand.settle(id_, failed(*old))  # it never was accepted
    (new,) = hand.going(id_)
    hand.settle(id_, failed(*new))
    assert set(ledger.attempts(id_).values()) == {"refused"}
    assert ledger.states(id_) == {1: "failed"}


def test_L09_news_of_an_older_attempt_leaves_the_due_time_of_the_newer_one(
    ledger: Ledger, hand: Hand, clock: HandClock
) -> None:
    id_ = ledger.started(1)
    (old,) = hand.going(id_)
    hand.settle(id_, unclear(*old))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    (new,) = hand.going(id_)
    hand.settle(id_, deferred(*new, due_at=clock.now() + 300_000))
    hand.settle(id_, failed(*old))
    assert ledger.rows(id_)[1]["due_at"] == clock.now() + 300_000
    assert hand.claim(id_) == [], "a refusal of an older attempt is no reason to try sooner"


def test_two_attempts_of_one_delivery_may_speak_in_one_turn(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    (old,) = hand.going(id_)
    hand.settle(id_, unclear(*old))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    (new,) = hand.going(id_)
    hand.settle(id_, failed(*new), sent(*old))
    assert ledger.states(id_) == {1: "sent"}
    ledger.check_books(id_)


@pytest.mark.parametrize("end", ["refused", "suppressed", "render"])
def test_L10_a_delivery_with_a_doubt_never_fails_by_itself(ledger: Ledger, hand: Hand, end: str) -> None:
    id_ = ledger.started(1)
    (old,) = hand.going(id_)
    hand.settle(id_, unclear(*old))
    Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="send-again")
    (row,) = hand.claim(id_)
    key = (row.seq, row.attempt)
    if end == "refused":
        hand.turn(id_, intend=[key])
        hand.settle(id_, failed(*key))
    elif end == "suppressed":
        ledger.suppress("u1@a.test")
        assert hand.turn(id_, intend=[key]).stopped == {key: "suppressed"}
    else:
        hand.settle(id_, failed(*key)._replace(told=None, reason="render:missing"))
    assert ledger.states(id_) == {1: "uncertain"}
    assert ledger.get(id_).state is CampaignState.COMPLETED
    ledger.check_books(id_)
    # Only a person may call it failed (L12), and evidence still wins over the person (L11).
    assert Decisions(ledger.db).resolve(id_, PERSON, seqs=None, as_="failed") == 1
    assert ledger.states(id_) == {1: "failed"}
    Evidence(ledger.db).accepted(Key(id_, *old), source="dsn")
    assert ledger.states(id_) == {1: "sent"}
    ledger.check_books(id_)


def test_L11_evidence_settles_by_itself_and_only_climbs(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    one, two = hand.going(id_)
    hand.settle(id_, unclear(*one), sent(*two))
    evidence = Evidence(ledger.db)
    assert evidence.accepted(Key(id_, *one), source="dsn")
    assert not evidence.accepted(Key(id_, *one), source="dsn"), "said twice, it changes nothing"
    assert not evidence.accepted(Key(id_, *two), source="dsn")
    assert not evidence.accepted(Key(id_, 2, 9), source="dsn"), "an attempt that never was proves nothing"
    assert ledger.tally(id_) == {"sent": 2}
    # What is accepted stays accepted, whatever a late worker says of that attempt.
    hand.settle(id_, failed(*two), outage(*one))
    assert ledger.tally(id_) == {"sent": 2}
    ledger.check_books(id_)


@pytest.mark.parametrize("address", ["u1@a.test", "@a.test"])
def test_L14_an_address_that_was_suppressed_meanwhile_is_skipped_at_the_last_gate(
    ledger: Ledger, hand: Hand, address: str
) -> None:
    id_ = ledger.started(2)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_)]
    ledger.suppress(address)
    answer = hand.turn(id_, intend=keys)
    stopped = {(1, 1)} if address.startswith("u1") else set(keys)
    assert answer.go == set(keys) - stopped
    assert answer.stopped == dict.fromkeys(stopped, "suppressed")
    rows = ledger.rows(id_)
    assert {(seq, 1) for seq, row in rows.items() if row["state"] == "skipped"} == stopped
    assert {row["reason"] for row in rows.values()} == ({"suppressed", None} if len(stopped) == 1 else {"suppressed"})
    ledger.check_books(id_)


def test_L14_a_consent_that_was_taken_back_stops_the_message(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_)]
    with ledger.db.write() as tx:
        tx.execute(update(tables.contact).where(tables.contact.c.email == "u2@a.test").values(consent_email="refused"))
    answer = hand.turn(id_, intend=keys)
    assert (answer.go, answer.stopped) == ({(1, 1)}, {(2, 1): "no_consent"})
    assert ledger.rows(id_)[2]["reason"] == "no_consent"
    ledger.check_books(id_)


@pytest.mark.parametrize("deed", ["pause", "cancel"])
def test_L14_a_pause_or_cancel_that_is_committed_stops_every_intend(ledger: Ledger, hand: Hand, deed: str) -> None:
    id_ = ledger.started(3)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_, 2)]
    getattr(ledger.control, deed)(id_, PERSON)
    answer = hand.turn(id_, intend=keys, claim=5)
    assert (answer.go, answer.claimed, answer.sending) == (set(), [], False)
    assert answer.stopped == dict.fromkeys(keys, "not_sending")
    after = "queued" if deed == "pause" else "cancelled"
    assert ledger.states(id_) == {1: after, 2: after, 3: "queued"}
    ledger.check_books(id_)


def test_L14_a_lane_that_somebody_else_took_stops_every_intend(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    id_ = ledger.started(2)
    keys = [(row.seq, row.attempt) for row in hand.claim(id_)]
    clock.pass_(LEASE + 1)
    taken = ledger.hand(ledger.another_process())
    assert ledger.tally(id_) == {"queued": 2}, "nothing had left"
    answer = hand.turn(id_, intend=keys, claim=10)
    assert (answer.go, answer.claimed) == (set(), [])
    assert answer.stopped == dict.fromkeys(keys, "fenced")
    assert len(taken.going(id_)) == 2


def test_L22_an_outage_costs_no_recipient_anything(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    for round_ in range(1, 30):
        (key,) = hand.going(id_)
        assert key == (1, round_)
        hand.settle(id_, outage(*key))
    row = ledger.rows(id_)[1]
    assert (row["state"], row["attempt"], row["tries"], row["first_tried_at"]) == ("queued", 29, 0, None)
    assert ledger.counters(id_)["attempts"] == 0
    ledger.check_books(id_)


def test_a_cancelled_campaign_writes_cancelled_where_queued_would_stand(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(6)
    going = hand.going(id_, 4)
    hand.claim(id_, 1)
    ledger.control.cancel(id_, PERSON)
    one, two, three, four = going
    hand.settle(id_, sent(*one), outage(*two), unclear(*three), released(5, 1))
    assert ledger.states(id_) == {1: "sent", 2: "cancelled", 3: "uncertain", 4: "sending", 5: "cancelled", 6: "queued"}
    assert ledger.control.sweep_cancelled(id_) == 1
    assert ledger.control.sweep_cancelled(id_) == 0
    hand.settle(id_, outage(*four), outage(*three))
    assert ledger.tally(id_) == {"sent": 1, "cancelled": 5}
    ledger.check_books(id_)


def test_the_last_row_completes_a_sealed_campaign(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    one, two = hand.going(id_)
    assert not hand.settle(id_, sent(*one)).completed
    assert hand.settle(id_, unclear(*two)).completed
    assert ledger.get(id_).state is CampaignState.COMPLETED
    assert ledger.events("campaign.completed") == 1


def test_L23_a_paused_campaign_completes_when_it_is_resumed(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(1)
    (key,) = hand.going(id_)
    ledger.control.pause(id_, PERSON, PauseReason.BY_PERSON)
    assert not hand.settle(id_, sent(*key)).completed
    assert ledger.get(id_).state is CampaignState.PAUSED
    assert ledger.control.resume(id_, PERSON).state is CampaignState.COMPLETED
    ledger.check_books(id_)


def test_a_canary_ends_at_its_number(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(10, options={"canary": 3})
    assert [row.seq for row in hand.claim(id_)] == [1, 2, 3]
    hand.settle(id_, released(2, 1))
    assert [row.seq for row in hand.claim(id_)] == [2]
    ledger.control.pause(id_, PERSON, PauseReason.CANARY)
    ledger.control.approve(id_, PERSON)
    assert [row.seq for row in hand.claim(id_)] == [4, 5, 6, 7, 8, 9, 10]


def test_a_result_without_an_intent_is_kept_and_reported(ledger: Ledger, hand: Hand) -> None:
    """A ghost: a bug, or history that was pruned."""
    id_ = ledger.started(2)
    one, two = hand.going(id_)
    with ledger.db.write() as tx:
        tx.execute(tables.attempt.delete())
    answer = hand.settle(id_, sent(*one))
    assert (answer.ghosts, ledger.states(id_)[1]) == (1, "sent")
    assert ledger.attempts(id_) == {one: "accepted"}
    assert hand.settle(id_, unclear(*two)).ghosts == 1


def test_a_bad_address_is_suppressed_in_the_same_transaction(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(2)
    one, two = hand.going(id_)
    hand.settle(id_, failed(*one)._replace(suppress="email"), failed(*two, reason="policy"))
    ids = ledger.contacts(0)
    assert ids == []
    second = ledger.started(audience={"all": True})
    assert ledger.states(second) == {1: "skipped", 2: "queued"}
    assert ledger.rows(second)[1]["reason"] == "suppressed"


def test_what_a_sender_sent_is_counted_by_the_minute(ledger: Ledger, hand: Hand, clock: HandClock) -> None:
    from homing.store.lookout import Lookout

    id_ = ledger.started(5)
    hand.send(id_, 2)
    clock.pass_(120)
    hand.send(id_, 3)
    minute = clock.now() // 60_000
    assert Lookout(ledger.db).sent_since(ledger.sender, 0) == 5
    assert Lookout(ledger.db).sent_since(ledger.sender, minute - 1) == 3


def test_each_group_tells_one_fact_with_the_rows_that_did_not_simply_go_out(ledger: Ledger, hand: Hand) -> None:
    from homing.store.events import Events

    id_ = ledger.started(4)
    one, two, three, four = hand.going(id_)
    before = Events(ledger.db).latest()
    hand.settle(id_, sent(*one), failed(*two), unclear(*three), outage(*four))
    (fact,) = [fact for fact in ledger.facts(before) if fact.kind == "deliveries.settled"]
    assert fact.body == {
        "counts": {"sent": 1, "failed": 1, "uncertain": 1, "queued": 1},
        "failed": [2],
        "uncertain": [3],
    }


ODD = {
    '{"a":NaN,"b":-Infinity}': {"a": "nan", "b": -math.inf},
    '{"a":1,"a":2}': {"a": 2},
    '{"deep":' + "[" * 50 + "]" * 50 + "}": ...,
    '{"deep":' + "[" * 1500 + "]" * 1500 + "}": {},
    '{"deep":' + "[" * 90_000 + "]" * 90_000 + "}": {},
    '{"big":%s}' % ("9" * 4_000): {"big": int("9" * 4_000)},
    '{"huge":%s}' % ("9" * 9_000): {},
    '{"half":"\\ud800"}': {"half": "\ud800"},
    '{"cut":': {},
    "": {},
    "[1,2]": {},
    "null": {},
    '"text"': {},
    '{"quote":"\\"\\\\\\u0000\\u001f"}': {"quote": '"\\\0\x1f'},
}


@pytest.mark.parametrize("most", [1, 50])
def test_no_attributes_of_one_contact_stop_the_claim_of_the_others(ledger: Ledger, hand: Hand, most: int) -> None:
    """Fresh or released: what cannot be read as an object is nobody's trouble but that recipient's."""
    ids = ledger.contacts(1, attributes='{"a":1}')
    for text in ODD:
        ids += ledger.contacts(1, attributes=text)
    ids += ledger.contacts(1, attributes='{"a":1}')
    id_ = ledger.started(audience={"contacts": ids})
    fresh = [
        row for first in range(1, len(ids) + 1, most) for row in hand.claim(id_, most, fresh=range(first, first + most))
    ]
    hand.settle(id_, *(released(row.seq, row.attempt) for row in fresh))
    late = hand.claim(id_, 50)
    for rows in (fresh, late):
        assert [row.seq for row in rows] == list(range(1, len(ODD) + 3))
        assert rows[0].attributes == rows[-1].attributes == {"a": 1}
        for row, expected in zip(rows[1:], ODD.values(), strict=False):
            if row.seq == 2:
                assert math.isnan(row.attributes.pop("a"))
                assert row.attributes == {"b": -math.inf}
            elif expected is not ...:
                assert row.attributes == expected


@pytest.mark.parametrize(
    "name", ['a"b\\c', "it's; DROP--", "tab\there\x01\x7f", "\u2028\U0001f600é", "$[0]", "0", "", "x" * 4_000, None]
)
def test_the_providers_name_for_a_message_comes_back_as_it_was(ledger: Ledger, hand: Hand, name: str | None) -> None:
    id_ = ledger.started(12)
    hand.claim(id_, 12)
    hand.turn(id_, intend=[(seq, 1) for seq in range(1, 13)])
    hand.settle(id_, *(sent(seq, 1, name if seq % 2 else f"{seq}") for seq in range(1, 13)))
    found = {row.seq: row.provider_id for row in Results(ledger.db).page(id_)}
    assert found == {seq: name if seq % 2 else f"{seq}" for seq in range(1, 13)}
    ledger.check_books(id_)


def test_L02_a_key_that_is_asked_for_twice_goes_once(ledger: Ledger, hand: Hand) -> None:
    id_ = ledger.started(6)
    hand.claim(id_, 4)
    hand.settle(id_, released(3, 1))
    hand.claim(id_, 1)  # position 3 again, as its second attempt
    keys = [(1, 1), (1, 1), (3, 1), (3, 2), (3, 2), (4, 2), (5, 1), (99, 1), (2, 1), (2, 3)]
    answer = hand.turn(id_, intend=keys)
    assert answer.go == {(1, 1), (2, 1), (3, 2)}
    assert set(answer.stopped) == set(keys) - answer.go
    assert ledger.attempts(id_) == {(1, 1): "sending", (2, 1): "sending", (3, 2): "sending"}
    again = hand.turn(id_, intend=keys)
    assert again.go == set()
    assert ledger.attempts(id_) == {(1, 1): "sending", (2, 1): "sending", (3, 2): "sending"}
    news = [sent(1, 1), sent(1, 1), sent(3, 1), sent(3, 2), failed(2, 1), sent(2, 1), sent(4, 1), sent(99, 1)]
    hand.settle(id_, *news)
    first = ledger.rows(id_), ledger.attempts(id_), ledger.counters(id_)
    assert {seq: row["state"] for seq, row in first[0].items() if seq < 4} == {1: "sent", 2: "sent", 3: "sent"}
    hand.settle(id_, *news)
    assert (ledger.rows(id_), ledger.attempts(id_), ledger.counters(id_)) == first, "said twice, it changes nothing"
    ledger.check_books(id_)


def test_lanes_of_several_epochs_are_claimed_intended_and_settled_in_one_turn(ledger: Ledger, clock: HandClock) -> None:
    """Some lanes were taken over, some are new, and rows of first and second attempts go together."""
    id_ = ledger.started(64)
    ledger.want_lanes()
    first, second = ledger.hand(lanes=5), ledger.hand(ledger.another_process(), lanes=5)
    early = [(row.seq, row.attempt) for hand in (first, second) for row in hand.claim(id_, 6)]
    clock.pass_(LEASE + 1)
    last = ledger.hand(ledger.another_process())
    assert len(last.lanes) == SHARDS
    assert len(set(last.lanes.values())) > 1
    rows = last.claim(id_)
    keys = [(row.seq, row.attempt) for row in rows]
    assert {seq for seq, _ in keys} == set(range(1, 65))
    assert {seq for seq, attempt in keys if attempt == 2} == {seq for seq, _ in early}
    assert first.turn(id_, intend=early).go == second.turn(id_, intend=early).go == set()
    assert last.turn(id_, intend=keys).go == set(keys)
    last.settle(id_, *(sent(*key) for key in early), *(sent(*key, f"id-{key[0]}") for key in keys))
    assert ledger.tally(id_) == {"sent": 64}
    ledger.check_books(id_)


def test_L6_a_turn_whose_last_statements_fail_has_done_nothing(ledger: Ledger, hand: Hand) -> None:
    """They travel together: one that is refused takes back what went before it, and nobody is told that anything may leave."""
    id_ = ledger.started(6)
    hand.claim(id_, 4)
    hand.turn(id_, intend=[(1, 1), (2, 1)])
    before = ledger.states(id_)
    row = {"campaign_id": id_, "seq": 4, "attempt": 1, "state": "sending", "epoch": 1, "intended_at": 0}
    with ledger.db.write() as tx:  # history of an intent that was never made, so that the next one cannot be written
        tx.execute(insert(tables.attempt).values(**row, sender_id=hand.sender, worker_id=hand.me))
    with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
        hand.turn(id_, settle=(sent(seq, 1) for seq in (1, 2)), intend=[(3, 1), (4, 1)])
    assert ledger.states(id_) == before
    with ledger.db.write() as tx:
        tx.execute(delete(tables.attempt).where(tables.attempt.c.seq == 4))
    assert hand.turn(id_, settle=(sent(seq, 1) for seq in (1, 2)), intend=[(3, 1), (4, 1)]).go == {(3, 1), (4, 1)}
    hand.settle(id_, sent(3, 1), sent(4, 1))
    assert ledger.tally(id_) == {"sent": 4, "queued": 2}
    ledger.check_books(id_)


@pytest.mark.parametrize("late", [False, True])
def test_news_that_is_not_plain_after_all_is_settled_beside_what_leaves_and_what_is_claimed(
    ledger: Ledger, hand: Hand, late: bool
) -> None:
    """One of three acceptances speaks of an attempt that was already in doubt: each is counted once."""
    id_ = ledger.started(8)
    hand.claim(id_, 4)
    hand.turn(id_, intend=[(1, 1), (2, 1), (3, 1)])
    hand.settle(id_, unclear(2, 1))
    news = [sent(1, 1, "a"), sent(2, 1, "b"), sent(3, 1, "c")]
    answer = hand.turn(id_, settle=news, intend=[(4, 1)], claim=3, late=late)
    assert (answer.go, dict(answer.settled)) == ({(4, 1)}, {"sent": 3})
    assert [row.seq for row in answer.claimed] == [5, 6, 7]
    assert answer.looked_through == 7
    assert {row.seq: row.provider_id for row in Results(ledger.db).page(id_)[:3]} == {1: "a", 2: "b", 3: "c"}
    assert not hand.turn(id_, settle=news, claim=1, late=late).settled
    assert ledger.tally(id_) == {"sent": 3, "sending": 1, "claimed": 4}
    ledger.check_books(id_)
