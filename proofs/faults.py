"""Breaks what surrounds the workers: `python -m proofs.faults [--short]`; one JSON line, exit 1 on a fault.

The way out (absent at the start, cut, dying again and again), the other side (greylisting, messages accepted and then
dropped), the disk (ENOSPC, EIO), the clock (a day ahead, an hour back), a backup put back. Each trial is a campaign of its own
with real workers; the verdict is 0 lost, 0 twice, 0 falsely failed, and what the failure model promises for that fault.

The disk's errors are put in by strace (`inject=CALL:error=...:when=N+M`): it needs no other tool than the other proofs, fails
exactly the calls that are named, on every Python, and the same ones each time; a preloaded library that throws dice does not.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import BinaryIO

from homing.model.delivery import SHARDS
from homing.model.errors import HomingError
from proofs.fleet import PLAYED
from proofs.patience import Stuck, until
from proofs.rig import Rig, lacking, report, rig, skipped
from proofs.syscalls import traced
from proofs.trial import FULL, SHORT, SOON, Scale, Trial, back, costs_nobody, waits

ALARM = 5.0  # seconds within which a refusing disk is told
TAKEOVER = 6.0  # lease, look and a margin for a busy machine


def absent_at_start(scale: Scale) -> Trial:
    trial = Trial("absent at the start")
    with rig(scale.messages, options=scale.hurry) as stand:
        stand.sink.order(down=True)
        stand.fleet.start()
        stand.fleet.until_ready(1)
        began = time.monotonic()
        until(lambda: waits(stand), 3 * SOON, "the campaign says that it waits")
        trial.facts["told_after"] = round(time.monotonic() - began, 2)
        trial.want(trial.facts["told_after"] <= SOON, "waiting was told too late")
        time.sleep(min(scale.outage, 5.0))
        costs_nobody(stand, trial)
        back(stand, trial)
        stand.ledger.finished(120)
        trial.close(stand)
    return trial


def way_out_cut(scale: Scale, outages: int = 1, seconds: float | None = None, name: str = "way out cut") -> Trial:
    trial = Trial(name)
    with rig(scale.messages, options=scale.hurry, sink_options=("--latency", "0.05")) as stand:
        stand.fleet.start()
        stand.fleet.start()
        for n in range(outages):
            wanted = int(scale.messages * (n + 1) / (outages + 3))
            until(lambda wanted=wanted: stand.sink.look() >= wanted, 120, "the campaign goes on")  # type: ignore[misc]
            stand.sink.order(down=True)
            began = time.monotonic()
            until(lambda: waits(stand), 3 * SOON, "the campaign says that it waits")
            took = round(time.monotonic() - began, 2)
            trial.facts["told_after"] = max(took, trial.facts.get("told_after", 0.0))
            trial.want(took <= SOON, f"waiting was told after {took} s")
            time.sleep(scale.outage if seconds is None else seconds)
            costs_nobody(stand, trial)
            back(stand, trial)
        stand.ledger.finished(300)
        trial.close(stand, uncertain=20 * outages)
    return trial


def dying_midway(scale: Scale) -> Trial:
    return way_out_cut(scale, outages=scale.flaps, seconds=0.5, name="dying midway, again and again")


def greylisting(scale: Scale) -> Trial:
    trial = Trial("greylisting of 10 %")
    with rig(scale.messages, options=scale.hurry, sink_options=("--greylist-share", "0.1")) as stand:
        stand.fleet.start()
        stand.ledger.finished(180)
        deferred = stand.ledger.ask("SELECT count(*) FROM attempt WHERE state = 'deferred'")[0][0]
        trial.facts["deferred"] = deferred
        trial.want(deferred >= scale.messages * 0.05, f"only {deferred} were deferred: nothing was tried")
        trial.close(stand)
    return trial


def accepted_then_dropped(scale: Scale) -> Trial:
    trial = Trial("1 % accepted, then dropped")
    with rig(scale.messages * 2, options=scale.hurry, sink_options=("--drop-share", "0.01")) as stand:
        stand.fleet.start()
        stand.ledger.finished(180)
        told = stand.sink.order(stats=True)
        dropped = told["accepted"] - told["arrivals"]["dot"]  # the server counts a dot when it answers it
        accepted = stand.sink.keys()
        rows = stand.ledger.ask("SELECT seq FROM delivery WHERE state = 'uncertain'")
        trial.facts["dropped"] = dropped
        trial.want(dropped > 0, "nothing was dropped")
        trial.want(len(rows) == dropped, f"{dropped} were dropped, {len(rows)} are uncertain")
        trial.want(all(f"{stand.ledger.uid}/{seq}" in accepted for (seq,) in rows), "somebody else is uncertain")
        trial.close(stand, uncertain=dropped)
    return trial


def _storage(
    name: str, scale: Scale, *inject: str, errors: str, then: Callable[[str, Trial], None] = lambda *_: None
) -> Trial:
    """A worker whose disk refuses now and then while it sends: calls are counted from then on, or the plan of a large
    audience would meet all of the errors. `then` looks at the record of its calls."""
    trial = Trial(name)
    with rig(scale.messages, options=scale.hurry, sink_options=("--latency", "0.02")) as stand:
        pid = stand.fleet.start()
        until(lambda: stand.sink.look() >= scale.messages // 10, 60, "the campaign goes on")
        os.kill(pid, signal.SIGSTOP)
        record = stand.folder / "refused"
        with traced(pid, "-o", str(record), *inject, keep=True):
            began = time.monotonic()
            said = stand.ledger.folder / "workers.log"
            until(lambda: "storage refuses" in said.read_text("utf-8"), 60, "the refusal is told", every=0.05)
            until(lambda: record.read_text("utf-8", "replace").count("INJECTED"), 5, "the record")
            trial.facts["told_after"] = round(time.monotonic() - began, 2)
            trial.want(trial.facts["told_after"] <= ALARM, "the refusal was told too late")
            stand.ledger.finished(300)
            calls = record.read_text("utf-8", "replace")
            refused = calls.count(f"{errors} ")
            then(calls, trial)
        trial.facts["refused"] = refused
        trial.want(refused > 0, "nothing was refused")
        with closing(sqlite3.connect(stand.ledger.path)) as raw:
            trial.want(raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the database is damaged")
        trial.close(stand, uncertain=0)
    return trial


def disk_full(scale: Scale) -> Trial:
    """Room is gone from the 60th write on, and comes back after a while."""
    full = ("-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=60..75")
    return _storage("disk full (ENOSPC)", scale, *full, errors="ENOSPC")


def flush_fails(scale: Scale) -> Trial:
    """One flush in twenty-five. What the kernel could not write is not written by asking again: the handle is given up (L19)."""
    failing = ("-y", "-s", "0", "-e", "trace=fdatasync,close,pwrite64", "-e", "inject=fdatasync:error=EIO:when=6+25")
    return _storage("flushes that fail (EIO)", scale, *failing, errors="EIO", then=_gives_up_handles)


def _gives_up_handles(record: str, trial: Trial) -> None:
    """After a failed flush nothing is written or flushed on that handle before it is closed."""
    broken: set[str] = set()
    for call, handle, rest in re.findall(r"(fdatasync|close|pwrite64)\((\d+<[^>]*>)(.*)", record):
        if call == "close":
            broken.discard(handle)
        elif handle in broken:
            trial.wrong.append(f"{call} went on with the handle {handle} after a failed flush")
            return
        elif "EIO" in rest:
            broken.add(handle)


def clock_jumps(scale: Scale) -> Trial:
    """A day ahead: nobody loses a lane. An hour back: a frozen worker's lanes are still taken over in seconds (L20)."""
    trial = Trial("clock a day ahead, an hour back")
    many = 3 * scale.messages  # enough that the campaign is under way all the time
    with rig(many, options=scale.hurry, sink_options=("--latency", "0.05"), command=PLAYED) as stand:
        shift = stand.folder / "shift"

        def jump(seconds: int) -> None:
            fresh = shift.with_suffix(".new")
            fresh.write_text(str(seconds), encoding="ascii")
            fresh.replace(shift)

        jump(0)
        pids = [stand.fleet.start("--clock", str(shift)) for _ in range(2)]
        stand.fleet.until_ready(2)
        until(lambda: stand.sink.look() >= scale.messages // 8, 60, "the campaign goes on")
        # A worker that waited longer than a lease for its machine loses lanes too: what every jump takes is the clock's doing.
        if all(_jump_takes(stand, jump, days, scale.messages // 4) for days in (1, 2, 3)):
            raise Stuck("a jump of the clock took lanes from a living worker, three times")
        jump(-3_600)
        until(lambda: stand.sink.look() >= scale.messages // 3, 60, "the campaign goes on an hour ago")
        holders = stand.fleet.holders()
        trial.facts["takeover"] = _taken_over(stand, trial, holders[0])
        stand.fleet.thaw(everybody=True)
        stand.ledger.finished(180)
        trial.want(all(pid in stand.fleet.alive for pid in pids), "a worker is gone")
        trial.close(stand, uncertain=20)
    return trial


def _jump_takes(stand: Rig, jump: Callable[[int], None], days: int, sent: int) -> bool:
    """Whether lanes changed hands while the clock jumped so many days ahead."""
    shared = (
        "SELECT count(*) FROM lease WHERE kind = 'lane' GROUP BY owner"  # the second worker is given its part by and by
    )
    until(lambda: stand.ledger.ask(shared) == [(SHARDS // 2,)] * 2, 60, "both have their part of the lanes")
    epochs = "SELECT key, epoch FROM lease WHERE kind = 'lane' ORDER BY key"
    before = stand.ledger.ask(epochs)
    jump(days * 86_400)
    until(lambda: stand.sink.look() >= sent, 60, "the campaign goes on days ahead")
    time.sleep(1.5)
    return bool(stand.ledger.ask(epochs) != before)


def _taken_over(stand: Rig, trial: Trial, pid: int) -> float:
    """Freezes a worker outside of its transactions and waits until others have its lanes. Seconds."""
    me = stand.ledger.ask("SELECT id FROM worker WHERE pid = ?", pid)[0][0]
    while True:
        began = time.monotonic()
        stand.fleet.freeze(pid, 3600.0)
        if _others_can_write(stand):
            break
        stand.fleet.thaw(everybody=True)  # frozen while it holds the writer's turn: what `serve` kills for after 5 s
        time.sleep(0.05)
    owned = "SELECT count(*) FROM lease WHERE kind = 'lane' AND owner = ?"
    until(lambda: not stand.ledger.ask(owned, me)[0][0], 15, "a frozen worker's lanes are taken over", every=0.05)
    took = time.monotonic() - began
    trial.want(took <= TAKEOVER, f"take-over took {took:.1f} s")
    return round(took, 2)


def _others_can_write(stand: Rig) -> bool:
    """Whether both locks of the writer's turn come free within a moment."""
    for name in ("homing.db-turn", "homing.db-gate"):
        with (stand.ledger.folder / name).open("rb") as file:
            try:
                until(lambda file=file: _locked(file), 0.5, "the lock is free", every=0.001)  # type: ignore[misc]
            except Stuck:
                return False
    return True


def _locked(file: BinaryIO) -> bool:
    """Takes the lock for a moment, if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True


def backup_restored(scale: Scale) -> Trial:
    """An older copy of the ledger is put back: it must not send again what went out since (L21)."""
    trial = Trial("a backup restored")
    with rig(scale.messages, options=scale.hurry, sink_options=("--latency", "0.02")) as stand:
        pid = stand.fleet.start()
        until(lambda: stand.sink.look() >= scale.messages // 4, 60, "the campaign goes on")
        backup = stand.folder / "backup.db"
        with closing(sqlite3.connect(stand.ledger.path)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        highest = "SELECT max(seq) FROM event"
        with closing(sqlite3.connect(backup)) as raw:
            known = raw.execute(highest).fetchone()[0]
        stand.ledger.finished(120)
        seen = stand.ledger.folder / "homing.db-seen"
        until(lambda: seen.exists() and json.loads(seen.read_text("utf-8"))["event"] > known, 30, "a witness")
        stand.fleet.terminate(pid)
        for name in ("homing.db-wal", "homing.db-shm"):
            (stand.ledger.folder / name).unlink(missing_ok=True)
        shutil.copy(backup, stand.ledger.path)
        before = stand.sink.look()
        stand.fleet.start()
        stand.fleet.until_ready(1)
        try:
            until(lambda: stand.ledger.state() == "paused:restored", 10, "the copy starts paused")
        except Stuck as error:
            trial.wrong.append(f"{error}: it is {stand.ledger.state()}")
        time.sleep(2.0)
        again = stand.sink.look() - before
        trial.facts |= {"sent_since": before - scale.messages // 4, "sent_by_the_copy": again}
        trial.want(again == 0, f"the copy sent {again} messages")
        trial.want(stand.judge().dup == 0, f"{stand.judge().dup} got it twice")
    return trial


TRIALS: tuple[Callable[[Scale], Trial], ...] = (
    way_out_cut,
    dying_midway,
    flush_fails,
    disk_full,
    clock_jumps,
    absent_at_start,
    backup_restored,
    greylisting,
    accepted_then_dropped,
)


def run(trial: Callable[[Scale], Trial], scale: Scale) -> Trial:
    """A trial; what gets stuck or breaks is a fault of it."""
    name = trial.__name__
    began = time.monotonic()
    try:
        done = trial(scale)
    except (Stuck, HomingError, sqlite3.Error, OSError, AssertionError, LookupError) as error:
        done = Trial(name, wrong=[f"{type(error).__name__}: {error}"])
    done.facts["seconds"] = round(time.monotonic() - began, 1)
    return done


def prove(scale: Scale, only: Sequence[str], beside: int) -> int:
    began = time.monotonic()
    wanted = [trial for trial in TRIALS if not only or trial.__name__ in only]
    with ThreadPoolExecutor(beside) as pool:
        done = list(pool.map(lambda trial: run(trial, scale), wanted))
    wrong = {trial.name: trial.wrong for trial in done if trial.wrong}
    return report(
        "prove-faults", not wrong, seed=0, messages=scale.messages,
        trials={trial.name: trial.facts for trial in done}, faults=wrong, seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small campaigns, outages of seconds")
    parser.add_argument("--only", action="append", default=[], choices=[trial.__name__ for trial in TRIALS])
    parser.add_argument("--beside", type=int, default=3, help="trials at the same time")
    options = parser.parse_args(arguments)
    missing = lacking("strace")
    if missing:
        return skipped(missing)
    return prove(SHORT if options.short else FULL, options.only, options.beside)


if __name__ == "__main__":
    sys.exit(main())
