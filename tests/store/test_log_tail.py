"""What is owed to people and programs: each fact once, in the transaction that reads it."""

import time
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from homing.model.errors import Invalid
from homing.store import events
from homing.store.database import Transaction
from homing.store.events import Cursor, Event
from homing.store.log_tail import LogTail
from homing.store.notices import WAITS, NoticeMail, Notices
from homing.store.seal import Seal
from homing.store.tables import event, meta
from homing.store.webhook_calls import Calls, Try
from homing.store.webhooks import WebhookCalls, Webhooks
from tests.store.ledger import START, HandClock, Ledger

PEOPLE = NoticeMail(lambda tx, fact: ["ops@example.org"])


def tell(ledger: Ledger, kind: str, topic: str = "campaign:u", **body: object) -> None:
    with ledger.db.write() as tx:
        events.record(tx, workspace_id=ledger.workspace, at=ledger.world.clock.now(), topic=topic, kind=kind, body=body)


def read_all(ledger: Ledger, *readers: object) -> list[str]:
    class Ear:
        def __init__(self) -> None:
            self.heard: list[str] = []

        def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
            self.heard += [fact.kind for fact in facts]

    ear = Ear()
    tail = LogTail(ledger.db, [*readers, ear])  # type: ignore[list-item]  # readers of this file
    deadline = time.monotonic() + 60
    while tail.step() or not _through(ledger):
        assert time.monotonic() < deadline, "facts stay behind the fence"
        time.sleep(0.01)
    return ear.heard


def _through(ledger: Ledger) -> bool:
    """Whether the tail has read all there is. On PostgreSQL a fact shows when no older transaction of the server is open."""
    with ledger.db.read() as tx:
        at = tx.execute(select(meta.c.value).where(meta.c.name == "notified")).scalar() or "0"
        newest = tx.execute(select(func.max(event.c.seq))).scalar() or 0
    return Cursor.parse(at).seq >= newest


def test_every_fact_is_read_once_and_in_order(ledger: Ledger) -> None:
    read_all(ledger)
    for kind in ("a", "b", "c"):
        tell(ledger, kind)
    assert read_all(ledger) == ["a", "b", "c"]
    assert read_all(ledger) == []
    assert not LogTail(ledger.db, []).is_behind()
    tell(ledger, "d")
    assert read_all(ledger) == ["d"]


def test_a_reader_that_fails_leaves_the_cursor_where_it_was(ledger: Ledger) -> None:
    class Broken:
        def take(self, tx: Transaction, facts: Sequence[Event]) -> None:
            raise RuntimeError

    read_all(ledger)
    tell(ledger, "a")
    tail, deadline = LogTail(ledger.db, [Broken()]), time.monotonic() + 60
    with pytest.raises(RuntimeError):
        while not tail.step() and time.monotonic() < deadline:  # until the fact is through the fence
            time.sleep(0.01)
    assert read_all(ledger) == ["a"]


def hooks(ledger: Ledger) -> Webhooks:
    return Webhooks(ledger.db, Seal("the key of this test"))


def test_a_webhook_is_owed_what_it_asked_for_and_no_other_workspace_is_told(ledger: Ledger) -> None:
    read_all(ledger)
    made, secret = hooks(ledger).add(ledger.workspace, "https://example.org/hook", kinds=["campaign.*"])
    assert secret.startswith("whsec_")
    tell(ledger, "campaign.completed", name="Spring")
    tell(ledger, "sender.health", topic="sender:u", health="down", was="up")
    tell(ledger, "deliveries.settled", counts={})
    with ledger.db.write() as tx:
        events.record(tx, workspace_id=99, at=START, topic="campaign:x", kind="campaign.completed", body={})
    read_all(ledger, WebhookCalls())
    (call,) = Calls(ledger.db).due()
    assert '"type":"campaign.completed"' in call.body
    assert '"campaign":"u"' in call.body
    assert hooks(ledger).secrets(made.id)[1] == [secret]


