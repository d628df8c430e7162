"""What people write: kept once, STOP and START at once, and beside what was sent to them."""

import pytest
from sqlalchemy import select, update

from homing.model.errors import NotFound
from homing.model.ids import SenderId
from homing.model.stop_words import Wish, wish_of
from homing.store import tables
from homing.store.conversations import Conversations, Heard
from homing.store.senders import Senders
from homing.store.suppressions import Suppressions
from tests.store.ledger import START, Ledger

NIMAL = "+94711000001"


@pytest.fixture
def phone(ledger: Ledger) -> SenderId:
    return Senders(ledger.db).add(ledger.workspace, "phone", "whatsapp_linked", {}, {}).id


def heard(text: str, provider_id: str = "3A01") -> Heard:
    return Heard(NIMAL, text, provider_id, START, "Nimal")


@pytest.mark.parametrize("text", ["STOP", "stop.", " Stop! ", "ARRÊT", "unsubscribe", "நிறுத்து", "STOP\n", "*STOP*"])
def test_a_word_alone_that_asks_for_an_end_is_understood(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize(
    "text",
    [
        "STOP STOP",
        "Stop! Stop!! STOP",
        "stop, unsubscribe.",
        "STOP\nSTOP\n",
        "start stop",
        "Stop please",
        "stop - opt out",
        "බැහැ එපා",
        "STOP 🙏",
        "❌stop❌ ☹️",
        "නවත්වන්න 🙏",
        "please unsubscribe",
    ],
)
def test_R45_several_such_words_in_one_message_are_understood(text: str) -> None:
    """Whoever writes it twice means it; beside START it is an end all the same."""
    assert wish_of(text, "බැහැ") is Wish.STOP


def test_words_around_it_are_no_order() -> None:
    assert wish_of("stop start me up tonight") is None
    assert wish_of("start, subscribe") is Wish.START
    assert wish_of("end of the line") is None
    assert wish_of("stop " * 60) is None, "no end of words"


def test_a_sentence_is_no_order_and_own_words_count() -> None:
    assert wish_of("please do not stop sending these") is None
    assert wish_of("") is None
    assert wish_of("Genug", "genug, schluss") is Wish.STOP
    assert wish_of("Start") is Wish.START
    assert wish_of("🛑") is None


def test_known_words_may_be_taken_out_but_not_stop_itself() -> None:
    """Of a hairdresser's number, who is asked to cancel something else; of a French one, where "dur" is hard."""
    assert wish_of("Cancel", "genug, -cancel, -dur") is None
    assert wish_of("dur", "genug, -cancel, -dur") is None
    assert wish_of("genug", "genug, -cancel, -dur") is Wish.STOP
    assert wish_of("weiter", "", "-weiter") is None
    assert wish_of("STOP", "-stop") is Wish.STOP


def test_R45_stop_ends_a_running_campaign_for_him_and_start_lets_him_back(ledger: Ledger, phone: SenderId) -> None:
    """Suppressed before the next intent (L14); told twice it is one message; START opts in again."""
    conversations = Conversations(ledger.db)
    person = ledger.contacts(1, phone=NIMAL)
    wish = {"channel": "whatsapp", "sender": phone, "content": {"text": "Hi"}}
    campaign = ledger.started(audience={"contacts": person}, **wish)
    ledger.want_lanes()
    hand = ledger.hand(sender=phone)
    claimed = hand.claim(campaign)
    assert conversations.receive(ledger.workspace, phone, heard("STOP"))
    assert not conversations.receive(ledger.workspace, phone, heard("STOP"))
    answer = hand.turn(campaign, intend=[(row.seq, row.attempt) for row in claimed])
    assert not answer.go
    assert ledger.states(campaign) == {1: "skipped"}
    assert Suppressions(ledger.db).covering(ledger.workspace, NIMAL, channel="whatsapp") is not None
    assert conversations.receive(ledger.workspace, phone, heard("START", "3A02"))
    assert Suppressions(ledger.db).covering(ledger.workspace, NIMAL, channel="whatsapp") is None
    assert ledger.events("conversation.received") == 2
    ledger.check_books(campaign)


def test_start_does_not_lift_what_a_person_suppressed(ledger: Ledger, phone: SenderId) -> None:
    suppressions = Suppressions(ledger.db)
    suppressions.add(ledger.workspace, [NIMAL], reason="by_person", channel="whatsapp")
    Conversations(ledger.db).receive(ledger.workspace, phone, heard("START"))
    assert suppressions.covering(ledger.workspace, NIMAL, channel="whatsapp") is not None


def test_a_conversation_has_both_sides_in_their_order(ledger: Ledger, phone: SenderId) -> None:
    """R45: the reply and its receipts stand on the contact's timeline."""
    conversations = Conversations(ledger.db)
    with pytest.raises(NotFound):
        conversations.lines(ledger.workspace, NIMAL)
    person = ledger.contacts(1, phone=NIMAL, name="Nimal P.")
    wish = {"channel": "whatsapp", "sender": phone, "content": {"text": "Hi"}}
    campaign = ledger.started(audience={"contacts": person}, **wish)
    ledger.want_lanes()
    ledger.hand(sender=phone).send(campaign)
    with ledger.db.write() as tx:
        tx.execute(update(tables.delivery).values(changed_at=START - 1))
    conversations.receive(ledger.workspace, phone, heard("Yes please"))
    lines = conversations.lines(ledger.workspace, NIMAL)
    assert [(line.direction, line.state, line.title or line.text) for line in lines] == [
        ("out", "sent", "news"),
        ("in", None, "Yes please"),
    ]
    latest = conversations.latest(ledger.workspace)
    assert [(each.address, each.name, each.text, each.count) for each in latest] == [
        (NIMAL, "Nimal P.", "Yes please", 1)
    ]
    assert conversations.latest(ledger.workspace, before=latest[0].cursor) == []
    assert conversations.last_from(ledger.workspace, NIMAL) == (phone, START)
    with ledger.db.read() as tx:
        body = tx.execute(
            select(tables.event.c.body).where(tables.event.c.kind == "conversation.received")
        ).scalar_one()
    assert "Yes please" not in body, "what goes out in webhooks has no bodies"


def test_what_was_read_stays_read_and_what_comes_after_is_new(ledger: Ledger, phone: SenderId) -> None:
    conversations = Conversations(ledger.db)
    conversations.receive(ledger.workspace, phone, heard("one"))
    conversations.receive(ledger.workspace, phone, heard("two", "3A02"))
    assert conversations.unread(ledger.workspace) == 1
    assert conversations.latest(ledger.workspace)[0].unread == 2
    assert conversations.read(ledger.workspace, NIMAL)
    assert not conversations.read(ledger.workspace, NIMAL)
    conversations.receive(ledger.workspace, phone, heard("two", "3A02"))
    assert conversations.unread(ledger.workspace) == 0, "told again is no news"
    conversations.receive(ledger.workspace, phone, heard("three", "3A03"))
    assert [each.unread for each in conversations.latest(ledger.workspace)] == [1]


def test_messages_of_one_second_stay_in_their_order(ledger: Ledger, phone: SenderId) -> None:
    """Providers tell whole seconds."""
    conversations = Conversations(ledger.db)
    for number in range(1, 4):
        conversations.receive(ledger.workspace, phone, heard(f"part {number}", f"3A0{number}"))
    assert [line.text for line in conversations.lines(ledger.workspace, NIMAL)] == ["part 1", "part 2", "part 3"]


def test_R45_what_somebody_told_whatsapp_counts_as_stop_and_start(ledger: Ledger, phone: SenderId) -> None:
    """However late and however often it is told: an older wish to go on lifts no newer STOP."""
    talks, stopped = Conversations(ledger.db), Suppressions(ledger.db)
    now = ledger.db.world.clock.now

    def covered() -> bool:
        return stopped.covering(ledger.workspace, NIMAL, channel="whatsapp") is not None

    talks.prefers(ledger.workspace, NIMAL, stop=True, at=now())
    talks.prefers(ledger.workspace, NIMAL, stop=True, at=now())
    assert covered()
    assert ledger.events("conversation.preference") == 1
    talks.prefers(ledger.workspace, NIMAL, stop=False, at=now() - 1_000)
    assert covered(), "that was before"
    talks.prefers(ledger.workspace, NIMAL, stop=False, at=now() + 1_000)
    assert not covered()
    talks.prefers(ledger.workspace, NIMAL, stop=False, at=now() + 1_000)
    assert ledger.events("conversation.preference") == 2


def test_R45_whatever_a_stranger_writes_can_be_kept(ledger: Ledger, phone: SenderId) -> None:
    """NUL, half a surrogate pair, text without end: none of it keeps what comes after it from being heard."""
    talks = Conversations(ledger.db)
    odd = ["a\0b", "\ud800 half", "x" * 100_000, "", "\u202e\u0000"]
    for n, text in enumerate(odd):
        heard = Heard(NIMAL, text, f"odd{n}", START, f"N\0i\udfff{n}" * 100)
        assert talks.receive(ledger.workspace, phone, heard)
    assert talks.receive(ledger.workspace, phone, Heard(NIMAL, "STOP\0", "stop", START, "Nimal"))
    assert [line.text[:7] for line in talks.lines(ledger.workspace, NIMAL)] == [
        "ab",
        "? half",
        "xxxxxxx",
        "",
        "\u202e",
        "STOP",
    ]
    assert Suppressions(ledger.db).covering(ledger.workspace, NIMAL, channel="whatsapp") is not None
