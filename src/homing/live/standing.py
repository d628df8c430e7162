"""How far the campaigns are, for lines that join: one look at a time, shared by all who ask while another is under way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from homing.model.errors import Unreachable

Look = Callable[[int], Awaitable[dict[str, dict[str, Any]]]]


class Standing:
    """A thousand lines that join at once cost a few looks, not a thousand; each is told what stood after it had joined."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._next: dict[int, asyncio.Task[dict[str, dict[str, Any]]]] = {}
        self._one = asyncio.Lock()

    async def of(self, workspace_id: int) -> dict[str, dict[str, Any]]:
        """By a look that begins after this call. Nothing when the ledger cannot be read."""
        asked = self._next.get(workspace_id)
        if asked is None:
            asked = asyncio.get_running_loop().create_task(self._take(workspace_id))
            self._next[workspace_id] = asked
        return await asyncio.shield(asked)  # one who leaves does not take it from the others

    async def _take(self, workspace_id: int) -> dict[str, dict[str, Any]]:
        async with self._one:
            del self._next[workspace_id]  # whoever asks from here on waits for the look after this one
            try:
                return await self._look(workspace_id)
            except Unreachable:
                return {}
