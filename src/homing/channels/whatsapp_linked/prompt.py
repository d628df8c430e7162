"""Events of neonize that must not be lost on their way through the event loop.

The library (whatsmeow) confirms a receipt to the server by itself, as it comes in, and WhatsApp tells it only once. neonize then
puts its handler on the event loop; a process that was killed before its turn came had lost the receipt for good.
"""

import ctypes
import logging
from collections.abc import Callable
from typing import Any


def hear_at_once(client: Any, events: Any, kind: type[Any], hear: Callable[[Any], None]) -> None:
    """Calls `hear` with each event of this kind, in the library's own thread, before the library goes on.

    `events`: the module neonize.aioze.events. To be called before the client connects; what `hear` raises is logged.
    """
    code_of_kind = next(code for code, each in events.INT_TO_EVENT.items() if each is kind)
    client.event(kind)(_never)
    execute = client.event.execute

    def heard(uuid: int, data: int, size: int, code: int) -> None:
        if code != code_of_kind:
            execute(uuid, data, size, code)
            return
        try:
            hear(kind.FromString(ctypes.string_at(data, size)))
        except Exception:  # nobody above this thread would hear of it
            logging.getLogger(__name__).exception("an event could not be read")

    client.event.execute = heard


async def _never(_client: Any, _event: Any) -> None:
    """The library sends only what somebody asked for; nobody comes this way."""
