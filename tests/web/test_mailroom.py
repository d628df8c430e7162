"""Mail that comes back, spoken to the real door over a socket: what is ours is kept, what is not is refused."""

import asyncio
import smtplib
from typing import Any

import pytest

from homing.app.clerking import parse
from homing.content.links import Page
from homing.model.ids import CampaignId
from homing.store.addressees import Addressees
from homing.store.receipts import Receipts
from homing.store.suppressions import Suppressions
from homing.web.mailroom import Mailroom
from tests.channels.test_receipts import ARF, DSN, VACATION
from tests.store.ledger import Ledger, unclear
from tests.web.conftest import LINKS

pytestmark = pytest.mark.dialect("sqlite")
BOUNCE = DSN.format(action="failed", status="5.1.1", words="no such user")


class Post:
    """Another mail server, which speaks to the mailroom from a thread of its own."""

    def __init__(self, of: Ledger) -> None:
        self.ledger = of
        self.room = Mailroom(Addressees(of.db), Receipts(of.db), lambda: LINKS)

    def send(self, to: str, mail: str, *, lmtp: bool = False) -> dict[str, tuple[int, bytes]]:
        """What was refused."""

        def speak(port: int) -> dict[str, tuple[int, bytes]]:
            client = smtplib.LMTP if lmtp else smtplib.SMTP
            with client("127.0.0.1", port) as line:
                try:
                    return dict(line.sendmail("", [to], mail))
                except smtplib.SMTPRecipientsRefused as refused:
                    return dict(refused.recipients)
                except smtplib.SMTPResponseException as refused:
                    return {to: (refused.smtp_code, bytes(refused.smtp_error))}

        async def go() -> dict[str, tuple[int, bytes]]:
            loop = asyncio.get_running_loop()
            door = await loop.create_server(lambda: self.room.protocol(lmtp=lmtp), "127.0.0.1", 0)
            async with door:
                return await asyncio.to_thread(speak, door.sockets[0].getsockname()[1])

        return asyncio.run(go())

    def work(self) -> None:
        receipts = Receipts(self.ledger.db)
        for call in receipts.waiting():
            receipts.settle(call, parse(call))


@pytest.fixture
def post(ledger: Ledger) -> Post:
    return Post(ledger)


def doubtful(of: Ledger) -> tuple[CampaignId, str]:
    """A campaign whose one message is in doubt, and the address that its attempt left from."""
    id_ = of.started(1)
    hand = of.hand()
    (key,) = hand.going(id_)
    hand.settle(id_, unclear(*key))
    return id_, LINKS.of(id_, of.get(id_).uid).envelope("bounces.example.org")(*key)


@pytest.mark.parametrize("lmtp", [False, True])
def test_L11_a_bounce_settles_its_attempt_and_ends_the_address(ledger: Ledger, post: Post, lmtp: bool) -> None:
    id_, address = doubtful(ledger)
    assert post.send(address.upper(), BOUNCE, lmtp=lmtp) == {}
    assert post.send(address, BOUNCE, lmtp=lmtp) == {}  # told twice
    post.work()
    assert ledger.states(id_) == {1: "bounced"}
    assert ledger.counters(id_)["bounced"] == 1
    assert [each.reason for each in Suppressions(ledger.db).export(ledger.workspace)] == ["bounced"]


@pytest.mark.parametrize(("mail", "state"), [(ARF, "complained"), (VACATION, "uncertain")])
def test_a_complaint_is_one_and_an_answering_machine_is_nothing(
    ledger: Ledger, post: Post, mail: str, state: str
) -> None:
    id_, address = doubtful(ledger)
    assert post.send(address, mail) == {}
    post.work()
    assert ledger.states(id_) == {1: state}


def test_no_other_address_is_taken(ledger: Ledger, post: Post) -> None:
    id_, address = doubtful(ledger)
    local, _, domain = address.partition("@")
    forged = local[:-1] + ("a" if local[-1] != "a" else "b")
    for other in (f"{forged}@{domain}", f"postmaster@{domain}", "b+short@x.example", "someone@gmail.example"):
        refused: Any = post.send(other, BOUNCE)
        assert refused[other][0] == 550, other
    assert not Receipts(ledger.db).waiting()
    assert ledger.states(id_) == {1: "uncertain"}


def test_a_mail_to_the_way_out_leaves(ledger: Ledger, post: Post) -> None:
    id_, _ = doubtful(ledger)
    token = LINKS.of(id_, ledger.get(id_).uid).token(Page.UNSUBSCRIBE, 1)
    assert post.send(f"u+{token}@bounces.example.org", "Subject: unsubscribe\n\n") == {}
    assert [each.reason for each in Suppressions(ledger.db).export(ledger.workspace)] == ["unsubscribed"]
    view = LINKS.of(id_, ledger.get(id_).uid).token(Page.VIEW, 1)
    assert post.send(f"u+{view}@bounces.example.org", "Subject: x\n\n")


def test_a_mail_that_is_too_large_is_refused(ledger: Ledger, post: Post) -> None:
    _, address = doubtful(ledger)
    assert post.send(address, BOUNCE + "x\n" * 600_000)
    assert not Receipts(ledger.db).waiting()
