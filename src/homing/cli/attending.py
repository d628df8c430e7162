"""A terminal that attends a campaign (`send --attended --wait`): it acknowledges twice a second, as a browser does."""

import contextlib
import secrets
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from homing.cli.output import say
from homing.model.errors import Unreachable

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.campaigns import Campaign

ACKNOWLEDGE_EVERY = 0.5


class Attending:
    """The watch of one campaign by this terminal. `held`: it is the one that counts."""

    def __init__(self, house: "House", campaign: "Campaign") -> None:
        from homing.store.attendance import Attendances

        self.name = f"terminal-{secrets.token_hex(8)}"
        self.held = True
        self._attendances: Attendances = Attendances(house.database, int(house.settings.attended_grace * 1000))
        self._campaign = campaign
        self._by = house.by
        self._end = threading.Event()

    def take(self) -> None:
        """Before the start: this terminal is the one."""
        self._attendances.start(self._campaign.id, self.name, self._by)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Acknowledges until the block ends."""
        thread = threading.Thread(target=self._keep, daemon=True, name="attending")
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _keep(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(Unreachable):  # the next one may get through; else it pauses, as it should
                self._acknowledge()
            self._end.wait(ACKNOWLEDGE_EVERY)

    def _acknowledge(self) -> None:
        (ack,) = self._attendances.acknowledge(self._campaign.workspace_id, self.name, [self._campaign.uid])
        if self.held and not ack.held and ack.why != "over":
            self.held = False
            say("now the server sends it" if ack.why == "server_mode" else "it is watched elsewhere now")
