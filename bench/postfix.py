"""Postfix' test programs: smtp-sink takes the mail, smtp-source is the anchor that every figure is compared with."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import memory_folder

ANCHOR = ("-d", "-s", "50", "-l", "5120")
"""Fifty connections that stay open, 5 kB a message; smtp-source knows no pipelining."""

_COUNTED = re.compile(rb"mesg=(\d+)")
_TICK = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """A run that cannot give a figure, and why."""


def usual_places() -> str:
    """Where programs are looked for: the PATH, and where Postfix' lie, which ordinary users' PATH does not name."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def lacking(places: str | None = None) -> str | None:
    """Why nothing can be measured here, in one line; None when all is there. `places`: a search path."""
    for tool in ("smtp-sink", "smtp-source"):
        if shutil.which(tool, path=usual_places() if places is None else places) is None:
            return f"skipped: {tool} is missing (Debian: apt install postfix)"
    if not Path("/proc/self/stat").exists():
        return "skipped: the processor time of other processes is read from Linux's /proc, which is missing"
    return None


def _find(tool: str) -> str:
    return shutil.which(tool, path=usual_places()) or tool


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, that a process has used so far; in steps of a clock tick (10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def peak_mb(pid: int) -> float:
    """Most memory that a process has had resident, in megabytes (10^6 bytes)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8", "replace"))
    return int(found[1]) * 1024 / 1e6 if found else 0.0


class Sink:
    """One smtp-sink. `port`: where it listens on loopback."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, counters: Path) -> None:
        self.process = process
        self.port = port
        self._counters = counters

    def count(self) -> int:
        """Messages taken so far, by its own count."""
        with self._counters.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
            found = _COUNTED.findall(file.read())
        return int(found[-1]) if found else 0

    def cpu(self) -> float:
        return cpu_seconds(self.process.pid)


@contextmanager
def sink(*options: str) -> Iterator[Sink]:
    """A sink of its own process and port, ended on leaving. Raises Broken when it does not come up."""
    handle, name = tempfile.mkstemp(prefix="homing-bench-sink-", dir=memory_folder())
    process = None
    try:
        process, port = _start(handle, options)
        yield Sink(process, port, Path(name))
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)
        if process is not None:
            process.kill()
            process.wait(30)


def _start(out: int, options: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], int]:
    """smtp-sink cannot choose a port itself, so one that was free a moment ago is tried, a few times over."""
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    for _ in range(5):
        port = _free_port()
        command = [_find("smtp-sink"), "-c", *user, *options, f"127.0.0.1:{port}", "1000"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        if _answers(process, port):
            return process, port
        process.kill()
        process.wait(30)
    raise Broken("smtp-sink does not listen")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Anchor:
    """What smtp-source did: messages a second, its own processor time and the sink's, microseconds a message."""

    rate: float
    cpu_us: float
    sink_us: float


def anchor(messages: int, *sink_options: str) -> Anchor:
    """Sends `messages` by smtp-source to a sink of its own. Raises Broken when one is missing there."""
    with sink(*sink_options) as to:
        command = [_find("smtp-source"), *ANCHOR, "-m", str(messages), f"127.0.0.1:{to.port}"]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0 or to.count() != messages:
            raise Broken(f"smtp-source ended with {process.returncode}; the sink took {to.count()} of {messages}")
        sink_us = to.cpu() / messages * 1e6
    return Anchor(
        round(messages / took, 1), round((used.ru_utime + used.ru_stime) / messages * 1e6, 1), round(sink_us, 1)
    )
