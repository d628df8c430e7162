"""Builds one message of an untrusted letter, or chat, in a child process with a memory limit and two seconds of the processor."""

import json
import pickle
import resource
import subprocess
import sys
from pathlib import Path

from homing.content.chat import Chat, ChatSource
from homing.content.failure import RenderError
from homing.content.letter import LetterSource, Recipient, compile_letter
from homing.model.errors import Fault, Invalid

SECONDS = 2.0  # of the processor: a machine that is busy with sending is no fault of the letter
PATIENCE = 15.0
MEMORY = 64 * 1024 * 1024  # beyond what the child has when it begins


def preview(source: LetterSource | ChatSource, recipient: Recipient, now_ms: int) -> bytes:
    """The message that `recipient` would get. Blocks for 0.1 to 2 s or longer: not for an event loop's own thread.

    Raises Invalid and RenderError as compile_letter and Letter.build, or Chat, do; RenderError `too_long` when the child passed
    its limits. Attachments count against the memory.
    """
    command = [sys.executable, "-c", "from homing.content.preview import child; child()"]
    environment = {"PYTHONPATH": ":".join(path or str(Path.cwd()) for path in sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on our own module; the letter goes in as data
            command,
            input=pickle.dumps((source, recipient, now_ms)),
            capture_output=True,
            timeout=PATIENCE,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderError("too_long") from None
    if done.returncode != 0 or not done.stdout:
        raise RenderError("too_long")
    verdict, _, message = done.stdout.partition(b"\n")
    return _opened(json.loads(verdict), message)


def _opened(verdict: dict[str, str], message: bytes) -> bytes:
    if verdict["verdict"] == "failed":
        raise RenderError(verdict["reason"], verdict["variable"])
    if verdict["verdict"] == "invalid":
        fault = Fault(verdict["pointer"], verdict["cure"])
        raise Invalid(verdict["detail"], faults=(fault,), code=verdict["code"])
    return message


def child() -> None:
    """The child's whole life: one letter on standard input, one line of JSON and the message on standard output."""
    _limit()
    source, recipient, now_ms = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by preview() above, never by a stranger
    message = b""
    try:
        made = Chat(source) if isinstance(source, ChatSource) else compile_letter(source)
        message = made.build(recipient, now_ms)
        verdict = {"verdict": "built"}
    except RenderError as error:
        verdict = {"verdict": "failed", "reason": error.reason, "variable": error.variable}
    except Invalid as error:
        fault = error.faults[0] if error.faults else Fault("", error.detail)
        verdict = {"verdict": "invalid", "detail": error.detail, "code": error.code, "pointer": fault.pointer}
        verdict["cure"] = fault.detail
    sys.stdout.buffer.write(json.dumps(verdict).encode() + b"\n" + message)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
