"""How many connections at once, and when to knock again after a closed door."""

from homing.model.outcome import NotSent, Trouble


class Ceiling:
    """Most connections wanted now: one more after each full round of acceptances, half of them when the server says slow down.

    `eager`: until it says so for the first time, one more with each acceptance, so that a round doubles them (as RFC 5681 does).
    """

    __slots__ = ("_eager", "_halve_every", "_halved", "_round", "most", "now")

    def __init__(self, first: int, most: int, halve_every: float, *, eager: bool = False) -> None:
        self._eager = eager
        self.most = max(1, most)
        self.now = min(first, self.most)
        self._round = 0
        self._halve_every = halve_every
        self._halved = float("-inf")

    @property
    def grows(self) -> bool:
        """Whether acceptances may still raise it."""
        return self.now < self.most

    def accepted(self) -> None:
        """One more message was accepted."""
        if self.grows:
            self._round += 1
            if self._eager or self._round >= self.now:
                self._round = 0
                self.now += 1

    def halve(self, now: float) -> bool:
        """At most once in `halve_every` seconds, never below one. Gives whether it changed."""
        self._round, self._eager = 0, False
        if now - self._halved < self._halve_every or self.now == 1:
            return False
        self._halved = now
        self.now = max(1, self.now // 2)
        return True

    def collapse(self) -> None:
        """One at a time, until acceptances raise it again."""
        self._round, self.now, self._eager = 0, 1, False

    def resize(self, most: int) -> None:
        """A new setting."""
        self.most = max(1, most)
        self.now = min(self.now, self.most)


class Door:
    """Closed for a while after each connection that failed; until somebody looked when the credentials were refused."""

    __slots__ = ("_backoff", "_first", "_most", "blocked", "closed_until")

    def __init__(self, first: float, most: float) -> None:
        self._first = self._backoff = first
        self._most = most
        self.closed_until = 0.0
        self.blocked: NotSent | None = None

    def failed(self, now: float, news: NotSent) -> None:
        """A connection could not be opened. Failures of the same round count once."""
        if news.trouble is Trouble.CREDENTIALS:
            self.blocked = news
        if now >= self.closed_until:
            self.closed_until = now + self._backoff
            self._backoff = min(self._backoff * 2, self._most)

    def opened(self) -> None:
        """The way is open (again)."""
        self._backoff = self._first
        self.closed_until = 0.0
        self.blocked = None

    def is_open(self, now: float) -> bool:
        return self.blocked is None and now >= self.closed_until
