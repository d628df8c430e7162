"""A campaign over both channels: each contact is frozen onto one, nobody is claimed by the other, and only what waits moves."""

import itertools
from typing import Any

import pytest

from homing.model.channel import choose
from homing.model.errors import Invalid
from homing.model.sender import Health
from homing.store.audience import Audience
from homing.store.failover import Failover
from homing.store.senders import Senders
from homing.store.share import Answer, ClaimWish
from tests.store.ledger import PERSON, Hand, Ledger, outage, sent, unclear

CONTENT = {"subject": "Hello", "text": "Hi", "from": "b@sender.test", "whatsapp": {"text": "Hi there"}}
ADDRESSES = {"email": "email", "whatsapp": "phone"}


class Both:
    """A mail sender, a number of the Cloud API, and a campaign that prefers WhatsApp."""

    def __init__(self, ledger: Ledger, **options: Any) -> None:
        self.ledger = ledger
        told = {"phone_number_id": "1", "endpoint_url": "http://127.0.0.1:1"}
        self.phone = _add_cloud(ledger, told)
        wish = {"prefer": ["whatsapp", "email"], **options}
        self.id = ledger.draft(senders=[ledger.sender, self.phone], content=CONTENT, channel="whatsapp", options=wish)

    def start(self) -> None:
        self.ledger.control.start(self.id, PERSON)
        self.ledger.plan(self.id)
        self.mail, self.chat = self.ledger.hand(), self.ledger.hand(sender=self.phone)

    def take(self, hand: Hand, *, most: int = 100, adopt: bool = False, **more: Any) -> Answer:
        share = hand.share(self.id)
        share.channel, share.mixed = ("email" if hand is self.mail else "whatsapp"), True
        rows = self.ledger.rows(self.id)
        never = [seq for seq, row in sorted(rows.items()) if row["state"] == "queued" and not row["attempt"]]
        share.claim = ClaimWish(most, never, True, adopt=adopt)
        return hand.turns.take([share]).shares[self.id]

    def turn(self, hand: Hand, **more: Any) -> Answer:
        share = hand.share(self.id)
        share.channel, share.mixed = ("email" if hand is self.mail else "whatsapp"), True
        share.intend = list(more.get("intend", ()))
        for news in more.get("settle", ()):
            if news.told == "accepted":
                share.sent.append((news.seq, news.attempt, None))
            else:
                share.settle.append(news)
        return hand.turns.take([share]).shares[self.id]

    def addresses(self) -> dict[int, str]:
        return {seq: row["address"] for seq, row in self.ledger.rows(self.id).items()}


def _add_cloud(ledger: Ledger, told: dict[str, str]) -> Any:
    from homing.store.seal import Seal

    made = Senders(ledger.db, Seal("a key")).add(
        ledger.workspace, "cloud", "whatsapp_cloud", told, {"api_key": "secret"}
    )
    return made.id


def test_each_contact_is_frozen_onto_the_channel_it_consented_to_and_else_onto_the_preferred(ledger: Ledger) -> None:
    """Every combination of addresses, consents and suppressions, against the rule in words (model.channel.choose)."""
    both = Both(ledger, prefer=["email", "whatsapp"])
    consents, wanted = ("unknown", "given", "refused"), {}
    cases = list(itertools.product((True, False), (True, False), consents, consents, (False, True)))
    for n, (mail, phone, by_mail, by_chat, suppressed) in enumerate(cases):
        if not (mail or phone):
            continue
        values = {"email": f"c{n}@a.test" if mail else None, "phone": f"+94711{n:06}" if phone else None}
        (id_,) = ledger.contacts(1, **values, consent_email=by_mail, consent_whatsapp=by_chat)
        open_ = {
            channel: consent
            for channel, consent in (("email", by_mail), ("whatsapp", by_chat))
            if values[ADDRESSES[channel]] and consent != "refused" and not (channel == "email" and suppressed)
        }
        if suppressed and mail:
            ledger.suppress(f"c{n}@a.test")
        chosen = choose(["email", "whatsapp"], open_)
        wanted[id_] = values[ADDRESSES[chosen]] if chosen else None
    split = Audience(ledger.db).split(ledger.get(both.id), ["email", "whatsapp"])
    both.start()
    rows = {row["contact_id"]: row for row in ledger.rows(both.id).values()}
    by_mail = sum("@" in (address or "") for address in wanted.values())
    told = {"email": by_mail, "whatsapp": sum(address is not None for address in wanted.values()) - by_mail}
    assert (split.by, split.reachable, split.total) == (told, sum(told.values()), len(wanted)), (
        "what the page says before"
    )
    assert rows.keys() == wanted.keys(), "everybody has exactly one row"
    for id_, address in wanted.items():
        assert (rows[id_]["state"] == "queued") == (address is not None), rows[id_]
        if address is not None:
            assert rows[id_]["address"] == address
        else:
            assert rows[id_]["reason"] in ("no_consent", "suppressed")
    ledger.check_books(both.id)