def test_a_call_is_tried_for_a_day_and_each_try_is_shown(ledger: Ledger, clock: HandClock) -> None:
    read_all(ledger)
    made, _ = hooks(ledger).add(ledger.workspace, "https://example.org/hook")
    tell(ledger, "campaign.completed")
    read_all(ledger, WebhookCalls())
    calls = Calls(ledger.db)
    for number in range(len(WAITS) + 1):
        (due,) = calls.due()
        calls.tried(due, Try(clock.now(), 5, 500, "busy"))
        calls.tried(due, Try(clock.now(), 5, 200, None))  # a late second caller changes nothing
        assert not calls.due()
        clock.pass_(WAITS[min(number, len(WAITS) - 1)] * 1.2)
    (shown,) = calls.of(made.id)
    assert (shown.state, len(shown.tries)) == ("given_up", 11)
    assert clock.now() - START > 23 * 3_600_000
    calls.again(made.id, shown.event_id)
    (due,) = calls.due()
    calls.tried(due, Try(clock.now(), 5, 204, None))
    assert calls.of(made.id)[0].state == "done"


def test_a_removed_or_switched_off_webhook_is_called_no_more(ledger: Ledger) -> None:
    read_all(ledger)
    store = hooks(ledger)
    made, _ = store.add(ledger.workspace, "https://example.org/hook")
    tell(ledger, "campaign.completed")
    read_all(ledger, WebhookCalls())
    off = store.change(made, {"enabled": False})
    assert not Calls(ledger.db).due()
    store.change(off, {"enabled": True})
    assert len(Calls(ledger.db).due()) == 1
    store.remove(made)
    assert not Calls(ledger.db).due()
    assert not store.list(ledger.workspace)


def test_after_a_rotation_both_secrets_sign_and_after_the_next_only_the_newer_two(ledger: Ledger) -> None:
    store = hooks(ledger)
    made, first = store.add(ledger.workspace, "https://example.org/hook")
    second = store.rotate(made)
    assert store.secrets(made.id)[1] == [second, first]
    third = store.rotate(made)
    assert store.secrets(made.id)[1] == [third, second]


def test_a_wrong_address_or_kind_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Invalid):
        hooks(ledger).add(ledger.workspace, "ftp://example.org")
    with pytest.raises(Invalid, match="nothing that is told"):
        hooks(ledger).add(ledger.workspace, "https://example.org", kinds=["nothing.ever"])


def test_people_are_told_what_homing_did_and_not_what_they_did(ledger: Ledger) -> None:
    read_all(ledger)
    tell(ledger, "campaign.paused", by="cli:alice", reason="by_person")
    tell(ledger, "campaign.paused", by="engine", reason="no_connection", detail="nobody answers")
    tell(ledger, "campaign.completed", name="Spring")
    tell(ledger, "sender.health", topic="sender:s1", health="down", was="up", detail="refused")
    tell(ledger, "sender.health", topic="sender:s1", health="slow", was="up")
    tell(ledger, "deliveries.settled", counts={})
    read_all(ledger, PEOPLE)
    due = Notices(ledger.db).due()
    assert [each.kind for each in due] == ["campaign.paused", "campaign.completed", "sender.health"]
    assert "nobody answers" in due[0].text
    assert "goes on by itself" in due[0].text
    assert due[2].about_sender_uid == "s1"
    assert all(each.address == "ops@example.org" for each in due)


def test_a_notice_is_tried_for_a_day_unless_it_is_refused(ledger: Ledger, clock: HandClock) -> None:
    read_all(ledger)
    tell(ledger, "campaign.completed", name="Spring")
    read_all(ledger, PEOPLE)
    notices = Notices(ledger.db)
    for wait in WAITS:
        (due,) = notices.due()
        notices.failed(due, "no way")
        assert not notices.due()
        clock.pass_(wait + 1)
    (due,) = notices.due()
    notices.failed(due, "no way")
    clock.pass_(1e6)
    assert not notices.due()
