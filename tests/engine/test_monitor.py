"""Whether the way out is open: trouble, breaker, probes, waiting, giving up and coming back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from homing.engine.monitor import BREAKER, Monitor, Way
from homing.model.campaign import Activity, PauseReason
from homing.model.outcome import Blame, NotSent, Trouble, Words
from homing.model.sender import Health, Monitoring, SenderOptions
from homing.world import World
from tests.engine.rig import until
from tests.store.ledger import HandClock, LoadedDice

GONE = NotSent("refused", Blame.SENDER, Words("connect", "", "Connection refused"), Trouble.CONNECT)
BUSY = NotSent("busy", Blame.SENDER, Words("banner", "421", "too busy"), Trouble.PROVIDER)
SLOW = NotSent("limit", Blame.SENDER, trouble=Trouble.LIMIT, retry_after=30.0)
LOCKED = NotSent("auth", Blame.SENDER, Words("auth", "535", "bad credentials"), Trouble.CREDENTIALS)
QUICK = Monitoring(probes=(), check_every=0.01, give_up_after=60.0)


class Sendery:
    """What a monitor acts on, and the provider that it probes. `sending`: campaigns, and since when (uptime)."""

    def __init__(self, clock: HandClock, watch: Monitoring = QUICK) -> None:
        self.clock = clock
        self.answers: Callable[[], NotSent | None] = lambda: None
        self.probes = 0
        self.health: list[Health] = []
        self.sending: dict[str, float] = {"first": 0.0}
        self.paused: list[tuple[PauseReason, str]] = []
        self.pauses: list[str] = []
        self.resumed = 0
        self.changes = 0
        self.monitor = Monitor(
            options=replace(SenderOptions(), monitoring=watch), world=World(clock, LoadedDice()),
            probe=self.probe, changed=self.changed, tell_health=self.tell, pause=self.pause, resume=self.resume,
            server="mail.example:587",
        )  # fmt: skip

    def way(self) -> Way:
        return self.monitor.way

    async def probe(self) -> NotSent | None:
        self.probes += 1
        return self.answers()

    def changed(self) -> None:
        self.changes += 1

    async def tell(self, health: Health, detail: str | None) -> None:
        self.health.append(health)

    async def pause(self, reason: PauseReason, detail: str, after: float) -> None:
        for name in [name for name, since in self.sending.items() if self.clock.up - since >= after]:
            del self.sending[name]
            self.pauses.append(name)
            self.paused.append((reason, detail))

    async def resume(self) -> None:
        self.resumed += 1


@asynccontextmanager
async def watching(clock: HandClock, watch: Monitoring = QUICK) -> AsyncIterator[Sendery]:
    made = Sendery(clock, watch)
    task = asyncio.get_running_loop().create_task(made.monitor.run())
    try:
        yield made
        assert not task.done(), task
    finally:
        task.cancel()


def test_the_first_connect_error_is_looked_at_at_once_and_the_way_reopens(clock: HandClock) -> None:
    """R19: nobody waits longer than the outage lasts, plus one look."""

    async def story() -> None:
        async with watching(clock) as sendery:
            monitor = sendery.monitor
            sendery.answers = lambda: GONE
            monitor.failed(GONE)
            assert (sendery.way(), monitor.wait()) == (Way.PROBING, None)
            await until(lambda: sendery.probes >= 3)
            assert sendery.way() is Way.DOWN
            assert sendery.health == [Health.DOWN]
            activity, words, _ = monitor.activity() or pytest.fail("it says what it waits for")
            assert activity is Activity.WAITING_FOR_CONNECTION
            assert words.startswith("Waiting for connection...")
            assert words == "Waiting for connection... Nobody answers at mail.example:587: connection refused", "R20"
            sendery.answers = lambda: None
            await until(lambda: sendery.way() is Way.OPEN)
            await until(lambda: sendery.resumed == 1)
            assert (monitor.wait(), monitor.activity()) == (0.0, None)
            assert sendery.health == [Health.DOWN, Health.UP]
            assert sendery.paused == []

    asyncio.run(story())


def test_L22_single_errors_only_hold_for_the_quick_retries_1_2_4_seconds(clock: HandClock) -> None:
    """R16."""

    async def story() -> None:
        async with watching(clock) as sendery:
            for wait in (1.0, 2.0, 4.0):
                sendery.monitor.failed(BUSY)
                assert sendery.way() is Way.OPEN
                assert sendery.monitor.wait() == pytest.approx(wait)
                clock.pass_(wait)
                assert sendery.monitor.wait() == 0.0
            sendery.monitor.succeeded()
            sendery.monitor.failed(BUSY)
            assert sendery.monitor.wait() == pytest.approx(1.0), "a success begins anew"
            assert sendery.probes == 0

    asyncio.run(story())


def test_the_breaker_opens_after_five_errors_in_a_row(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            for _ in range(BREAKER - 1):
                sendery.monitor.failed(BUSY)
            assert sendery.way() is Way.OPEN
            sendery.monitor.failed(BUSY)
            assert sendery.way() is Way.PROBING
            activity, words, _ = sendery.monitor.activity() or pytest.fail("it says what it waits for")
            assert (activity, "421 too busy" in words) == (Activity.WAITING_FOR_SENDER, True)
            sendery.monitor.next_look = clock.up
            sendery.monitor.look_now()
            await until(lambda: sendery.way() is Way.OPEN)

    asyncio.run(story())


def test_a_stated_wait_of_the_provider_is_kept_and_opens_no_breaker(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            for _ in range(3 * BREAKER):
                sendery.monitor.failed(SLOW)
            assert sendery.way() is Way.OPEN
            assert sendery.monitor.wait() == pytest.approx(30.0)

    asyncio.run(story())


def test_after_the_limit_campaigns_pause_once_and_resume_by_themselves(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            sendery.answers = lambda: GONE
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.probes >= 2)
            assert sendery.paused == []
            clock.pass_(61)
            sendery.monitor.next_look = clock.up
            await until(lambda: bool(sendery.paused))
            seen = sendery.probes
            clock.pass_(300)
            sendery.monitor.look_now()
            await until(lambda: sendery.probes > seen)
            reason, words = sendery.paused[0]
            assert reason is PauseReason.NO_CONNECTION
            assert "connection refused" in words
            assert sendery.resumed == 0
            sendery.answers = lambda: None
            clock.pass_(1)
            sendery.monitor.look_now()
            await until(lambda: sendery.resumed == 1)

    asyncio.run(story())


def test_a_campaign_that_starts_or_resumes_during_an_outage_has_the_limit_to_itself(clock: HandClock) -> None:
    """R19: the one that comes later pauses later, and does pause."""

    async def story() -> None:
        async with watching(clock) as sendery:
            sendery.answers = lambda: GONE
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.probes >= 2)

            async def passes(seconds: float) -> None:
                clock.pass_(seconds)
                seen = sendery.probes
                sendery.monitor.next_look = clock.up
                sendery.monitor.look_now()
                await until(lambda: sendery.probes > seen + 1)

            await passes(40)
            sendery.sending["second"] = clock.up
            await passes(30)
            assert sendery.pauses == ["first"], "a look that somebody asked for begins nobody's limit anew"
            await passes(20)
            assert sendery.pauses == ["first"]
            sendery.sending["first"] = clock.up  # resumed by a person
            await passes(11)
            assert sendery.pauses == ["first", "second"]
            await passes(40)
            assert sendery.pauses == ["first", "second"]
            await passes(10)
            assert sendery.pauses == ["first", "second", "first"]
            assert {reason for reason, _ in sendery.paused} == {PauseReason.NO_CONNECTION}

    asyncio.run(story())


def test_what_starts_while_a_sender_needs_a_person_pauses_with_that_reason(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            sendery.monitor.failed(LOCKED)
            await until(lambda: sendery.pauses == ["first"])
            sendery.sending["second"] = clock.up
            clock.pass_(2)
            await until(lambda: sendery.pauses == ["first", "second"])
            assert sendery.paused[1] == (PauseReason.SENDER_DOWN, "auth (535 bad credentials)")
            assert sendery.probes == 0

    asyncio.run(story())


@pytest.mark.parametrize(
    ("stage", "code", "opens"),
    [
        ("banner", "554", True),
        ("banner", "554 5.3.2", True),
        ("ehlo", "550", True),
        ("starttls", "500", True),
        ("banner", "450", False),
        ("banner", "", False),
        ("rcpt", "550", False),
    ],
)
def test_a_5xx_for_a_greeting_opens_the_breaker_at_once_with_its_words(
    clock: HandClock, stage: str, code: str, opens: bool
) -> None:
    """EMAIL section 3."""

    async def story() -> None:
        async with watching(clock) as sendery:
            news = NotSent("banner", Blame.SENDER, Words(stage, code, "no SMTP service here"), Trouble.PROVIDER)
            sendery.monitor.failed(news)
            assert (sendery.way() is Way.PROBING) is opens
            if opens:
                activity, words, _ = sendery.monitor.activity() or pytest.fail("it says what it waits for")
                assert activity is Activity.WAITING_FOR_SENDER
                assert f"{code} no SMTP service here" in words

    asyncio.run(story())


def test_with_resume_when_back_off_a_person_decides(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock, replace(QUICK, resume_when_back=False)) as sendery:
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.way() is Way.OPEN and sendery.health[-1:] != [Health.DOWN])
            assert sendery.resumed == 0

    asyncio.run(story())


def test_bad_credentials_wait_for_a_person_and_are_not_hammered(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            sendery.answers = lambda: LOCKED
            sendery.monitor.failed(LOCKED)
            await until(lambda: bool(sendery.paused))
            assert sendery.paused[0][0] is PauseReason.SENDER_DOWN
            assert sendery.health == [Health.BLOCKED]
            clock.pass_(3_600)
            await asyncio.sleep(0.05)
            assert sendery.probes == 0
            sendery.answers = lambda: None
            sendery.monitor.look_now()
            await until(lambda: sendery.resumed == 1)
            assert sendery.probes == 1

    asyncio.run(story())


def test_the_probe_targets_only_choose_the_words(clock: HandClock) -> None:
    """R18: another address answers, so it is not the network: it is this sender."""

    async def story() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with watching(clock, replace(QUICK, probes=(("127.0.0.1", port),))) as sendery:
            sendery.answers = lambda: GONE
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.monitor.targets_answer)
            activity, words, _ = sendery.monitor.activity() or pytest.fail("it says what it waits for")
            assert activity is Activity.WAITING_FOR_SENDER
            assert "connection refused" in words
            server.close()
            await until(lambda: not sendery.monitor.targets_answer)
        await server.wait_closed()

    asyncio.run(story())


def test_R19_looks_come_soon_first_and_then_as_often_as_set_whatever_a_look_takes(clock: HandClock) -> None:
    """A cut of half a second does not cost ten; a probe that is silent for 4 s is no longer pause between two looks."""
    ahead: list[float] = []

    async def story() -> None:
        async with watching(clock, replace(QUICK, check_every=10.0, give_up_after=0.0)) as sendery:

            def silent() -> NotSent:
                clock.pass_(4.0)
                return GONE

            sendery.answers = silent
            sendery.monitor.failed(GONE)
            for n in range(1, 7):
                before = sendery.changes
                sendery.monitor.look_now()
                await until(lambda n=n, before=before: sendery.probes == n and sendery.changes > before)  # type: ignore[misc]
                ahead.append(sendery.monitor.next_look - clock.up)

    asyncio.run(story())
    assert ahead == pytest.approx([1.0, 1.0, 1.0, 4.0, 6.0, 6.0])


def test_a_provider_that_answers_is_not_asked_sooner_than_set(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock, replace(QUICK, check_every=10.0)) as sendery:
            sendery.answers = lambda: BUSY
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.health == [Health.DOWN])
            assert sendery.monitor.next_look - clock.up == pytest.approx(10.0)

    asyncio.run(story())


def test_R19_what_waited_goes_on_before_it_is_written_that_the_way_is_back(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sendery:
            sendery.answers = lambda: GONE
            sendery.monitor.failed(GONE)
            await until(lambda: sendery.way() is Way.DOWN and sendery.health == [Health.DOWN])
            changes: list[int] = []

            def back() -> None:
                changes.append(sendery.changes)

            async def tell(health: Health, detail: str | None) -> None:
                changes.append(sendery.changes)

            sendery.monitor.tell_health = tell
            sendery.answers = back
            await until(lambda: len(changes) == 2)
            assert changes[1] == changes[0] + 1

    asyncio.run(story())


SILENCE = NotSent("timeout", Blame.SENDER, Words("response"))
ILL = NotSent("provider_error", Blame.SENDER, Words("response", "503"))
USED_UP = NotSent("quota", Blame.SENDER, Words("response", "400", "Daily message quota exceeded"), Trouble.QUOTA)


def test_messages_that_get_no_answer_open_the_breaker_at_the_fifth_in_a_row_and_a_5xx_at_the_first(
    clock: HandClock,
) -> None:
    async def story() -> None:
        async with watching(clock) as sender:
            for _ in range(BREAKER - 1):
                sender.monitor.unanswered(SILENCE, ailing=False)
            assert sender.monitor.wait() == 0.0, "silence alone holds nothing"
            sender.monitor.succeeded()
            for _ in range(BREAKER - 1):
                sender.monitor.unanswered(SILENCE, ailing=False)
            assert sender.way() is Way.OPEN
            sender.monitor.unanswered(SILENCE, ailing=False)
            assert sender.way() is Way.PROBING
            clock.pass_(1.0)
            sender.monitor.look_now()
            await until(lambda: sender.way() is Way.OPEN)
            sender.monitor.unanswered(ILL, ailing=True)
            assert sender.way() is Way.PROBING

    asyncio.run(story())


def test_a_provider_whose_looks_succeed_and_whose_messages_do_not_is_tried_ever_more_rarely(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sender:
            waits = []
            for _ in range(5):
                sender.monitor.unanswered(ILL, ailing=True)
                waits.append(sender.monitor.next_look - clock.uptime())
                clock.pass_(waits[-1])
                sender.monitor.look_now()
                await until(lambda: sender.way() is Way.OPEN)
            assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]
            assert Health.DOWN in sender.health, "others may step in"
            sender.monitor.succeeded()
            sender.monitor.unanswered(ILL, ailing=True)
            assert sender.monitor.next_look - clock.uptime() == 1.0

    asyncio.run(story())


def test_a_used_up_quota_is_told_at_once_and_not_asked_about_again_soon(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sender:
            assert sender.monitor.learn(USED_UP)
            await until(lambda: sender.health == [Health.DOWN])
            assert sender.probes == 0
            assert sender.monitor.next_look - clock.uptime() == 900.0
            activity = sender.monitor.activity()
            assert activity is not None
            assert activity[0] is Activity.WAITING_FOR_SENDER

    asyncio.run(story())


def test_what_was_on_its_way_together_is_asked_to_slow_down_once(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sender:
            for _ in range(50):
                sender.monitor.learn(replace(SLOW, retry_after=None))
            assert sender.monitor.wait() == 1.0
            sender.monitor.learn(SLOW)
            assert sender.monitor.wait() == 30.0
            told = sender.monitor.activity()
            assert told is not None
            assert told[0] is Activity.WAITING_FOR_SENDER
            assert sender.way() is Way.OPEN

    asyncio.run(story())


def test_a_from_that_may_not_send_is_no_trouble_of_the_sender(clock: HandClock) -> None:
    async def story() -> None:
        async with watching(clock) as sender:
            for _ in range(20):
                assert not sender.monitor.learn(NotSent("from_not_verified", Blame.SENDER, trouble=Trouble.FROM))
            assert sender.monitor.wait() == 0.0

    asyncio.run(story())
