"""What monitoring is told of both channels: what waits, what is in doubt, how long a message takes."""

from sqlalchemy import update

from homing.store.figures import NEWEST, RECENT_MS, Figures
from homing.store.tables import campaign
from tests.store.ledger import HandClock, Ledger, deferred, failed, sent, unclear


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
