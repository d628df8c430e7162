"""How long each step of an SMTP dialogue may take, and how much one connection may carry (EMAIL section 1)."""

from dataclasses import dataclass, field, replace

MAIL, RCPT, DATA, DOT, RSET, LONE, QUIT = "mail", "rcpt", "data", "dot", "rset", "lone", "quit"
"""What a reply is expected to. LONE: the dot that only ends a DATA which has no recipient."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, unless named otherwise. Tests shorten them; production runs the defaults."""

    before_dot: float = 30.0  # connect, TLS, banner, EHLO, AUTH, MAIL, RCPT: SenderOptions.timeout
    most_before_dot: float = 300.0  # what MAIL and RCPT may grow to when they time out again and again
    data: float = 120.0  # RFC 5321 4.5.3.2.4
    body_progress: float = 180.0  # RFC 5321 4.5.3.2.5: a body write may stand still so long
    dot: float = 600.0  # RFC 5321 4.5.3.2.6, law L16
    idle: float = 60.0
    quit: float = 5.0
    life: float = 300.0  # of one connection
    sweep: float = 1.0
    halve_every: float = 10.0
    backoff: float = 1.0
    most_backoff: float = 10.0
    messages: int = 100  # per connection
    first_connections: int = 5
    slow_trip: float = 0.005  # a round trip from here on uses mode 2
    heavy: int = 65_536  # bytes: a larger body goes out before its dot, which waits until all of it has left

    @classmethod
    def of(cls, timeout: float, *, high_volume: bool) -> "Limits":
        """Those of a sender. High volume keeps a connection ten times as long: opening one costs as much as ten messages."""
        plain = cls(before_dot=timeout)
        return replace(plain, messages=10 * plain.messages) if high_volume else plain


@dataclass(slots=True)
class Deadlines:
    """The patience with one host: a step that times out twice in a row doubles, up to RFC 5321's own limit (R17)."""

    limits: Limits
    _stretch: dict[str, float] = field(default_factory=dict)
    strikes: dict[str, int] = field(default_factory=dict)  # stage -> replies in a row that did not come in time
    _allowed: float = float("inf")

    def of(self, stage: str) -> float:
        """Seconds that the reply to `stage` may take."""
        if stage in (DOT, LONE):
            return self.limits.dot
        if stage == QUIT:
            return self.limits.quit
        most = self.limits.data if stage == DATA else self.limits.most_before_dot
        first = min(self.limits.before_dot, most)
        return min(most, first * self._stretch.get(stage, 1.0))

    @property
    def idle(self) -> float:
        """Seconds that a line may lie idle: our own, or four fifths of what the server has shown it allows."""
        return min(self.limits.idle, self._allowed)

    def hung_up(self, idle: float) -> None:
        """The server closed a line that had been idle for so long."""
        if idle >= 1.0:
            self._allowed = min(self._allowed, idle * 0.8)

    def struck(self, stage: str) -> None:
        """A reply to `stage` did not come in time."""
        strikes = self.strikes.get(stage, 0) + 1
        if strikes >= 2:
            self._stretch[stage] = self._stretch.get(stage, 1.0) * 2
            strikes = 0
        self.strikes[stage] = strikes

    def kept(self, stage: str) -> None:
        """A reply to `stage` came in time: strikes in a row begin anew; what was learnt of a slow host stays."""
        self.strikes.pop(stage, None)
