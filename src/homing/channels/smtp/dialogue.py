"""One SMTP connection spoken by callbacks: no future and no timer per command (EMAIL section 1, RFC 5321, RFC 2920).

mode 0    MAIL> <250  RCPT> <250  DATA> <354  body.> <250                     a server without PIPELINING
mode 1    MAIL RCPT DATA> <250 250 354   body.> <250                          the default
mode 2    MAIL RCPT DATA> <250 250 354   body. MAIL RCPT DATA> <250 250 250 354 ...    long round trips

An errand is the journey of one parcel on one connection:

    IDLE --group written--> ASKED --354--> HELD --released--> DOT --reply--> over
                                            |                  ^
                                            +-- heavy body --> BODY (all of it must have left before the dot)

Up to and including BODY nothing can have been accepted: whatever breaks is NotSent. From DOT on only a complete reply
says anything: whatever breaks is Unclear. A connection in doubt is aborted, never reused (L16), never finished (L17).
"""

import asyncio
import contextlib
import socket
from collections import deque
from enum import IntEnum
from typing import Any, Protocol

from homing.channels.smtp.envelope import Ready
from homing.channels.smtp.limits import DATA, DOT, LONE, MAIL, QUIT, RCPT, RSET, Deadlines
from homing.channels.smtp.line import Line
from homing.channels.smtp.replies import Reply, ReplyParser
from homing.channels.smtp.table import judge
from homing.model.courier import Parcel
from homing.model.outcome import Blame, NotSent, Outcome, Trouble, Unclear, Words


class Step(IntEnum):
    """How far an errand has come."""

    IDLE = 0
    ASKED = 1
    HELD = 2
    BODY = 3
    DOT = 4


class Errand:
    """One parcel's journey. `over` once its outcome has been told; `released` once its intent is durable."""

    __slots__ = ("announced", "line", "mail", "over", "parcel", "rcpt", "ready", "released", "step")

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.ready: Ready | None = None
        self.line: Dialogue | None = None
        self.step = Step.IDLE
        self.announced = False
        self.released = False
        self.over = False
        self.mail: Reply | None = None
        self.rcpt: Reply | None = None


class Owner(Protocol):
    """What a dialogue asks of the courier that owns it."""

    def next_errand(self, line: "Dialogue") -> Errand | None:
        """The next errand for this line, prepared and announced; None when there is none."""
        ...

    def may_write(self, errand: Errand) -> bool: ...

    def over(self, errand: Errand, outcome: Outcome) -> None: ...

    def give_back(self, errand: Errand) -> None:
        """Announced, but nothing of it was written: another line may take it."""
        ...

    def idle(self, line: "Dialogue") -> None: ...

    def gone(self, line: "Dialogue", last_words: Reply | None, *, alone: bool) -> None:
        """The line is no more; `last_words`: a 421; `alone`: no parcel was on it."""
        ...


