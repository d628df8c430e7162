"""Kills a worker at each system call of six kinds: `python -m proofs.syscalls [--short]`; one JSON line, exit 1 on a fault.

For every N: a campaign of 40 messages, a worker that dies as it enters its N-th call of that kind (`strace --inject`), and a
clean worker that finishes. At every point nobody is lost, repeated or falsely failed. Counting is by thread, as the kernel
counts: the first thread of the worker that gets to its N-th call dies, and the process with it. Needs strace.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from proofs.fleet import Nursery, end, lives
from proofs.patience import Stuck, until
from proofs.rig import Ledger, Sink, lacking, report, sink, skipped
from proofs.verdict import Verdict, judge

MESSAGES = 40
CONNECTIONS = 20
CUT_SHARE = (
    0.05  # of messages that the sink cuts at their dot, unaccepted: a result written ahead of its reply would be a lie
)
MOST_UNCERTAIN = CONNECTIONS + 10  # what was in flight, and what the sink cut
KINDS = {
    "disk": ("pwrite64", "pwritev"),
    "flush": ("fdatasync", "fsync"),
    "send": ("sendto", "sendmsg", "write", "writev"),
    "receive": ("recvfrom", "recvmsg", "read", "readv"),
    "wait": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
    "open": ("openat", "open"),
}
"""The six kinds, and the calls that the libraries of one machine or another make for them: the one most used is taken."""
BESIDE = 3  # points under way at the same time: each mostly waits
MISSES = 3  # points of one call in a row that no thread reaches, after which there are no more of it


@dataclass(slots=True)
class Place:
    """A sink, a nursery and a prepared campaign, used for one point after the other."""

    folder: Path
    sink: Sink
    nursery: Nursery
    template: Ledger

    def fresh(self) -> Ledger:
        """The campaign as it was before anything was sent."""
        ledger = Ledger(self.folder / "now")
        shutil.rmtree(ledger.folder, ignore_errors=True)
        shutil.copytree(self.template.folder, ledger.folder)
        ledger.campaign, ledger.uid = self.template.campaign, self.template.uid
        self.sink.forget()
        return ledger

    def held(self, ledger: Ledger) -> int:
        """A worker that has not begun."""
        pid = self.nursery.order("hold", ledger.folder)
        until(lambda: _status(pid, "State").startswith("T"), 20, "the worker stops before it begins", every=0.002)
        return pid

    def finish(self, ledger: Ledger) -> Verdict:
        """A clean worker ends the campaign and leaves in order."""
        pid = self.nursery.order("run", ledger.folder)
        try:
            ledger.finished(60)
            end(pid, signal.SIGTERM)
        finally:
            end(pid)
        return judge(ledger, self.sink, MESSAGES)


@contextmanager
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="homing-syscalls-"))
    nursery = Nursery()
    try:
        with sink(folder, "--cut-share", str(CUT_SHARE)) as found:
            template = Ledger(folder / "template")
            template.prepare(found.port, MESSAGES)
            yield Place(folder, found, nursery, template)
    finally:
        nursery.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def traced(pid: int, *options: str, keep: bool = False) -> Iterator[None]:
    """strace on a stopped process, which then goes on; on leaving the process is ended, or kept and left alone."""
    command = ["strace", "-f", "-qq", *options, "-p", str(pid)]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _status(pid, "TracerPid") not in ("", "0"), 20, "strace is on", every=0.002)
        os.kill(pid, signal.SIGCONT)
        yield
    finally:
        if keep:
            tracer.terminate()
        elif lives(pid):
            end(pid)
        tracer.wait(30)


def _status(pid: int, name: str) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return line.partition(":")[2].strip()
    return ""


def census(at: Place) -> dict[str, int]:
    """How often a thread makes each call that the kinds name, while an undisturbed worker sends everything: call -> most."""
    ledger = at.fresh()
    pid = at.held(ledger)
    calls = ",".join(call for kind in KINDS.values() for call in kind)
    record = at.folder / "calls"
    with traced(pid, "-o", str(record), "-e", f"trace={calls}"):
        ledger.finished(60)
        end(pid, signal.SIGTERM)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for line in record.read_text("utf-8", "replace").splitlines():
        thread, _, said = line.partition(" ")
        counted[said.strip().partition("(")[0]][thread] += 1
    return {call: max(counted[call].values(), default=0) for kind in KINDS.values() for call in kind}


def chosen(counts: dict[str, int]) -> list[str]:
    """Of each kind the call that is used. Raises Stuck when a kind is not seen at all: then nothing would be proved of it."""
    found = []
    for kind, calls in KINDS.items():
        best = max(calls, key=lambda call: counts[call])
        if not counts[best]:
            raise Stuck(f"no call of the kind '{kind}' was seen")
        found.append(best)
    return found


@dataclass(frozen=True, slots=True)
class Point:
    call: str
    nth: int


@dataclass(slots=True)
class Cut:
    """What became of one point."""

    point: Point
    reached: bool
    accepted_before: int
    verdict: Verdict | None
    stuck: str = ""

    @property
    def sound(self) -> bool:
        return self.verdict is not None and self.verdict.clean and self.verdict.uncertain <= MOST_UNCERTAIN


def cut(at: Place, point: Point) -> Cut:
    """One campaign, cut there, then finished."""
    ledger = at.fresh()
    try:
        pid = at.held(ledger)
        inject = f"inject={point.call}:signal=KILL:when={point.nth}"
        with traced(pid, "-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject):
            until(lambda: not lives(pid) or ledger.state() == "completed", 60, "the cut", every=0.005)
            reached = not lives(pid)
        before = at.sink.look()
        return Cut(point, reached, before, at.finish(ledger))
    except Stuck as error:
        return Cut(point, False, 0, None, str(error))


def prove(short: bool, limit: int | None) -> int:
    began = time.monotonic()
    free: SimpleQueue[Place] = SimpleQueue()
    cuts: list[Cut] = []

    def one(point: Point) -> Cut:
        at = free.get()
        try:
            return cut(at, point)
        finally:
            free.put(at)

    with _places(BESIDE) as places:
        counts = census(places[0])
        calls = chosen(counts)
        for at in places:
            free.put(at)
        points = [Point(call, nth) for call in calls for nth in range(1, counts[call] + 1)]
        if short or limit:
            points = _some(points, limit or 24)
        with ThreadPoolExecutor(BESIDE) as pool:
            cuts = list(pool.map(one, points))
            if not (short or limit):
                for call in calls:
                    cuts += _beyond(one, call, counts[call])
    red = [c for c in cuts if not c.sound]
    met = [c for c in cuts if c.reached]
    return report(
        "prove-syscalls", not red and len(met) > len(cuts) // 2, seed=0, messages=MESSAGES,
        calls={call: counts[call] for call in calls}, points=len(cuts), reached=len(met),
        most_uncertain=max((c.verdict.uncertain for c in cuts if c.verdict), default=0),
        midway=sum(1 for c in met if 0 < c.accepted_before < MESSAGES),
        **{name: sum(getattr(c.verdict, name) for c in cuts if c.verdict) for name in ("dup", "lost", "false", "open")},
        red=[[c.point.call, c.point.nth, c.stuck or (c.verdict.told() if c.verdict else "")] for c in red][:5],
        seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def _beyond(one: Callable[[Point], Cut], call: str, counted: int) -> list[Cut]:
    """Calls are not equally many in each run: goes on until none is reached any more."""
    found: list[Cut] = []
    while len(found) < MISSES or any(c.reached for c in found[-MISSES:]):
        found.append(one(Point(call, counted + len(found) + 1)))
    return found


def _some(points: list[Point], most: int) -> list[Point]:
    """Evenly spread over all of them."""
    step = max(1, len(points) // most)
    return points[step // 2 :: step]


@contextmanager
def _places(count: int) -> Iterator[list[Place]]:
    with ExitStack() as stack:
        yield [stack.enter_context(place()) for _ in range(count)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.syscalls", description=__doc__)
    parser.add_argument("--short", action="store_true", help="24 points, spread over all")
    parser.add_argument("--points", type=int, help="so many points, spread over all")
    options = parser.parse_args(arguments)
    missing = lacking("strace")
    if missing:
        return skipped(missing)
    return prove(options.short, options.points)


if __name__ == "__main__":
    sys.exit(main())
