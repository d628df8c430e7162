"""Cuts the power: `python -m proofs.power [--short]`; one JSON line, exit 1 on a fault. Needs strace.

One real worker sends a campaign under strace, which records every write and flush of the database's files and every message
that begins to leave. Then disks are rebuilt as a power cut at some moment would have left them: what was flushed is there,
of what was not each write may be there, missing or torn at a sector. Each image must open and be sound, and nobody whose
message had begun to leave may stand where he would be sent to again (queued, or claimed, which becomes queued).
"""

import argparse
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from proofs.fleet import Nursery, end, lives
from proofs.patience import until
from proofs.rig import Ledger, lacking, report, sink, skipped
from proofs.syscalls import Place, traced

CALLS = "pwrite64,write,writev,sendto,sendmsg,ftruncate,fdatasync,fsync,unlink,unlinkat"
FLUSHES = (b"fdatasync", b"fsync")
SECTOR = 512
_LINE = re.compile(rb"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\((.*))", re.DOTALL)
_FILE = re.compile(rb"^\d+<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_KEY = re.compile(rb"X-Homing-Delivery: (\S+)\r\n")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in the order in which the kernel saw it."""

    kind: str  # write, cut (to a length), flush, left
    file: str
    offset: int = 0
    data: bytes = b""
    key: str = ""


def record(trace: Path) -> Iterator[Event]:
    """What the trace says of files and messages. A flush counts when it has returned, everything else when it begins."""
    flushing: dict[bytes, str] = {}
    for line in trace.read_bytes().splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        thread, resumed, call, rest = found.groups()
        if resumed in FLUSHES and thread in flushing:
            yield Event("flush", flushing.pop(thread))
        elif call in FLUSHES and b"unfinished" in rest:
            flushing[thread] = _file(rest)
        elif call is not None:
            yield from _begun(call, rest)


def _begun(call: bytes, rest: bytes) -> Iterator[Event]:
    file = _file(rest)
    if call in FLUSHES:
        yield Event("flush", file)
    elif file.startswith("socket:"):
        yield from (Event("left", file, key=key.decode()) for key in _KEY.findall(_data(rest)))
    elif call == b"pwrite64":
        yield Event("write", file, _last(rest), _data(rest))
    elif call == b"ftruncate":
        yield Event("cut", file, _last(rest))


def _file(rest: bytes) -> str:
    found = _FILE.match(rest)
    return Path(_plain(found[1]).decode("utf-8", "replace")).name if found else ""


def _data(rest: bytes) -> bytes:
    return b"".join(_plain(text) for text in _TEXT.findall(rest))


def _plain(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode("ascii"))


def _last(rest: bytes) -> int:
    """The last argument of a call: the offset of a write, the length of a cut."""
    arguments = rest.rpartition(b'"')[2] if b'"' in rest else rest.partition(b">")[2]
    return int(re.findall(rb", (-?\d+)", arguments.partition(b")")[0])[-1])


@dataclass(slots=True)
class Disk:
    """Files as a power cut leaves them: `flushed` for sure, each of `pending` perhaps."""

    flushed: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Event]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if event.kind in ("write", "cut"):
            self.pending.setdefault(event.file, []).append(event)
        elif event.kind == "flush":
            content = self.flushed.setdefault(event.file, bytearray())
            for each in self.pending.pop(event.file, ()):
                _put(content, each)

    def image(self, folder: Path, dice: random.Random) -> None:
        """Writes the files as one possible cut would have left them."""
        for name in self.flushed.keys() | self.pending.keys():
            content = bytearray(self.flushed.get(name, b""))
            keep = dice.choice((0.0, 0.5, 0.5, 0.9, 1.0))
            for each in self.pending.get(name, ()):
                if dice.random() < keep:
                    _put(content, _torn(each, dice) if dice.random() < 0.1 else each)
            (folder / name).write_bytes(content)


def _put(content: bytearray, event: Event) -> None:
    if event.kind == "cut":
        del content[event.offset :]
        content.extend(bytes(max(0, event.offset - len(content))))
        return
    end_ = event.offset + len(event.data)
    content.extend(bytes(max(0, end_ - len(content))))
    content[event.offset : end_] = event.data


