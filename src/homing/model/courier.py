"""The seam between the engine and a channel: parcels go out through a Courier, news comes back to a Desk.

    desk                          courier                        provider
     | submit(parcel) ------------> | envelope, headers ------------> |
     | <------------ about_to(parcel) |                                |
     | (commits the intent, L1)     |                                |
     | release(parcel) -----------> | the byte that may be accepted -> |
     |   or refuse(parcel) -------> | aborts, nothing was sent (L2)    |
     | <-- finished(parcel, outcome) | <------------------------ answer |

All calls are made on one event loop and never block. For each submitted parcel `finished` is called exactly once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from homing.model.ids import Key
from homing.model.outcome import NotSent, Outcome


@dataclass(slots=True, eq=False)
class Parcel:
    """One rendered message on its way. Compared by identity: the same delivery may have an older, lost attempt.

    A desk hands over parcels of a kind of its own, and gets the same ones back.
    """

    key: Key
    recipient: str  # address (email) or number (E.164)
    envelope_from: str = ""
    body: bytes = b""  # complete wire bytes: CRLF lines, not yet dot-stuffed, ends with CRLF
    clean: bool = (
        False  # its maker has seen to it that only CRLF ends the body's lines, and that none begins with a dot
    )


def only_crlf(text: bytes) -> bool:
    """Whether every CR and LF is half of a CRLF. Counting the three kinds takes longer."""
    rest = text.replace(b"\r\n", b"")
    return b"\n" not in rest and b"\r" not in rest


class Desk(Protocol):
    """What a courier tells the engine."""

    def about_to(self, parcel: Parcel) -> None:
        """This parcel is the next to leave on an open connection: make its intent durable."""
        ...

    def may_write(self, parcel: Parcel) -> bool:
        """Asked in the very call that writes the dot or body: False means the lane was lost; abort instead (section 5)."""
        ...

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        """The one and only verdict on this parcel."""
        ...

    def trouble(self, news: NotSent) -> None:
        """A connection could not be opened, or broke with no parcel on it: news of the sender, charged to nobody."""
        ...


class LineState(StrEnum):
    """How the way out looks from here."""

    UP = "up"
    DOWN = "down"


class Courier(Protocol):
    """One channel's way out for one sender in one worker. Never retries inside (L15).

    `failure`: an error of our own that cost a parcel its verdict. Nobody guesses what became of it: the worker must end.
    """

    failure: BaseException | None

    def room(self) -> int:
        """How many more parcels it can take now without queuing behind a full line. 0 while connecting fails."""
        ...

    def submit(self, parcel: Parcel) -> None:
        """Takes a claimed, rendered parcel. Nothing that could be accepted leaves before `release`."""
        ...

    def release(self, parcel: Parcel) -> None:
        """The intent is durable: the parcel may go."""
        ...

    def refuse(self, parcel: Parcel) -> None:
        """The intent did not come back: abort it; `finished` is called with NotSent(reason='withdrawn')."""
        ...

    def resize(self, connections: int) -> None:
        """New ceiling for concurrent connections; takes effect at message boundaries."""
        ...

    def recall(self) -> Sequence[Parcel]:
        """Gives back, without `finished`, every parcel that has not been announced by `about_to` (pause, lane lost, SIGTERM)."""
        ...

    async def probe(self) -> NotSent | None:
        """One look that costs no recipient (SMTP: connect, EHLO, AUTH, NOOP, QUIT). None: the way is open."""
        ...

    async def close(self, patience: float) -> None:
        """Takes no more; waits up to `patience` seconds for answers, then aborts; every parcel is finished on return."""
        ...
