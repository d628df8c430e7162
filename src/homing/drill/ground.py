"""Where the drill takes place: a throw-away installation with one watched worker, a mail server and a provider on loopback."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from homing.contacts.intake import Asked
from homing.contacts.options import Options
from homing.demo.audience import write_people
from homing.demo.stage import Stage, in_thread
from homing.inbox.provider import Orders, Provider
from homing.model.campaign import Activity, State
from homing.model.errors import HomingError
from homing.model.ids import CampaignId
from homing.store.books import Books
from homing.store.campaigns import Campaign, Campaigns
from homing.store.control import By, Control
from homing.store.drafting import Drafting
from homing.store.lists import Lists
from homing.store.results import Result, Results
from homing.store.senders import Sender

PEOPLE = 60
PACE = 400.0  # mails a second that the mail server answers
PATIENCE = 40.0  # seconds after which a behaviour has failed
LOOK = 0.05
NOBODY = "127.0.0.1:9"  # a probe target that never answers: the network itself seems gone
QUICK = {"check_every": "1s", "probe_timeout": "1s", "backoff": "500ms", "pacing": "off"}
"""The drill's senders look every second instead of every ten, so that it takes a minute."""


class TooLong(HomingError):
    """A behaviour did not come to its end."""

    code = "too_long"


