"""Works one import off from whatever point it has reached: read and judge, sort, compare, write chunk by chunk, swap, end.

A death at any point loses nothing: what was read is in the staging file, what was written is in the journal, and the next
process goes on behind both. The database may go away at any point too: that is waited for, said, and gone on after.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homing.contacts.checking import Finding
from homing.contacts.endurance import Care, Endurance, Interrupted, Lost
from homing.contacts.folder import Folder
from homing.contacts.objects import Objects
from homing.contacts.options import NAMES, Options, count_of, read_options
from homing.contacts.report import note_of
from homing.contacts.sources import JSON, MOST_ROWS, Source, open_source
from homing.contacts.sparing import rarely_collecting
from homing.contacts.stage import Stage
from homing.model.errors import HomingError, Invalid, Misconfigured
from homing.model.imports import Reason, State
from homing.store.chunks import Manner
from homing.store.database import Database
from homing.store.import_work import Fenced, ImportWork, Step, judge
from homing.store.imports import Import
from homing.store.lists import Lists
from homing.store.matching import Candidate
from homing.store.trouble import Action, action_of

log = logging.getLogger(__name__)
BATCH = 5_000  # rows a transaction of the staging file
TOLD_EVERY = 10.0  # seconds between two facts of progress
WRITTEN_BACK = 20_000  # rows whose pages are written back together
NOTED_EVERY = 0.25  # seconds between two notes in the folder: to replace a file costs as much as a hundred rows


class Work:
    """One import in one process. `wait(seconds)` sleeps and says whether to stop; `show` is told of each step."""

    def __init__(
        self,
        db: Database,
        folder: Folder,
        work: ImportWork,
        of: Import,
        *,
        wait: Callable[[float], bool],
        show: Callable[[dict[str, Any]], None] = lambda note: None,
        care: Care | None = None,
    ) -> None:
        self._db = db
        self._folder = folder
        self._work = work
        self._of = of
        self._wait = wait
        self._show = show
        self._options = Options.from_json(of.options)
        self._endurance = Endurance(db, care or Care(), wait, self._say, inline=of.inline)
        self._keep_on = self._endurance.keep_on
        self._told_at = db.world.clock.uptime()
        self._rate_from = (self._told_at, 0)
        self._stage = ""
        self._noted_at = 0.0

    def run(self) -> Import:
        """Until it ends, rests or is taken away. Raises Interrupted; Lost when an inline import must answer."""
        try:
            with rarely_collecting():
                self._go()
        except Fenced:
            pass
        except HomingError as error:
            self._fail(error)
        except (Interrupted, Lost):
            raise
        except Exception as error:  # noqa: BLE001 - a full disk is waited for, a bug is logged: the import says so
            self._broken(error)
        return self._keep_on(self._now)

    def _go(self) -> None:
        if self._of.state is State.PAUSED:  # for want of a database or of room, and the process that said so died
            self._of = self._keep_on(lambda: self._work.move(self._back()))
        if self._of.state is State.CHECKING:
            self._check()
        if self._of.state is State.RUNNING:
            self._apply()

    def _broken(self, error: Exception) -> None:
        """A full disk under the import's own folder is waited for; everything else is a bug, and ends the import."""
        if isinstance(error, sqlite3.OperationalError | OSError) and action_of(error) is Action.WAIT_FOR_SPACE:
            with contextlib.suppress(Fenced):
                self._keep_on(lambda: self._work.move(State.PAUSED, reason=Reason.NO_SPACE, detail="the disk is full"))
            return
        log.error("an import failed", exc_info=error, extra={"import": self._of.uid})
        self._fail(Invalid(f"it failed here: {type(error).__name__}; the log says where", code="internal"))

    def _now(self) -> Import:
        with contextlib.suppress(Fenced):
            self._of = self._work.look()
        return self._of

    def _back(self) -> State:
        return State.RUNNING if self._of.found.get("checked") and self._of.wanted else State.CHECKING

    # ------------------------------------------------------------------------------------------------ read and judge
    def _check(self) -> None:
        stage = Stage(self._folder.stage)
        try:
            self._read(stage)
            if not stage.get("sorted"):
                self._note("sorting", rows=stage.get("total", 0))
                self._db.world.faults.reach("import.sort")
                stage.sort(self._options.by)
                self._db.world.faults.reach("import.sorted")
            found = self._found(stage)
            preview = self._options.dry_run or self._of.replaces or not self._of.wanted
            if preview:
                found |= self._compare(stage, found["valid"])
            self._checked(found)
        finally:
            stage.close()

    def _read(self, stage: Stage) -> None:
        """Reads on behind what the staging file has, and gathers what it needs at the end of the file."""
        if stage.get("read"):
            return
        kind = str(self._of.options.get("kind") or "")
        if kind == JSON and not stage.get("options"):
            self._read_options("contacts")
            stage.put(options=True)
        source = open_source(self._folder.source, kind, self._options)
        try:
            self._read_rows(stage, source)
        finally:
            source.close()

    def _read_options(self, name: str) -> int:
        """The options that stand in the body, before or behind its items; how many items there are. Raises Invalid."""
        with self._folder.source.open("rb") as file:
            objects = Objects(file, (name,))
            count = sum(1 for _ in objects)
        if objects.cut and not self._of.found.get("cut"):
            raise Invalid("the body ends before its JSON does", code="malformed")
        if not objects.listed and not objects.cut:
            raise Invalid(f"the body has no list of `{name}`", code="bad_option")
        unknown = sorted(set(objects.more) - set(NAMES) - {"confirmRemoval"})
        if unknown:
            raise Invalid(f"there is no '{unknown[0]}' of an upload", code="bad_option")
        self._options = read_options(objects.more, self._options)
        confirmed = count_of(objects.more.get("confirmRemoval"), "confirmRemoval")
        text = json.dumps({**self._of.options, **self._options.to_json()})
        values = {"options": text, **({} if confirmed is None else {"confirmed": confirmed})}
        self._of = self._keep_on(lambda: self._work.set(State.CHECKING, **values))
        return count

    def _read_rows(self, stage: Stage, source: Source) -> None:
        checker = source.checker()
        total = stage.get("total", 0)
        kept: list[Candidate] = []
        waiting = 0
        for block in source.blocks(stage.get("place")):
            count, found = source.judge(block, checker)
            kept += found
            waiting += count
            if waiting >= BATCH:
                total += waiting
                self._lay_down(stage, source, kept, checker, total)
                kept, waiting = [], 0
        self._lay_down(stage, source, kept, checker, total + waiting)
        stage.put(read=True, shape=source.shape.found())

    def _lay_down(self, stage: Stage, source: Source, kept: list[Candidate], checker: Any, total: int) -> None:
        if total > MOST_ROWS:
            raise Invalid(f"the file has more than {MOST_ROWS:,} rows; split it", code="limit")
        reach = self._db.world.faults.reach
        reach("import.stage.begin")
        place = source.place()
        stage.add(kept, checker.refused, checker.warned, place=place, total=total)
        reach("import.stage.added")
        checker.refused.clear()
        checker.warned.clear()
        self._note("reading", rows=total, bytes=place[0] if source.shape.kind == "csv" else None)
        self._look()

    def _found(self, stage: Stage) -> dict[str, Any]:
        total = stage.get("total", 0)
        return {
            **stage.summary(),
            **stage.get("shape", {}),
            "total": total,
            "valid": stage.get("valid", 0),
            "cut": bool(self._of.found.get("cut")),
            "checked": True,
        }

    # ------------------------------------------------------------------------------------------------ compare
    def _compare(self, stage: Stage, valid: int) -> dict[str, Any]:
        """What writing would do, without writing: for a person who looks first, and for the guard."""
        manner = self._manner(None)
        created = updated = unchanged = 0
        types: dict[str, int] = {}
        warnings: dict[str, int] = {}
        errors: list[Any] = []
        for at in range(0, valid, BATCH):
            rows = stage.take(at, BATCH)
            result = self._keep_on(lambda rows=rows: self._work.preview(rows, manner))  # type: ignore[misc] # bound at once
            created += result.created
            updated += result.updated
            unchanged += result.unchanged
            for remark in result.refused:
                types[remark.type] = types.get(remark.type, 0) + 1
                errors.append([remark.number, remark.type, remark.field, remark.value, remark.other])
            for remark in result.warned:
                warnings[remark.type] = warnings.get(remark.type, 0) + 1
            errors = sorted(errors)[:100]
            if self._of.replaces:
                stage.match(result.matched)
            self._note("comparing", rows=at + len(rows))
            self._look()
        would: dict[str, Any] = {
            "created": created,
            "updated": updated,
            "unchanged": unchanged,
            "types": types,
            "warnings": warnings,
        }
        would["errors"] = errors
        if self._of.replaces:
            would["current"] = self._keep_on(lambda: self._work.current(self._of))
            self._match_protected(stage)
            would["removed"] = max(0, int(would["current"]) - stage.matches())
        return {"would": would}

    def _match_protected(self, stage: Stage) -> None:
        manner, after = self._manner(None), 0
        while found := stage.protected(after, BATCH):
            rows = _protected(found)
            stage.match(self._keep_on(lambda rows=rows: self._work.preview(rows, manner)).matched)  # type: ignore[misc] # bound at once
            after = found[-1].number

    def _checked(self, found: dict[str, Any]) -> None:
        """The end of the check: go on, ask first, or wait for a person's start."""
        text = json.dumps({**self._of.found, **found}, ensure_ascii=False)
        self._of = self._keep_on(lambda: self._work.set(State.CHECKING, found=text, stage="checked"))
        if self._options.dry_run:
            self._of = self._keep_on(lambda: self._work.move(State.RUNNING, started_at=self._db.world.clock.now()))
            self._of = self._keep_on(lambda: self._work.move(State.COMPLETED))
            return
        if not self._of.wanted:
            self._note("checked", rows=found["total"])
            return
        self._begin()

    def _begin(self) -> None:
        found, of = self._of.found, self._of
        if of.replaces and found.get("cut"):
            raise Invalid("the upload was cut, so nothing is replaced: send it again", code="bad_file")
        would = found.get("would", {})
        trouble = judge(of, would.get("removed", 0), would.get("current", 0)) if of.replaces else None
        if trouble is not None:
            why = Reason.AWAITING_CONFIRMATION
            self._of = self._keep_on(lambda: self._work.move(State.PAUSED, reason=why, detail=trouble))
            return
        now = self._db.world.clock.now()
        self._of = self._keep_on(
            lambda: self._work.move(State.RUNNING, started_at=of.started_at or now, stage="writing")
        )

    # ------------------------------------------------------------------------------------------------ write
    def _apply(self) -> None:
        if self._options.list_name and self._options.list_id is None:
            self._find_list()
        stage = Stage(self._folder.stage)
        try:
            valid = int(self._of.found["valid"])
            size = self._options.chunk_for(valid)
            manner = self._manner(self._of.id)
            self._note("writing", rows=self._of.cursor)
            with self._db.in_bulk(several=valid > size) as write_back:
                while self._of.cursor < valid:
                    self._chunk(stage, size, manner)
                    if self._of.cursor % WRITTEN_BACK < size:
                        write_back()
            if self._of.replaces:
                self._protect(stage)
        finally:
            stage.close()
        self._note("swapping" if self._of.replaces else "writing", rows=int(self._of.found["total"]))
        self._of = self._keep_on(lambda: self._work.finish(self._of))
        if self._of.replaces and self._of.state is State.COMPLETED:
            self._keep_on(self._work.forget_seen)

    def _find_list(self) -> None:
        name = self._options.list_name or ""
        made = self._keep_on(lambda: Lists(self._db).ensure(self._of.workspace_id, name))
        self._options = replace(self._options, list_id=made.id)
        options = json.dumps({**self._of.options, "list_id": made.id})
        self._of = self._keep_on(lambda: self._work.set(State.RUNNING, options=options))

    def _chunk(self, stage: Stage, size: int, manner: Manner) -> None:
        rows = stage.take(self._of.cursor, max(1, size // self._endurance.parts))
        if not rows:
            raise Invalid("the staging file of this import is damaged; import the file again", code="internal")
        step = Step(self._of.chunks + 1, self._of.cursor + len(rows))
        told = self._due()

        def write() -> Import:
            if self._endurance.uncertain and self._work.done(step.seq):
                return self._work.look()
            return self._work.write(rows, step, manner, told=told)

        self._of = self._keep_on(write)
        if self._of.cursor == step.cursor:
            self._note("writing", rows=self._of.cursor)

    def _protect(self, stage: Stage) -> None:
        after = 0
        while found := stage.protected(after, BATCH):
            rows = _protected(found)
            self._keep_on(lambda rows=rows: self._work.protect(rows, self._of))  # type: ignore[misc] # bound at once
            after = found[-1].number

    def _manner(self, import_id: int | None) -> Manner:
        chosen = self._options
        return Manner(
            self._of.workspace_id,
            chosen.by,
            chosen.mode,
            chosen.list_id,  # type: ignore[arg-type] # an int that JSON kept
            import_id,
            replacing=self._of.replaces,
        )

    # ------------------------------------------------------------------------------------------------ said
    def _say(self, reason: Reason | None) -> None:
        """The ledger is away, so it is said in the folder; None: it is back."""
        if reason is None:
            self._note("writing", rows=self._of.cursor)
            return
        log.warning("an import waits", extra={"import": self._of.uid, "reason": reason.value})
        self._note("writing", rows=self._of.cursor, state="paused", reason=reason.value)

    def _look(self) -> None:
        """Between two steps of the check: has somebody paused or cancelled it, or taken it over?"""
        if self._wait(0.0):
            raise Interrupted
        now = self._keep_on(self._work.look)
        if now.state is not State.CHECKING:
            raise Fenced
        self._of = now

    def _due(self) -> bool:
        if self._wait(0.0):
            raise Interrupted
        now = self._db.world.clock.uptime()
        if now - self._told_at < TOLD_EVERY:
            return False
        self._told_at = now
        return True

    def _note(self, stage: str, *, rows: int, bytes: int | None = None, **more: Any) -> None:  # noqa: A002 - what they are
        """How far it is, for whoever looks into the folder or at a terminal."""
        now = self._db.world.clock.uptime()
        if self._stage != stage:
            self._rate_from = (now, rows)
        passed = now - self._rate_from[0]
        rate = round((rows - self._rate_from[1]) / passed, 1) if passed > 0.2 else None
        note = note_of(self._of, stage, rows, bytes=bytes, rate=rate, at=self._db.world.clock.now(), **more)
        if stage != self._stage or more or now - self._noted_at >= NOTED_EVERY:
            self._folder.write_note(note)
            self._noted_at = 0.0 if more else now  # that it waits is not left standing when it goes on
        self._stage = stage
        self._show(note)

    def _fail(self, error: HomingError) -> None:
        reason = _REASONS.get(error.code, Reason.BAD_FILE)
        found = json.dumps({**self._of.found, "problem": {"code": error.code, "detail": error.detail}})
        try:
            self._of = self._keep_on(
                lambda: self._work.move(State.FAILED, reason=reason, detail=error.detail, found=found)
            )
        except (Fenced, Misconfigured):
            return


_REASONS = {
    "limit": Reason.LIMIT, "too_large": Reason.TOO_LARGE, "internal": Reason.INTERNAL, "checksum": Reason.CHECKSUM,
}  # fmt: skip


def _protected(found: list[Finding]) -> list[Candidate]:
    return [Candidate(each.number, each.email, each.phone, "", "{}") for each in found]
