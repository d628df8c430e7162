"""The inbox's own ledger: one appended line for each copy, written before the reply, so that the truth survives any kill."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_BLANKS = str.maketrans("\t\r\n\0", "    ")


class Line(NamedTuple):
    """One accepted copy: wall milliseconds, the value of X-Homing-Delivery (may be empty), recipient, Message-ID."""

    at: int
    delivery: str
    recipient: str
    message_id: str


class Record:
    """An O_APPEND file, 0600. One write per message, so lines of several processes never mix."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def append(self, lines: Iterable[Line]) -> None:
        """Returns when the system has it (it survives kill -9, not power loss). Raises OSError when it does not take it."""
        data = "".join(map(_written, lines)).encode("utf-8", "surrogateescape")
        if os.write(self._file, data) != len(data):
            raise OSError("the record was not written in full")

    def close(self) -> None:
        os.close(self._file)


def _written(line: Line) -> str:
    parts = (part.translate(_BLANKS) for part in (line.delivery, line.recipient, line.message_id))
    return f"{line.at}\t" + "\t".join(parts) + "\n"


def replay(path: Path) -> Iterator[Line]:
    """The lines of a record. A last line that was torn is left out: its reply was never given."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for raw in file:
            parts = raw.decode("utf-8", "surrogateescape").split("\t")
            if raw.endswith(b"\n") and len(parts) == len(Line._fields) and parts[0].isdigit():
                yield Line(int(parts[0]), parts[1], parts[2], parts[3].rstrip("\n"))