@dataclass(slots=True)
class Sheet:
    """What the servers wrote down beside what the ledger says, of one campaign."""

    copies: Counter[int]
    rows: dict[int, Result]
    balanced: bool
    people: int = PEOPLE
    states: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.states = Counter(row.state for row in self.rows.values())

    @property
    def arrived(self) -> int:
        return sum(1 for times in self.copies.values() if times)

    @property
    def twice(self) -> int:
        return sum(1 for times in self.copies.values() if times > 1)

    @property
    def lost(self) -> int:
        """Said to be sent, or not known at all, and not at any server."""
        return sum(
            1
            for seq in range(1, self.people + 1)
            if not self.copies[seq] and (seq not in self.rows or self.rows[seq].state == "sent")
        )

    @property
    def false(self) -> int:
        """At a server, and the ledger says neither sent nor uncertain."""
        return sum(
            1 for seq in self.copies if seq not in self.rows or self.rows[seq].state not in ("sent", "uncertain")
        )

    @property
    def attempts(self) -> int:
        return sum(row.attempts for row in self.rows.values())

    @property
    def holds(self) -> bool:
        """0 lost, 0 twice, 0 false, and the books close."""
        return not (self.lost or self.twice or self.false) and self.balanced

    def told(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        return {
            "people": self.people,
            "arrived": self.arrived,
            "lost": self.lost,
            "twice": self.twice,
            "false": self.false,
            "sent": self.states["sent"],
            "failed": self.states["failed"],
            "uncertain": self.states["uncertain"],
            "attempts": self.attempts,
            "balanced": self.balanced,
        }


class Ground:
    """One installation for all behaviours, one campaign for each."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.house = stage.house
        self.inbox = stage.inbox
        self.provider = Provider()
        self.clock = self.house.world.clock
        self._everybody = ""
        self._count = 0

    async def open(self) -> None:
        """People from a file, as anybody would upload them; the provider listens."""
        people = self.stage.folder / "people.csv"
        write_people(people, PEOPLE)
        everybody = Lists(self.house.database).ensure(self.house.workspace.id, "Everybody")
        asked = Asked(self.house.workspace.id, "drill", file_name=people.name)
        options = Options(list_id=everybody.id)
        await in_thread(lambda: self.house.imports.import_file(asked, options, people))
        self._everybody = everybody.uid
        await self.provider.start()

    @contextlib.asynccontextmanager
    async def calm(self) -> AsyncIterator[None]:
        """Everything behaves before and after."""
        await self.chaos()
        self.provider.orders = Orders()
        try:
            yield
        finally:
            await self.chaos()
            self.provider.orders = Orders()

    async def chaos(self, **switches: Any) -> None:
        """What the mail server does wrong from now on; all that is not named behaves."""
        calm = {
            "refuse": 0.0,
            "code": 550,
            "at_dot": False,
            "delay_ms": 10,
            "drop": 0.0,
            "greylist": 0.0,
            "down": False,
        }
        await asyncio.to_thread(lambda: self.inbox.set_chaos(**{**calm, **switches}))

    # ---- acting

    def smtp(self, **options: Any) -> Sender:
        """A sender that leads to the mail server."""
        given = {"host": "127.0.0.1", "port": self.inbox.smtp_port, "tls": "none", "connections": 4, "probe": [NOBODY]}
        return self._sender("smtp", {**given, **options}, {})

    def by_http(self, **options: Any) -> Sender:
        """A sender that leads to the provider."""
        given = {"endpoint_url": self.provider.url, "connections": 4, "probe": [NOBODY]}
        return self._sender("sendgrid", {**given, **options}, {"api_key": "drill"})

    def _sender(self, kind: str, options: dict[str, Any], secret: dict[str, str]) -> Sender:
        self._count += 1
        told = {"from": "Homing drill <drill@demo.example.com>", **QUICK, **options}
        return self.house.senders.add(
            self.house.workspace.id, f"{kind} {self._count}", kind, told, secret, actor="drill"
        )

    def start(self, name: str, *senders: Sender) -> Campaign:
        """A campaign to everybody."""
        body = {
            "name": name,
            "subject": "Drill for {{ first_name }}",
            "text": "Hello {{ first_name }}, this is a drill.\n",
            "senders": [each.uid for each in senders],
            "audience": {"lists": [self._everybody]},
            "stop_if_failed": 0,
        }
        made = Drafting(self.house.database).create(self.house.workspace.id, body)
        return Control(self.house.database).start(made.id, By("drill"))

    def kill_worker(self) -> None:
        os.kill(self.stage.supervisor.pids[0], signal.SIGKILL)

    # ---- looking

    def campaign(self, id_: CampaignId) -> Campaign:
        return Campaigns(self.house.database).get(id_)

    def copies(self, of: Campaign) -> Counter[int]:
        """How often the servers took each position."""
        keys = [line.delivery for line in self.stage.arrived()] + list(self.provider.seen.accepted.elements())
        return Counter(int(key.partition("/")[2]) for key in keys if key.startswith(f"{of.uid}/"))

    def order(self, of: Campaign) -> list[int]:
        """The positions in the order in which the mail server took them."""
        lines = (line.delivery for line in self.stage.arrived())
        return [int(key.partition("/")[2]) for key in lines if key.startswith(f"{of.uid}/")]

    def rows(self, of: Campaign) -> dict[int, Result]:
        return {row.seq: row for row in Results(self.house.database).export(of.id)}

    def sheet(self, of: Campaign) -> Sheet:
        rows = self.rows(of)
        return Sheet(self.copies(of), rows, Books(self.house.database).audit(of.id).balanced)

    async def until(self, true: Callable[[], bool], what: str) -> float:
        """Seconds that it took. Raises TooLong."""
        began = self.clock.uptime()
        while not true():
            if self.clock.uptime() - began > PATIENCE:
                raise TooLong(f"{what}: not within {PATIENCE:.0f} s. {self.stage.last_words()[-300:]}")
            await asyncio.sleep(LOOK)
        return self.clock.uptime() - began

    async def arrived(self, of: Campaign, count: int) -> None:
        await self.until(lambda: len(self.copies(of)) >= count, f"{count} arrivals")

    async def completed(self, of: Campaign) -> float:
        return await self.until(lambda: self.campaign(of.id).state is State.COMPLETED, "the end of the campaign")

    async def waiting(self, of: Campaign) -> float:
        """Until the campaign says what it waits for."""
        waits = (Activity.WAITING_FOR_CONNECTION, Activity.WAITING_FOR_SENDER)
        return await self.until(lambda: self.campaign(of.id).activity in waits, "a word that it waits")

    async def close(self) -> None:
        await self.provider.close()
