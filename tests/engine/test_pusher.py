"""A closed page is told too: from a fact to a push service on loopback that decrypts and verifies what it gets."""

import asyncio
import json

import pytest

from homing.egress.door import Door
from homing.egress.judge import Allowance
from homing.engine.pruner import KEPT_MS, Pruner
from homing.engine.pusher import Pusher
from homing.engine.scribe import Scribe
from homing.model.news import Way
from homing.model.policy import Role
from homing.store.choices import Choice, Choices
from homing.store.events import Events
from homing.store.people import People
from homing.store.pushes import Keys, Pushes, PushNotices
from homing.store.seal import Seal
from tests.engine.test_notifier import Ear, listening
from tests.store.ledger import HandClock, Ledger
from tests.store.test_log_tail import read_all, tell
from tests.transport.push_service import Browser, b64, claims_of

pytestmark = pytest.mark.dialect("sqlite")
SUBJECT = "mailto:ops@example.org"


class Ground:
    """One person with one browser, whose push service is an ear on loopback."""

    def __init__(self, ledger: Ledger, port: int, reader: str = "local") -> None:
        self.ledger, self.browser = ledger, Browser()
        self.pushes = Pushes(ledger.db, Seal("the key of this test"))
        self.public = self.pushes.public_key()
        keys = Keys(b64(self.browser.public), b64(self.browser.auth))
        self.endpoint = f"http://127.0.0.1:{port}/hook"
        self.mine = self.pushes.subscribe(ledger.workspace, reader, self.endpoint, keys, agent="Chromium")
        door = Door((Allowance("127.0.0.1", port),))
        self.pusher = Pusher(Scribe(ledger.world), self.pushes, door, ledger.world, SUBJECT)
        read_all(ledger)

    def told(self, kind: str = "campaign.completed") -> None:
        tell(self.ledger, kind, name="Spring é")
        read_all(self.ledger, PushNotices())


def test_R12_a_fact_reaches_a_browser_that_can_read_it_from_a_server_that_it_knows(ledger: Ledger) -> None:
    async def go() -> None:
        ear = Ear()
        ear.status = 201
        async with listening(ear) as port:
            ground = Ground(ledger, port)
            ground.told()
            assert await ground.pusher.look()
            assert not await ground.pusher.look(), "once"
            ((headers, body),) = ear.heard
            told = json.loads(ground.browser.read(body))
            assert told["title"] == "'Spring é' is completed"
            assert told["url"] == "/campaigns/u"
            claims = claims_of(headers["authorization"], ground.public)
            assert claims["aud"] == f"http://127.0.0.1:{port}"
            assert claims["sub"] == SUBJECT
            assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "86400")
            assert ground.pushes.list(ledger.workspace, "local")[0].told_at is not None

    asyncio.run(go())


@pytest.mark.parametrize(("status", "left", "known"), [(410, 0, 0), (404, 0, 0), (429, 1, 1), (503, 1, 1), (413, 0, 1)])
def test_an_answer_ends_the_browser_is_tried_again_or_given_up(
    ledger: Ledger, clock: HandClock, status: int, left: int, known: int
) -> None:
    async def go() -> None:
        ear = Ear()
        ear.status = status
        async with listening(ear) as port:
            ground = Ground(ledger, port)
            ground.told()
            await ground.pusher.look()
            clock.pass_(10)
            assert len(ground.pushes.due()) == left
            assert len(ground.pushes.list(ledger.workspace, "local")) == known
            ear.status = 201
            assert await ground.pusher.look() is bool(left)

    asyncio.run(go())


def test_what_somebody_chose_not_to_hear_and_who_was_shut_out_are_not_told(ledger: Ledger) -> None:
    async def go() -> None:
        async with listening(Ear()) as port:
            person = People(ledger.db).add(ledger.workspace, "a@example.org", Role.VIEWER, actor="t")
            ground = Ground(ledger, port, person.actor)
            choices = Choices(ledger.db)
            choices.choose(ledger.workspace, person.actor, [Choice("campaign.completed", Way.PUSH, False)])
            ground.told()
            assert ground.pushes.due() == []
            choices.choose(ledger.workspace, person.actor, [Choice("campaign.completed", Way.PUSH, True)])
            ground.told()
            assert len(ground.pushes.due()) == 1
            stranger = Ground(ledger, port, "user:nobody")
            local = Ground(ledger, port, "local")
            stranger.told()
            assert local.pushes.due()[1:] == [], (
                "who left, and this machine's person once people sign in, are told nothing"
            )

    asyncio.run(go())


def test_a_private_push_service_is_never_asked(ledger: Ledger) -> None:
    async def go() -> None:
        ear = Ear()
        async with listening(ear) as port:
            ground = Ground(ledger, port)
            closed = Pusher(Scribe(ledger.world), ground.pushes, Door(), ledger.world, SUBJECT)
            ground.told()
            await closed.look()
            assert ear.heard == []
            assert ground.pushes.due() == [], "given up: it will not become public"

    asyncio.run(go())


def test_facts_are_forgotten_after_their_time_and_the_newest_stays(ledger: Ledger, clock: HandClock) -> None:
    events = Events(ledger.db)
    pruner = Pruner(Scribe(ledger.world), events, ledger.world)
    for n in range(3):
        tell(ledger, f"old.{n}")
    assert not asyncio.run(pruner.look())
    before = events.retained_from()
    clock.pass_(KEPT_MS / 1000 + 60)
    tell(ledger, "new")
    assert not asyncio.run(pruner.look())
    assert events.retained_from() > before
    assert [each.kind for each in events.after(events.retained_from(), None)] == ["new"]
