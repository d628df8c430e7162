"""The way out through a provider that takes one message per HTTP request; what it says is judged by the provider's own table.

submit -> waiting --about_to--> announced --release--> ready --a slot is free--> flying --answer--> finished
             |                      |                    |                          |
  recall <---+                      +-- refuse           +-- the door shuts         +-- deadline: NotSent before the first
                                        (withdrawn)          (NotSent, none left)       byte, Unclear after it
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp

from homing.model.courier import Desk, Parcel
from homing.model.outcome import OURS, Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.sender import SenderOptions
from homing.transport.ceiling import Ceiling, Door
from homing.transport.exchange import Answer, Ask, LaneLost, not_sent, unclear
from homing.transport.pool import Exchange, Pool
from homing.world import World

log = logging.getLogger(__name__)


class Provider(Protocol):
    """One provider's dialect: how a message is asked for, and what its answers mean. No I/O but `prepare`."""

    async def prepare(self) -> NotSent | None:
        """Finds or refreshes credentials: before the first request, every few minutes, with each probe. None: ready."""
        ...

    def ask(self, parcel: Parcel) -> Ask | Refused:
        """The request for this parcel, or why the provider cannot take it."""
        ...

    def judge(self, answer: Answer) -> Outcome: ...

    def look(self) -> Ask:
        """A read-only request that costs no recipient."""
        ...

    def judge_look(self, answer: Answer) -> NotSent | None: ...


class Chore(Protocol):
    """What has to be done at the provider before some messages can be asked for, and costs no recipient: a file's upload."""

    async def ask(self, parcel: Parcel) -> Ask | NotSent | Refused | None:
        """The request that comes first, or why there can be none. None: nothing has to."""
        ...

    def took(self, parcel: Parcel, answer: Answer) -> NotSent | Refused | None:
        """What its answer means for the message. None: it may go."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, but for `first`. Tests shorten them; production runs the defaults."""

    timeout: float = 30.0  # for connecting, and again from the last byte of a request to its whole answer (R17)
    probe: float = 5.0  # R18; of a whole look
    progress: float = 180.0  # a large body may stand still so long
    sweep: float = 0.5
    halve_every: float = 10.0
    backoff: float = 1.0
    most_backoff: float = 10.0
    prepared: float = 300.0  # credentials are looked at again after so long
    first: int = 10  # requests at once in the beginning

    @classmethod
    def of(cls, options: SenderOptions) -> "Limits":
        return cls(timeout=options.timeout, probe=max(options.monitoring.probe_timeout, 1.0))


@dataclass(slots=True, eq=False)
class _Errand:
    parcel: Parcel
    announced: bool = False
    released: bool = False
    over: bool = False
    exchange: Exchange | None = None
    task: asyncio.Task[None] | None = None
    cut: str = ""  # why its task was cancelled: timeout, closing


