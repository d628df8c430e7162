"""One SMTP connection spoken by callbacks: no future and no timer per command (EMAIL section 1, RFC 5321, RFC 2920).

mode 0    MAIL> <250  RCPT> <250  DATA> <354  body.> <250                     a server without PIPELINING
mode 1    MAIL RCPT DATA> <250 250 354   body.> <250                          the default
mode 2    MAIL RCPT DATA> <250 250 354   body. MAIL RCPT DATA> <250 250 250 354 ...    long round trips

A connection in doubt is aborted, never reused (L16), never finished (L17).
"""

from homing.channels.smtp.errand import Errand, Owner, Step, cut
from homing.channels.smtp.limits import DATA, DOT, LONE, MAIL, QUIT, RCPT, RSET, Deadlines
from homing.channels.smtp.line import Line
from homing.channels.smtp.replies import Reply
from homing.channels.smtp.table import accepted, judge
from homing.channels.smtp.wire import Wire
from homing.model.outcome import Blame, NotSent, Outcome, Trouble, Words


class Dialogue(Wire):
    """Speaks on one open line until it is closed. `current` is being sent; `following` comes next on this line."""

    def __init__(self, line: Line, owner: Owner, deadlines: Deadlines, *, pipelined: bool, joined: bool) -> None:
        super().__init__(line, deadlines)
        self.current: Errand | None = None
        self.following: Errand | None = None
        self.retiring = False
        self.powers = line.powers
        self._owner = owner
        self._limits = deadlines.limits
        self._pipelined = pipelined
        self._joined = joined and pipelined
        self._tidy = False  # the next group begins with RSET
        self._begun = 0  # transactions, which MAILMAX counts
        most = line.powers.messages
        self._most = min(self._limits.messages, most) if most else self._limits.messages

    # ---- what the courier says

    @property
    def wants_more(self) -> bool:
        """Whether one more parcel may follow on this line."""
        if self.gone or self.retiring or self.dying or self.following is not None:
            return False
        return self._begun < self._most

    @property
    def hungers(self) -> bool:
        """Whether a following errand would be welcome right now: the dot of the current one is out."""
        return self.current is not None and self.current.step is Step.DOT and self.wants_more

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
        if errand is self.current and errand.step in (Step.HELD, Step.BODY) and not self.dying:
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
            self.abort("withdrawn")  # a DATA cannot be taken back but by leaving

    def retire(self) -> None:
        """Says QUIT as soon as nothing is under way."""
        self.retiring = True
        if self.current is None and not self.expected and not self.gone:
            self._quit()

    # ---- writing

    def _open(self, errand: Errand) -> None:
        """Writes the command group (mode 0: its first command)."""
        self.put(self._group(errand))
        self._expect_group()

    def _group(self, errand: Errand) -> bytes:
        ready = errand.ready
        errand.step = Step.ASKED
        self._begun += 1
        group = ready.group if self._pipelined else ready.command(MAIL)
        return b"RSET\r\n" + group if self._tidy and self._pipelined else group

    def _expect_group(self) -> None:
        if self._tidy and self._pipelined:
            self.expected.append(RSET)
            self._tidy = False
        self.expected.append(MAIL)
        if self._pipelined:
            self.expected.append(RCPT)
            self.expected.append(DATA)

    def _send_content(self, errand: Errand) -> None:
        """Body and dot in one write; a heavy body first, and its dot when all of it has left (L17)."""
        ready = errand.ready
        if errand.step is Step.BODY:
            if self.all_left:
                self._send_dot(errand, b"")
        elif len(ready.body) > self._limits.heavy:
            self._send_heavy(errand, ready.body)
        else:
            self._send_dot(errand, ready.body)

    def _send_heavy(self, errand: Errand, body: bytes) -> None:
        errand.step = Step.BODY
        self.since = self.now()
        self.write(body)
        if errand.released and not self.gone and self.all_left:
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
        self.since = self.now()
        self.expected.append(DOT)
        if following is None:
            self.write(body + b".\r\n")
        else:
            group = self._group(following)
            self._expect_group()
            self.write(b"%b.\r\n%b" % (body, group))
        if self._joined and self.following is None:
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
        self.put(b"QUIT\r\n")
        self.expected.append(QUIT)

    # ---- reading

    def welcomed(self, dot: bytes) -> bool:
        errand = self.current
        if dot:
            return self._welcomed_behind(dot)
        if errand is None or errand.step is not Step.ASKED or len(self.expected) != 3:
            return False
        self.expected.clear()
        self._invited(errand)
        return True

    def _welcomed_behind(self, dot: bytes) -> bool:
        """Mode 2: the message before is accepted, and the one that follows it is invited."""
        errand, following = self.current, self.following
        if errand is None or errand.over or errand.step is not Step.DOT or len(self.expected) != 4:
            return False
        if following is None or following.step is not Step.ASKED:
            return False
        self.expected.popleft()  # the others stay due: whoever is told may end the line
        self.current, self.following = following, None
        errand.line = None
        self._owner.over(errand, accepted(dot))
        if not self.gone:
            self.expected.clear()
            self._invited(following)
        return True

    def heard(self, stage: str, reply: Reply) -> None:
        errand = self.current
        if stage == DOT and errand is not None:
            self._conclude(errand, judge(DOT, reply))
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
        if errand.over or reply.code // 100 != 2:
            self._tidy = then == DATA
            self._conclude(errand, judge(MAIL if then == RCPT else RCPT, reply))
            return
        self.put(ready.command(then))
        self.expected.append(then)

    def _on_data(self, errand: Errand, reply: Reply) -> None:
        """All replies of the group are in: judge them together (rules 3 and 4)."""
        mail, rcpt = errand.mail, errand.rcpt
        mail_ok = mail is not None and mail.code // 100 == 2
        rcpt_ok = rcpt is not None and rcpt.code // 100 == 2
        if reply.code == 354 and mail_ok and rcpt_ok:
            self._invited(errand)
            return
        if reply.code == 354 and rcpt_ok:
            self.abort("garbage")  # a recipient without a sender: no dot may be written here
            return
        if reply.code == 354:
            self.put(b".\r\n")  # nobody is there to get it: this only ends the DATA
            self.expected.append(LONE)
        else:
            self._tidy = mail_ok
        stage, said = (MAIL, mail) if not mail_ok else (RCPT, rcpt) if not rcpt_ok else (DATA, reply)
        self._conclude(errand, judge(stage, said or reply))

    def _invited(self, errand: Errand) -> None:
        if errand.over:  # refused while we asked: a DATA cannot be taken back but by leaving
            self.abort("withdrawn")
            return
        errand.step = Step.HELD
        ready = errand.ready
        if self.dying:
            return
        if errand.released:
            self._send_content(errand)
        elif len(ready.body) > self._limits.heavy:
            self._send_heavy(errand, ready.body)

    def _on_housekeeping(self, stage: str, reply: Reply) -> None:
        if stage == QUIT:
            self.part()
        elif stage == RSET and reply.code // 100 != 2:
            self.abort("garbage")
        elif not self.expected:
            self._advance()

    def unasked(self, reply: Reply) -> None:
        """A reply to nothing: never paired with a later command (rule 5). While the body goes out it speaks of that."""
        errand = self.current
        if errand is not None and errand.step is Step.BODY and reply.code // 100 in (4, 5) and reply.code != 421:
            self._owner.over(errand, judge("body", reply))
        self.abort("service_unavailable" if reply.code == 421 else "garbage", reply)

    # ---- from one errand to the next

    def _conclude(self, errand: Errand, outcome: Outcome) -> None:
        """The errand has its answer: the next one starts before the news is told, so that no round trip is lost."""
        self.current, self.following = self.following, None
        errand.line = None
        if LONE not in self.expected:
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
        return self.retiring or self.dying or self._begun >= self._most or self.now() - self.born > self._limits.life

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
            self.put(b"RSET\r\n")
            self.expected.append(RSET)
            return
        self._open(errand)

    # ---- the end

    def ended(self, reason: str, waiting: str, reply: Reply | None) -> None:
        errands = [errand for errand in (self.current, self.following) if errand is not None]
        self.current = self.following = None
        self._owner.gone(self, reply if reply is not None and reply.code == 421 else None, alone=not errands)
        for errand in errands:
            errand.line = None
            if errand.over:
                continue
            if errand.step is Step.IDLE:
                self._owner.give_back(errand)
            else:
                self._owner.over(errand, cut(errand, reason, waiting, reply))

    # ---- the sweeper's question, once a second

    def check(self, now: float) -> None:
        """Aborts what took too long, says goodbye when idle or old."""
        errand = self.current
        if self.gone or (errand is not None and errand.step >= Step.BODY and self.stalled(now)):
            return
        if self.expected:
            self.overdue(now)
        elif errand is None and (now - self.since > self._deadlines.idle or now - self.born > self._limits.life):
            self._quit()
        else:
            self.resume_writing()
