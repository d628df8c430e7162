"""Brings home what mailboxes hold: bounces and complaints that no listener of ours takes, each once, wherever the line is cut.

look: place in the ledger -> read what is new -> keep it and the new place in one transaction -> again while there is more

Nothing is deleted at the server, and no mail is marked: the ledger alone knows how far it was read.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from homing.engine.scribe import Scribe
from homing.model.errors import HomingError, Unreachable
from homing.model.ids import SenderId
from homing.model.receipt import Mark
from homing.store.mailboxes import Mailboxes, Wanted
from homing.store.receipts import KEPT_MS
from homing.world import Clock

log = logging.getLogger(__name__)
LOOK_SECONDS = 120.0
LONGEST_WAIT = 900.0  # seconds until a mailbox that could not be read is read again: a wrong password locks accounts


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was read. `raw` None: it is none of ours."""

    addresses: Sequence[str]
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Read:
    """One look: what was found, and the place (UIDVALIDITY, UID) behind it."""

    place: tuple[int, int]
    letters: Sequence[Letter]
    more: bool


class Box(Protocol):
    """A mailbox at its server. Both block; `cut` ends a `read` that takes too long."""

    name: str

    def read(self, place: tuple[int, int], ours: Callable[[str], bool], oldest_ms: int) -> Read: ...

    def cut(self) -> None: ...


class Bag(Protocol):
    """Who knows what is ours. Blocks."""

    def ours(self, address: str) -> bool: ...

    def mark_of(self, letter: Letter, workspace_id: int) -> Mark | None: ...


class Collector:
    """`open_box` raises model errors when the sender cannot be opened; `every`: seconds between two looks at one mailbox."""

    def __init__(
        self,
        scribe: Scribe,
        mailboxes: Mailboxes,
        open_box: Callable[[SenderId], Box],
        bag: Bag,
        clock: Clock,
        every: float = 60.0,
    ) -> None:
        self._scribe = scribe
        self._mailboxes = mailboxes
        self._open_box = open_box
        self._bag = bag
        self._clock = clock
        self._every = every
        self._due: dict[tuple[SenderId, int], tuple[float, int]] = {}  # when next, by uptime, and failures in a row

    async def look(self) -> bool:
        """Reads every mailbox that is due; whether one has more to read now. One that fails stops no other."""
        more, wanted = False, await self._scribe.read(self._mailboxes.wanted)
        self._due = {key: due for key, due in self._due.items() if key in {(w.sender_id, w.version) for w in wanted}}
        for each in wanted:
            due, failures = self._due.get((each.sender_id, each.version), (0.0, 0))
            if self._clock.uptime() < due:
                continue
            wait, failures = self._every, 0 if (told := await self._one(each)) is not None else failures + 1
            if failures:
                wait = min(LONGEST_WAIT, self._every * 2 ** min(failures - 1, 10))
            more = more or bool(told)
            self._due[each.sender_id, each.version] = (0.0 if told else self._clock.uptime() + wait, failures)
        return more

    async def _one(self, of: Wanted) -> bool | None:
        """Whether there is more to read now; None: it could not be read."""
        box: Box | None = None
        try:
            box = await self._scribe.read(self._open_box, of.sender_id)
            standing = await self._scribe.read(self._mailboxes.standing, of.sender_id, box.name)
            found = await self._read(box, (standing.validity, standing.uid))
        except HomingError as error:
            log.warning("a mailbox could not be read", extra={"sender": of.uid, "cause": error.detail})
            if box is not None:
                await self._scribe.write(self._mailboxes.failed, of.sender_id, box.name, error.detail)
            return None
        letters = await asyncio.to_thread(self._sorted, found.letters, of)
        await self._scribe.write(self._mailboxes.keep, of, box.name, found.place, letters)
        if letters:
            log.info("bounces were read from a mailbox", extra={"sender": of.uid, "count": len(letters)})
        return found.more

    async def _read(self, box: Box, place: tuple[int, int]) -> Read:
        oldest = self._clock.now() - KEPT_MS
        reading = asyncio.get_running_loop().create_task(asyncio.to_thread(box.read, place, self._bag.ours, oldest))
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await asyncio.shield(reading)
        except TimeoutError as error:
            raise Unreachable(f"the mailbox was not read in {LOOK_SECONDS:.0f} s") from error
        finally:
            if not reading.done():
                box.cut()
                await asyncio.wait([reading])

    def _sorted(self, letters: Sequence[Letter], of: Wanted) -> list[tuple[Mark, bytes]]:
        found = []
        for each in letters:
            mark = self._bag.mark_of(each, of.workspace_id) if each.raw is not None else None
            if mark is not None and each.raw is not None:
                found.append((mark, each.raw))
        return found
