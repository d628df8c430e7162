"""What a worker knows of a storage that refuses."""

import asyncio

import pytest

from homing.engine.refusals import LAPSE, LONGEST, Refusals, read_report, report_line
from homing.engine.scribe import Scribe
from homing.model.errors import Unreachable
from homing.model.storage import Refusal
from homing.world import World
from tests.store.ledger import HandClock


def refuse() -> None:
    raise Unreachable("database or disk is full")


def take() -> None:
    return None


def test_L19_it_is_told_until_the_same_act_goes_through(world: World) -> None:
    """A full disk may still have room for something smaller."""

    async def story() -> None:
        scribe = Scribe(world)
        assert scribe.refusals.now() is None
        with pytest.raises(Unreachable):
            await scribe.write(refuse)
        told = scribe.refusals.now()
        assert told is not None
        assert "disk is full" in told.sentence
        await scribe.write(take)
        assert scribe.refusals.now() == told
        scribe.refusals.taken(refuse.__qualname__)
        assert scribe.refusals.now() is None
        scribe.close()

    asyncio.run(story())


def test_L19_the_time_of_the_next_try_is_not_pushed_ahead_by_other_tries(clock: HandClock, world: World) -> None:
    said = Refusals(world)
    said.refused("turn", "full")
    first = said.now()
    assert first is not None
    clock.pass_(1.0)
    said.refused("renew", "full")
    assert said.now() == first
    clock.pass_(4.5)
    said.refused("turn", "still full")
    later = said.now()
    assert later is not None
    assert later.since == first.since
    assert later.next_at == clock.now() + 5_000
    assert later.detail == "still full"


def test_what_is_never_tried_again_lapses(clock: HandClock, world: World) -> None:
    said = Refusals(world)
    said.refused("once", "full")
    clock.pass_(LAPSE + 0.1)
    assert said.now() is None
    said.refused("turn", "full")
    told = said.now()
    assert told is not None
    assert told.since == clock.now()


def test_a_report_goes_through_a_pipe_at_once_and_is_read_back() -> None:
    """A write to a pipe is whole up to 512 bytes everywhere, up to 4096 on Linux (PIPE_BUF)."""
    told = Refusal("\u2603" * LONGEST, 1, 2)
    assert len(report_line(told)) < 4096
    assert read_report(report_line(told)[:-1]) == told
    for nonsense in (b"", b".", b"...", b"{}", b"[]", b"7", b"\xff", b'{"detail": 1, "since": "x", "next_at": 1}'):
        assert read_report(nonsense) is None
