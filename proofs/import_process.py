"""A process that imports, for tests and proofs to kill: `python -m proofs.import_process URL FOLDER UID [POINT N]`.

With POINT it kills itself with SIGKILL at the Nth arrival there; without, it is killed from outside. Exit 0: it is completed.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy import select

from homing.contacts.endurance import Care
from homing.contacts.folder import Folders
from homing.contacts.intake import Intake
from homing.model.imports import State
from homing.store.database import Database
from homing.store.import_tables import import_
from homing.store.imports import COLUMNS, from_row
from homing.world import World


class Killer:
    """Ends this process without a word at the nth arrival at a point."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth

    def reach(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, folder: str, uid: str, point: str = "", nth: str = "1") -> int:
    database = Database(url, World(faults=Killer(point, int(nth))))
    intake = Intake(database, Folders(Path(folder)))
    with database.read() as tx:
        of = from_row(tx.execute(select(*COLUMNS).where(import_.c.uid == uid)).one())
    after = intake.run_here(of, wait=threading.Event().wait, care=Care(longest_wait=0.1))
    return 0 if after.state is State.COMPLETED else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
