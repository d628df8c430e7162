"""The provider that only exists here: the same gate, the same fate every time, and the truth in a file."""

from pathlib import Path
from typing import Any

from homing.channels.simulated.courier import Fate, SimulatedCourier
from homing.model.outcome import Accepted, NotSent, Refused, Trouble, Unclear
from homing.model.sender import SenderOptions
from homing.world import World
from tests.channels.desk import RecordingDesk, parcel, run


def made(desk: RecordingDesk, world: World | None = None, **options: Any) -> SimulatedCourier:
    courier = SimulatedCourier(SenderOptions(connections=4), desk, world or World(), **options)
    desk.courier = courier
    return courier


async def send_all(count: int, **options: Any) -> dict[int, str]:
    desk = RecordingDesk()
    courier = made(desk, **options)
    for seq in range(count):
        await desk.until(lambda: courier.room() > 0)
        courier.submit(parcel(seq))
    await desk.all_finished(count)
    await courier.close(1)
    return {seq: type(desk.outcome(seq)).__name__ for seq in range(count)}


def test_fate_is_the_same_every_time_and_about_its_shares(tmp_path: Path) -> None:
    async def story() -> None:
        fate = Fate(refuse=0.1, defer=0.1, unclear=0.1)
        first = await send_all(1_000, fate=fate, seed=3, record=tmp_path / "a")
        again = await send_all(1_000, fate=fate, seed=3, record=tmp_path / "b")
        assert first == again
        for kind in (Refused, NotSent, Unclear):
            assert 60 <= sum(name == kind.__name__ for name in first.values()) <= 140
        recorded = {line.split("\t")[0] for line in (tmp_path / "a").read_text().splitlines()}
        assert recorded == {f"7/{seq}" for seq, name in first.items() if name in ("Accepted", "Unclear")}

    run(story())


def test_L02_nothing_is_accepted_before_its_release(tmp_path: Path) -> None:
    async def story() -> None:
        desk = RecordingDesk(holding=True)
        courier = made(desk, record=tmp_path / "sink")
        for seq in range(12):
            courier.submit(parcel(seq))
        assert len(desk.announced) == 8
        assert [given.key.seq for given in courier.recall()] == [8, 9, 10, 11]
        courier.refuse(desk.announced[0])
        assert desk.outcome(0).reason == "withdrawn"
        desk.lane_is_ours = False
        courier.release(desk.announced[1])
        assert desk.outcome(1).reason == "lane_lost"
        desk.lane_is_ours = True
        courier.release(desk.announced[2])
        await desk.all_finished(3)
        assert isinstance(desk.outcome(2), Accepted)
        await courier.close(0)
        assert len(desk.outcomes) == 8
        assert (tmp_path / "sink").read_text() == "7/2\tuser2@example.test\t1\n"

    run(story())


def test_a_deferred_delivery_is_accepted_at_its_next_attempt() -> None:
    desk = RecordingDesk()
    courier = made(desk, fate=Fate(defer=1.0))
    first = parcel(1)
    assert isinstance(courier.outcome_of(first), NotSent)
    first.key = first.key._replace(attempt=2)
    assert isinstance(courier.outcome_of(first), Accepted)


def test_an_outage_is_the_senders_trouble_and_passes() -> None:
    async def story() -> None:
        desk = RecordingDesk()
        courier = made(desk, fate=Fate(latency=30))
        courier.submit(parcel(1))
        courier.go_down()
        await desk.all_finished(1)
        assert desk.outcome(1).trouble is Trouble.CONNECT
        assert courier.room() == 0
        assert isinstance(await courier.probe(), NotSent)
        courier.come_back()
        assert await courier.probe() is None
        assert courier.room() == 8
        await courier.close(0)

    run(story())


def test_close_without_patience_calls_the_released_ones_unclear() -> None:
    async def story() -> None:
        desk = RecordingDesk(holding=True)
        courier = made(desk, fate=Fate(latency=30))
        for seq in range(3):
            courier.submit(parcel(seq))
        courier.release(desk.announced[0])
        await courier.close(0)
        assert isinstance(desk.outcome(0), Unclear)
        assert isinstance(desk.outcome(1), NotSent)
        assert isinstance(desk.outcome(2), NotSent)

    run(story())


def test_sabotage_may_strike_between_release_acceptance_and_answer(tmp_path: Path) -> None:
    class Witness:
        def __init__(self) -> None:
            self.saw: list[tuple[str, str, int]] = []

        def reach(self, point: str) -> None:
            self.saw.append((point, (tmp_path / "sink").read_text(), len(desk.outcomes)))

    async def story() -> None:
        courier = made(desk, World(faults=witness), record=tmp_path / "sink")
        courier.submit(parcel(1))
        await desk.all_finished(1)
        await courier.close(1)

    witness, desk = Witness(), RecordingDesk()
    run(story())
    assert witness.saw == [("simulated.released", "", 0), ("simulated.accepted", "7/1\tuser1@example.test\t1\n", 0)]
