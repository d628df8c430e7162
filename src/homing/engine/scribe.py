"""The two threads of a worker that touch the database: one writes, one reads; the event loop never waits for a disk."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

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

    def start(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As `write`, and under way when this returns; to be awaited."""
        return self._heard(act, self._begun(self._writer, lambda: act(*args, **kwargs)))

    async def write(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.start(act, *args, **kwargs)

    async def read(self, look: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._heard(look, self._begun(self._reader, lambda: look(*args, **kwargs)))

    def _begun(self, thread: ThreadPoolExecutor, whole: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(thread, whole)

    async def _heard(self, act: Callable[..., T], found: asyncio.Future[T]) -> T:
        kind = getattr(act, "__qualname__", "")
        try:
            answer = await found
        except Unreachable as error:
            self.refusals.refused(kind, error.detail)
            raise
        self.refusals.taken(kind)
        return answer

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
