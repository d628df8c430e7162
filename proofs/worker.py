"""A worker as `homing worker` runs it, with a World that a proof plays: `python -m proofs.worker --data DIR [--strike ...]`.

Nothing in the environment can do this to the product: the fault points and the clock are handed over as values, here.

    --strike POINT:NTH        kill -9 at the nth arrival at that fault point; repeatable: one worker process after the other,
                              each forked from this one before it holds anything; prints `struck POINT:NTH` for each
    --nursery                 forks a worker for each line `run FOLDER` on stdin and prints its pid; one for `hold FOLDER` stops
                              (SIGSTOP) before it does anything, so that a tracer can be put on it. No import is repeated
    --clock FILE              wall time is the machine's plus the seconds that stand in FILE, read at every look
"""

import argparse
import asyncio
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

from homing.app import House, make_worker
from homing.cli.frame import FAILED, OUT_OF_REACH
from homing.cli.worker import loop_factory
from homing.model.errors import Unreachable
from homing.settings import load
from homing.world import Clock, SystemClock, World

POINTS = (
    "turn.begin",
    "turn.commit",
    "turn.committed",
    "intend.returned",
    "send.write",
    "send.finished",
    "lanes.taken",
    "plan.page",
)
"""Every point that the code names; tests/test_house.py wants each struck, tests/faults/test_kill_points.py strikes them."""

WARM = (
    "homing.engine.worker",
    "homing.channels.smtp.courier",
    "homing.store.postgresql",
    "homing.store.seal",
    "homing.store.workspaces",
    "uvloop",
)


class Strike:
    """Faults that kill this very process, as kill -9 does, at the nth arrival at a point."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth
        self._lock = threading.Lock()  # points are reached on the loop and on the ledger's threads

    def reach(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()


class ShiftedClock(SystemClock):
    """Wall time that somebody else may set: the uptime does not follow, as on a real machine."""

    def __init__(self, shift: Path) -> None:
        self._shift = shift

    def now(self) -> int:
        return super().now() + int(float(self._shift.read_text("ascii") or 0) * 1000)


PATIENCE = 20  # seconds within which a struck worker must have reached its point


def run(data: str, world: World) -> None:
    """One worker, until SIGTERM."""
    house = House(load({"data": data}), world)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work(house))
    house.close()


async def _work(house: House) -> None:
    working = make_worker(house)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.stop)
    await working.run()


def strike(data: str, clock: Clock, at: str) -> bool:
    """A worker in a process of its own that dies at a fault point. Whether it did."""
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        point, _, nth = at.partition(":")
        run(data, World(clock=clock, faults=Strike(point, int(nth or 1))))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    struck = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(f"{'struck' if struck else 'missed'} {at}", flush=True)
    return struck


def rear(clock: Clock) -> None:
    """Forks workers until stdin ends. They are not waited for: whoever asked for them sees to their end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order, _, folder = line.rstrip("\n").partition(" ")
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if order == "hold":
                os.kill(os.getpid(), signal.SIGSTOP)
            live(folder, clock)
        print(child, flush=True)


def live(folder: str, clock: Clock) -> None:
    """A forked worker's whole life. Nobody waits for it, so it leaves its exit code, that of the command, in its folder."""
    code = FAILED
    try:
        run(folder, World(clock=clock))
        code = 0
    except Unreachable:
        code = OUT_OF_REACH
    except BaseException:  # noqa: BLE001 - it is told, and nobody above would be
        traceback.print_exc()
    finally:
        Path(folder, f"ended.{os.getpid()}").write_text(str(code), "ascii")
        sys.stderr.flush()
        os._exit(code)


def _point(text: str) -> str:
    """'turn.commit:3'. Raises ValueError for a point that there is not."""
    if text.partition(":")[0] not in POINTS:
        raise ValueError(f"there is no fault point {text}")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.worker", description=__doc__)
    parser.add_argument("--data", default="")
    parser.add_argument("--nursery", action="store_true")
    parser.add_argument("--strike", action="append", type=_point)
    parser.add_argument("--clock", type=Path)
    options = parser.parse_args(arguments)
    clock: Clock = ShiftedClock(options.clock) if options.clock else SystemClock()
    if options.strike is None and not options.nursery:
        run(options.data, World(clock=clock))
        return 0
    for room in WARM:  # what a worker loads, loaded once
        importlib.import_module(room)
    if options.nursery:
        rear(clock)
        return 0
    missed = [at for at in options.strike if not strike(options.data, clock, at)]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