def _torn(event: Event, dice: random.Random) -> Event:
    """Only some sectors of a write got to the disk: those from its start."""
    if event.kind == "cut" or len(event.data) <= SECTOR:
        return event
    return Event(
        "write", event.file, event.offset, event.data[: SECTOR * dice.randrange(1, len(event.data) // SECTOR + 1)]
    )


@dataclass(slots=True)
class Findings:
    """Over all images. `again`: images that would send somebody a second time; `repeats`: how many messages that were."""

    images: int = 0
    corrupt: int = 0
    again: int = 0
    repeats: int = 0
    false: int = 0
    left: int = 0
    sending: int = 0
    words: list[str] = field(default_factory=list)


def look(folder: Path, campaign: int, uid: str, left: set[str], found: Findings) -> None:
    """Opens one image as the next start would, and compares it with what had begun to leave."""
    found.images += 1
    try:
        with closing(sqlite3.connect(folder / "homing.db")) as raw:
            sound = raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = raw.execute("SELECT seq, state FROM delivery WHERE campaign_id = ?", (campaign,)).fetchall()
    except sqlite3.DatabaseError as error:
        sound, rows = False, []
        found.words.append(str(error))
    found.corrupt += not sound
    states = {f"{uid}/{seq}": state for seq, state in rows}
    repeats = [key for key in left if states.get(key, "queued") in ("queued", "claimed")]
    found.repeats += len(repeats)
    found.again += bool(repeats)
    found.false += sum(1 for key in left if states.get(key) in ("failed", "skipped", "cancelled"))
    found.sending += sum(1 for state in states.values() if state == "sending")


def sent_under_strace(folder: Path, messages: int) -> tuple[Ledger, dict[str, bytearray], Path]:
    """One whole campaign. Returns the ledger, the files as they were before it, and the trace."""
    trace = folder / "trace"
    nursery = Nursery()
    try:
        with sink(folder) as found:
            ledger = Ledger(folder / "data")
            ledger.prepare(found.port, messages, {"in_flight": 100})
            before = {
                path.name: bytearray(path.read_bytes()) for path in ledger.folder.glob("homing.db*") if path.is_file()
            }
            pid = Place(folder, found, nursery, ledger).held(ledger)
            with traced(pid, "-o", str(trace), "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}"):
                ledger.finished(120)
                end(pid, signal.SIGTERM)
            until(lambda: not lives(pid), 10, "the worker leaves")
    finally:
        nursery.close()
    return ledger, before, trace


def prove(images: int, messages: int, seed: int) -> int:
    began = time.monotonic()
    dice = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="homing-power-"))
    try:
        ledger, before, trace = sent_under_strace(folder, messages)
        events = [e for e in record(trace) if e.kind == "left" or e.file in ("homing.db", "homing.db-wal")]
        cuts = _moments(events, images, dice)
        found = replay(events, before, cuts, ledger, dice)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found.left = sum(e.kind == "left" for e in events)
    holds = not (found.corrupt or found.again or found.false) and found.images == images and found.left >= messages
    return report(
        "prove-power", holds, seed=seed, messages=messages, images=found.images, corrupt=found.corrupt,
        would_send_again=found.again, repeats=found.repeats, false=found.false, left=found.left,
        writes=sum(e.kind == "write" for e in events), flushes=sum(e.kind == "flush" for e in events),
        in_doubt_on_average=round(found.sending / max(1, found.images), 1), words=found.words[:3],
        seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def _moments(events: list[Event], images: int, dice: random.Random) -> list[int]:
    """Positions between events at which the power goes, from the first message on, in order."""
    first = next(n for n, event in enumerate(events) if event.kind == "left")
    return sorted(dice.randrange(first, len(events)) for _ in range(images))


def replay(
    events: list[Event], before: dict[str, bytearray], cuts: list[int], ledger: Ledger, dice: random.Random
) -> Findings:
    """Goes through the record once and looks at an image at each cut."""
    disk, left, found, waiting = Disk(dict(before)), set[str](), Findings(), list(cuts)
    for position, event in enumerate(events):
        if event.kind == "left":
            left.add(event.key)
        else:
            disk.take(event)
        while waiting and waiting[0] == position:
            waiting.pop(0)
            with tempfile.TemporaryDirectory(prefix="homing-image-", dir=_memory()) as image:
                disk.image(Path(image), dice)
                look(Path(image), ledger.campaign, ledger.uid, left, found)
    return found


def _memory() -> str | None:
    """Where files cost no disk, if there is such a place."""
    with suppress(OSError), tempfile.TemporaryDirectory(dir="/dev/shm"):
        return "/dev/shm"
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.power", description=__doc__)
    parser.add_argument("--short", action="store_true", help="100 images")
    parser.add_argument("--images", type=int)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args(arguments)
    missing = lacking("strace")
    if missing:
        return skipped(missing)
    return prove(options.images or (100 if options.short else 1_000), options.messages, options.seed)


if __name__ == "__main__":
    sys.exit(main())
