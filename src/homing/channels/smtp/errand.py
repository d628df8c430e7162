"""An errand: the journey of one parcel on one connection, how far it has come, and who is told of it.

    IDLE --group written--> ASKED --354--> HELD --released--> DOT --reply--> over
                                            |                  ^
                                            +-- heavy body --> BODY (all of it must have left before the dot)

Up to and including BODY nothing can have been accepted: whatever breaks is NotSent. From DOT on only a complete reply
says anything: whatever breaks is Unclear.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from homing.channels.smtp.envelope import Ready
from homing.channels.smtp.limits import DATA, DOT, MAIL, RCPT
from homing.channels.smtp.replies import Reply
from homing.channels.smtp.table import judge
from homing.model.courier import Parcel
from homing.model.outcome import Blame, NotSent, Outcome, Trouble, Unclear, Words

if TYPE_CHECKING:
    from homing.channels.smtp.dialogue import Dialogue  # which imports this module

NOT_READY = Ready(b"", b"")


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
        self.ready = NOT_READY
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


def cut(errand: Errand, reason: str, waiting: str, reply: Reply | None) -> Outcome:
    """What a broken connection makes of an errand, by how far it had come (FAILURE_MODEL section 2).

    `waiting`: the stage whose reply was due; `reply`: the last words, if there were any.
    """
    asked = errand.step is Step.DOT or waiting != DOT  # whether the reply that was due speaks of this errand
    stage = waiting or ("body" if errand.step is Step.BODY else DATA)
    if reply is not None and reply.code == 421:
        return judge(stage if asked and stage in (MAIL, RCPT, DATA, DOT) else DATA, reply)
    words = reply.words(stage) if reply is not None and asked else Words(stage, "", reason.replace("_", " "))
    if errand.step is Step.DOT:
        return Unclear(reason, words)
    return NotSent(reason, Blame.SENDER, words, Trouble.PROVIDER)
