"""Replacing all contacts, killed with kill -9 at many moments while a reader looks all the time: the old ones or the new ones.

Never a mixture, never fewer; and once the new ones are there, the old ones never come back.
"""

import random
import signal
import threading
from typing import Any

from sqlalchemy import select

from homing.contacts.options import Options
from homing.model.imports import ENDED
from homing.store.database import Database
from homing.store.imports import Import
from homing.store.matching import By
from homing.store.tables import contact
from homing.world import World
from proofs.import_stand import Stand, stand

FIRST = ("import.stage.added", "import.sorted")
POINTS = ("import.chunk.begin", "import.chunk.commit", "import.chunk.committed", "import.chunk.committed")
LAST = ("import.swap.begin", "import.swap.commit", "import.swap.commit", "import.swap.committed")
FEWEST_LOOKS = 20


class Reader:
    """Looks who is there, in one transaction each time, from a connection of its own. `faults`: what was neither."""

    def __init__(self, url: str, old: set[str], new: set[str]) -> None:
        self._database = Database(url, World())
        self._old, self._new = old, new
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run)
        self.looks = 0
        self.seen_new = False
        self.faults: list[str] = []

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            self.look()

    def look(self) -> None:
        there = select(contact.c.phone).where(contact.c.removed_at.is_(None))
        with self._lock:
            with self._database.read() as tx:
                found = set(tx.execute(there).scalars())
            self.looks += 1
            if found == self._new:
                self.seen_new = True
            elif found != self._old or self.seen_new:
                words = f"look {self.looks}: {len(found - self._new)} old, {len(found - self._old)} new"
                self.faults.append(f"{words}, {len(self._old - found)} old ones missing")


def prove(dialect: str, rows: int, kills: int, seed: int) -> dict[str, Any]:
    """Kills it `kills` times: while it is checked, at points of a random draw while it writes, and in the swap."""
    dice = random.Random(seed)
    with stand(dialect) as it:
        old = {f"+9477{n:07}" for n in range(rows)}
        kept = sorted(old)[rows // 3 :]
        new = {*kept, *(f"+9478{n:07}" for n in range(rows // 2))}
        came_back = f"+9476{0:07}"
        _import(it, old | {came_back}, "Old")
        _remove(it, came_back)
        new.add(came_back)
        of = _begin(it, new, max(1, len(new) // (4 * kills)))
        with Reader(it.url, old, new) as reader:
            killed = _kill(it, of, reader, kills, dice)
            while it.intake.imports.get(of.id).state not in ENDED:
                it.work(of)
            reader.look()
        after = it.intake.imports.get(of.id)
        faults = reader.faults[:5]
        if killed < kills:
            faults.append(f"only {killed} of {kills} kills struck")
        if not reader.seen_new or reader.looks < FEWEST_LOOKS:
            faults.append(f"{reader.looks} looks, and the new ones were {'' if reader.seen_new else 'never '}seen")
        if (removed := after.report.get("removed")) != len(old - new):
            faults.append(f"{removed} removed, not {len(old - new)}")
    return {
        "database": dialect,
        "faults": faults,
        "killed": killed,
        "looks": reader.looks,
        "old": len(old),
        "new": len(new),
    }


def _import(it: Stand, phones: set[str], name: str) -> None:
    it.intake.import_file(
        it.asked(), Options(), it.write("old.csv", ((phone, "", name, "") for phone in sorted(phones)))
    )


def _remove(it: Stand, phone: str) -> None:
    """Somebody who is gone, and comes back with the new ones."""
    with it.database.write() as tx:
        tx.execute(contact.update().where(contact.c.phone == phone).values(removed_at=1))


def _begin(it: Stand, phones: set[str], chunk: int) -> Import:
    path = it.write("new.csv", ((phone, "", "New", "") for phone in sorted(phones)))
    return it.begin(path, Options(by=By.PHONE, replace_all=True, chunk=chunk))  # more than half stays: it need not ask


def _kill(it: Stand, of: Import, reader: Reader, kills: int, dice: random.Random) -> int:
    """Where it ends up is seen by the reader; each process gets on by some chunks, and there are enough of them."""
    middle = [(dice.choice(POINTS), dice.randrange(1, 4)) for _ in range(max(0, kills - len(FIRST) - len(LAST)))]
    killed = 0
    for point, nth in [*((point, 1) for point in FIRST), *middle, *((point, 1) for point in LAST)]:
        killed += it.work(of, point, str(nth)) == -signal.SIGKILL
        reader.look()
    return killed
