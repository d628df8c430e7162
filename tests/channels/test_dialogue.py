"""Three or four usual replies are heard as one: whatever a server says and however it is cut, that must change nothing."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from homing.channels.smtp.dialogue import Dialogue
from homing.channels.smtp.envelope import Powers, Ready, prepare
from homing.channels.smtp.errand import Errand, Step
from homing.channels.smtp.limits import Deadlines, Limits
from homing.channels.smtp.line import Line
from homing.channels.smtp.replies import Reply
from homing.model.outcome import Blame, NotSent, Outcome, Words
from tests.channels.desk import parcel

OK = b"250 2.1.0 Ok\r\n"
GO = b"354 End data with <CR><LF>.<CR><LF>\r\n"
TAKEN = b"250 2.0.0 Ok: queued as 4XyZ12\r\n"


def mostly(usual: bytes, *odd: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, 9).flatmap(lambda n: st.just(usual) if n < 7 else st.sampled_from((usual, *odd)))


BYE = b"421 4.3.0 bye\r\n"
SCRIPT = st.fixed_dictionaries(
    {
        "MAIL": st.lists(
            mostly(OK, b"250 ok\n", b"250\r\n", b"250-a\r\n250 b\r\n", b"451 4.3.0 wait\r\n", b"550 no\r\n", BYE,
                   OK + b"421 behind\r\n", b"2500 ok\r\n", b"250 \r\r\n", b"250 " + b"x" * 8_190 + b"\r\n"), max_size=6,
        ),
        "RCPT": st.lists(
            mostly(OK, b"251 ok\r\n", b"450 4.2.0 later\r\n", b"550 5.1.1 unknown\r\n", b"252 2.1.5 x\n", BYE, b"\r\n"),
            max_size=6,
        ),
        "DATA": st.lists(
            mostly(GO, b"354\r\n", b"354-a\r\n354 b\r\n", b"354 \n", b"250 what\r\n", b"550 5.7.1 no\r\n", BYE, GO + OK,
                   b"354 go\r\n250 2.0.0 early\r\n"), max_size=6,
        ),
        ".": st.lists(
            mostly(TAKEN, b"250 2.0.0 \r\n", b"250 2.0.0\r\n", b"250 2.0.0  Ok: queued as  A\r\n", b"250 OK id=1a-2b\r\r\n",
                   b"250 2.0.0 \xff\xfe queued as Q\r\n", b"250 2.0.0 Ok\tqueued as T\r\n", b"250 2.6.0 <x@y> queued as M\n",
                   b"250 5.0.0 contradicts itself, queued as C\r\n", b"250 2.0.0 2.0.0 queued as D\r\n", b"250-a\r\n250 b\r\n",
                   b"250 2.0.0 Ok: queued as " + b"q" * 600 + b"\r\n", b"251 ok, queued as E\r\n", b"451 4.2.2 full\r\n",
                   b"554 5.7.1 spam\r\n", BYE, TAKEN + BYE, b"rubbish\r\n", b"250x\r\n", b"354 more\r\n"), max_size=6,
        ),
        "RSET": st.lists(mostly(b"250 ok\r\n", b"500 no\r\n"), max_size=3),
        "QUIT": st.just([]),
    }
)  # fmt: skip
USUAL = {"MAIL": OK, "RCPT": OK, "DATA": GO, ".": TAKEN, "RSET": OK, "QUIT": b"221 2.0.0 bye\r\n"}


class Server(asyncio.Transport):
    """What a dialogue writes to: answers each command by the script, and the usual when that is at its end."""

    def __init__(self, script: dict[str, list[bytes]]) -> None:
        super().__init__({"sslcontext": True})
        self.left = {verb: list(replies) for verb, replies in script.items()}
        self.out = b""
        self.heard = b""
        self.log: list[Any] = []
        self.over = False
        self.in_data = False

    def write(self, data: Any) -> None:
        self.log.append(bytes(data))
        self.heard += data
        while b"\r\n" in self.heard:
            line, self.heard = self.heard.split(b"\r\n", 1)
            if self.in_data and line != b".":
                continue
            verb = "." if self.in_data else line[:4].decode()
            replies = self.left[verb if verb in USUAL else "."]
            reply = replies.pop(0) if replies else USUAL.get(verb, TAKEN)
            self.in_data = verb == "DATA" and reply[:3] == b"354"
            self.out += reply

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def abort(self) -> None:
        self.log.append("abort")
        self.over = True

    def close(self) -> None:
        self.log.append("close")
        self.over = True


@dataclass
class Courier:
    """Owner of one line: `deeds` says what it does while it is told the n-th outcome."""

    errands: list[Errand]
    log: list[Any]
    deeds: dict[int, str]
    late: set[int]  # positions that are released only when nothing else moves
    lost: set[int]  # positions whose lane is lost when the dot is to be written
    line: Dialogue | None = None
    told: int = 0
    held: list[Errand] = field(default_factory=list)

    def next_errand(self, line: Dialogue) -> Errand | None:
        if not self.errands:
            return None
        errand = self.errands.pop(0)
        ready = prepare(errand.parcel, line.powers)
        assert isinstance(ready, Ready)
        errand.ready = ready
        if errand.parcel.key.seq in self.late:
            self.held.append(errand)
        else:
            errand.released = True
        return errand

    def may_write(self, errand: Errand) -> bool:
        return errand.parcel.key.seq not in self.lost

    def over(self, errand: Errand, outcome: Outcome) -> None:
        assert not errand.over, "told twice"
        errand.over = True
        self.log.append((errand.parcel.key.seq, outcome))
        self.told += 1
        line, deed = self.line, self.deeds.get(self.told, "")
        if line is None or line.gone:
            return
        if deed == "abort":
            line.abort("closed")
        elif deed == "retire":
            line.retire()
        elif deed == "refuse":
            taken = NotSent("withdrawn", Blame.SENDER, Words())
            for other in (line.current, line.following):
                if other is not None and not other.over and other.step is not Step.DOT:
                    line.withdraw(other, taken)
        elif deed == "release":
            self.release()

    def release(self) -> None:
        for errand in [errand for errand in self.held if not errand.over]:
            errand.released = True
            if errand.line is not None:
                errand.line.released(errand)
        self.held.clear()

    def give_back(self, errand: Errand) -> None:
        self.log.append((errand.parcel.key.seq, "back"))

    def idle(self, line: Dialogue) -> None:
        self.log.append("idle")

    def gone(self, line: Dialogue, last_words: Reply | None, *, alone: bool) -> None:
        self.log.append(("gone", last_words is not None, alone))


def speak(
    script: dict[str, list[bytes]], cuts: list[int], deeds: dict[int, str], late: set[int], lost: set[int], *,
    joined: bool, long_way: bool,
) -> list[Any]:  # fmt: skip
    """A whole conversation of six parcels: all that was told and written, in its order."""
    server = Server(script)
    errands = [Errand(parcel(seq, body=b".x\r\n")) for seq in range(1, 7)]
    courier = Courier(errands, server.log, deeds, late, lost)
    deadlines = Deadlines(Limits())
    if long_way:
        deadlines.struck("banner")  # while a step was late each reply is looked at alone
    line = Line(server, None, Powers(pipelining=True), 0.0)  # type: ignore[arg-type]
    dialogue = courier.line = Dialogue(line, courier, deadlines, pipelined=True, joined=joined)
    dialogue.begin()
    first = courier.next_errand(dialogue)
    assert first is not None
    dialogue.take(first)
    sizes = iter(cuts)
    while not server.over:
        if not server.out and courier.held:
            courier.release()
        if not server.out:
            break
        size = min(next(sizes, 0) or len(server.out), 8_192, len(server.out))
        chunk, server.out = server.out[:size], server.out[size:]
        dialogue.get_buffer(-1)[:size] = chunk
        dialogue.buffer_updated(size)
    dialogue.connection_lost(None)
    return server.log


def outcomes(log: list[Any]) -> dict[int, Any]:
    return {entry[0]: entry[1] for entry in log if isinstance(entry, tuple) and isinstance(entry[0], int)}


CUTS: st.SearchStrategy[list[int]] = st.one_of(
    st.just([]), st.lists(st.integers(0, 70), max_size=30), st.just([1] * 3_000)
)
DEEDS = st.dictionaries(st.integers(1, 6), st.sampled_from(("abort", "retire", "refuse", "release")), max_size=2)
SOME = st.sets(st.integers(1, 6), max_size=2)


@settings(deadline=None, max_examples=150)
@given(SCRIPT, CUTS, DEEDS, SOME, SOME, st.booleans())
def test_replies_heard_as_one_mean_what_they_mean_one_by_one(
    script: dict[str, list[bytes]], cuts: list[int], deeds: dict[int, str], late: set[int], lost: set[int], joined: bool
) -> None:
    async def story() -> None:
        both = [speak(script, cuts, deeds, late, lost, joined=joined, long_way=way) for way in (False, True)]
        assert both[0] == both[1]

    asyncio.run(story())


@settings(deadline=None, max_examples=40)
@given(SCRIPT, st.booleans())
def test_no_cut_of_the_stream_changes_an_outcome(script: dict[str, list[bytes]], joined: bool) -> None:
    async def story() -> None:
        whole = outcomes(speak(script, [], {}, set(), set(), joined=joined, long_way=False))
        assert outcomes(speak(script, [1] * 9_000, {}, set(), set(), joined=joined, long_way=False)) == whole
        assert outcomes(speak(script, [1] * 9_000, {}, set(), set(), joined=joined, long_way=True)) == whole

    asyncio.run(story())


def test_each_single_cut_of_a_usual_stream_is_heard_alike() -> None:
    """RSET too: a refused recipient makes the next group begin with it, so that five replies are due."""
    usual: dict[str, list[bytes]] = {verb: [] for verb in USUAL}
    refused = {**usual, "RCPT": [OK, b"550 5.1.1 unknown\r\n"]}

    async def story() -> None:
        for script in (usual, refused):
            for joined in (False, True):
                whole = speak(script, [], {}, set(), set(), joined=joined, long_way=True)
                for first in range(1, 220):
                    told = speak(script, [first], {}, set(), set(), joined=joined, long_way=False)
                    assert outcomes(told) == outcomes(whole)
                    assert b"".join(e for e in told if isinstance(e, bytes)) == b"".join(
                        e for e in whole if isinstance(e, bytes)
                    )

    asyncio.run(story())
