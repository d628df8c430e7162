"""How far the campaigns are, for lines that join: one look at a time, shared by all who ask while another is under way."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from homing.model.errors import Unreachable

Look = Callable[[int, Collection[str]], Awaitable[dict[str, dict[str, Any]]]]


@dataclass(eq=False, slots=True)
class _Asked:
    """A look that has not begun; `also`: campaigns beyond those that are not over, by id."""

    also: set[str] = field(default_factory=set)
    answer: "asyncio.Task[dict[str, dict[str, Any]]] | None" = None


class Standing:
    """A thousand lines that join at once cost a few looks, not a thousand; each is told what stood after it had joined."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._next: dict[int, _Asked] = {}
        self._one = asyncio.Lock()

    async def of(self, workspace_id: int, also: Collection[str] = ()) -> dict[str, dict[str, Any]]:
        """By a look that begins after this call. Nothing when the ledger cannot be read."""
        asked = self._next.setdefault(workspace_id, _Asked())
        asked.also.update(also)
        if asked.answer is None:
            asked.answer = asyncio.get_running_loop().create_task(self._take(workspace_id))
        return await asyncio.shield(asked.answer)  # one who leaves does not take it from the others

    async def _take(self, workspace_id: int) -> dict[str, dict[str, Any]]:
        async with self._one:
            asked = self._next.pop(workspace_id)  # whoever asks from here on waits for the look after this one
            try:
                return await self._look(workspace_id, asked.also)
            except Unreachable:
                return {}
