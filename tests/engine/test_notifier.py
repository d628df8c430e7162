"""Webhooks and notices on their way, to a real server on loopback; and the clerk who does it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from sqlalchemy import literal
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from homing.egress.door import Door
from homing.egress.judge import Allowance
from homing.engine.clerk import KEY, KIND, Clerk, Job
from homing.engine.notifier import Caller, NoticePost
from homing.engine.scribe import Scribe
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused
from homing.store.leases import Leases
from homing.store.notices import DueNotice, Notices
from homing.store.seal import Seal
from homing.store.webhook_calls import Calls
from homing.store.webhooks import WebhookCalls, Webhooks
from tests.store.ledger import HandClock, Ledger
from tests.store.test_log_tail import PEOPLE, read_all, tell

pytestmark = pytest.mark.dialect("sqlite")


class Ear:
    """An endpoint that keeps what it was told and answers as it is set."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        return web.Response(status=self.status, text="words of the other side")


@asynccontextmanager
async def listening(ear: Ear) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes([web.post("/hook", ear.hear)])
    runner = web.AppRunner(app)
    await runner.setup()
    door = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, door).start()
    try:
        yield door.getsockname()[1]
    finally:
        await runner.cleanup()


@pytest.fixture
def scribe(ledger: Ledger) -> Scribe:
    return Scribe(ledger.world)


def caller_of(ledger: Ledger, scribe: Scribe, door: Door) -> tuple[Caller, Webhooks]:
    store = Webhooks(ledger.db, Seal("the key of this test"))
    return Caller(scribe, store, Calls(ledger.db), door, ledger.world), store


def test_a_call_arrives_signed_over_the_bytes_that_are_posted(ledger: Ledger, scribe: Scribe) -> None:
    async def go() -> None:
        ear = Ear()
        async with listening(ear) as port:
            caller, store = caller_of(ledger, scribe, Door((Allowance("127.0.0.1", port),)))
            made, first = store.add(ledger.workspace, f"http://127.0.0.1:{port}/hook")
            second = store.rotate(made)
            read_all(ledger)
            tell(ledger, "campaign.completed", name="Spring é")
            read_all(ledger, WebhookCalls())
            ear.status = 503
            assert await caller.look()
            ear.status = 200
            ledger.world.clock.pass_(10)  # type: ignore[attr-defined]  # a HandClock
            assert await caller.look()
            assert not await caller.look()
            (call,) = Calls(ledger.db).of(made.id)
            assert [t.status for t in call.tries] == [503, 200]
            assert call.tries[0].words == "words of the other side"
            assert {headers["webhook-id"] for headers, _ in ear.heard} == {call.event_id}
            headers, body = ear.heard[1]
            for secret in (first, second):
                verify(secret, headers, body)
            with pytest.raises(WebhookVerificationError):
                verify(second, headers, body + b" ")

    asyncio.run(go())


def verify(secret: str, headers: dict[str, str], body: bytes) -> None:
    """As a receiver does; its clock is the test's, so the age of the call is left out of it."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = Verifier(secret).sign(headers["webhook-id"], moment, body.decode())
    if expected not in headers["webhook-signature"].split(" "):
        raise WebhookVerificationError


def test_an_endpoint_that_says_it_is_gone_is_switched_off(ledger: Ledger, scribe: Scribe) -> None:
    async def go() -> None:
        ear = Ear()
        ear.status = 410
        async with listening(ear) as port:
            caller, store = caller_of(ledger, scribe, Door((Allowance("127.0.0.1", port),)))
            store.add(ledger.workspace, f"http://127.0.0.1:{port}/hook")
            read_all(ledger)
            tell(ledger, "campaign.completed")
            read_all(ledger, WebhookCalls())
            await caller.look()
        assert store.list(ledger.workspace)[0].disabled_why == "gone"

    asyncio.run(go())


def test_a_private_address_is_never_called_and_the_try_says_why(ledger: Ledger, scribe: Scribe) -> None:
    async def go() -> None:
        ear = Ear()
        async with listening(ear) as port:
            caller, store = caller_of(ledger, scribe, Door())
            made, _ = store.add(ledger.workspace, f"http://127.0.0.1:{port}/hook")
            read_all(ledger)
            tell(ledger, "campaign.completed")
            read_all(ledger, WebhookCalls())
            await caller.look()
        (call,) = Calls(ledger.db).of(made.id)
        assert call.tries[0].status is None
        assert "only https" in (call.tries[0].words or "")
        assert not ear.heard

    asyncio.run(go())


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Accepted(), 0),
        (Refused("bad_address"), 0),
        (None, 1),
        (NotSent("connect", Blame.SENDER), 1),
    ],
)
def test_a_notice_is_done_tried_again_or_given_up(
    ledger: Ledger, scribe: Scribe, clock: HandClock, outcome: Outcome | None, left: int
) -> None:
    sent: list[DueNotice] = []

    async def post(each: DueNotice) -> Outcome | None:
        sent.append(each)
        return outcome

    read_all(ledger)
    tell(ledger, "campaign.completed", name="Spring")
    read_all(ledger, PEOPLE)
    asyncio.run(NoticePost_look(scribe, Notices(ledger.db), post))
    assert len(sent) == 1
    clock.pass_(10)
    assert len(Notices(ledger.db).due()) == left


async def NoticePost_look(scribe: Scribe, notices: Notices, post: Callable[[DueNotice], object]) -> None:
    await NoticePost(scribe, notices, post).look()  # type: ignore[arg-type]  # a coroutine function of the test


def test_one_worker_is_clerk_and_another_takes_over_when_it_is_gone(ledger: Ledger, scribe: Scribe) -> None:
    async def go() -> None:
        looked = asyncio.Event()

        async def look() -> bool:
            looked.set()
            return False

        async def broken() -> bool:
            raise RuntimeError

        me, other = ledger.worker(), ledger.worker()
        first = Clerk(ledger.db, scribe, me, [Job("broken", broken), Job("good", look)])
        second = Clerk(ledger.db, scribe, other, [Job("good", look)])
        await first.look([], 3.0)
        await second.look([], 3.0)
        assert first.on_duty
        assert not second.on_duty
        running = asyncio.create_task(first.run())
        await asyncio.wait_for(looked.wait(), 20)  # a job that fails does not stop the others
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        Leases(ledger.db, me).release(KIND, [KEY])
        await second.look([], 3.0)
        assert second.on_duty
        second.keep(held=False, until=0.0)
        assert not second.on_duty

    asyncio.run(go())


def test_a_job_that_waits_for_something_looks_when_there_is_something_and_not_before(
    ledger: Ledger, scribe: Scribe
) -> None:
    async def go() -> None:
        looked: asyncio.Queue[bool] = asyncio.Queue()
        more = iter((True, False, False))

        async def look() -> bool:
            looked.put_nowait(answer := next(more))
            return answer  # whether there may be more: at once, without another call

        clerk = Clerk(ledger.db, scribe, ledger.worker(), [Job("post", look, 0.01, lambda now: literal(now > 5))])
        await clerk.look([], 3.0)
        running = asyncio.create_task(clerk.run())
        with ledger.db.read() as tx:
            assert clerk.chores.look(tx, 5) == frozenset()
            clerk.call(clerk.chores.look(tx, 5))
            await asyncio.sleep(0.05)
            assert looked.empty()
            clerk.call(clerk.chores.look(tx, 6))
        async with asyncio.timeout(20):
            assert [await looked.get(), await looked.get()] == [True, False]
        await asyncio.sleep(0.05)
        assert looked.empty()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())
