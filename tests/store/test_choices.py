"""Who is told of what by which way, on both databases."""

import pytest

from homing.model.errors import Invalid, NotFound
from homing.model.news import EVENTS, Way, event_of
from homing.model.policy import Role
from homing.store.choices import Choice, Choices
from homing.store.people import People
from homing.store.pushes import Keys, Pushes
from homing.store.seal import Seal, keys_in_use
from tests.store.ledger import Ledger
from tests.transport.push_service import Browser, b64


def held(choices: Choices, ledger: Ledger, reader: str) -> set[tuple[str, Way]]:
    return {(each.event, each.way) for each in choices.of(ledger.workspace, reader) if each.on}


def test_owners_get_mail_unasked_unless_somebody_is_named_and_each_may_choose(ledger: Ledger) -> None:
    people = People(ledger.db)
    owner = people.add(ledger.workspace, "o@example.org", Role.OWNER, actor="t")
    viewer = people.add(ledger.workspace, "v@example.org", Role.VIEWER, actor="t")
    choices, named = Choices(ledger.db), Choices(ledger.db, named=True)

    def mailed(of: Choices, kind: str) -> list[str]:
        with ledger.db.read() as tx:
            return of.addresses(tx, ledger.workspace, kind)

    assert mailed(choices, "campaign.paused") == ["o@example.org"]
    assert mailed(choices, "whatsapp-disconnected") == ["o@example.org"]
    assert mailed(choices, "import.completed") == []
    assert mailed(named, "campaign.paused") == []
    assert ("campaign.paused", Way.EMAIL) in held(choices, ledger, owner.actor)
    choices.choose(ledger.workspace, owner.actor, [Choice("campaign.paused", Way.EMAIL, False)])
    choices.choose(ledger.workspace, viewer.actor, [Choice("campaign.paused", Way.EMAIL, True)])
    assert mailed(choices, "campaign.paused") == ["v@example.org"]
    assert mailed(named, "campaign.paused") == ["v@example.org"]
    assert held(choices, ledger, "local") == {(e, w) for e in EVENTS for w in Way if w is not Way.EMAIL}
    with pytest.raises(Invalid, match="there is no 'x'"):
        choices.choose(ledger.workspace, owner.actor, [Choice("x", Way.APP, True)])


def test_facts_about_devices_are_news_under_the_founding_names() -> None:
    """They are recorded as whatsapp-connected: before, no notice and no webhook ever heard of one."""
    from homing.model.news import NOTICED, PUBLIC, fits, notice_of

    for kind in ("whatsapp-connected", "whatsapp-disconnected"):
        assert event_of(kind) == "whatsapp"
        assert fits(kind, NOTICED)
        assert fits(kind, PUBLIC)
        told = notice_of(kind, "sender:u", {}, "Primary Device")
        assert told is not None
        assert told.subject == f"WhatsApp 'Primary Device' is {kind.removeprefix('whatsapp-')}"


def test_a_browsers_keys_are_sealed_and_foreign_to_others(ledger: Ledger) -> None:
    seal = Seal("k")
    pushes, browser = Pushes(ledger.db, seal), Browser()
    keys = Keys(b64(browser.public), b64(browser.auth))
    assert pushes.public_key() == pushes.public_key()
    pushes.subscribe(ledger.workspace, "user:a", "https://push.example.net/1", keys)
    again = pushes.subscribe(ledger.workspace, "user:a", "https://push.example.net/1", keys)
    assert [each.uid for each in pushes.list(ledger.workspace, "user:a")] == [again.uid]
    assert pushes.keys(again.id) == keys
    assert keys_in_use(ledger.db) == {seal.key_id}
    with pytest.raises(NotFound):
        pushes.find(ledger.workspace, "user:b", again.uid)
    with pytest.raises(NotFound):
        pushes.keys(again.id + 1)
    pushes.tell_test(again)
    assert len(pushes.due()) == 1
    pushes.end(again.id)
    assert pushes.due() == []
    for bad in (Keys("AAAA", keys.auth), Keys(keys.p256dh, "AAAA"), Keys("!", "?")):
        with pytest.raises(Invalid):
            pushes.subscribe(ledger.workspace, "user:a", "https://push.example.net/1", bad)
