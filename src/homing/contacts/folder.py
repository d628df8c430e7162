"""The folder of one import: its source as it came, its staging file, a note of how far it is, and a lock that says who works.

Names are ids, never what a person called a file. What the ledger cannot be told while it is away is noted here.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from homing.model.errors import Conflict, Invalid, Unreachable

LEAST_FREE = 3  # times the size of the file
_WAKE = ".wake"


class Folders:
    """All import folders of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, uid: str) -> "Folder":
        return Folder(self.root / uid)

    def make(self, uid: str) -> "Folder":
        """A new folder that only its owner reads. Raises Unreachable."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.root / uid).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Unreachable(f"the folder {self.root} takes no import: {error.strerror}") from error
        return self.of(uid)

    def check_room(self, size: int) -> None:
        """Raises Invalid (no_space) when the disk has too little room for a file of this size."""
        place = next((path for path in (self.root, *self.root.parents) if path.is_dir()), Path("/"))
        free = shutil.disk_usage(place).free
        if free < LEAST_FREE * size:
            raise Invalid(
                f"the disk has {free >> 20} MB free; an import of {size >> 20} MB needs three times its size",
                code="no_space",
            )

    def wake(self) -> None:
        """Tells the process that imports that there is something to do."""
        with contextlib.suppress(OSError):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.root / _WAKE).touch()

    def woken(self) -> int:
        """Grows with each `wake`."""
        try:
            return (self.root / _WAKE).stat().st_mtime_ns
        except OSError:
            return 0

    def uids(self) -> list[str]:
        with contextlib.suppress(OSError):
            return [path.name for path in self.root.iterdir() if path.is_dir()]
        return []


class Folder:
    """One import's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = path / "source"
        self.stage = path / "stage.db"

    def exists(self) -> bool:
        return self.path.is_dir()

    def note(self) -> dict[str, Any]:
        """What was noted last; empty when nothing was."""
        try:
            found = json.loads((self.path / "note.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_note(self, note: dict[str, Any]) -> None:
        """Notes how far it is. What cannot be noted is only missed by who looks."""
        beside = self.path / f"note.{os.getpid()}"
        with contextlib.suppress(OSError):
            beside.write_text(json.dumps(note), encoding="utf-8")
            beside.replace(self.path / "note.json")

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Whether this process may work on the import; the kernel gives the lock back when it dies."""
        try:
            file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(file)

    def take_in(self, source: BinaryIO, most: int) -> tuple[int, str]:
        """Lays a stream down as the source: its size and SHA-256. Raises Invalid (too_large) over `most` bytes."""
        import hashlib

        digest, size = hashlib.sha256(), 0
        try:
            with self.source.open("wb") as out:
                while block := source.read(1 << 20):
                    size += len(block)
                    if size > most:
                        raise Invalid(f"the file is larger than {most >> 20} MiB; split it", code="too_large")
                    digest.update(block)
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise Unreachable(f"the file cannot be laid down in {self.path}: {error.strerror}") from error
        return size, digest.hexdigest()

    def append(self, part: bytes, offset: int) -> int:
        """Appends a part behind the durable bytes and flushes it; the new offset. What stands behind `offset` is cut off."""
        file = os.open(self.source, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(file).st_size < offset:
                raise Conflict(
                    "the file on the server is shorter than what was said to be safe; start again", code="state"
                )
            os.ftruncate(file, offset)
            os.pwrite(file, part, offset)
            os.fsync(file)
        finally:
            os.close(file)
        return offset + len(part)

    @contextlib.contextmanager
    def held_for_upload(self) -> Iterator[None]:
        """One part at a time."""
        file = os.open(self.path / "upload.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
