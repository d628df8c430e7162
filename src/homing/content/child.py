"""Runs what a stranger wrote in a child process, with a memory limit and two seconds of the processor."""

import pickle
import resource
import subprocess
import sys
from pathlib import Path

from homing.content.failure import RenderError

SECONDS = 2.0  # of the processor: a machine that is busy with sending is no fault of what was written
PATIENCE = 15.0
MEMORY = 64 * 1024 * 1024  # beyond what the child has when it begins


def run_apart(module: str, given: object) -> bytes:
    """What `child()` of a module of ours writes when it reads `given`. Blocks for 0.1 to 2 s or longer.

    Raises RenderError `too_long` when it dies, passes its limits or writes nothing.
    """
    command = [sys.executable, "-c", f"from {module} import child; child()"]
    environment = {"PYTHONPATH": ":".join(path or str(Path.cwd()) for path in sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on our own module; what was written goes in as data
            command, input=pickle.dumps(given), capture_output=True, timeout=PATIENCE, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise RenderError("too_long") from None
    if done.returncode != 0 or not done.stdout:
        raise RenderError("too_long")
    return done.stdout


def limited() -> object:
    """In the child: the limits first, then what it was given."""
    limit(SECONDS, MEMORY)
    return pickle.load(sys.stdin.buffer)  # noqa: S301 - written by run_apart above, never by a stranger


def limit(seconds: float, memory: int) -> None:
    """Of this process: seconds of the processor, bytes beyond what it has now, and no core file."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