def test_before_the_start_it_is_told_who_gets_it_by_which_channel(ledger: Ledger) -> None:
    """A suppressed domain, with and without another way; the other order moves only who consented to neither."""
    ledger.contacts(2)
    ledger.contacts(1, email="out@shut.test", phone="+94711000001")
    ledger.contacts(1, email="gone@shut.test")
    for n in range(3):
        ledger.contacts(1, phone=f"+9471100001{n}", consent_email="given" if n else "unknown")
    ledger.suppress("@shut.test")
    both = Both(ledger)
    audience, of = Audience(ledger.db), ledger.get(both.id)
    first = audience.split(of, ["whatsapp", "email"])
    assert (first.total, first.without_address, first.suppressed) == (7, 0, 1)
    assert first.by == {"whatsapp": 2, "email": 4}
    assert audience.split(of, ["email", "whatsapp"]).by == {"email": 5, "whatsapp": 1}


def test_the_dry_run_sees_the_same_people_on_each_channel(ledger: Ledger) -> None:
    both = Both(ledger)
    ledger.contacts(2)
    for n in range(3):
        ledger.contacts(1, phone=f"+9471100000{n}", consent_email="given" if n else "unknown")
    both.start()
    audience, of = Audience(ledger.db), ledger.get(both.id)
    found = {channel: {m.address for m in audience.members(of, channel)} for channel in ("email", "whatsapp")}
    assert found["email"] | found["whatsapp"] == set(both.addresses().values())
    assert found["whatsapp"] == {"+94711000000"}, "the others consented to mail"


def test_L03_no_row_is_ever_claimed_by_the_other_channel(ledger: Ledger) -> None:
    """Both hold all their lanes and look at the same positions: each gets its own rows, and the books close over both."""
    both = Both(ledger)
    ledger.contacts(20)
    for n in range(20):
        ledger.contacts(1, email=None, phone=f"+947110000{n:02}")
    both.start()
    chat, mail = both.take(both.chat).claimed, both.take(both.mail).claimed
    assert {row.seq for row in mail} == set(range(1, 21))
    assert {row.seq for row in chat} == set(range(21, 41))
    assert both.take(both.mail).claimed == [], "nothing is left for it"
    for hand, rows in ((both.mail, mail), (both.chat, chat)):
        keys = both.turn(hand, intend=[(row.seq, row.attempt) for row in rows]).go
        both.turn(hand, settle=[sent(*key) for key in keys])
    assert ledger.tally(both.id) == {"sent": 40}
    assert ledger.get(both.id).state == "completed"
    ledger.check_books(both.id)


def test_only_what_was_not_sent_goes_by_the_other_channel(ledger: Ledger) -> None:
    """L10, L22: after the number has been down for its time; what is under way, in doubt or refused there stays."""
    both = Both(ledger)
    for n in range(6):
        ledger.contacts(1, phone=f"+9471100000{n}", **({"email": None} if n == 5 else {}))
    both.start()
    keys = [(row.seq, row.attempt) for row in both.take(both.chat, most=3).claimed]
    going = sorted(both.turn(both.chat, intend=keys).go)
    doubt, later, flying = going
    both.turn(both.chat, settle=[unclear(*doubt), outage(*later)])
    failover = Failover(ledger.db)
    assert not failover.abandoned(both.id, "email", 300.0)
    Senders(ledger.db).set_health(both.phone, Health.DOWN, "no line")
    assert not failover.abandoned(both.id, "email", 300.0), "not yet"
    assert failover.abandoned(both.id, "email", 0.0)
    assert not failover.abandoned(both.id, "whatsapp", 0.0), "mail is well"
    assert not failover.alone(both.id, both.phone), "the campaign goes on by mail, so nothing pauses it"
    assert both.take(both.mail).claimed == [], "nothing was for mail, and nobody asked to step in"
    adopted = both.take(both.mail, adopt=True).claimed
    assert {row.seq for row in adopted} == {later[0], 4, 5}
    assert all("@" in row.address for row in adopted)
    assert {row.seq: row.attempt for row in adopted}[later[0]] == later[1] + 1, "a new attempt, fenced as ever"
    assert both.take(both.chat).claimed[0].seq == 6, "who has no e-mail address waits for the number"
    gone = both.turn(both.mail, intend=[(row.seq, row.attempt) for row in adopted]).go
    both.turn(both.mail, settle=[sent(*key) for key in gone])
    both.turn(both.chat, settle=[sent(*flying)])
    assert ledger.states(both.id)[doubt[0]] == "uncertain"
    assert ledger.tally(both.id)["sent"] == 4
    ledger.check_books(both.id)


def test_it_starts_only_with_both_messages_and_a_sender_of_each(ledger: Ledger) -> None:
    ledger.contacts(1)
    lonely = ledger.draft(content=CONTENT, channel="whatsapp", options={"prefer": ["email", "whatsapp"]})
    with pytest.raises(Invalid, match="no sender of it is for whatsapp"):
        ledger.control.start(lonely, PERSON)
    both = Both(ledger)
    bare = ledger.draft(
        senders=[ledger.sender, both.phone],
        content={"subject": "Hi", "text": "Hi"},
        channel="whatsapp",
        options={"prefer": ["email", "whatsapp"]},
    )
    with pytest.raises(Invalid) as error:
        ledger.control.start(bare, PERSON)
    assert [fault.pointer for fault in error.value.faults] == ["/whatsapp"]
