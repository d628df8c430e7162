"""Builds one message of an untrusted letter, or chat, in a child process with a memory limit and two seconds of the processor."""

import json
import sys
from typing import cast

from homing.content.chat import Chat, ChatSource
from homing.content.child import limited, run_apart
from homing.content.failure import RenderError
from homing.content.letter import LetterSource, Recipient, compile_letter
from homing.model.errors import Fault, Invalid


def preview(source: LetterSource | ChatSource, recipient: Recipient, now_ms: int) -> bytes:
    """The message that `recipient` would get. Blocks for 0.1 to 2 s or longer: not for an event loop's own thread.

    Raises Invalid and RenderError as compile_letter and Letter.build, or Chat, do; RenderError `too_long` when the child passed
    its limits. Attachments count against the memory.
    """
    verdict, _, message = run_apart(__name__, (source, recipient, now_ms)).partition(b"\n")
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
    source, recipient, now_ms = cast("tuple[LetterSource | ChatSource, Recipient, int]", limited())
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
