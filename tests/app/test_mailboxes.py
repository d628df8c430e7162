"""What a mailbox holds is brought home once, wherever the line or the worker is cut, and believed only by our own MAC."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from homing.app import House
from homing.app.clerking import parse
from homing.app.mailboxes import collector_of
from homing.content.links import Page
from homing.engine.scribe import Scribe
from homing.model.ids import CampaignId
from homing.store.mailboxes import Mailboxes, Standing
from homing.store.receipts import Receipts
from homing.store.suppressions import Suppressions
from tests.api.conftest import blank, house
from tests.channels.imap_server import ImapServer
from tests.channels.test_receipts import ARF, DSN, VACATION
from tests.store.ledger import Ledger, unclear

__all__ = ["blank", "house"]
BOUNCE = DSN.format(action="failed", status="5.1.1", words="no such user")


class Home:
    """An installation with a campaign whose messages are in doubt, and a sender whose mailbox is at `server`."""

    def __init__(self, house: House, server: ImapServer) -> None:
        self.house, self.server = house, server
        self.mailbox = f"imap://b@127.0.0.1:{server.port}/INBOX"
        options = {"host": "127.0.0.1", "port": "9", "tls": "none", "from": "b@example.org", "mailbox": self.mailbox}
        secret = {"mailbox_password": server.password}
        self.sender = house.senders.add(house.workspace.id, "relay", "smtp", options, secret).id
        self.ledger = Ledger(house.database.url, house.world)
        self.scribe = Scribe()
        self.collector = collector_of(house, self.scribe, every=0.0)
        self.receipts = Receipts(house.database)
        self.campaign, self.keys = CampaignId(0), list[tuple[int, int]]()

    def doubt(self, count: int = 1) -> None:
        self.campaign = self.ledger.started(count)
        hand = self.ledger.hand()
        self.keys = hand.going(self.campaign)
        hand.settle(self.campaign, *(unclear(*key) for key in self.keys))

    @property
    def links(self) -> Any:
        return self.house.links.of(self.campaign, self.ledger.get(self.campaign).uid)

    def verp(self, n: int = 0) -> str:
        return str(self.links.envelope("bounces.example.org")(*self.keys[n]))

    async def collect(self) -> int:
        """Reads all there is and settles it; how many mails were kept."""
        while await self.collector.look():
            pass
        return await asyncio.to_thread(self._settle)

    def _settle(self) -> int:
        waiting = self.receipts.waiting(1_000)
        for call in waiting:
            self.receipts.settle(call, parse(call))
        return len(waiting)

    @property
    def standing(self) -> Standing:
        return Mailboxes(self.house.database).standing(self.sender, self.mailbox)

    @property
    def states(self) -> dict[int, str]:
        return self.ledger.states(self.campaign)

    @property
    def kept_out(self) -> list[str]:
        return [each.reason for each in Suppressions(self.house.database).export(self.house.workspace.id)]


@asynccontextmanager
async def home(house: House) -> AsyncIterator[Home]:
    async with ImapServer() as server:
        made = Home(house, server)
        try:
            yield made
        finally:
            made.scribe.close()
            made.ledger.close()


def run(house: House, story: Callable[[Home], Awaitable[None]]) -> None:
    async def go() -> None:
        async with home(house) as made:
            await story(made)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("mail", "state", "kept_out"),
    [(BOUNCE, "bounced", ["bounced"]), (ARF, "complained", ["complained"]), (VACATION, "uncertain", [])],
)
def test_L11_what_came_to_an_address_of_its_own_settles_its_attempt(
    house: House, mail: str, state: str, kept_out: list[str]
) -> None:
    async def story(at: Home) -> None:
        at.doubt(2)
        at.server.put(f"Delivered-To: {at.verp()}\n{mail}")
        assert await at.collect() == 1
        assert at.states == {1: state, 2: "uncertain"}
        assert at.kept_out == kept_out
        assert (at.standing.validity, at.standing.uid, at.standing.trouble) == (42, 1, None)
        assert await at.collect() == 0, "each mail once"

    run(house, story)


def test_L11_a_report_that_gives_the_message_back_is_known_by_the_link_in_it(house: House) -> None:
    """To a mailbox without VERP: the MAC of the way out says whose delivery it was."""

    async def story(at: Home) -> None:
        at.doubt(2)
        url = at.links.url(Page.UNSUBSCRIBE, at.links.token(Page.UNSUBSCRIBE, 2))
        at.server.put(
            BOUNCE.replace("Subject: Hi\n", f"List-Unsubscribe: <{url}>,\n <mailto:u@x.example>\nSubject: Hi\n")
        )
        assert await at.collect() == 1
        assert at.states == {1: "uncertain", 2: "bounced"}

    run(house, story)


def test_forged_and_foreign_mail_changes_nothing(house: House) -> None:
    async def story(at: Home) -> None:
        at.doubt()
        local, _, domain = at.verp().partition("@")
        forged = local[:-1] + ("a" if local[-1] != "a" else "b")
        at.server.put(f"Delivered-To: {forged}@{domain}\n{BOUNCE}")
        token = at.links.token(Page.UNSUBSCRIBE, 1)
        wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
        at.server.put(BOUNCE.replace("Subject: Hi\n", f"List-Unsubscribe: <https://x.example/u/{wrong}>\n\n"))
        view = at.links.token(Page.VIEW, 1)
        at.server.put(BOUNCE.replace("Subject: Hi\n", f"List-Unsubscribe: <https://x.example/u/{view}>\n\n"))
        uid = at.ledger.get(at.campaign).uid
        at.server.put(BOUNCE.replace("Subject: Hi\n", f"X-Homing-Delivery: {uid}/1\nMessage-ID: <{uid}.1@x.example>\n"))
        assert await at.collect() == 0
        assert at.states == {1: "uncertain"}
        assert at.standing.uid == 4
        assert at.kept_out == []

    run(house, story)


def test_mail_of_another_workspace_is_none_of_this_mailbox(house: House) -> None:
    from homing.store.workspaces import Workspaces

    async def story(at: Home) -> None:
        at.doubt()
        other = Workspaces(house.database).add("other").id
        house.senders.remove(at.sender)
        options = {"host": "127.0.0.1", "port": "9", "mailbox": at.mailbox}
        house.senders.add(other, "theirs", "smtp", options, {"mailbox_password": at.server.password})
        at.server.put(f"Delivered-To: {at.verp()}\n{BOUNCE}")
        at.server.put(f"To: u+{at.links.token(Page.UNSUBSCRIBE, 1)}@x.example\nSubject: unsubscribe\n\n")
        assert await at.collect() == 0
        assert at.states == {1: "uncertain"}
        assert at.kept_out == []

    run(house, story)


def test_a_mail_to_the_way_out_leaves(house: House) -> None:
    async def story(at: Home) -> None:
        at.doubt()
        at.server.put(f"To: u+{at.links.token(Page.UNSUBSCRIBE, 1)}@b.example.org\nSubject: unsubscribe\n\n")
        await at.collect()
        assert at.kept_out == ["unsubscribed"]

    run(house, story)


@pytest.mark.parametrize("stage", ["greeting", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH", "FETCH half"])
def test_a_cut_line_loses_no_bounce_and_tells_none_twice(house: House, stage: str) -> None:
    async def story(at: Home) -> None:
        at.doubt(3)
        at.server.put(f"Delivered-To: {at.verp(0)}\n{BOUNCE}")
        assert await at.collect() == 1
        for n in (1, 2):
            at.server.put(f"Delivered-To: {at.verp(n)}\n{BOUNCE}")
        at.server.cut = stage
        assert await at.collect() == 0
        assert not at.server.cut
        assert at.standing.uid == 1, "the place stays where it was"
        assert at.standing.trouble
        assert await at.collect() == 2
        assert set(at.states.values()) == {"bounced"}
        assert (at.standing.uid, at.standing.trouble) == (3, None)
        assert at.ledger.counters(at.campaign)["bounced"] == 3

    run(house, story)


def test_the_ledger_that_refuses_the_place_refuses_the_mail_with_it(house: House) -> None:
    """Kept and moved on in one transaction: what a commit refuses is read again, and made true once."""

    async def story(at: Home) -> None:
        at.doubt()
        at.server.put(f"Delivered-To: {at.verp()}\n{BOUNCE}")
        with house.database.write() as tx:
            tx.execute(text("CREATE TRIGGER no BEFORE INSERT ON mailbox_place BEGIN SELECT RAISE(ABORT, 'full'); END"))
        with pytest.raises(Exception, match="full"):
            await at.collect()
        assert at.receipts.waiting() == []
        with house.database.write() as tx:
            tx.execute(text("DROP TRIGGER no"))
        assert await at.collect() == 1
        assert at.states == {1: "bounced"}

    run(house, story)


def test_numbers_that_begin_anew_tell_nothing_twice(house: House) -> None:
    async def story(at: Home) -> None:
        at.doubt()
        at.server.put(f"Delivered-To: {at.verp()}\n{BOUNCE}")
        await at.collect()
        at.server.validity = 43
        assert await at.collect() == 1, "read again"
        assert at.ledger.counters(at.campaign)["bounced"] == 1
        assert len(at.kept_out) == 1

    run(house, story)


def test_one_mailbox_that_cannot_be_read_keeps_no_other_and_is_asked_ever_less_often(house: House) -> None:
    async def story(at: Home) -> None:
        at.doubt()
        box = f"imap://b@127.0.0.1:{at.server.port}/No/Such"
        options = {"host": "127.0.0.1", "port": "9", "mailbox": box}
        first = house.senders.add(house.workspace.id, "broken", "smtp", options, {"mailbox_password": "wrong"})
        at.collector = collector_of(house, at.scribe, every=60.0)
        at.server.put(f"Delivered-To: {at.verp()}\n{BOUNCE}")
        assert await at.collect() == 1
        trouble = Mailboxes(house.database).standing(first.id, box).trouble
        assert trouble is not None
        assert "AUTHENTICATIONFAILED" in trouble
        logins = at.server.logins
        for _ in range(5):
            await at.collect()
        assert at.server.logins == logins, "a wrong password is not tried again at once"
        await asyncio.to_thread(house.senders.set, first.id, {"mailbox": at.mailbox}, {"mailbox_password": "secret"})
        await at.collect()
        assert at.server.logins == logins + 1, "but at once when it was changed"

    run(house, story)


def test_the_command_line_tries_a_mailbox_and_shows_how_far_it_was_read(house: House) -> None:
    from homing.cli.senders import _mailbox, mailbox_trouble

    async def story(at: Home) -> None:
        at.doubt()
        at.server.put(f"Delivered-To: {at.verp()}\n{BOUNCE}")
        await at.collect()
        found = house.senders.get(at.sender)
        told = _mailbox(house, found)["mailbox"]
        assert (told["read_through"], told["trouble"]) == (1, None)
        assert told["looked_at"]
        assert await asyncio.to_thread(mailbox_trouble, house, found) is None
        at.server.password = "another"
        assert "AUTHENTICATIONFAILED" in str(await asyncio.to_thread(mailbox_trouble, house, found))

    run(house, story)
