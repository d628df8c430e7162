"""The acts: open, invite, send, kill, take over, finish, judge. One method an act."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

from homing.contacts.intake import Asked
from homing.contacts.options import Options
from homing.demo.audience import FROM, HTML, SUBJECT, TEXT, addresses, write_people
from homing.demo.stage import CONNECTIONS, ShowStopped, Stage, in_thread
from homing.demo.teller import Teller, meaning, sheet
from homing.demo.verdict import Verdict, judge
from homing.model.campaign import State
from homing.store.books import Books
from homing.store.campaigns import Campaign, Campaigns
from homing.store.control import By, Control
from homing.store.drafting import Drafting
from homing.store.lists import Lists
from homing.store.results import Results

SENDING_SECONDS = 10.0  # how long the sending is to take
LEAST_PACE, LOOK_EVERY = 5.0, 0.05
LANDING = 0.3  # seconds after the kill in which the inbox may still take what was on the line
PATIENCE = 60.0  # seconds without any movement: something is wrong, and the show says what
NAME = "A letter to everybody"


@dataclass(frozen=True, slots=True)
class Programme:
    """What is played. `page`: the address of Homing's own page, when there is one to look at.

    `on_page`: called with the address to look at as soon as mail comes: the campaign's own, else the inbox's.
    """

    recipients: int
    on_page: Callable[[str], None] = lambda _: None
    page: str | None = None

    @property
    def pace(self) -> float:
        """Mails a second."""
        return max(LEAST_PACE, self.recipients / SENDING_SECONDS)


class Show:
    def __init__(self, programme: Programme, stage: Stage, teller: Teller) -> None:
        self._programme = programme
        self._stage = stage
        self._teller = teller
        self._clock = stage.house.world.clock
        self._killed = 0
        self._takeover: float | None = None

    @contextlib.asynccontextmanager
    async def play(self) -> AsyncIterator[Verdict]:
        """Plays it and gives the verdict. While the caller holds it, the pages stay open. Raises ShowStopped."""
        say = self._teller.say
        await self._stage.open()
        inbox = self._stage.inbox
        say(
            f"A mail server listens on this machine, port {inbox.smtp_port}. It writes down each mail before it answers."
        )
        async with self._stage.worker() as watched:
            campaign = await self._invite()
            pid = await self._send(campaign, watched.pids)
            await self._until(self._programme.recipients // 3 + 1, campaign)
            await self._kill(pid)
            await self._finish(campaign)
            verdict = self._judge(campaign)
            yield verdict

    async def _invite(self) -> Campaign:
        """Contacts from a file, a sender, a draft: what a person does before pressing Send."""
        house, count = self._stage.house, self._programme.recipients
        here = house.workspace.id
        people = self._stage.folder / "people.csv"
        write_people(people, count)
        everybody = Lists(house.database).ensure(here, "Everybody")
        asked = Asked(here, "demo", file_name=people.name)
        await in_thread(lambda: house.imports.import_file(asked, Options(list_id=everybody.id), people))
        self._teller.say(f"{count} invented people are imported from a CSV file.")
        inbox = self._stage.inbox
        options = {
            "host": "127.0.0.1",
            "port": inbox.smtp_port,
            "tls": "none",
            "from": FROM,
            "pacing": "off",
            "connections": CONNECTIONS,
            "probe": [f"127.0.0.1:{inbox.http_port}"],
        }
        sender = house.senders.add(here, "demo", "smtp", options, {}, actor="demo")
        body = {"name": NAME, "subject": SUBJECT, "text": TEXT, "html": HTML, "senders": [sender.uid]}
        return Drafting(house.database).create(here, {**body, "audience": {"lists": [everybody.uid]}})

    async def _send(self, campaign: Campaign, pids: tuple[int, ...]) -> int:
        """Presses Send. The process that does the sending."""
        Control(self._stage.house.database).start(campaign.id, By("demo"))
        self._teller.say(f'The campaign "{NAME}" has started. The process that sends it is worker {pids[0]}.')
        await self._until(1, campaign)
        inbox = self._stage.inbox.url
        self._teller.say(f"The first mail is in the inbox. See it at {inbox}")
        page = self._programme.page
        if page is not None:
            self._teller.say(f"Watch the campaign at {page}")
            page = f"{page}/campaigns/{campaign.uid}?inbox={quote(inbox, safe='')}"
        self._programme.on_page(page or inbox)
        return pids[0]

    async def _kill(self, pid: int) -> None:
        """kill -9, then waits until somebody else has brought the next mail."""
        say, total = self._teller.say, self._programme.recipients
        os.kill(pid, signal.SIGKILL)
        at = self._clock.now()
        self._killed += 1
        say(f"killed worker {pid} with kill -9, in the middle of its work.", loud=True)
        self._teller.note(
            "          It could save nothing and tell nobody. What was done is in the ledger, and only there."
        )
        await asyncio.sleep(LANDING)
        before = await self._stage.count()
        if before < total:
            await self._until(before + 1)
        after = [line.at for line in self._stage.arrived() if line.at > at + LANDING * 1000]
        if after:
            self._takeover = round((after[0] - at) / 1000, 2)
            heirs = ", ".join(str(heir) for heir in self._stage.supervisor.pids)
            say(f"Worker {heirs} took over: the next mail arrived {self._takeover:.1f} s after the kill.", loud=True)

    async def _finish(self, campaign: Campaign) -> None:
        """Until the ledger says that the campaign is completed."""
        await self._until(self._programme.recipients, campaign)
        self._teller.say("The campaign is completed.")
        self._teller.close()

    def _judge(self, campaign: Campaign) -> Verdict:
        database = self._stage.house.database
        ours = f"{campaign.uid}/"
        verdict = judge(
            addresses(self._programme.recipients),
            Results(database).export(campaign.id),
            (line.recipient for line in self._stage.arrived() if line.delivery.startswith(ours)),
            killed=self._killed,
            takeover_seconds=self._takeover,
            audit=Books(database).audit(campaign.id),
        )
        self._teller.note(sheet(verdict))
        self._teller.note(meaning(verdict))
        return verdict

    async def _until(self, wanted: int, campaign: Campaign | None = None) -> None:
        """Waits for so many mails in the inbox, or for the end of the campaign. Raises ShowStopped when nothing moves."""
        campaigns = Campaigns(self._stage.house.database)
        count, still_since = -1, self._clock.uptime()
        while True:
            now = await self._stage.count()
            self._teller.arrived(now, self._programme.recipients)
            over = campaign is not None and campaigns.get(campaign.id).state is State.COMPLETED
            if over or (now >= wanted and wanted < self._programme.recipients):
                return
            if now != count:
                count, still_since = now, self._clock.uptime()
            elif self._clock.uptime() - still_since > PATIENCE:
                words = self._stage.last_words()
                raise ShowStopped(f"nothing has moved for {PATIENCE:.0f} s. The worker's last words:\n{words}")
            await asyncio.sleep(LOOK_EVERY)