class Dialogue(asyncio.BufferedProtocol):
    """Speaks on one open line until it is closed. `current` is being sent; `following` comes next on this line."""

    def __init__(self, line: Line, owner: Owner, deadlines: Deadlines, *, pipelined: bool, joined: bool) -> None:
        self.current: Errand | None = None
        self.following: Errand | None = None
        self.sent = 0
        self.retiring = False
        self.gone = False
        self.powers = line.powers
        self._line = line
        self._owner = owner
        self._deadlines = deadlines
        self._limits = deadlines.limits
        self._pipelined = pipelined
        self._joined = joined and pipelined
        self._room = bytearray(8192)
        self._view = memoryview(self._room)
        self._parser = ReplyParser()
        self._expected: deque[str] = deque()
        self._dead = False  # only listening to what the kernel still has
        self._tidy = False  # the next group begins with RSET
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self.born = self.since = self._time()
        self._unsent = 0
        most = line.powers.messages
        self._most = min(self._limits.messages, most) if most else self._limits.messages
        self._transport = line.transport
        self._spare: socket.socket | None = None
        self._write = line.transport.write

    def begin(self) -> None:
        """Takes the transport over from the library."""
        self._transport.set_protocol(self)
        self._transport.set_write_buffer_limits(0, 0)  # resume_writing tells when all has left
        raw = self._transport.get_extra_info("socket")
        if raw is not None and not self._line.encrypted:
            with contextlib.suppress(OSError):
                self._spare = socket.fromfd(raw.fileno(), raw.family, socket.SOCK_STREAM)

    # ---- what the courier says

    @property
    def wants_more(self) -> bool:
        """Whether one more parcel may follow on this line."""
        if self.gone or self.retiring or self.following is not None:
            return False
        return self.sent + (self.current is not None) < self._most

    def alive(self) -> bool:
        """Whether it may still be spoken on."""
        return not self.gone

    @property
    def hungers(self) -> bool:
        """Whether a following errand would be welcome right now: the dot of the current one is out."""
        return self.current is not None and self.current.step is Step.DOT and self.wants_more

    def idle_for(self) -> float:
        """Seconds since anything was said on it."""
        return self._time() - self.since

    def take(self, errand: Errand) -> None:
        """Begins with an errand while nothing else is on this line."""
        errand.line = self
        self.current = errand
        self._open(errand)

    def follow(self, errand: Errand) -> None:
        """Puts an errand behind the current one; in mode 2 it is asked for as soon as the dot is out."""
        errand.line = self
        self.following = errand
        current = self.current
        if self._joined and current is not None and current.step is Step.DOT:
            self._open(errand)

    def released(self, errand: Errand) -> None:
        """Its intent is durable: if the server waits for the content, out with it."""
        if errand is self.current and errand.step in (Step.HELD, Step.BODY) and not self._dead:
            self._send_content(errand)

    def withdraw(self, errand: Errand, outcome: NotSent) -> None:
        """Takes back an errand whose dot has not been written; aborts when the server has heard of it."""
        if errand is self.following:
            if errand.step is Step.IDLE:
                self.following = None
            self._owner.over(errand, outcome)  # asked for already: the line is aborted when its turn comes
            return
        self._owner.over(errand, outcome)
        if self.current is errand and errand.step is not Step.IDLE:
            self._break("withdrawn")  # a DATA cannot be taken back but by leaving

    def retire(self) -> None:
        """Says QUIT as soon as nothing is under way."""
        self.retiring = True
        if self.current is None and not self._expected:
            self._quit()

    def abort(self, reason: str) -> None:
        """Ends it now; what was under way is judged by how far it had come."""
        self._break(reason)

    # ---- writing

    def _put(self, data: bytes) -> None:
        if not self._expected:
            self.since = self._time()
        self._write(data)

    def _open(self, errand: Errand) -> None:
        """Writes the command group (mode 0: its first command)."""
        self._put(self._group(errand))
        self._expect_group()

    def _group(self, errand: Errand) -> bytes:
        ready = errand.ready
        assert ready is not None
        errand.step = Step.ASKED
        group = ready.group if self._pipelined else ready.mail
        return b"RSET\r\n" + group if self._tidy and self._pipelined else group

    def _expect_group(self) -> None:
        if self._tidy and self._pipelined:
            self._expected.append(RSET)
            self._tidy = False
        self._expected.append(MAIL)
        if self._pipelined:
            self._expected.append(RCPT)
            self._expected.append(DATA)

    def _send_content(self, errand: Errand) -> None:
        """Body and dot in one write; a heavy body first, and its dot when all of it has left (L17)."""
        ready = errand.ready
        assert ready is not None
        if errand.step is Step.BODY:
            if self._transport.get_write_buffer_size() == 0:
                self._send_dot(errand, b"")
        elif len(ready.body) > self._limits.heavy:
            self._send_heavy(errand, ready.body)
        else:
            self._send_dot(errand, ready.body)

    def _send_heavy(self, errand: Errand, body: bytes) -> None:
        errand.step = Step.BODY
        self.since = self._time()
        self._write(body)
        if not self.gone:
            self._unsent = self._transport.get_write_buffer_size()
            if errand.released and self._unsent == 0:
                self._send_dot(errand, b"")

    def _send_dot(self, errand: Errand, body: bytes) -> None:
        """The point of no return: the only place where a dot behind content is written."""
        if not self._owner.may_write(errand):
            self.withdraw(errand, NotSent("lane_lost", Blame.SENDER, Words(DOT), Trouble.PROVIDER))
            return
        following = self._pull() if self._joined else None
        if errand.over or self.gone:
            return
        errand.step = Step.DOT
        self.since = self._time()
        self._unsent = 0
        self._expected.append(DOT)
        if following is None:
            self._write(body + b".\r\n")
        else:
            group = self._group(following)
            self._expect_group()
            self._write(b"%b.\r\n%b" % (body, group))
        if self.following is None:
            self._pull()

    def _pull(self) -> Errand | None:
        """The following errand, asked of the courier when there is none yet."""
        if self.following is None and self.wants_more:
            errand = self._owner.next_errand(self)
            if errand is not None:
                errand.line = self
                self.following = errand
        return self.following

    def resume_writing(self) -> None:
        """All that was written has left the process."""
        errand = self.current
        if errand is not None and errand.step is Step.BODY and errand.released:
            self._send_content(errand)

    def _quit(self) -> None:
        self.retiring = True
        self._put(b"QUIT\r\n")
        self._expected.append(QUIT)

    # ---- reading

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if not self.gone:
            self._heard(bytes(self._view[:nbytes]))

    def _heard(self, data: bytes) -> None:
        replies = self._parser.feed(data)
        if replies:  # a reply that only drips in does not buy time
            self.since = self._time()
        for reply in replies:
            self._on_reply(reply)
            if self.gone:
                return
        if self._parser.broken:
            self._break("garbage")

    def _on_reply(self, reply: Reply) -> None:
        if not self._expected:
            self._unasked(reply)
            return
        stage = self._expected.popleft()
        if self._deadlines.any_strikes:
            self._deadlines.kept(stage)
        if reply.code == 421 and stage != QUIT:
            self._expected.appendleft(stage)
            self._break("service_unavailable", reply)
            return
        errand = self.current
        if stage == DOT and errand is not None:
            self._on_dot(errand, reply)
        elif stage in (MAIL, RCPT, DATA) and errand is not None:
            self._on_group(errand, stage, reply)
        else:
            self._on_housekeeping(stage, reply)

    def _on_group(self, errand: Errand, stage: str, reply: Reply) -> None:
        if stage == MAIL:
            errand.mail = reply
            if not self._pipelined:
                self._next_command(errand, reply, RCPT)
        elif stage == RCPT:
            errand.rcpt = reply
            if not self._pipelined:
                self._next_command(errand, reply, DATA)
        else:
            self._on_data(errand, reply)

    def _next_command(self, errand: Errand, reply: Reply, then: str) -> None:
        """Mode 0: one command at a time; after a refusal the rest is not asked."""
        ready = errand.ready
        if ready is None or errand.over or reply.code // 100 != 2:
            self._tidy = then == DATA
            self._conclude(errand, judge(MAIL if then == RCPT else RCPT, reply))
            return
        self._put(ready.rcpt if then == RCPT else b"DATA\r\n")
        self._expected.append(then)

    def _on_data(self, errand: Errand, reply: Reply) -> None:
        """All replies of the group are in: judge them together (rules 3 and 4)."""
        mail, rcpt = errand.mail, errand.rcpt
        mail_ok = mail is not None and mail.code // 100 == 2
        rcpt_ok = rcpt is not None and rcpt.code // 100 == 2
        if reply.code == 354 and mail_ok and rcpt_ok:
            self._invited(errand)
            return
        if reply.code == 354 and rcpt_ok:
            self._break("garbage")  # a recipient without a sender: no dot may be written here
            return
        if reply.code == 354:
            self._put(b".\r\n")  # nobody is there to get it: this only ends the DATA
            self._expected.append(LONE)
        else:
            self._tidy = mail_ok
        stage, said = (MAIL, mail) if not mail_ok else (RCPT, rcpt) if not rcpt_ok else (DATA, reply)
        self._conclude(errand, judge(stage, said or reply))

    def _invited(self, errand: Errand) -> None:
        if errand.over:  # refused while we asked: a DATA cannot be taken back but by leaving
            self._break("withdrawn")
            return
        errand.step = Step.HELD
        ready = errand.ready
        if self._dead:
            return
        if errand.released:
            self._send_content(errand)
        elif ready is not None and len(ready.body) > self._limits.heavy:
            self._send_heavy(errand, ready.body)

    def _on_dot(self, errand: Errand, reply: Reply) -> None:
        self.sent += 1
        self._conclude(errand, judge(DOT, reply))

    def _on_housekeeping(self, stage: str, reply: Reply) -> None:
        if stage == QUIT:
            self._close(None)
        elif stage == RSET and reply.code // 100 != 2:
            self._break("garbage")
        elif not self._expected:
            self._advance()

    def _unasked(self, reply: Reply) -> None:
        """A reply to nothing: never paired with a later command (rule 5). While the body goes out it speaks of that."""
        errand = self.current
        if errand is not None and errand.step is Step.BODY and reply.code // 100 in (4, 5) and reply.code != 421:
            self._owner.over(errand, judge("body", reply))
        self._break("service_unavailable" if reply.code == 421 else "garbage", reply)

    # ---- from one errand to the next

    def _conclude(self, errand: Errand, outcome: Outcome) -> None:
        """The errand has its answer: the next one starts before the news is told, so that no round trip is lost."""
        self.current, self.following = self.following, None
        errand.line = None
        if LONE not in self._expected:
            self._advance()
        if not errand.over:
            self._owner.over(errand, outcome)

    def _advance(self) -> None:
        errand = self.current
        if errand is not None and errand.over and errand.step is Step.IDLE:
            errand = self.current = None
        if self._spent and not (errand is not None and errand.step is not Step.IDLE):
            self._retire_now(errand)
        elif errand is None:
            self._ask_for_work()
        elif errand.step is Step.IDLE:
            self._start(errand)

    @property
    def _spent(self) -> bool:
        return self.retiring or self.sent >= self._most or self._time() - self.born > self._limits.life

    def _retire_now(self, errand: Errand | None) -> None:
        self.current = None
        self._quit()
        if errand is not None:
            self._owner.give_back(errand)

    def _ask_for_work(self) -> None:
        errand = self._owner.next_errand(self)
        if errand is None:
            self._owner.idle(self)
            return
        errand.line = self
        self.current = errand
        self._start(errand)

    def _start(self, errand: Errand) -> None:
        if self._tidy and not self._pipelined:
            self._tidy = False
            self._put(b"RSET\r\n")
            self._expected.append(RSET)
            return
        self._open(errand)

    # ---- the end

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is dead. A reply that lies in the kernel already is still heard (salvage, FAILURE_MODEL section 2)."""
        if not self.gone:
            self._salvage()
        if not self.gone:
            self._close("torn_reply" if self._parser.torn else "connection_lost")
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _salvage(self) -> None:
        """asyncio and uvloop drop what was received when a write fails; a duplicate of the socket still has it."""
        if self._spare is None:
            return
        self._write = _nowhere
        self._dead = self.retiring = True
        data = b""
        with contextlib.suppress(OSError):
            self._spare.setblocking(False)
            while len(data) < 65_536 and (more := self._spare.recv(8192)):
                data += more
        if data:
            self._heard(data)

    def _break(self, reason: str, reply: Reply | None = None) -> None:
        if not self.gone:
            self._close(reason, reply)
            self._transport.abort()

    def _close(self, reason: str | None, reply: Reply | None = None) -> None:
        """Tells everybody, once. `reason` None: a courteous end."""
        self.gone = True
        waiting = self._expected[0] if self._expected else ""
        errands = [errand for errand in (self.current, self.following) if errand is not None]
        self.current = self.following = None
        if reason is None:
            self._transport.close()
        self._owner.gone(self, reply if reply is not None and reply.code == 421 else None, alone=not errands)
        for errand in errands:
            errand.line = None
            if errand.over:
                continue
            if errand.step is Step.IDLE:
                self._owner.give_back(errand)
            else:
                self._owner.over(errand, self._cut(errand, reason or "closed", waiting, reply))

    def _cut(self, errand: Errand, reason: str, waiting: str, reply: Reply | None) -> Outcome:
        """What a broken connection makes of an errand, by how far it had come (FAILURE_MODEL section 2)."""
        first = errand.step is Step.DOT or waiting != DOT  # whether the last reply speaks of this errand
        stage = waiting or ("body" if errand.step is Step.BODY else DATA)
        words = reply.words(stage) if reply is not None and first else Words(stage, "", reason.replace("_", " "))
        if reply is not None and reply.code == 421:
            return judge(DOT if errand.step is Step.DOT else stage if stage in (MAIL, RCPT, DATA) else DATA, reply)
        if errand.step is Step.DOT:
            return Unclear(reason, words)
        return NotSent(reason, Blame.SENDER, words, Trouble.PROVIDER)

    # ---- the sweeper's question, once a second

    def check(self, now: float) -> None:
        """Aborts what took too long, says goodbye when idle or old."""
        if self.gone:
            return
        errand = self.current
        if errand is not None and errand.step >= Step.BODY and self._stalled(errand, now):
            return
        if self._expected:
            stage = self._expected[0]
            if now - self.since > self._deadlines.of(stage):
                self._deadlines.struck(stage)
                self._break("timeout")
        elif errand is None and (now - self.since > self._deadlines.idle or now - self.born > self._limits.life):
            self._quit()

    def _stalled(self, errand: Errand, now: float) -> bool:
        """A write that makes no progress: its dot, still in our own memory, is thrown away with the rest."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0:
            self.resume_writing()
            return False
        if unsent != self._unsent:
            self._unsent, self.since = unsent, now
        elif now - self.since > self._limits.body_progress:
            self._break("timeout")
        return True


def _nowhere(data: Any) -> None:
    """Where a dead connection writes to."""
