"""What a figure depends on beside the code: the machine in words, how busy it is, and how fast its disk flushes."""

import contextlib
import os
import platform
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

_BLOCK = b"\0" * 4096


def machine_in_words() -> str:
    """Cores, architecture and the versions that matter."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} cores, {platform.system()} {platform.machine()}, {python}, SQLite {sqlite3.sqlite_version}"


def end_in_order() -> None:
    """Asked to end (SIGTERM), a bench ends what it started first, as with Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def load() -> float:
    """How many processes wanted a core during the last minute. Above 0.5 before a run, the figures are of a shared machine."""
    return round(os.getloadavg()[0], 2)


def flush_us(folder: Path, times: int = 200) -> float:
    """Median microseconds of appending 4 kB to a file and fdatasync, `times` times."""
    path = folder / "flush"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    took = []
    try:
        for _ in range(times):
            begin = time.perf_counter()
            os.write(fd, _BLOCK)
            os.fdatasync(fd)
            took.append(time.perf_counter() - begin)
    finally:
        os.close(fd)
        path.unlink()
    return round(statistics.median(took) * 1e6, 1)


def filesystem(folder: Path) -> str:
    """The kind of file system that holds `folder`; "" where it cannot be told."""
    best, kind = "", ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines():
            _, mount, name, *_ = line.split(" ")
            if len(mount) > len(best) and folder.resolve().is_relative_to(mount):
                best, kind = mount, name
    return kind


def disk_folder() -> Path:
    """A place for ledgers whose flushes reach a disk: the usual folder for temporary files, unless that is memory."""
    usual = Path(tempfile.gettempdir())
    return Path("/var/tmp") if filesystem(usual) == "tmpfs" and filesystem(Path("/var/tmp")) != "tmpfs" else usual


def memory_folder() -> Path:
    """A place for notes that must not disturb the disk."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
