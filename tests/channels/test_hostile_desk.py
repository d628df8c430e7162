"""A desk that does everything it may do, inside every call it gets: each parcel still ends once, and the server agrees."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from homing.channels.smtp.courier import SmtpCourier
from homing.channels.smtp.limits import Limits
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, NotSent, Outcome, Refused, Unclear
from homing.model.sender import SenderOptions, SmtpAccess
from homing.world import World
from tests.channels.desk import PATIENCE, parcel, run
from tests.faults.smtp_server import Behaviour, SmtpServer

COUNT = 150


class HostileDesk:
    """`waiting`: not handed over (yet, or again); `announced`: asked for and not answered."""

    def __init__(self, seed: int) -> None:
        self.courier: Any = None
        self.dice = random.Random(seed)
        self.waiting = [parcel(seq, body=b"." * (70_000 if seq % 17 == 0 else 10) + b"\r\n") for seq in range(COUNT)]
        self.announced: set[Parcel] = set()
        self.outcomes: dict[int, Outcome] = {}
        self.here: set[Parcel] = set()
        self.ended = asyncio.Event()
        self.depth = 0

    def about_to(self, parcel: Parcel) -> None:
        assert parcel in self.here
        assert parcel not in self.announced, "asked twice"
        self.announced.add(parcel)
        if self.dice.random() < 0.8:
            asyncio.get_running_loop().call_soon(self.answer, parcel)
        self.misbehave()

    def may_write(self, parcel: Parcel) -> bool:
        return self.dice.random() > 0.02

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        assert parcel in self.here
        assert parcel.key.seq not in self.outcomes, "told twice"
        self.here.discard(parcel)
        self.announced.discard(parcel)
        self.outcomes[parcel.key.seq] = outcome
        if len(self.outcomes) == COUNT:
            self.ended.set()
        self.misbehave()

    def trouble(self, news: NotSent) -> None:
        self.misbehave()

    def answer(self, parcel: Parcel) -> None:
        """Releases mostly; a parcel that is gone by now is no parcel of the courier's, which must not mind."""
        (self.courier.release if self.dice.random() < 0.9 else self.courier.refuse)(parcel)

    def misbehave(self) -> None:
        if self.courier is None or self.depth > 3:
            return
        self.depth += 1
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            deed = self.dice.random()
            if deed < 0.55:
                self.feed()
            elif deed < 0.65:
                self.take_back()
            elif deed < 0.75 and self.announced:
                self.answer(self.dice.choice(sorted(self.announced, key=lambda p: p.key.seq)))
            elif deed < 0.8:
                self.courier.resize(self.dice.choice((1, 2, 5)))
        self.depth -= 1

    def take_back(self) -> None:
        for back in self.courier.recall():
            assert back not in self.announced, "what was announced is not given back"
            self.here.discard(back)
            self.waiting.append(back)

    def feed(self) -> None:
        while self.waiting and self.courier.room() > 0:
            following = self.waiting.pop()
            self.here.add(following)
            self.courier.submit(following)

    async def work(self) -> None:
        """What an engine does all the time: feeds, and answers what was announced, sooner or later."""
        while not self.ended.is_set():
            self.feed()
            for asked in sorted(self.announced, key=lambda p: p.key.seq):
                self.answer(asked)
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_whatever_a_desk_does_each_parcel_ends_once_and_truly(mode: int, seed: int) -> None:
    async def story() -> None:
        behaviour = Behaviour(
            pipelining=mode > 0, refuse_share=0.1, greylist_share=0.1, drop_share=0.03, cut_share=0.03, mailmax=9
        )
        if seed % 2:
            behaviour.arm("mail=421 4.3.0 later*5")
            behaviour.arm("dot=accept-reply-rst*4")
        server = SmtpServer(behaviour, seed=seed)
        await server.start()
        desk = HostileDesk(1_000 * mode + seed)
        access = SmtpAccess("127.0.0.1", server.port, helo="client.test", high_volume=mode == 2)
        limits = Limits(slow_trip=1e9, backoff=0.01, most_backoff=0.02, halve_every=0.01)
        courier = SmtpCourier(access, SenderOptions(connections=5), desk, World(), limits=limits)
        desk.courier = courier
        async with asyncio.timeout(PATIENCE):
            if seed == 5:
                work = asyncio.get_running_loop().create_task(desk.work())
                await server.until(lambda: len(server.ledger.lines) > COUNT // 3)
                work.cancel()
            else:
                await desk.work()
            await courier.close(5.0)
        assert not desk.here, "every parcel is finished when the courier is closed"
        await server.stop()
        taken = Counter(int(line.split("\t")[0].partition("/")[2]) for line in server.ledger.lines)
        assert set(taken.values()) <= {1}
        for seq, outcome in desk.outcomes.items():
            match outcome:
                case Accepted():
                    assert taken[seq] == 1
                case NotSent() | Refused():
                    assert taken[seq] == 0, outcome
                case Unclear():
                    assert taken[seq] <= 1
        told = {seq for seq, outcome in desk.outcomes.items() if isinstance(outcome, Accepted | Unclear)}
        assert set(taken) <= told

    run(story())
