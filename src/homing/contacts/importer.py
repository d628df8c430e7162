"""The loop of the process that imports: looks for imports whose folder is on this machine and works them off, some at a time.

It is woken by a touched file, and looks by itself every two seconds. Killed at any moment it is missed by nobody: the next
one goes on where the ledger and the staging files say.
"""

import contextlib
import gc
import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from homing.contacts.endurance import Care, Interrupted, Lost
from homing.contacts.folder import Folder, Folders
from homing.contacts.jobs import BatchWork
from homing.contacts.work import Work
from homing.model.errors import HomingError
from homing.model.imports import Reason, State
from homing.store.database import Database
from homing.store.import_undo import ImportUndo
from homing.store.import_work import Fenced, ImportWork
from homing.store.imports import Import, ImportId, Imports

log = logging.getLogger(__name__)
AT_ONCE = 3  # of one workspace
MOST_THREADS = 6
LOOK_EVERY, TICK = 2.0, 0.05
KEPT_MS = 30 * 86_400_000
SWEEP_EVERY = 3_600.0


class Importer:
    """Use `run` in a thread of its own; `stop` from anywhere. `care`: how patient it is."""

    def __init__(self, db: Database, folders: Folders, care: Care | None = None) -> None:
        self._db = db
        self._folders = folders
        self._imports = Imports(db)
        self._care = care or Care()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._busy: dict[ImportId, Import] = {}
        self._owed: dict[ImportId, ImportWork] = {}
        self._not_before: dict[ImportId, float] = {}
        self._threads: set[threading.Thread] = set()
        self._swept = 0.0

    def stop(self) -> None:
        """Asks it to end between two steps."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`; then what is under way rests where it is."""
        gc.freeze()
        woken, looked = -1, 0.0
        while not self._stop.is_set():
            now = self._db.world.clock.uptime()
            mark = self._folders.woken()
            if mark != woken or now - looked >= LOOK_EVERY:
                woken, looked = mark, now
                self._safely(self._look)
                self._safely(self._sweep)
            self._stop.wait(TICK)
        for thread in list(self._threads):
            thread.join()

    def _safely(self, act: Callable[[], None]) -> None:
        """Whatever one look meets, the next one is another."""
        try:
            act()
        except HomingError as error:
            log.info("the ledger cannot be asked for imports", extra={"cause": error.code})
            self._db.close()
        except Exception:
            log.exception("a look for imports failed")

    def _look(self) -> None:
        self._pay()
        now = self._db.world.clock.uptime()
        for of in self._imports.workable():
            with self._lock:
                running = Counter(each.workspace_id for each in self._busy.values())
                full = len(self._busy) >= MOST_THREADS or running[of.workspace_id] >= AT_ONCE
                if full or of.id in self._busy or of.id in self._owed or self._not_before.get(of.id, 0.0) > now:
                    continue
                if not self._folders.of(of.uid).exists():
                    continue
                self._busy[of.id] = of
            thread = threading.Thread(target=self._work, args=(of,), name=f"import-{of.id}", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self, of: Import) -> None:
        folder = self._folders.of(of.uid)
        try:
            with folder.held() as ours:
                if ours:
                    self._one(of, folder)
        except (Interrupted, Fenced):
            pass
        except Exception:
            log.exception("an import stopped", extra={"import": of.uid})
            self._not_before[of.id] = self._db.world.clock.uptime() + self._care.probe
        finally:
            with self._lock:
                self._busy.pop(of.id, None)
            self._threads.discard(threading.current_thread())

    def _one(self, of: Import, folder: Folder) -> None:
        owes = of.inline and folder.note().get("state") == "paused"
        work, of = ImportWork.take(self._db, of.id, self._care.chunk)
        if owes:
            self._owed[of.id] = work
            return
        after = work_off(self._db, folder, work, of, wait=self._stop.wait, care=self._care, lost=self._lost)
        if after is not None and after.state is State.PAUSED:
            self._not_before[of.id] = self._db.world.clock.uptime() + self._care.probe

    def _lost(self, work: ImportWork, of: Import) -> None:
        """The request that waited was told of the loss: the ledger is told when it is back."""
        self._owed[of.id] = work

    def _pay(self) -> None:
        for id_, work in list(self._owed.items()):
            words = "the database was away for longer than a request can wait"
            with contextlib.suppress(Fenced):
                work.move(State.PAUSED, reason=Reason.CONNECTION_LOST, detail=words)
            self._owed.pop(id_, None)

    def _sweep(self) -> None:
        """Folders go 30 days after the end of their import; undo needs only the ledger."""
        now = self._db.world.clock.uptime()
        if now - self._swept < SWEEP_EVERY and self._swept:
            return
        self._swept = now
        old = {each.uid for each in self._imports.forgettable(self._db.world.clock.now() - KEPT_MS)}
        for uid in old & set(self._folders.uids()):
            self._folders.of(uid).remove()


def work_off(
    db: Database,
    folder: Folder,
    work: ImportWork,
    of: Import,
    *,
    wait: Callable[[float], bool],
    show: Callable[[dict[str, Any]], None] = lambda note: None,
    care: Care | None = None,
    lost: Callable[[ImportWork, Import], None] = lambda work, of: None,
) -> Import | None:
    """Works on one import that this process has taken, to its end or rest. None: the database stayed away."""
    if of.undo and of.undo.get("state") == "running":
        ImportUndo(db).run(of)
        return None
    kind = BatchWork if of.kind == "batch" else Work
    try:
        return kind(db, folder, work, of, wait=wait, show=show, care=care).run()
    except Lost:
        lost(work, of)
        return None
