"""The two threads of a worker that touch the database: one writes, one reads; the event loop never waits for a disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from homing.engine.refusals import Refusals
from homing.model.errors import Unreachable
from homing.world import World

P = ParamSpec("P")
T = TypeVar("T")


class Scribe:
    """Runs store methods off the loop, in the order in which they were asked; remembers what the storage refuses."""

    def __init__(self, world: World | None = None) -> None:
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="ledger-reader")
        self.refusals = Refusals(world or World())

    async def write(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(self._writer, act, lambda: act(*args, **kwargs))

    async def read(self, look: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(self._reader, look, lambda: look(*args, **kwargs))

    async def _run(self, thread: ThreadPoolExecutor, act: Callable[..., T], whole: Callable[[], T]) -> T:
        kind = getattr(act, "__qualname__", "")
        try:
            found = await asyncio.get_running_loop().run_in_executor(thread, whole)
        except Unreachable as error:
            self.refusals.refused(kind, error.detail)
            raise
        self.refusals.taken(kind)
        return found

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