class HttpCourier:
    """A Courier (homing.model.courier) for one sender in one worker; lives on the event loop that first calls it.

    Requests at once: 10 at first, twice as many with each round of acceptances up to `connections` (1 while pacing is on); halved
    when the provider asks to slow down, is in trouble or leaves a request without an answer, and from then on one more a round.
    A provider in trouble shuts the door: everything that has not left is finished with NotSent, and `room()` is 0 until a
    probe succeeds or the back-off is over. Never retries inside (L15). `before`: what some messages need done first.
    """

    def __init__(
        self,
        provider: Provider,
        options: SenderOptions,
        desk: Desk,
        world: World,
        *,
        limits: Limits | None = None,
        before: Chore | None = None,
    ) -> None:
        self.failure: BaseException | None = None
        self._provider = provider
        self._before = before
        self._running = asyncio.Lock()  # one such chore at a time: what it brings serves all that wait
        self._desk = desk
        self._world = world
        self._limits = limits or Limits.of(options)
        self._paced = not options.pacing.off
        most = 1 if self._paced else options.connections
        self._ceiling = Ceiling(self._limits.first, most, self._limits.halve_every, eager=True)
        self._door = Door(self._limits.backoff, self._limits.most_backoff)
        self._pool = Pool(most)
        self._prepared_until = 0.0  # loop time
        self._preparing = asyncio.Lock()
        self._errands: dict[Parcel, _Errand] = {}
        self._waiting: deque[_Errand] = deque()
        self._ready: deque[_Errand] = deque()
        self._flying: set[_Errand] = set()
        self._announced = 0
        self._closing = False
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    # ---- the seam

    def room(self) -> int:
        if self._closing or not self._door.is_open(asyncio.get_running_loop().time()):
            return 0
        return max(0, 2 * self._ceiling.now - len(self._errands))

    def submit(self, parcel: Parcel) -> None:
        errand = self._errands[parcel] = _Errand(parcel)
        news = self._door.blocked or (_news("closing") if self._closing else None)
        if news is not None:
            asyncio.get_running_loop().call_soon(self._over, errand, news)
            return
        self._waiting.append(errand)
        self._announce()

    def release(self, parcel: Parcel) -> None:
        errand = self._errands.get(parcel)
        if errand is None or errand.released or not errand.announced:
            return
        errand.released = True
        self._ready.append(errand)
        self._depart()

    def refuse(self, parcel: Parcel) -> None:
        errand = self._errands.get(parcel)
        if errand is not None and not errand.released:
            self._over(errand, _news("withdrawn"))

    def resize(self, connections: int) -> None:
        self._ceiling.resize(1 if self._paced else connections)
        self._pool.resize(self._ceiling.most)
        self._announce()

    def recall(self) -> Sequence[Parcel]:
        given = [errand.parcel for errand in self._waiting]
        self._waiting.clear()
        for parcel in given:
            del self._errands[parcel]
        self._changed.set()
        return given

    async def probe(self) -> NotSent | None:
        """One read-only request. None: the way is open, and the back-off is forgotten."""
        news = await self._prepare(anew=True) or await self._look()
        if news is None:
            self._door.opened()
            self._announce()
        elif news.trouble is Trouble.CREDENTIALS:
            self._door.blocked = news
        return news

    async def close(self, patience: float) -> None:
        """What no provider has heard of is finished at once; the rest gets `patience` seconds, then is in doubt."""
        self._closing = True
        for errand in [*self._waiting, *(e for e in self._errands.values() if not e.released)]:
            self._over(errand, _news("closing"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._errands:
                    self._changed.clear()
                    await self._changed.wait()
        for errand in tuple(self._ready):
            self._over(errand, _news("closing"))
        tasks = [errand.task for errand in self._flying if errand.task is not None]
        for errand in tuple(self._flying):
            self._cut(errand, "closing")
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        await self._pool.close()

    # ---- sending

    def _announce(self) -> None:
        while self._waiting and self._announced < 2 * self._ceiling.now:
            errand = self._waiting.popleft()
            errand.announced = True
            self._announced += 1
            self._desk.about_to(errand.parcel)

    def _depart(self) -> None:
        while self._ready and len(self._flying) < self._ceiling.now:
            errand = self._ready.popleft()
            self._flying.add(errand)
            errand.task = asyncio.get_running_loop().create_task(self._carry(errand))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._limits.sweep, self._sweep)

    async def _carry(self, errand: _Errand) -> None:
        try:
            await self._carry_home(errand)
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: the worker looks here
            self.failure = self.failure or error

    async def _carry_home(self, errand: _Errand) -> None:
        try:
            outcome = await self._outcome(errand)
        except asyncio.CancelledError:
            if not errand.cut:
                raise
            outcome = self._cut_off(errand)
        self._flying.discard(errand)
        self._learn(errand, outcome)
        self._over(errand, outcome)
        # Task, exchange and errand hold each other: the body of a request would stay until the collector comes by.
        errand.task = errand.exchange = None
        self._depart()

    async def _outcome(self, errand: _Errand) -> Outcome:
        try:
            late = asyncio.get_running_loop().time() >= self._prepared_until
            news = (await self._prepare() if late else None) or await self._run_before(errand.parcel)
            ask = news or self._provider.ask(errand.parcel)
            if not isinstance(ask, Ask):
                return ask
            limits = self._limits

            def may_write() -> None:
                if not self._desk.may_write(errand.parcel):
                    raise LaneLost

            one = errand.exchange = Exchange(ask, limits.timeout, limits.progress, may_write)
            answer = await self._pool.exchange(one)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged by what may have left
            return self._broken(errand, error)
        try:
            return self._provider.judge(answer)
        except Exception as error:  # noqa: BLE001 - an answer that our table cannot read proves nothing
            log.error("an answer could not be judged", extra={"kind": type(error).__name__})
            return Unclear("bug", answer.words())

    async def _run_before(self, parcel: Parcel) -> NotSent | Refused | None:
        """Does what comes before the message; whatever breaks there, nothing of the message has left."""
        if self._before is None:
            return None
        async with self._running:
            ask = await self._before.ask(parcel)
            if not isinstance(ask, Ask):
                return ask
            try:
                async with asyncio.timeout(self._limits.progress):
                    one = Exchange(ask, self._limits.timeout, self._limits.progress, lambda: None)
                    return self._before.took(parcel, await self._pool.exchange(one))
            except (aiohttp.ClientError, OSError) as error:
                return not_sent(error)

    def _broken(self, errand: _Errand, error: Exception) -> Outcome:
        if errand.exchange is None or not errand.exchange.left:
            return not_sent(error)
        outcome = unclear(error)
        if outcome.reason == "bug":
            log.error("a request ended in a way that nobody foresaw", extra={"kind": type(error).__name__})
        return outcome

    def _cut_off(self, errand: _Errand) -> Outcome:
        """Our own clock ended it."""
        if errand.exchange is not None and errand.exchange.left:
            return Unclear(errand.cut, Words("response"))
        trouble = Trouble.CONNECT if errand.cut == "timeout" else Trouble.PROVIDER
        return NotSent(errand.cut, Blame.SENDER, Words("connect"), trouble)

    def _cut(self, errand: _Errand, why: str) -> None:
        if errand.task is not None and not errand.cut:
            errand.cut = why
            errand.task.cancel()

    def _sweep(self) -> None:
        """Twice a second: every deadline."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        for errand in tuple(self._flying):
            if errand.exchange is not None and now >= errand.exchange.deadline:
                self._cut(errand, "timeout")
        if self._flying:
            self._timer = asyncio.get_running_loop().call_later(self._limits.sweep, self._sweep)

    # ---- what an outcome says of the provider

    def _learn(self, errand: _Errand, outcome: Outcome) -> None:
        now = asyncio.get_running_loop().time()
        match outcome:
            case Accepted():
                if self._ceiling.grows:
                    self._ceiling.accepted()
            case Unclear(ailing=True):
                self._ceiling.collapse()  # the next is a trial: a doubt each, not a window of them
                self._shut(errand, NotSent(outcome.reason, Blame.SENDER, outcome.words, Trouble.PROVIDER))
            case Unclear():
                self._ceiling.halve(now)
            case NotSent(blame=Blame.SENDER) if outcome.reason not in OURS:
                self._ceiling.halve(now)
                self._shut(errand, outcome)
            case _:
                pass

    def _shut(self, but: _Errand, news: NotSent) -> None:
        """The provider is in trouble: nothing more leaves. What a limit asks to wait for is the desk's to keep."""
        if news.trouble is not Trouble.LIMIT:
            self._door.failed(asyncio.get_running_loop().time(), news)
        back = replace(news, reason="held_back", retry_after=None)
        for errand in [e for e in self._errands.values() if e is not but and e not in self._flying]:
            self._over(errand, back)

    # ---- looking

    async def _prepare(self, *, anew: bool = False) -> NotSent | None:
        clock = asyncio.get_running_loop().time
        async with self._preparing:
            if not anew and clock() < self._prepared_until:
                return None
            try:
                async with asyncio.timeout(self._limits.timeout):
                    news = await self._provider.prepare()
            except TimeoutError:
                news = NotSent("timeout", Blame.SENDER, Words("auth"), Trouble.CREDENTIALS)
            self._prepared_until = clock() + self._limits.prepared if news is None else 0.0
            return news

    async def _look(self) -> NotSent | None:
        one = Exchange(self._provider.look(), self._limits.probe, self._limits.probe, lambda: None)
        try:
            async with asyncio.timeout(self._limits.probe):
                answer = await self._pool.exchange(one)
        except Exception as error:  # noqa: BLE001 - a look that fails says how
            return not_sent(error)
        return self._provider.judge_look(answer)

    def _over(self, errand: _Errand, outcome: Outcome) -> None:
        if errand.over:
            return
        errand.over = True
        del self._errands[errand.parcel]
        if errand.announced:
            self._announced -= 1
            if errand.released and errand.task is None:
                self._ready.remove(errand)
        elif errand in self._waiting:
            self._waiting.remove(errand)
        try:
            self._desk.finished(errand.parcel, outcome)
        except Exception as error:
            self.failure = error
            raise
        if self._closing:
            self._changed.set()
        else:
            self._announce()


def _news(reason: str) -> NotSent:
    return NotSent(reason, Blame.SENDER, Words(), Trouble.PROVIDER)
