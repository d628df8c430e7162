"""The ways into an import: a file or a pipe at hand, a body that was sent, an upload in parts; and out of its rest."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from homing.contacts.endurance import Care
from homing.contacts.folder import Folder, Folders
from homing.contacts.importer import work_off
from homing.contacts.options import Options
from homing.contacts.report import over
from homing.contacts.sources import sample
from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.model.imports import ENDED, Reason, State
from homing.store.database import Database
from homing.store.import_work import ImportWork, refuse
from homing.store.imports import Import, ImportId, Imports, NewImport

MOST_FILE = 512 << 20
MOST_PART = 8 << 20
Show = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for an import, and how it came."""

    workspace_id: WorkspaceId
    actor: str
    file_name: str = ""
    kind: str = "contacts"
    format: str = ""  # json: the body of a request
    request_key: str | None = None
    inline: bool = False


class Intake:
    """Makes imports and sets them moving. `folders`: where those of this machine are."""

    def __init__(self, db: Database, folders: Folders) -> None:
        self._db = db
        self.folders = folders
        self.imports = Imports(db)

    def folder(self, of: Import) -> Folder:
        return self.folders.of(of.uid)

    # ------------------------------------------------------------------------------------------------ made
    def begin(self, asked: Asked, options: Options, **more: Any) -> Import:
        """An import whose source is about to be laid down in its folder. `more`: kept beside its options.

        Raises Conflict, Unreachable.
        """
        chosen = {**options.to_json(), **({"kind": asked.format} if asked.format else {}), **more}
        new = NewImport(
            State.UPLOADING,
            asked.actor,
            chosen,
            kind=asked.kind,
            file_name=asked.file_name,
            inline=asked.inline,
            request_key=asked.request_key,
        )
        of = self.imports.create(asked.workspace_id, new)
        self.folders.make(of.uid)
        return of

    def laid_down(self, of: Import, size: int, sha256: str, *, wanted: bool, **values: Any) -> Import:
        """Its source is there: it may be worked on."""
        return self.imports.move(
            of.id, State.CHECKING, size=size, upload_offset=size, sha256=sha256, wanted=int(wanted), **values
        )

    def take_in(self, asked: Asked, options: Options, source: BinaryIO, *, wanted: bool = True) -> Import:
        """An import of everything that a stream gives. Raises Invalid for too much; then nothing is left of it."""
        of = self.begin(asked, options)
        try:
            size, digest = self.folder(of).take_in(source, MOST_FILE)
        except BaseException:
            self.drop(of)
            raise
        return self.laid_down(of, size, digest, wanted=wanted)

    def upload(self, asked: Asked, size: int, sha256: str, options: Options) -> tuple[Import, bool]:
        """An upload in parts; the same file that is still on its way goes on. Whether it is new."""
        if not 0 < size <= MOST_FILE:
            raise Invalid(f"a file has 1 byte to {MOST_FILE >> 20} MiB", code="too_large")
        found = self.imports.uploading(asked.workspace_id, size, sha256.lower())
        if found is not None and self.folder(found).exists():
            return found, False
        self.folders.check_room(size)
        new = NewImport(
            State.UPLOADING, asked.actor, options.to_json(), file_name=asked.file_name, size=size, sha256=sha256.lower()
        )
        of = self.imports.create(asked.workspace_id, new)
        self.folders.make(of.uid)
        return of, True

    def part(self, of: Import, offset: int, part: bytes) -> int:
        """Appends a part of an upload; the new offset. Raises Conflict (offset) when it does not follow on."""
        folder = self.folder(of)
        if not folder.exists():
            raise Conflict("the folder of this import is on another machine", code="elsewhere")
        with folder.held_for_upload():  # one part at a time, and the offset is that of now
            of = self.imports.get(of.id)
            if of.state is not State.UPLOADING:
                raise Conflict(f"the import is {of.state}: its file is here", code="state")
            if offset != of.upload_offset:
                raise Conflict(
                    f"the file is safe up to byte {of.upload_offset}; send what comes behind it", code="offset"
                )
            if offset + len(part) > of.size:
                raise Invalid(f"the file was said to have {of.size} bytes; this is more", code="too_large")
            reach = self._db.world.faults.reach
            reach("import.part.begin")
            new = folder.append(part, offset)
            reach("import.part.appended")
            if not self.imports.received(of.id, offset, new):
                raise Conflict("the import was cancelled meanwhile", code="state")
            if new == of.size:
                self._whole(of)
        return new

    def _whole(self, of: Import) -> None:
        """The last byte is in: the sum decides, then a person says which column is what."""
        import hashlib

        with self.folder(of).source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != of.sha256:
            words = "what arrived is not the file that was announced (SHA-256 differs); send it again"
            self.imports.move(of.id, State.FAILED, reason=Reason.CHECKSUM, detail=words)
            return
        self.imports.move(of.id, State.MAPPING)

    def look(self, of: Import, options: Options | None = None) -> dict[str, Any] | None:
        """The first rows and how the file is read; None when it is not here. Raises Invalid for what is no table.

        `options`: as if it were to be read in this way; nothing is changed.
        """
        if of.upload_offset < of.size or not self.folder(of).source.exists() or of.options.get("kind"):
            return None
        return sample(self.folder(of).source, options or Options.from_json(of.options))

    def map(self, of: Import, options: Options) -> Import:
        """Says how the file is read and what is done with it; it is checked anew. Raises Conflict once it runs."""
        asks = of.state is State.PAUSED and of.reason == Reason.AWAITING_CONFIRMATION
        if (of.state not in (State.MAPPING, State.CHECKING) and not asks) or of.cursor:
            raise Conflict(f"the import is {of.state}; its mapping is settled", code="state")
        self.look_with(of, options)
        if of.state is State.CHECKING:
            self.imports.move(of.id, State.MAPPING)
            self._wait_until_free(of)
        self.folder(of).stage.unlink(missing_ok=True)
        for beside in ("-wal", "-shm"):
            Path(f"{self.folder(of).stage}{beside}").unlink(missing_ok=True)
        text = json.dumps(options.to_json())
        after = self.imports.move(of.id, State.CHECKING, options=text, found="{}", stage=None, wanted=0, confirmed=None)
        self.folders.wake()
        return after

    def look_with(self, of: Import, options: Options) -> None:
        """Raises Invalid when the file cannot be mapped in this way."""
        problem = sample(self.folder(of).source, options, 1)["problem"]
        if problem is not None:
            raise Invalid(problem["detail"], code=problem["code"])

    def _wait_until_free(self, of: Import) -> None:
        """Whoever reads the file sees within a step that it is not wanted any more."""
        pause = threading.Event()
        for _ in range(200):
            with self.folder(of).held() as free:
                if free:
                    return
            pause.wait(0.05)
        raise Conflict("the file is still being read; try again", code="state")

    # ------------------------------------------------------------------------------------------------ moved by people
    def start(self, of: Import, confirmed: int | None = None) -> Import:
        """Writes what was checked, as soon as it is; safe to repeat. `confirmed`: removals that a person agrees to.

        Raises Conflict, and changes nothing, when that is not the number asked for.
        """
        values: dict[str, Any] = {"wanted": 1}
        if confirmed is not None:
            values["confirmed"] = confirmed
        if of.state is State.MAPPING:
            self.look_with(of, Options.from_json(of.options))
            after = self.imports.move(of.id, State.CHECKING, **values)
        elif of.state is State.CHECKING:
            after = self.imports.change(of.id, lambda now: now.state is State.CHECKING, **values)
        elif of.state is State.PAUSED and of.reason == Reason.AWAITING_CONFIRMATION and confirmed is not None:
            trouble = refuse(self._db, of, confirmed)
            if trouble is not None:
                raise Conflict(trouble, code="confirmation")
            after = self.imports.move(of.id, State.RUNNING if of.cursor else State.CHECKING, **values)
        elif of.state in (State.RUNNING, State.COMPLETED):
            return of
        else:
            raise Conflict(f"the import is {of.state}{_why(of)}", code="state")
        self.folders.wake()
        return after

    def pause(self, of: Import) -> Import:
        if of.state is State.PAUSED:
            return of
        return self.imports.move(of.id, State.PAUSED, reason=Reason.BY_PERSON)

    def resume(self, of: Import) -> Import:
        """Goes on where it rests; safe to repeat. Raises Conflict when it waits for a confirmation, or is over."""
        if of.state is State.COMPLETED or of.state in (State.CHECKING, State.RUNNING):
            return of
        if of.state is not State.PAUSED:
            raise Conflict(f"the import is {of.state}{_why(of)}", code="state")
        if of.reason == Reason.AWAITING_CONFIRMATION:
            raise Conflict(f"{of.detail}", code="confirmation")
        if not self.folder(of).exists():
            raise Conflict("the folder of this import is on another machine, or 30 days old and gone", code="elsewhere")
        self.folder(of).write_note({})
        to = State.RUNNING if of.started_at is not None else State.CHECKING
        after = self.imports.move(of.id, to, inline=0)
        self.folders.wake()
        return after

    def cancel(self, of: Import) -> Import:
        """Ends it; what is written stays, and can be undone."""
        after = of if of.state is State.CANCELLED else self.imports.move(of.id, State.CANCELLED)
        self.folders.wake()
        return after

    def drop(self, of: Import) -> None:
        """Ends an import that never came to be, and its folder."""
        try:
            self.imports.move(of.id, State.CANCELLED)
        finally:
            self.folder(of).remove()

    # ------------------------------------------------------------------------------------------------ worked on here
    def run_here(
        self,
        of: Import,
        *,
        show: Show = lambda note: None,
        wait: Callable[[float], bool] | None = None,
        care: Care | None = None,
    ) -> Import:
        """Works on it in this process to its end or rest; follows another process that has it already."""
        pause = wait or _never_stopped()
        while True:
            with self.folder(of).held() as ours:
                if ours:
                    work, taken = ImportWork.take(self._db, of.id, (care or Care()).chunk)
                    work_off(self._db, self.folder(of), work, taken, wait=pause, show=show, care=care)
            of = self.imports.get(of.id)
            if over(of) or (of.stage == "checked" and not of.wanted):
                return of
            if not ours:
                note = self.folder(of).note()
                if note:
                    show(note)
                pause(0.2)

    def import_file(
        self, asked: Asked, options: Options, source: Path | BinaryIO, *, show: Show = lambda note: None
    ) -> Import:
        """Imports a file here and now. Raises Invalid when it cannot be read."""
        of = self._import_file(asked, options, source)
        after = self.run_here(of, show=show)
        raise_failed(after)
        return after

    def _import_file(self, asked: Asked, options: Options, source: Path | BinaryIO) -> Import:
        if not isinstance(source, Path):
            return self.take_in(asked, options, source)
        with source.open("rb") as file:
            return self.take_in(asked, options, file)


def raise_failed(of: Import) -> None:
    """Raises what a failed import failed of."""
    if of.state is State.FAILED:
        problem = of.found.get("problem") or {}
        raise Invalid(of.detail or "the import failed", code=problem.get("code"))


def _why(of: Import) -> str:
    return f": {of.detail}" if of.detail and of.state in ENDED else ""


def _never_stopped() -> Callable[[float], bool]:
    pause = threading.Event()
    return pause.wait


def newest_first(imports: Imports, workspace_id: WorkspaceId) -> Iterator[Import]:
    """The history, read page by page."""
    before: int | None = None
    while page := imports.page(workspace_id, before=before):
        yield from page
        before = page[-1].id


__all__ = ["MOST_FILE", "MOST_PART", "Asked", "ImportId", "Intake", "NotFound", "newest_first", "raise_failed"]
