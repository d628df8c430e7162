"""A bounce for policy that is told later slows the sender down at that mail system, as a refusal at once does."""

import asyncio
import json
from pathlib import Path

import pytest

from homing.channels.sendgrid import receipts as sendgrid
from homing.channels.ses import receipts as ses
from homing.engine.scribe import Scribe
from homing.engine.wary import RECENT_MS, Wary
from homing.engine.way import Way
from homing.engine.worker import Worker, WorkerSetup
from homing.inbox.provider import Orders, Provider
from homing.model.campaign import State
from homing.model.courier import Desk
from homing.model.ids import SenderId
from homing.model.receipt import Kind, Receipt
from homing.model.sender import Monitoring, SenderOptions
from homing.store.receipts import Receipts
from homing.store.senders import Senders
from homing.store.suppressions import Suppressions
from homing.store.wariness import KEPT_MS, LATE_MS, Wariness
from homing.transport.courier import HttpCourier, Limits
from homing.world import World
from tests.channels.providers import dialect
from tests.channels.test_receipts import MARK, Sns
from tests.engine.rig import PATIENCE, until
from tests.engine.test_worker import working
from tests.store.ledger import HandClock, Ledger, make_ledger
from tests.store.test_receipts import event, tell

PEOPLE = 200


def told(uid: str, seq: int, attempt: int, at: int) -> bytes:
    """What SendGrid's webhook tells of a message that was blocked."""
    one = {"event": "bounce", "type": "blocked", "reason": "550 5.7.1 blocked", "status": "5.7.1"}
    key = {"sg_event_id": f"e{seq}", "timestamp": at // 1000, "homing_attempt": f"{uid}/{seq}/{attempt}"}
    return json.dumps([{**one, **key}]).encode()


@pytest.mark.wire
def test_a_policy_bounce_by_webhook_slows_the_domain_and_nobody_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with Provider(tmp_path / "accepted", Orders(delay=0.5)) as provider:
            ledger = make_ledger("sqlite", tmp_path, World())
            options = SenderOptions(connections=16, monitoring=Monitoring(probes=(), give_up_after=0.0))

            def open_way(sender_id: SenderId) -> Way:
                def open_courier(desk: Desk) -> HttpCourier:
                    return HttpCourier(dialect("sendgrid", provider.url), options, desk, ledger.world, limits=Limits())

                return Way(sender_id, "post", 1, options, open_courier, "b@sender.test")

            people = [
                ledger.contacts(1, email=f"u{n}@{'wary' if n % 2 else 'quick'}.test")[0] for n in range(1, PEOPLE + 1)
            ]
            id_ = ledger.started(audience={"contacts": people})
            uid, db = ledger.get(id_).uid, ledger.another_process()
            async with working(Worker(WorkerSetup(db, open_way, Senders(db).set_health, grace=PATIENCE))):
                await until(lambda: ledger.states(id_)[1] == "sent", every=0.02)
                receipts = Receipts(ledger.db)
                body = told(uid, 1, ledger.rows(id_)[1]["attempt"], ledger.world.clock.now())
                receipts.keep(ledger.workspace, "sendgrid", body, sender_id=ledger.sender)
                (call,) = receipts.waiting()
                assert receipts.settle(call, sendgrid.parse(call.body)) == 1

                def put_off() -> list[str]:
                    rows = ledger.rows(id_).values()
                    return [row["address"] for row in rows if row["reason"] == "destination_busy"]

                await until(lambda: bool(put_off()), every=0.05)
                seen = set(put_off())
                await until(lambda: ledger.get(id_).state is State.COMPLETED, every=0.05)
            assert all(address.endswith("@wary.test") for address in seen)
            assert ledger.tally(id_) == {"sent": PEOPLE - 1, "bounced": 1}
            assert all(times == 1 for times in provider.seen.accepted.values()), "nobody twice"
            assert not list(Suppressions(ledger.db).export(ledger.workspace)), "it is our reputation, not their address"
            ledger.check_books(id_)
            ledger.close()

    asyncio.run(story())


def test_ses_tells_it_too() -> None:
    address = {"emailAddress": "ada@wary.test", "status": "5.7.1", "diagnosticCode": "smtp; 550 5.7.1 blocked"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [address]}
    mail = {
        "messageId": "m",
        "timestamp": "2026-05-02T00:54:06.655Z",
        "tags": {"homing_attempt": ["_".join(map(str, MARK))]},
    }
    (found,) = ses.parse(Sns().envelope({"eventType": "Bounce", "mail": mail, "bounce": bounce}))
    assert (found.kind, found.reason) == (Kind.BOUNCED, "policy")


@pytest.mark.dialect("sqlite")
def test_each_is_news_once_and_what_is_old_is_none(ledger: Ledger, clock: HandClock) -> None:
    wariness, scribe = Wariness(ledger.db), Scribe()

    def look(at: Wary) -> list[str]:
        heard: list[str] = []
        asyncio.run(at.look(heard.append))
        return heard

    def policy(id_: int, n: int, at: int) -> Receipt:
        one = event(ledger, id_, Kind.BOUNCED, n, 1, n, reason="policy")  # type: ignore[arg-type]  # a plain number
        return Receipt(one.provider, one.event_id, one.kind, at, one.mark, one.reason)

    people = [ledger.contacts(1, email=f"{n}@{name}.test")[0] for n, name in enumerate(("one", "two", "one", "late"))]
    id_ = ledger.started(audience={"contacts": people})
    hand = ledger.hand()
    hand.send(id_)
    first = Wary(scribe, wariness, ledger.sender, clock)
    assert look(first) == []
    tell(ledger, policy(id_, 1, clock.now()), policy(id_, 4, clock.now() - LATE_MS - 1))
    assert look(first) == ["one.test"]
    assert look(first) == [], "told once"
    clock.pass_(1)
    tell(ledger, policy(id_, 2, clock.now()), policy(id_, 3, clock.now()), policy(id_, 1, clock.now()))
    assert sorted(look(first)) == ["one.test", "two.test"]
    another = Wary(scribe, wariness, ledger.sender, clock)
    assert sorted(look(another)) == ["one.test", "two.test"], "who takes the sender over hears of the last minute"
    clock.pass_(RECENT_MS / 1000 + 1)
    assert look(Wary(scribe, wariness, ledger.sender, clock)) == []
    assert wariness.of(SenderId(ledger.sender + 1)) == {}, "another sender's mail is not its"
    clock.pass_(KEPT_MS / 1000)
    again = ledger.started(audience={"contacts": ledger.contacts(1, email="x@three.test")})
    hand.send(again)
    tell(ledger, policy(again, 1, clock.now()))
    assert set(wariness.of(ledger.sender)) == {"three.test"}
    scribe.close()
