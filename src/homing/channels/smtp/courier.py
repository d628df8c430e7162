"""The way out through one SMTP server: keeps connections, hands each the next parcel, tells the desk what came of it.

submit -> waiting --next_errand--> about_to --release--> dot --reply--> finished
             |  ^                     |
  recall <---+  +----- give_back -----+ (its line ended before a byte of it was written; it stays announced)
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Callable, Sequence

from homing.channels.smtp.dialogue import Dialogue
from homing.channels.smtp.envelope import prepare
from homing.channels.smtp.errand import NOT_READY, Errand, Step
from homing.channels.smtp.limits import Deadlines, Limits
from homing.channels.smtp.line import Line, open_line, own_name, part, trust, why_not
from homing.channels.smtp.replies import Reply
from homing.channels.smtp.table import judge
from homing.model.courier import Desk, Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Words
from homing.model.sender import SenderOptions, SmtpAccess
from homing.transport.ceiling import Ceiling, Door
from homing.world import World


class SmtpCourier:
    """A Courier (homing.model.courier) for one sender in one worker; lives on the event loop that first calls it.

    Connections are opened as parcels need them: one at first, then up to the limit, which starts at 5, grows by one with
    each full round of acceptances up to `connections` (1 while pacing is on) and is halved by 421, failed connects and
    4.7.x. A line holds one parcel and at most one that follows, so at most 2 x connections are announced and unanswered.

               connect fails                  fails again
        open ----------------> shut for 1 s --------------> shut for 2, 4, 8, 10 s ...
         ^ ^                        |
         | +--- connected ----------+ a submit after that time tries again
         +----- probe() succeeds ---- AUTH refused: shut until then

    When a connection fails, `desk.trouble` is called once; in it the desk may `recall()`. If then no line is open or being
    opened, whatever is still here is finished with the same NotSent: a courier never retries on its own (L15).
    While shut, `room()` counts only the lines that are open. A parcel submitted while shut waits for the door to open;
    when an AUTH was refused it is finished at once.
    """

    def __init__(
        self, access: SmtpAccess, options: SenderOptions, desk: Desk, world: World, *, limits: Limits | None = None
    ) -> None:
        self.failure: BaseException | None = None
        self._access = access
        self._desk = desk
        self._world = world
        self._limits = limits or Limits.of(options.timeout, high_volume=access.high_volume)
        self._deadlines = Deadlines(self._limits)
        self._paced = not options.pacing.off
        most = 1 if self._paced else options.connections
        self._ceiling = Ceiling(self._limits.first_connections, most, self._limits.halve_every)
        self._door = Door(self._limits.backoff, self._limits.most_backoff)
        self._errands: dict[Parcel, Errand] = {}
        self._waiting: deque[Errand] = deque()
        self._lines: set[Dialogue] = set()
        self._idle: list[Dialogue] = []
        self._hungry: dict[Dialogue, None] = {}  # the dot is out and nothing follows yet
        self._openings: set[asyncio.Task[None]] = set()
        self._proven = False  # since the last failure a connection has been opened
        self._closing = False
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._knock: asyncio.TimerHandle | None = None
        self._helo = access.helo
        self._trust: ssl.SSLContext | None = None
        self._trip = float("inf")

    # ---- the seam

    def room(self) -> int:
        """Two parcels for each connection that is wanted now (while shut: that is open now), less those in hand."""
        if self._closing:
            return 0
        wanted = self._ceiling.now if self._is_open() else len(self._lines)
        return max(0, 2 * wanted - len(self._errands))

    def submit(self, parcel: Parcel) -> None:
        errand = self._errands[parcel] = Errand(parcel)
        if self._closing or self._door.blocked is not None:
            news = self._door.blocked or _not_sent("closing")
            asyncio.get_running_loop().call_soon(self._finish_late, errand, news)
            return
        self._waiting.append(errand)
        self._kick()

    def release(self, parcel: Parcel) -> None:
        """Of a parcel whose line has died meanwhile: nothing to do, it was finished. Said twice, it is said once."""
        errand = self._errands.get(parcel)
        if errand is not None and not errand.released:
            errand.released = True
            if errand.line is not None:
                errand.line.released(errand)

    def refuse(self, parcel: Parcel) -> None:
        errand = self._errands.get(parcel)
        if errand is None or errand.step is Step.DOT:
            return
        news = _not_sent("withdrawn")
        if errand.line is not None:
            errand.line.withdraw(errand, news)
            return
        if errand in self._waiting:
            self._waiting.remove(errand)
        self.over(errand, news)

    def resize(self, connections: int) -> None:
        self._ceiling.resize(1 if self._paced else connections)
        self._shed()
        self._kick()

    def recall(self) -> Sequence[Parcel]:
        given = [errand.parcel for errand in self._waiting if not errand.announced]
        self._waiting = deque(errand for errand in self._waiting if errand.announced)
        for parcel in given:
            del self._errands[parcel]
        self._stir()
        return given

    async def probe(self) -> NotSent | None:
        """Connect, EHLO, AUTH, NOOP, QUIT. None: the way is open, and the back-off is forgotten."""
        line = await self._connect()
        news = line if isinstance(line, NotSent) else await part(line)
        if news is None:
            self._door.opened()
            self._kick()
        elif news.trouble is Trouble.CREDENTIALS:
            self._door.blocked = news
        return news

    async def close(self, patience: float) -> None:
        """Parcels that no server has heard of are finished at once; the others get `patience` seconds."""
        self._closing = True
        for task in self._openings:
            task.cancel()
        left, self._waiting = self._waiting, deque()
        for errand in left:
            self.over(errand, _not_sent("closing"))
        for line in tuple(self._lines):
            if line.following is not None and line.following.step is Step.IDLE:
                line.withdraw(line.following, _not_sent("closing"))
            line.retire()
        await self._settled(patience, lambda: not self._errands)
        self._abort_lines(lambda line: line.current is not None)
        await self._settled(min(self._limits.quit, 1.0), lambda: not self._lines)
        self._abort_lines(lambda line: True)
        for timer in (self._timer, self._knock):
            if timer is not None:
                timer.cancel()
        await asyncio.gather(*self._openings, return_exceptions=True)

    def _abort_lines(self, which: Callable[[Dialogue], bool]) -> None:
        for line in tuple(self._lines):
            if which(line):
                line.abort("closed")

    # ---- what the lines ask (dialogue.Owner)

    def next_errand(self, line: Dialogue) -> Errand | None:
        """The next parcel that this server can take, announced; None puts a line in mid-message on the hungry list."""
        while self._waiting and not line.gone:
            errand = self._waiting.popleft()
            ready = prepare(errand.parcel, line.powers)
            if isinstance(ready, Refused):
                self.over(errand, ready)
                continue
            errand.ready = ready
            if not errand.announced:
                errand.announced = True
                self._desk.about_to(errand.parcel)
            if errand.over:
                continue
            if not line.alive():
                self._waiting.appendleft(errand)
                break
            return errand
        if line.current is not None:
            self._hungry[line] = None
        return None

    def may_write(self, errand: Errand) -> bool:
        return self._desk.may_write(errand.parcel)

    def over(self, errand: Errand, outcome: Outcome) -> None:
        errand.over = True
        self._errands.pop(errand.parcel, None)
        if type(outcome) is Accepted:
            if self._ceiling.grows:
                self._ceiling.accepted()
        elif isinstance(outcome, NotSent) and outcome.blame is Blame.DESTINATION and " 4.7." in outcome.words.code:
            self._halve()
        try:
            self._desk.finished(errand.parcel, outcome)
        except Exception as error:  # the loop would only hang up this connection
            self.failure = error
            raise
        if self._closing:
            self._changed.set()

    def give_back(self, errand: Errand) -> None:
        errand.line = None
        errand.ready = NOT_READY
        if self._closing:
            self.over(errand, _not_sent("closing"))
            return
        self._waiting.appendleft(errand)
        self._kick()

    def idle(self, line: Dialogue) -> None:
        self._hungry.pop(line, None)
        if line not in self._idle:
            self._idle.append(line)
        self._stir()

    def gone(self, line: Dialogue, last_words: Reply | None, *, alone: bool) -> None:
        self._lines.discard(line)
        self._hungry.pop(line, None)
        if line in self._idle:
            self._idle.remove(line)
        if last_words is not None:
            self._halve()
        if alone and not line.retiring:
            self._deadlines.hung_up(line.idle_for())
            if last_words is not None and "time" not in last_words.text.lower():
                news = judge("ehlo", last_words)
                if isinstance(news, NotSent):
                    self._desk.trouble(news)
        self._stir()
        self._kick()

    # ---- connections

    def _is_open(self) -> bool:
        door = self._door
        if door.closed_until == 0.0:
            return door.blocked is None
        return door.is_open(asyncio.get_running_loop().time())

    def _kick(self) -> None:
        """Gives what waits to lines that can take it, and opens lines for the rest."""
        while self._waiting and (self._idle or self._hungry):
            if self._idle:
                line = self._idle.pop()
                errand = self.next_errand(line)
                if errand is not None:
                    line.take(errand)
                elif not line.gone and line.current is None:
                    self.idle(line)
            else:
                line, _ = self._hungry.popitem()
                if line.hungers:
                    errand = self.next_errand(line)
                    if errand is not None:
                        line.follow(errand)
        if self._waiting and not self._closing and len(self._lines) + len(self._openings) < self._ceiling.now:
            self._open_lines()

    def _open_lines(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._door.is_open(loop.time()):
            if self._knock is None and self._door.blocked is None:
                self._knock = loop.call_at(self._door.closed_until, self._knock_again)
            return
        free = self._ceiling.now - len(self._lines) if self._proven else 1
        for _ in range(min(len(self._waiting), free) - len(self._openings)):
            task = loop.create_task(self._open())
            self._openings.add(task)

    def _knock_again(self) -> None:
        self._knock = None
        self._kick()

    async def _connect(self) -> Line | NotSent:
        try:
            if self._helo is None:
                self._helo = await own_name()
            if self._trust is None:
                self._trust = await asyncio.to_thread(trust, self._access)
        except (OSError, ssl.SSLError) as error:
            return why_not(error, "tls")
        line = await open_line(self._access, self._deadlines.of("connect"), self._helo, self._trust)
        if isinstance(line, Line):
            self._deadlines.kept("connect")
        elif line.reason == "timeout":
            self._deadlines.struck("connect")
        return line

    async def _open(self) -> None:
        task = asyncio.current_task()
        try:
            line = await self._connect()
        finally:
            if task is not None:
                self._openings.discard(task)
        if isinstance(line, NotSent):
            self._failed(line)
        else:
            self._opened(line)

    def _opened(self, line: Line) -> None:
        self._proven = True
        self._door.opened()
        self._trip = min(self._trip, line.trip)
        joined = self._access.high_volume or self._trip >= self._limits.slow_trip
        dialogue = Dialogue(line, self, self._deadlines, pipelined=line.powers.pipelining, joined=joined)
        dialogue.begin()
        self._lines.add(dialogue)
        self._sweep_later()
        if self._closing:
            dialogue.abort("closed")
            return
        self._idle.append(dialogue)
        self._kick()

    def _failed(self, news: NotSent) -> None:
        now = asyncio.get_running_loop().time()
        self._proven = False
        self._door.failed(now, news)
        self._halve()
        self._desk.trouble(news)
        if self._lines or self._openings:
            return
        left, self._waiting = self._waiting, deque()
        for errand in left:
            if not errand.over:
                self.over(errand, news)

    def _halve(self) -> None:
        if self._ceiling.halve(asyncio.get_running_loop().time()):
            self._shed()

    def _shed(self) -> None:
        """Lines above the ceiling say QUIT, the idle ones first, the busy ones after their message."""
        staying = [line for line in self._lines if not line.retiring]
        surplus = len(staying) - self._ceiling.now
        staying.sort(key=lambda line: line.current is not None)
        for line in staying[: max(0, surplus)]:
            if line in self._idle:
                self._idle.remove(line)
            line.retire()

    # ---- time

    def _sweep_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._limits.sweep, self._sweep)

    def _sweep(self) -> None:
        """Once a second: every deadline of every line."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        for line in tuple(self._lines):
            line.check(now)
            if line.retiring and line in self._idle:
                self._idle.remove(line)
        if self._lines:
            self._sweep_later()

    def _finish_late(self, errand: Errand, news: NotSent) -> None:
        if not errand.over and errand.parcel in self._errands:
            self.over(errand, news)

    def _stir(self) -> None:
        """Something went out of hand: whoever closes looks again."""
        if self._closing:
            self._changed.set()

    async def _settled(self, patience: float, done: Callable[[], bool]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not done():
                    self._changed.clear()
                    await self._changed.wait()


def _not_sent(reason: str) -> NotSent:
    return NotSent(reason, Blame.SENDER, Words(), Trouble.PROVIDER)
