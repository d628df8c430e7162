"""The log of processes: constant message, facts as fields; text on a terminal, JSON lines otherwise, secrets blotted out.

Addresses, names and bodies are never logged (SECURITY section 8); the filter here is the second net.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_SECRET_NAME = re.compile(r"pass|secret|token|authorization|credential|api_?key|cookie", re.IGNORECASE)
_SECRET_SHAPE = re.compile(r"hm_live_[a-z2-7]+|(?i:bearer)\s+\S+|[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
_BLOT = "[hidden]"


def blot(value: Any) -> Any:
    """Text without tokens and without anything that looks like an address."""
    return _SECRET_SHAPE.sub(_BLOT, value) if isinstance(value, str) else value


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`, secrets hidden."""
    given = {name: value for name, value in vars(record).items() if name not in _PLAIN}
    return {name: _BLOT if _SECRET_NAME.search(name) else blot(value) for name, value in given.items()}


def _error_of(record: logging.LogRecord) -> str | None:
    """An exception as its class and where it was raised: its text may quote an address."""
    if not record.exc_info or record.exc_info[0] is None:
        return None
    trace = record.exc_info[2]
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    return f"{record.exc_info[0].__name__}{place}"


class TextLines(logging.Formatter):
    """For people: `19:02:11 warning  message  field=value`."""

    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        pairs = "".join(f"  {name}={value}" for name, value in fields_of(record).items())
        error = _error_of(record)
        return f"{clock} {record.levelname.lower():<8} {blot(record.getMessage())}{pairs}{f'  error={error}' if error else ''}"


class JsonLines(logging.Formatter):
    """For programs: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": blot(record.getMessage()),
        }
        error = _error_of(record)
        return json.dumps(
            {**line, **fields_of(record), **({"error": error} if error else {})}, default=str, ensure_ascii=False
        )


def _told_elsewhere(record: logging.LogRecord) -> bool:
    """A failed request is logged by api/problems.py with its route; the server's own line about it says less."""
    return not str(record.msg).startswith("Exception in ASGI application")


def keep_journal(level: str) -> None:
    """Sends the log of this process to standard error, at `level` and above."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines() if sys.stderr.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "alembic", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("uvicorn.error").addFilter(_told_elsewhere)
