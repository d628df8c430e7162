"""Whether a sender's way out is open: counts trouble, opens the breaker, probes, and says in words what is waited for (R18-R20).

open --connect error--> probing at once ---- probe fails ----> down (a look every 10 s) --give_up_after--> campaigns pause
 ^  \\--5 errors in a row, or greeted with 5xx--> probing after 1 s    |
 +------------------------------ a probe succeeds --------------- +          blocked: no look until a person changed something

The first looks come sooner: after 1, 2, 4 s, while nobody answers who could mind.
A campaign pauses when it has waited for the limit itself: since the way was lost, or since its start or resume if that was later.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from homing.model.campaign import Activity, PauseReason
from homing.model.outcome import OURS, Blame, NotSent, Outcome, Refused, Trouble, Unclear
from homing.model.patience import backoff
from homing.model.sender import Health, SenderOptions
from homing.model.unreached import in_words
from homing.world import World

BREAKER = 5  # SENDER errors in a row
RELAPSES = 3  # openings in a row without a message between: the looks succeed, and yet nothing gets through
LONGEST_REST = 300.0  # seconds between two tries of such a sender
HOLD_SHOWN = 5.0  # waits shorter than this are not worth a line
QUOTA_REST = 900.0  # seconds until a used-up quota is looked at again, where nobody says how long
LOOK_SOON = 1.0  # seconds between the first two looks, and at least between the end of one and the next
ASKING = 1.0  # seconds in which a resume is noticed as a person's wish for a look


class Way(StrEnum):
    OPEN = "open"
    PROBING = "probing"
    DOWN = "down"
    BLOCKED = "blocked"


@dataclass(slots=True)
class Monitor:
    """`probe` looks at the sender's own endpoint; `changed` follows each change; `resume` takes up what waits for the line.

    `pause` takes a reason, its words and seconds: it pauses the campaigns that have been sending for at least so long.
    """

    options: SenderOptions
    world: World
    probe: Callable[[], Awaitable[NotSent | None]]
    changed: Callable[[], None]
    tell_health: Callable[[Health, str | None], Awaitable[None]]
    pause: Callable[[PauseReason, str, float], Awaitable[None]]
    resume: Callable[[], Awaitable[None]]
    server: str = ""  # whom it looks at, for its words: 'mail.example:587'
    way: Way = Way.OPEN
    news: NotSent | None = None
    hold_until: float = 0.0  # uptime: a short wait after single errors
    next_look: float = 0.0  # uptime
    targets_answer: bool = False
    _errors: int = 0
    _relapses: int = 0  # openings of the breaker since the last message that got through
    _silent: int = 0  # messages in a row that were left without an answer
    _health: tuple[Health, str | None] = (Health.UP, None)
    _alarm: asyncio.Event = field(default_factory=asyncio.Event)
    _poke: asyncio.Event = field(default_factory=asyncio.Event)

    def wait(self) -> float | None:
        """Seconds until messages may be handed over: 0 now, None until the way is open again."""
        if self.way is not Way.OPEN:
            return None
        return max(0.0, self.hold_until - self.world.clock.uptime())

    @property
    def troubled(self) -> bool:
        """Whether there may be something to wait for."""
        return self.way is not Way.OPEN or self.hold_until > 0.0

    def learn(self, outcome: Outcome) -> bool:
        """What an outcome that is no acceptance says about the sender; returns whether it was SENDER trouble."""
        match outcome:
            case NotSent(blame=Blame.SENDER) if outcome.trouble is Trouble.FROM or outcome.reason in OURS:
                pass  # the campaign's, or our own doing: says nothing about the sender
            case NotSent(blame=Blame.SENDER):
                self.failed(outcome)
                return True
            case Unclear(reason=reason, words=words, ailing=ailing):
                self.unanswered(NotSent(reason, Blame.SENDER, words), ailing=ailing)
            case Refused() | NotSent(blame=Blame.RECIPIENT | Blame.DESTINATION):
                self.succeeded()
            case _:
                pass
        return False

    def failed(self, news: NotSent) -> None:
        """SENDER trouble, from a parcel or a connection. Costs no recipient anything (L22)."""
        self.news = news
        if self.way is not Way.OPEN:
            return
        if news.trouble is Trouble.LIMIT:
            # What was on its way together is refused together, and counts once.
            self._errors += self.world.clock.uptime() >= self.hold_until
            self._hold(news)
            return
        self._errors += 1
        if news.trouble is Trouble.CREDENTIALS:
            self.way = Way.BLOCKED
        elif news.trouble is Trouble.QUOTA:
            self._open_breaker(news.retry_after or QUOTA_REST)
        elif news.trouble is Trouble.CONNECT:
            self.way, self.next_look = Way.PROBING, 0.0
        elif self._errors >= BREAKER or _unwelcome(news):
            self._open_breaker()
        else:
            self._hold(news)
            return
        self._alarm.set()
        self.changed()

    def unanswered(self, news: NotSent, *, ailing: bool) -> None:
        """A message is in doubt. The breaker opens at the first when the provider says that it is `ailing` (HTTP 5xx), else
        at the fifth in a row, so that a provider that has fallen silent costs what was in flight, not the list."""
        self._silent += 1
        if self.way is Way.OPEN and (ailing or self._silent >= BREAKER):
            self.news, self._silent = news, 0
            self._open_breaker()
            self._alarm.set()
            self.changed()

    def _open_breaker(self, rest: float | None = None) -> None:
        """The first look comes after 1 s; later and later where looks succeed and messages do not."""
        wait = min(2.0**self._relapses, LONGEST_REST) if rest is None else rest
        self._relapses = min(self._relapses + 1, 16)
        self.way, self.next_look = Way.PROBING, self.world.clock.uptime() + wait

    def _hold(self, news: NotSent) -> None:
        patience = self.options.patience
        quick = backoff(self._errors, base=patience.base, cap=patience.cap, fraction=self.world.chance.fraction())
        wait = news.retry_after if news.retry_after is not None else quick
        self.hold_until = max(self.hold_until, self.world.clock.uptime() + wait)

    def succeeded(self) -> None:
        """The provider accepted or judged a message: the way works."""
        self._errors = self._silent = self._relapses = 0

    def look_now(self) -> None:
        """A person asked (resume, `resume --stuck`, a changed sender): do not wait for the next look."""
        self._poke.set()

    def suspect(self, health: Health, detail: str | None) -> None:
        """Begin with a look: the ledger's last word on this sender, or campaigns of it that paused for its way out."""
        self.way, self.news, self._health = Way.PROBING, None, (health, detail)
        self._alarm.set()

    def activity(self) -> tuple[Activity, str, int] | None:
        """What campaigns of this sender wait for, in words, and when the next look is (wall milliseconds)."""
        if self.way is Way.OPEN:
            return self._holding()
        ahead = max(0.0, self.next_look - self.world.clock.uptime())
        at = self.world.clock.now() + int(ahead * 1000)
        why = in_words(self.news, self.server)
        if self.way is Way.BLOCKED:
            return (
                Activity.WAITING_FOR_SENDER,
                f"The sender needs a person: {why}. Mend it with `homing sender set`.",
                at,
            )
        gone = self.news is not None and self.news.trouble is Trouble.CONNECT
        if gone and not self.targets_answer:
            return Activity.WAITING_FOR_CONNECTION, f"Waiting for connection... {why}", at
        return Activity.WAITING_FOR_SENDER, f"Waiting for the sender... {why}", at

    def _holding(self) -> tuple[Activity, str, int] | None:
        """A wait that the provider asked for, when it is long enough to be worth a line."""
        left = self.hold_until - self.world.clock.uptime()
        if left < HOLD_SHOWN:
            return None
        at = self.world.clock.now() + int(left * 1000)
        return Activity.WAITING_FOR_SENDER, f"The provider asks to wait: {in_words(self.news, self.server)}", at

    async def run(self) -> None:
        """For as long as the worker holds the sender."""
        while True:
            await self._alarm.wait()
            self._alarm.clear()
            await self._ride_out()

    async def _ride_out(self) -> None:
        """From the first trouble until a probe succeeds."""
        since = self.world.clock.uptime()
        watch = self.options.monitoring
        looks = 0
        self._poke.clear()
        if self.news is not None and (self.news.trouble is Trouble.QUOTA or self._relapses >= RELAPSES):
            await self._tell(Health.DOWN, in_words(self.news, self.server))
        while True:
            if self.way is Way.BLOCKED:
                await self._until_asked()
            else:
                await self._nap(self.next_look - self.world.clock.uptime())
            self._poke.clear()
            began = self.world.clock.uptime()
            news = await self.probe()
            if news is None:
                break
            self.news = news
            self.way = Way.BLOCKED if news.trouble is Trouble.CREDENTIALS else Way.DOWN
            self.targets_answer = await self._any_target()
            self.next_look = self._look_again(news, began, looks)
            looks += 1
            self.changed()
            await self._tell(Health.DOWN, in_words(news, self.server))
            waited = self.world.clock.uptime() - since
            if self.way is Way.DOWN and 0 < watch.give_up_after <= waited:
                await self._give_up(news, watch.give_up_after)
        self.way, self.news, self._errors, self.hold_until = Way.OPEN, None, 0, 0.0
        self.changed()  # what only waited goes on before anything is written about it
        await self._tell(Health.UP, None)
        if watch.resume_when_back:
            await self.resume()

    def _look_again(self, news: NotSent, began: float, looks: int) -> float:
        """When to look after a look in vain (uptime): `check_every` from its beginning on, however long it took to be silent.

        Most cuts are short: as long as nobody is met who could mind, the first looks come after 1, 2, 4 s.
        """
        every = self.options.monitoring.check_every
        if news.trouble is Trouble.CONNECT and not _unwelcome(news):
            every = min(every, LOOK_SOON * 2 ** min(looks, 16))
        return max(began + every, self.world.clock.uptime() + min(every, LOOK_SOON))

    async def _give_up(self, news: NotSent, limit: float) -> None:
        """Pauses what has waited for the limit; said with each look, because campaigns are started during an outage, too."""
        gone = news.trouble is Trouble.CONNECT and not self.targets_answer
        await self.pause(
            PauseReason.NO_CONNECTION if gone else PauseReason.SENDER_DOWN, in_words(news, self.server), limit
        )

    async def _until_asked(self) -> None:
        """Blocked: no look, and whatever is started meanwhile pauses with the reason, until a person asks for a look."""
        await self._tell(Health.BLOCKED, in_words(self.news, self.server))
        await self.pause(PauseReason.SENDER_DOWN, in_words(self.news, self.server), 0.0)
        while not await self._nap(self.options.monitoring.check_every):
            await self.pause(PauseReason.SENDER_DOWN, in_words(self.news, self.server), ASKING)

    async def _nap(self, seconds: float) -> bool:
        """Waits, at most until somebody asks to look now; returns whether somebody did."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._poke.wait()
        return self._poke.is_set()

    async def _tell(self, health: Health, detail: str | None) -> None:
        if (health, detail) != self._health:
            self._health = (health, detail)
            await self.tell_health(health, detail)

    async def _any_target(self) -> bool:
        """Whether any probe target answers a TCP connect: tells 'no network here' from 'this provider is down' (R18)."""
        watch = self.options.monitoring
        looks = [_reaches(host, port, watch.probe_timeout) for host, port in watch.probes]
        return any(await asyncio.gather(*looks))


async def _reaches(host: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _unwelcome(news: NotSent) -> bool:
    """Whether the server wants nothing of us ('554 no SMTP service here'): it will not be better a second later."""
    return news.words.stage in ("banner", "ehlo", "starttls", "response") and news.words.code.startswith("5")
